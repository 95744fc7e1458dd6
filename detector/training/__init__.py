"""Training a detector: its configuration, views of images, losses, steps and their log."""
