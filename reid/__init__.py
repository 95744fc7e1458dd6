"""Vehicle re-identification: the appearance of a vehicle as a 512-D embedding."""

from detector.openmp import wait_briefly

wait_briefly()
