"""Where do frames come from, and where do the answers go?"""

from detector.openmp import wait_briefly

wait_briefly()
