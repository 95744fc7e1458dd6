"""Camera bias of embeddings: the mean embedding of each camera is subtracted.

Colours, light, lens and viewing side shift all embeddings of a camera in one direction. Two
vehicles in one camera therefore seem more similar, and one vehicle in two cameras less similar,
than they are. The difference between the mean of a camera and the mean of all cameras is
subtracted, and then what the vehicles that approach it, or move away from it, have in common beyond
that (fronts and rears). On the shipped network's tracklets of four development scenes, mAP across
cameras is 0.584 without correction, 0.602 with the camera's mean subtracted, and 0.608 with that of
the viewing side, too; on three of them the latter raised IDF1 by 0.008 and online IDF1 by 0.007
(means of five draws of slight noise). What all vehicles of all cameras have in common does not
separate them either; half of it is subtracted (`COMMON_SHARE`).

Reference: Zhuang et al., "Rethinking the distribution gap of person re-identification with
camera-based batch normalization", ECCV 2020. Departure: after training, and of the mean only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.types import EMBEDDING_DIM

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_VEHICLES: Final = 10
"""Before a camera has seen so many, nothing is subtracted."""

PRIOR_VEHICLES: Final = 10.0
"""Weight of no difference, in vehicles; 30 and 100 gave up to 0.02 mAP less there."""

COMMON_SHARE: Final = 0.5
"""Of the mean embedding of all, so much is subtracted. On the product's tracklets of `train-4` and
`validation-1` to `-3`, calibrated, none, half and all of it gave mean IDF1 0.824, 0.832 and 0.829
(online 0.792, 0.792 and 0.787), on simulated traffic ("mid", seeds 21 and 22, 100 vehicles) 0.917,
0.919 and 0.920 (0.754, 0.763 and 0.756)."""


PRIOR_SIDE_VEHICLES: Final = 10.0
"""Weight of no difference between a side and its camera, in vehicles."""

AWAY, TOWARDS, ACROSS = range(3)
"""Sides of vehicles that a camera sees: going away (down from above they move up in the image),
coming towards it, or neither."""

_LEAST_DOWNWARD: Final = 0.2
"""Share of a way that leads down or up in the image for it to show a front or a back."""


def side_of(headings: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return which side a camera sees of vehicles; intp (N,).

    Args:
        headings: float64 (N, E, 2), headings in the image at E places of each way: unit vectors,
            zero where unknown.
    """
    down = headings[..., 1].mean(axis=1)
    side = np.where(down > 0, TOWARDS, AWAY)
    return np.where(np.abs(down) < _LEAST_DOWNWARD / 2, ACROSS, side).astype(np.intp)


class CameraLooks:
    """The mean embeddings of cameras, by index; without any vehicles it changes nothing."""

    def __init__(self) -> None:
        self._total = np.zeros((0, ACROSS + 1, EMBEDDING_DIM))
        self._count = np.zeros((0, ACROSS + 1))

    def add(
        self, looks: NDArray[np.float32], camera: NDArray[np.intp], side: NDArray[np.intp]
    ) -> None:
        """Take in vehicles.

        Args:
            looks: float32 (N, 512), unit length.
            camera: intp (N,), index of the camera of each.
            side: intp (N,), as `side_of` has it.
        """
        more = int(camera.max(initial=-1)) + 1 - len(self._count)
        if more > 0:
            self._total = np.pad(self._total, ((0, more), (0, 0), (0, 0)))
            self._count = np.pad(self._count, ((0, more), (0, 0)))
        np.add.at(self._total, (camera, side), looks.astype(np.float64))
        np.add.at(self._count, (camera, side), 1.0)

    def fade(self, most: float) -> None:
        """Let what is known of each camera count as so many vehicles at most: light changes."""
        share = most / np.maximum(self._count.sum(axis=1), most)
        self._total *= share[:, None, None]
        self._count *= share[:, None]

    def taken_off(
        self, looks: NDArray[np.float32], camera: NDArray[np.intp], side: NDArray[np.intp]
    ) -> NDArray[np.float32]:
        """Return looks without what their cameras add to them; float32 (N, 512), unit length.

        Args:
            looks: float32 (N, 512), unit length.
            camera: intp (N,), index of the camera of each.
            side: intp (N,), as `side_of` has it.
        """
        total, counts = self._total.sum(axis=1), self._count.sum(axis=1)
        known = camera < len(counts)
        # Where they have faded, counts are no whole numbers.
        known[known] = counts[camera[known]] > LEAST_VEHICLES - 0.5
        if not known.any():
            return looks
        kept = (1 - COMMON_SHARE) * total.sum(axis=0) / counts.sum()
        own, facing = camera[known], side[known]
        count = counts[own][:, None]
        shift = (total[own] - count * kept) / (count + PRIOR_VEHICLES)
        count = self._count[own, facing][:, None]
        beyond = self._total[own, facing] - count * (kept + shift)
        shift += beyond / (count + PRIOR_SIDE_VEHICLES)
        found = looks.copy()
        moved = looks[known] - shift
        found[known] = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-6)
        return found
