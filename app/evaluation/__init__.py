"""Scoring runs against ground truth, and calibrating distances."""
