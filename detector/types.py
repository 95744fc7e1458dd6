"""Data types of the whole system: a frame and its detections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASS_NAMES: Final = ("car", "motorcycle", "bus", "truck")
"""Vehicle classes in the order of their ids, the same everywhere in the project."""


def check_array(
    name: str, array: NDArray[np.generic], *, dtype: type[np.generic], shape: tuple[int | None, ...]
) -> None:
    """Raise if an array is not what its owner promises.

    Args:
        name: What the array is called in the message.
        array: The array to check.
        dtype: The exact scalar type it must have.
        shape: Its expected shape; None stands for any length.

    Raises:
        ValueError: If dtype or shape differ.
    """
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        found = getattr(array, "dtype", type(array).__name__)
        raise ValueError(f"{name} must be {dtype.__name__}, is {found}")
    fits = len(shape) == array.ndim and all(
        want is None or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = "(" + ", ".join("N" if n is None else str(n) for n in shape) + ")"
        raise ValueError(f"{name} must have shape {wanted}, has {array.shape}")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One image of one camera.

    Attributes:
        camera_id: The camera it comes from.
        index: Number of the frame in its stream, from 0; gaps where a live source dropped frames.
        timestamp: When it was taken, in UTC seconds, after the camera's clock offset.
        image: uint8 (H, W, 3), BGR.
    """

    camera_id: str
    index: int
    timestamp: float
    image: NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Check the image."""
        check_array("image", self.image, dtype=np.uint8, shape=(None, None, 3))


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """The vehicles found in one image, as a struct of arrays.

    Attributes:
        xyxy: float32 (N, 4), boxes in absolute pixels, half-open, origin at the top left.
        confidence: float32 (N,), in [0, 1].
        class_id: int64 (N,), index into `CLASS_NAMES`.
    """

    xyxy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    class_id: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Check shapes and dtypes."""
        check_array("xyxy", self.xyxy, dtype=np.float32, shape=(None, 4))
        n = len(self.xyxy)
        check_array("confidence", self.confidence, dtype=np.float32, shape=(n,))
        check_array("class_id", self.class_id, dtype=np.int64, shape=(n,))

    def __len__(self) -> int:
        """Return the number of boxes."""
        return len(self.xyxy)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Detections:
        """Return the chosen rows (a mask, an index array or a slice), in that order."""
        return Detections(self.xyxy[rows], self.confidence[rows], self.class_id[rows])

    @classmethod
    def empty(cls) -> Detections:
        """Return no detections.

        >>> len(Detections.empty())
        0
        """
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
