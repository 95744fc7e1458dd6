"""Links: routes and travel times of vehicles from one camera to another.

Time is measured by the *gap* between two sightings: the first time in the later one minus the last
time in the earlier one, so that it is negative while both see the vehicle. "Earlier" is the one
that began first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

OVERLAP_GAP_S: Final = 5.0
"""Longest time out of sight between two cameras that see the same place, where the link gives none:
a vehicle is lost behind another, or seen by one camera only as it crosses the edge of the other."""

MAX_PASSAGE_S: Final = 30.0
"""Longest time that a vehicle takes to pass a camera in which it was missed; it adds to the windows
of the links before and after. A wait at a red light is shorter."""


@dataclass(frozen=True, slots=True)
class CameraLink:
    """A way from one camera to another without passing a third.

    Attributes:
        from_camera: The camera that is left.
        to_camera: The camera that is reached.
        min_s: Least seconds from the last sighting in one to the first in the other; negative
            where the views overlap a little.
        max_s: Greatest such seconds.
        overlap: Whether the two see the same place, so that a vehicle may be in both for any time.
            Such a link holds in both directions; `min_s` has no meaning, and `max_s` of 0 stands
            for `OVERLAP_GAP_S`.
    """

    from_camera: str
    to_camera: str
    min_s: float = 0.0
    max_s: float = 0.0
    overlap: bool = False

    def __post_init__(self) -> None:
        """Check the cameras and the window."""
        way = f"link {self.from_camera} -> {self.to_camera}"
        if self.from_camera == self.to_camera:
            raise ValueError(f"{way}: two different cameras are expected")
        if not (math.isfinite(self.min_s) and math.isfinite(self.max_s)):
            raise ValueError(f"{way}: min_s and max_s must be finite")
        if self.overlap and self.max_s < 0:
            raise ValueError(f"{way}: max_s of an overlap must not be negative, is {self.max_s}")
        if not self.overlap and not self.min_s <= self.max_s:
            raise ValueError(f"{way}: min_s must be at most max_s, is {self.min_s} > {self.max_s}")


class LinkGraph:
    """What the links say about the gap between sightings in any two cameras.

    Three kinds of camera pairs: *linked*, directly or over cameras in which the vehicle was missed,
    with a window that the gap is to lie in; *one way*, where only the opposite direction is linked;
    and *unknown*. What that makes likely is for `link_prior` to say.

    Attributes:
        min_gap_s: float64 (C, C), least gap from camera row to camera column, whatever lies between
            them; inf where only the way back is linked, 0 where nothing is known and within a
            camera.
        max_gap_s: float64 (C, C), greatest gap between successive sightings; inf where unknown.
        linked: bool (C, C), whether there is a window.

    Args:
        links: What is known; several links of one direction widen its window.
    """

    def __init__(self, links: Iterable[CameraLink] = ()) -> None:
        links = tuple(links)
        names = sorted({c for link in links for c in (link.from_camera, link.to_camera)})
        self._index = {name: i for i, name in enumerate(names)}
        fastest, slowest = _direct_windows(links, self._index)
        # A direct window is taken at its word, but nothing forbids a quicker way over a third.
        shortest = _shortest_paths(np.maximum(fastest, 0.0), passage_s=0.0)
        detour = _shortest_paths(slowest, passage_s=MAX_PASSAGE_S)
        self.linked = np.isfinite(detour)
        one_way = ~self.linked & self.linked.T
        self.min_gap_s = np.where(self.linked, np.minimum(fastest, shortest), 0.0)
        self.min_gap_s[one_way] = np.inf
        self.max_gap_s = np.where(np.isfinite(slowest), slowest, detour)
        # A way back to the same camera is none of these.
        np.fill_diagonal(self.min_gap_s, 0.0)
        np.fill_diagonal(self.max_gap_s, np.inf)
        np.fill_diagonal(self.linked, False)

    @property
    def names(self) -> list[str]:
        """The cameras by index."""
        return list(self._index)

    def index(self, camera_id: str) -> int:
        """Return the row and column of a camera; one without links gets a new, unknown one."""
        if camera_id not in self._index:
            self._index[camera_id] = len(self._index)
            self.min_gap_s = np.pad(self.min_gap_s, (0, 1))
            self.max_gap_s = np.pad(self.max_gap_s, (0, 1), constant_values=np.inf)
            self.linked = np.pad(self.linked, (0, 1))
        return self._index[camera_id]


def _direct_windows(
    links: Sequence[CameraLink], index: dict[str, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    # (C, C) least and greatest gap; inf and inf without a link.
    fastest = np.full((len(index), len(index)), np.inf)
    slowest = fastest.copy()
    for link in links:
        a, b = index[link.from_camera], index[link.to_camera]
        low, high = link.min_s, link.max_s
        if link.overlap:
            low, high = -np.inf, link.max_s or OVERLAP_GAP_S
        for cell in ((a, b), (b, a)) if link.overlap else ((a, b),):
            fastest[cell] = min(fastest[cell], low)
            slowest[cell] = high if np.isinf(slowest[cell]) else max(slowest[cell], high)
    return fastest, slowest


def _shortest_paths(direct: NDArray[np.float64], *, passage_s: float) -> NDArray[np.float64]:
    # Floyd and Warshall's algorithm; each camera on the way adds the time to pass it.
    paths = direct.copy()
    for via in range(len(paths)):
        paths = np.minimum(paths, paths[:, via, None] + passage_s + paths[None, via, :])
    return paths
