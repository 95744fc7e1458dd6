"""Training a detector: views of images, losses, steps and their log."""
