"""Where frames come from: recordings and live cameras, in one order of time."""
