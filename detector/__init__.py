"""Vehicle detection: boxes of the vehicles in an image."""

from detector.loading import end_on_ctrl_c
from detector.openmp import wait_briefly

end_on_ctrl_c()
wait_briefly()
