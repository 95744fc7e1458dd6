"""The learned links between the cameras of a run."""
