"""How many pixels an image file may have: a small one can announce any number.

OpenCV judges a file by its header, before it takes memory, and reads the limit once, when it is
loaded: the package asks for it before.

Reference: OpenCV manual, "Environment variables reference", `OPENCV_IO_MAX_IMAGE_PIXELS`.
"""

from __future__ import annotations

import os
from typing import Final

MOST_MEGAPIXELS: Final = 200
"""As phones take at most; decoded, it is 0.6 GB."""


def limit_images() -> None:
    """Let OpenCV refuse larger images."""
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MOST_MEGAPIXELS * 1_000_000)
