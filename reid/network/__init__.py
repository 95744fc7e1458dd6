"""The networks that SCAN is a part of: backbones and pooling."""
