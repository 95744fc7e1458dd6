"""The store of a run, and its folder."""
