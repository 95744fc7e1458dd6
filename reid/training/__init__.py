"""Training a ReID network: crops in memory, losses, teachers, steps, validation."""
