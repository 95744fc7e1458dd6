"""Ground planes of all cameras: calibrated, and learned for the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tracking.decisions import GroundEstimate, SharedView
from tracking.ground import GIVEN, LEARNED, NOWHERE
from tracking.maps.view_lags import in_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.ground import GroundPlane
    from tracking.maps.view_lags import ViewLag


class Terrain:
    """The views of the ground that are known by now.

    Attributes:
        given: Of calibrated cameras, by name.
        learned: Of others, as far as they are known by now, on a map of their own or on one that
            people made; None of those that were known before.
        planes: Of all that are known.
        views: Pairs of cameras with overlapping views, as far as that is learned.
        version: Grows whenever one of them becomes another.

    Args:
        given: Of calibrated cameras, by name; these stay as they are.
    """

    def __init__(self, given: Mapping[str, GroundPlane] | None = None) -> None:
        self.given = dict(given or {})
        self.learned: dict[str, GroundPlane | None] = {}
        self.planes = dict(self.given)
        self.views: tuple[SharedView, ...] = ()
        self.version = 0

    def learn(self, planes: Mapping[str, GroundPlane], views: Iterable[SharedView] = ()) -> None:
        """Replace what was learned of cameras that are not calibrated."""
        self.views = tuple(views)
        if planes or self.learned:
            self.learned = dict.fromkeys(self.learned)
            self.learned.update((n, p) for n, p in planes.items() if n not in self.given)
            known = {n: plane for n, plane in self.learned.items() if plane is not None}
            self.planes = {**known, **self.given}
            self.version += 1

    def copied(self) -> Terrain:
        """Return one that can learn without this one."""
        other = Terrain(self.given)
        other.adopt(self)
        return other

    def adopt(self, other: Terrain) -> None:
        """Take over what another one has learned, which began as a copy of this one."""
        self.learned, self.planes = dict(other.learned), dict(other.planes)
        self.views, self.version = other.views, other.version

    def shared(self) -> list[GroundEstimate]:
        """Return how those cameras see the ground that are on a map with others, as was learned."""
        known = [(name, plane) for name, plane in self.learned.items() if plane is not None]
        frames = [plane.frame for _, plane in known if plane.frame >= LEARNED]
        shared = [frame for frame in dict.fromkeys(frames) if frames.count(frame) > 1]
        numbers = {frame: number for number, frame in enumerate(shared, 1)}
        return [
            GroundEstimate(
                name,
                numbers.get(plane.frame, plane.frame),
                _rows(plane.homography),
                made=plane.frame < LEARNED,
                std_m=plane.std_m,
            )
            for name, plane in known
            if plane.frame < LEARNED or plane.frame in shared
        ]

    def measured(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Return whose places people measured (`GroundPlane.measured`); (C,)."""
        planes = {name for name, plane in self.given.items() if plane.measured}
        return np.array([name in planes for name in names], np.bool_)

    def reliable(
        self,
        names: Sequence[str],
        lags: Mapping[tuple[int, int], ViewLag],
        offsets: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        """Return whose places are not where they are because of a wrong clock; (C,).

        Measured ones, and those that were laid over the view of one of these and have its time.

        Args:
            names: Of the cameras.
            lags: By two cameras with overlapping views, how their clocks differ.
            offsets: float64 (C,), seconds that are added to their times.
        """
        measured = self.measured(names)
        laid_over = self.frames(names) == GIVEN
        return np.asarray(measured | (laid_over & in_time(lags, offsets, measured)))

    def frames(self, names: Sequence[str]) -> NDArray[np.intp]:
        """Return on which map each camera's places are, `NOWHERE` where they are unknown; (C,)."""
        planes = (self.planes.get(name) for name in names)
        return np.array([NOWHERE if p is None else p.frame for p in planes], np.intp)


def _rows(matrix: NDArray[np.float64]) -> tuple[tuple[float, float, float], ...]:
    return tuple((float(a), float(b), float(c)) for a, b, c in matrix)
