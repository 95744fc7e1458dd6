"""What is measured: speed and accuracy, each beside its peer."""

from detector.openmp import wait_briefly

wait_briefly()
