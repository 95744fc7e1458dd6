"""Where each view of a model lies in its texture atlas.

An atlas shows a body from the left, the right, above, the front and behind, each at its own scale,
and below them wheels and small swatches. Coordinates are pixels of an atlas at `detail` 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

WIDTH_PX: Final = 768
"""Width of the atlas of a car."""
LONG_WIDTH_PX: Final = 1024
"""Width of the atlas of what is longer than `LONG_M`."""
LONG_M: Final = 6.6
LARGEST_SCALE: Final = 215.0
"""Pixels per metre that no view exceeds: closer cameras than that are rare."""
SPREAD: Final = 1.6
"""No view has more than this many times the scale at which the longest body fills the width."""
MARGIN_PX: Final = 4
"""Between views, so that mipmaps of one do not take from the next."""
RIM_PX: Final = 120
RIMS: Final = 2
"""Wheel designs per vehicle: the usual one and an odd one."""
SWATCH_PX: Final = 24
SWATCH_MARGIN_PX: Final = 5
WANDER_M: Final = 0.37
SWATCHES: Final = (
    "paint",
    "dark",
    "tyre",
    "plastic",
    "metal",
    "chrome",
    "lens",
    "cargo",
    "cargo_dark",
    "glow",
    "red_lamp",
    "white_lamp",
    "seat",
    "skin",
    "hair",
    "top",
    "sleeve",
    "trousers",
    "shoes",
    "bag",
    "helmet",
    "visor",
)
"""Names of the swatches: plain surfaces of small parts."""


class Skin(Protocol):
    """Gives texture coordinates to points of a surface."""

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return float64 (N, 2) pixels for float64 (N, 3) metres."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A parallel projection of a body into a rectangle of the atlas.

    Attributes:
        matrix: float64 (2, 3), pixels per metre.
        offset: float64 (2,), pixel of the body's origin.
        axes: The two coordinates that the view shows, the horizontal one first.
        scale: Pixels per metre.
        box: Left, top, right, bottom of its rectangle in pixels.
    """

    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]
    axes: tuple[int, int]
    scale: float
    box: tuple[int, int, int, int]

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return float64 (N, 2) pixels for float64 (N, 3) metres."""
        return points @ self.matrix.T + self.offset

    def place(self, points: ArrayLike) -> NDArray[np.float64]:
        """Return float64 (N, 2) pixels for (N, 2) metres along `axes`."""
        flat = np.atleast_2d(np.asarray(points, float))
        return flat @ self.matrix[:, list(self.axes)].T + self.offset


@dataclass(frozen=True, slots=True)
class Swatch:
    """A square of the atlas with a plain or lightly patterned surface."""

    x: int
    y: int

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return pixels that wander to and fro over the swatch, `WANDER_M` from edge to edge."""
        walk = np.stack([points[:, 0] + 0.7 * points[:, 1], points[:, 2] + 0.4 * points[:, 1]], -1)
        share = np.abs((walk / WANDER_M) % 2 - 1)
        low = np.array([self.x, self.y], float) + SWATCH_MARGIN_PX
        return np.asarray(low + share * (SWATCH_PX - 2 * SWATCH_MARGIN_PX))


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """An atlas's plan.

    Attributes:
        width: Of the atlas in pixels.
        height: Of the atlas in pixels.
        views: By name: left, right, top, front, rear; a trailer's begin with "trailer_".
        rims: Left upper corners of the wheels' squares, still ones.
        swatches: By name.
        spin_shift: From a still wheel to its blurred one, as a share of the width.
    """

    width: int
    height: int
    views: dict[str, View]
    rims: tuple[tuple[int, int], ...]
    swatches: dict[str, Swatch]
    spin_shift: float


@dataclass(frozen=True, slots=True)
class Extent:
    """Length, width and height that a set of five views must show, in metres."""

    length: float
    width: float
    height: float
    prefix: str = ""


_VIEWS: Final = (
    # name, horizontal axis, vertical axis, horizontal sign, vertical sign
    ("left", 0, 2, -1, -1),
    ("right", 0, 2, 1, -1),
    ("top", 0, 1, 1, 1),
    ("front", 1, 2, 1, -1),
    ("rear", 1, 2, -1, -1),
)
VIEW_NAMES: Final = tuple(name for name, *_ in _VIEWS)


def plan(extents: tuple[Extent, ...]) -> Layout:
    """Lay out an atlas for bodies of these extents (none for riders: swatches alone)."""
    longest = max((e.length for e in extents), default=0.0)
    width = LONG_WIDTH_PX if longest > LONG_M else WIDTH_PX
    views: dict[str, View] = {}
    y = 0
    for extent in extents:
        y = _stack(views, extent, y, width, largest=min(LARGEST_SCALE, SPREAD * width / longest))
    rims = tuple((MARGIN_PX + i * (RIM_PX + MARGIN_PX), y + MARGIN_PX) for i in range(RIMS))
    first = MARGIN_PX + 2 * RIMS * (RIM_PX + MARGIN_PX)
    per_row = (width - first) // SWATCH_PX
    swatches = {
        name: Swatch(first + SWATCH_PX * (i % per_row), y + 2 + SWATCH_PX * (i // per_row))
        for i, name in enumerate(SWATCHES)
    }
    shift = RIMS * (RIM_PX + MARGIN_PX) / width
    return Layout(width, y + RIM_PX + 2 * MARGIN_PX, views, rims, swatches, shift)


def _stack(views: dict[str, View], extent: Extent, y: int, width: int, *, largest: float) -> int:
    """Add an extent's five views below y, the two ends side by side, and return the new bottom."""
    size = (extent.length, extent.width, extent.height)
    for name, across, up, sign_u, sign_v in _VIEWS:
        end = name in ("front", "rear")
        room = width / 2 if end else width
        scale = min((room - 2 * MARGIN_PX) / size[across], largest)
        left = int(width / 2) if name == "front" else 0
        w, h = int(size[across] * scale), int(np.ceil(size[up] * scale))
        # Lengthwise coordinates begin at 0, crosswise ones are centred, heights grow upwards.
        u0 = left + MARGIN_PX + (w / 2 if across == 1 else (w if sign_u < 0 else 0))
        v0 = y + MARGIN_PX + (h / 2 if up == 1 else h)
        matrix = np.zeros((2, 3))
        matrix[0, across], matrix[1, up] = sign_u * scale, sign_v * scale
        box = (left, y, left + w + 2 * MARGIN_PX, y + h + 2 * MARGIN_PX)
        offset = np.array([u0, v0], float)
        views[extent.prefix + name] = View(matrix, offset, (across, up), scale, box)
        if name != "front":
            y = box[3]
    return y
