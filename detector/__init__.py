"""Vehicle detection: boxes of the vehicles in an image."""

from detector.computing.openmp import wait_briefly
from detector.console.loading import end_on_ctrl_c

end_on_ctrl_c()
wait_briefly()
