"""Pictures that an investigator has uploaded, or taken from a paused recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from app.errors import QueryError
from app.search.query_image import box_in, picture_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.search.query_image import Picture

MOST: Final = 16
"""Pictures that are kept, the latest ones; one of a phone has up to 12 MB."""

_KEY_LETTERS: Final = 16


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture.

    Attributes:
        name: What people call it.
        content: The file.
    """

    name: str
    content: bytes

    @property
    def picture(self) -> Picture:
        """It decoded."""
        return picture_of(self.content, name=self.name)


class Uploads:
    """The pictures, in memory alone: when the server ends, they are gone."""

    def __init__(self) -> None:
        self._kept: dict[str, Upload] = {}

    def add(self, name: str, content: bytes) -> str:
        """Keep a picture, and return the key that addresses name it by.

        Raises:
            SourceError: If it is no image.
        """
        key = picture_of(content, name=name).sha256[:_KEY_LETTERS]
        self._kept.pop(key, None)
        self._kept[key] = Upload(name, content)
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
        return key

    def __getitem__(self, key: str) -> Upload:
        """Return a picture.

        Raises:
            QueryError: If it is no longer kept.
        """
        if key not in self._kept:
            raise QueryError(f"picture {key}: is no longer kept here; upload it again")
        return self._kept[key]


def boxed(key: str, xyxy: NDArray[np.float32]) -> str:
    """Return the name of a vehicle in a picture: `key@x,y,w,h`, in whole pixels.

    >>> boxed("9f86d081884c7d65", np.array([10, 20, 30.6, 60], np.float32))
    '9f86d081884c7d65@10,20,21,40'
    """
    x1, y1, x2, y2 = np.round(xyxy).astype(int).tolist()
    return f"{key}@{x1},{y1},{max(1, x2 - x1)},{max(1, y2 - y1)}"


def unboxed(name: str, picture: Picture) -> NDArray[np.float32]:
    """Return the box of a vehicle that `boxed` named, float32 (4,), within its picture.

    Raises:
        QueryError: If the name has no box, or it is outside the picture.
    """
    return box_in(picture.image, _numbers(name.partition("@")[2]))


def _numbers(text: str) -> Sequence[float]:
    try:
        x, y, width, height = (int(part[:9]) for part in text.split(","))
    except ValueError:
        raise QueryError(f"box {text}: expected x,y,width,height in pixels") from None
    return x, y, width, height
