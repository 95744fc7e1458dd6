"""Files that commands read and write: images, videos, YAML, checkpoints."""
