"""Tracking within one camera: from detections to tracks and tracklets."""
