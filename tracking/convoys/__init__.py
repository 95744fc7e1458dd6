"""Vehicles that travel together, and how improbable that is by chance."""
