"""Labelled images: data sets, the truth of videos, and pseudo-labels."""
