"""Vehicle re-identification: the appearance of a vehicle as a 512-D embedding."""

from detector.computing.openmp import wait_briefly

wait_briefly()
