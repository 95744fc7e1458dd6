"""Benchmarks of speed and accuracy, each compared with a baseline."""

from detector.openmp import wait_briefly

wait_briefly()
