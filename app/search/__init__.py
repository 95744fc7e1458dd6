"""Searching runs for a vehicle: the query, the ranking, the answer."""
