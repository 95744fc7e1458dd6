"""Writes image files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


def write_image(path: Path, image: NDArray[np.uint8], *, jpeg_quality: int = 95) -> None:
    """Write an image in the format that the file's suffix says.

    OpenCV's own `imwrite` says nothing where it fails.

    Args:
        path: The file, *.jpg or *.png.
        image: uint8 (H, W, 3), BGR.
        jpeg_quality: 0 to 100.

    Raises:
        OSError: If it cannot be written.
    """
    is_jpeg = path.suffix.lower() in (".jpg", ".jpeg")
    quality = [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality] if is_jpeg else []
    _, encoded = cv2.imencode(path.suffix, image, quality)
    path.write_bytes(encoded.tobytes())
