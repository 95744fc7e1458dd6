"""Joint decisions: sightings in chains, one for each vehicle."""
