"""Appearance as evidence: what a distance between two embeddings means."""
