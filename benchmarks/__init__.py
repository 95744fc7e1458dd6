"""Benchmarks of speed and accuracy, each compared with a baseline."""

from detector.computing.openmp import wait_briefly

wait_briefly()
