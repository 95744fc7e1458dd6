"""What is measured: speed and accuracy, each beside its peer."""
