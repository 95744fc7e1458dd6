"""From the outputs of a detection network to boxes."""
