"""Networks applied to crops, in PyTorch and outside it."""
