"""Procedural road users: vehicles with riders and cargo, cyclists, pedestrians."""
