"""The painted ground of a map."""
