"""Vehicle detection: boxes of the vehicles in an image."""

from detector.openmp import wait_briefly

wait_briefly()
