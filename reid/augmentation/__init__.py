"""Augmentation of crops: one by one on the host, or a batch at once on a device."""
