"""Decodes the image file of a query, and says what is wrong with one that cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from app.errors import SourceError
from app.image_limit import MOST_MEGAPIXELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEIC: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
"""Brands of HEIF files that phones write."""
_COLOURED_SHARE: Final = 0.01
"""Share of pixels that make an image coloured: more than a coloured clock or logo has."""
_COLOURED: Final = 12
"""Difference of its channels from which a pixel is coloured. In each rendered query image, also at
night and in fog, a hundredth of the pixels has 25 or more; compression gives grey ones a few."""

_LOOKED_AT_PX: Final = 1000
"""About as many rows and columns of a large image are looked at."""


def decode_image(content: bytes, *, name: str) -> NDArray[np.uint8]:
    """Return the image that a file contains, turned upright as the file says.

    Args:
        content: All of the file.
        name: What to call it in errors.

    Returns:
        uint8 (H, W, 3), BGR.

    Raises:
        SourceError: If it is no image that can be decoded, or has too many pixels.
    """
    encoded = np.frombuffer(content, np.uint8)
    try:
        image = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if len(encoded) else None
    except cv2.error as error:  # it refuses sizes, and returns None for all else
        raise SourceError(
            f"{name}: the image is too large: at most {MOST_MEGAPIXELS} million pixels are read; "
            "make it smaller"
        ) from error
    if image is None:
        if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
            raise SourceError(f"{name}: HEIC images cannot be read; save it as JPEG or PNG")
        raise SourceError(f"{name}: not a readable image (JPEG, PNG, ...)")
    return np.asarray(image, np.uint8)


def has_colour(image: NDArray[np.uint8]) -> bool:
    """Return whether an image has colours, unlike those of infrared cameras, or photocopies.

    Args:
        image: uint8 (H, W, 3), BGR.
    """
    step = max(1, max(image.shape) // _LOOKED_AT_PX)
    some = image[::step, ::step]
    coloured = some.max(axis=2) - some.min(axis=2) >= _COLOURED
    return bool(coloured.mean() >= _COLOURED_SHARE)
