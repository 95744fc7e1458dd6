"""The application: input of frames, storage and output of results, and all commands on them."""

from detector.computing.openmp import wait_briefly

wait_briefly()
