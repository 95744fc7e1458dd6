"""Time as evidence: links between cameras, and how long vehicles take."""
