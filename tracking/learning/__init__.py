"""What traffic teaches of the cameras: links, travel times, clocks, departures."""
