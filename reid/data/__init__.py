"""Data sets of vehicle crops: their layouts, their images, batches of identities."""
