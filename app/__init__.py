"""The application: input of frames, storage and output of results, and all commands on them."""

from app.image_limit import limit_images
from detector.computing.openmp import wait_briefly

limit_images()
wait_briefly()
