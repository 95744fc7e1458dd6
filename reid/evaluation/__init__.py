"""How good are embeddings? Retrieval metrics, protocols, calibration."""
