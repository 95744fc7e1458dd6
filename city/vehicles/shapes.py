"""Dimensions of body shapes: what the geometry is made from and the painters draw on.

A shape's x runs from its rear end (0) to its front end (its length), y to the left, z up from the
ground; all in metres. `build.py` moves the origin to the middle of the length.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import PchipInterpolator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Points = tuple[tuple[float, float], ...]

MINIMUM_STEP_M = 0.012
"""Points of a profile lie at least this far apart, so that its interpolation stays smooth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loft:
    """A surface through cross-sections along x.

    Attributes:
        start: Where its rear end is.
        length: From its rear to its front end.
        width: Greatest width.
        sill: Height of its lower edge.
        top: Side profile, (x, z) from the rear end to the front end, x counted from `start`.
        belt: Height of the belt line at the rear and at the front end.
        tumblehome: Share of the half width that the flanks lose from belt to roof.
        corners: How long the corners are rounded in plan, at the rear and at the front.
        corner_depth: Share of the half width that the corners lose.
        rear_slope: Parts of the profile's rear half that rise faster belong to the view from
            behind, others to the view from above.
    """

    start: float = 0.0
    length: float
    width: float
    sill: float
    top: Points
    belt: tuple[float, float]
    tumblehome: float = 0.19
    corners: tuple[float, float] = (0.30, 0.38)
    corner_depth: float = 0.26
    rear_slope: float = 0.5

    def roof_at(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the height of the profile at x (counted from `start`)."""
        return np.asarray(_curve(self.top)(np.asarray(x, float)))

    def belt_at(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the height of the belt line at x (counted from `start`)."""
        rear, front = self.belt
        return rear + (front - rear) * np.asarray(x, float) / self.length

    def half_width_at(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return half the width at x: slightly barrelled, with elliptic corners."""
        x = np.asarray(x, float)
        barrel = 0.045 * np.abs(2 * x / self.length - 1) ** 4
        rear, front = self.corners
        into = np.maximum(1 - x / rear, 1 - (self.length - x) / front).clip(0, 1)
        corner = self.corner_depth * (1 - np.sqrt(1 - into**2))
        return np.asarray(self.width / 2 * (1 - barrel - corner))


@dataclass(frozen=True, slots=True, kw_only=True)
class CarShape:
    """Everything from a small hatchback to a panel van: one lofted body on four wheels.

    Attributes:
        body: The lofted body.
        glass: x of the rear window's lower and upper edge, the windscreen's upper and lower edge.
        axles: x of the rear and of the front axle.
        wheel_radius: Of the tyre.
        doors: On both flanks together, without the tailgate.
        design: Seeds what the maker chose: lamps, grille, creases.
        boot: A separate boot lid behind the rear window (three-box shapes).
        bed: x at which an open cargo bed ends, 0 where there is none.
        panel_from: Side windows end here and blank panels begin, 0 where there are none.
        clad: Black cladding on arches and sills.
        spare: A spare wheel on the tailgate.
        brow: Height of the upper edge of all windows where the roof rises above it, else 0.
    """

    body: Loft
    glass: tuple[float, float, float, float]
    axles: tuple[float, float]
    wheel_radius: float
    doors: int = 4
    design: int = 0
    boot: bool = False
    bed: float = 0.0
    panel_from: float = 0.0
    clad: bool = False
    spare: bool = False
    brow: float = 0.0

    @property
    def rear_window_on_top(self) -> bool:
        """Whether the rear window lies so flat that it belongs to the view from above."""
        low, high, _, _ = self.glass
        rise = float(self.body.roof_at(high) - self.body.roof_at(low))
        return rise / (high - low) < self.body.rear_slope


@dataclass(frozen=True, slots=True, kw_only=True)
class BusShape:
    """A bus or coach.

    Attributes:
        body: The lofted body.
        axles: x of the axles from the rear.
        wheel_radius: Of the tyre.
        window: Lower and upper edge of the side windows.
        coach: Tall windows over a luggage deck, one door, no destination display at the side.
        design: Seeds what the maker chose.
    """

    body: Loft
    axles: tuple[float, ...]
    wheel_radius: float
    window: tuple[float, float]
    coach: bool = False
    design: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TruckShape:
    """A cab on a chassis with a body behind it.

    Attributes:
        cab: The lofted cab.
        length: Of the whole truck.
        axles: x of the axles from the rear; all but the foremost carry twin wheels.
        wheel_radius: Of the tyre.
        cargo: "box", "flatbed", "tipper", "tank" or "none" (a tractor).
        cargo_x: Where the body behind the cab begins and ends.
        cargo_z: Its floor and its top.
        sleeper: A tall cab with a roof deflector.
        design: Seeds what the maker chose.
    """

    cab: Loft
    length: float
    axles: tuple[float, ...]
    wheel_radius: float
    cargo: str
    cargo_x: tuple[float, float] = (0.0, 0.0)
    cargo_z: tuple[float, float] = (1.0, 1.0)
    sleeper: bool = False
    design: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailerShape:
    """A semi-trailer: a body on three axles.

    Attributes:
        length: Of the trailer.
        width: Of its body.
        axles: x of the axles from the rear.
        wheel_radius: Of the tyre.
        cargo: "box" or "tank".
        cargo_z: Floor and top of its body.
    """

    length: float
    width: float
    axles: tuple[float, ...]
    wheel_radius: float
    cargo: str
    cargo_z: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleShape:
    """A two-wheeler with its rider.

    Attributes:
        length: Over both wheels.
        wheel_radius: Of the tyre.
        seat: x and height of the saddle.
        grip: x and height of the handle bar.
        style: "scooter", "naked", "sport" or "bicycle".
    """

    length: float
    wheel_radius: float
    seat: tuple[float, float]
    grip: tuple[float, float]
    style: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonShape:
    """Somebody on foot.

    Attributes:
        height: With hair.
        girth: Of the trunk, 1 for a slim adult.
        stride: Distance between the feet.
    """

    height: float
    girth: float
    stride: float


Shape = CarShape | BusShape | TruckShape | CycleShape | PersonShape


@cache
def _curve(profile: Points) -> PchipInterpolator:
    x, z = np.array(spaced(profile)).T
    return PchipInterpolator(x, z)


def spaced(profile: Points) -> Points:
    """Return a profile whose points lie at least `MINIMUM_STEP_M` apart in x.

    >>> spaced(((0.0, 1.0), (0.0, 2.0)))
    ((0.0, 1.0), (0.012, 2.0))
    """
    kept = [profile[0]]
    for x, z in profile[1:]:
        kept.append((max(x, kept[-1][0] + MINIMUM_STEP_M), z))
    return tuple(kept)
