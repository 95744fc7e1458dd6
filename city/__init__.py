"""A made-up city with cameras and exact truth, to measure on and to train with."""
