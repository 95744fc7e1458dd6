"""What does this vehicle look like, as a 512-D vector?"""

from detector.openmp import wait_briefly

wait_briefly()
