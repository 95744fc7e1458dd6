"""Tracking: which boxes are the same vehicle, within one camera and across cameras."""
