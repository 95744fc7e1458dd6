"""Trajectories: position of every actor at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from city.types import ActorState, Pose
from detector.types import check_array

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

STEP_S: Final = 0.1
"""Motions are sampled at whole multiples of this, in the scene's seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """One drive or walk.

    Attributes:
        actor_id: Who moves.
        start: Number of the first sample; it is taken at start × `STEP_S`.
        poses: float64 (N, B, 3): x, y, heading of each of its B bodies; headings don't wrap.
        speed_mps: float64 (N,).
        braking: bool (N,), whether the brake lamps are lit.
    """

    actor_id: int
    start: int
    poses: NDArray[np.float64]
    speed_mps: NDArray[np.float64]
    braking: NDArray[np.bool_]

    def __post_init__(self) -> None:
        """Check the arrays."""
        check_array("poses", self.poses, dtype=np.float64, shape=(None, None, 3))
        check_array("speed_mps", self.speed_mps, dtype=np.float64, shape=(len(self.poses),))
        check_array("braking", self.braking, dtype=np.bool_, shape=(len(self.poses),))
        if len(self.poses) == 0:
            raise ValueError("a motion needs at least one sample")

    @property
    def last(self) -> int:
        """Number of the last sample."""
        return self.start + len(self.poses) - 1


class Trajectories:
    """All motions of a scene, and all permanently stationary actors."""

    def __init__(self, motions: Iterable[Motion], standing: Iterable[ActorState] = ()) -> None:
        """Arrange them for quick access.

        Raises:
            ValueError: If two motions of one actor overlap in time, or a standing actor moves.
        """
        self.motions = tuple(sorted(motions, key=lambda m: (m.actor_id, m.start)))
        self.standing = tuple(sorted(standing, key=lambda state: state.actor_id))
        self._check()
        self._first = np.array([m.start for m in self.motions], np.int64)
        self._last = np.array([m.last for m in self.motions], np.int64)
        counts = self._last - self._first + 1
        self._row0 = np.cumsum(counts) - counts
        self._bodies = [m.poses.shape[1] for m in self.motions]
        most = max(self._bodies, default=1)
        self._poses = np.concatenate(
            [np.zeros((0, most, 3)), *(_padded(m.poses, most) for m in self.motions)]
        )
        self._speed = np.concatenate([np.zeros(0), *(m.speed_mps for m in self.motions)])
        self._braking = np.concatenate([np.zeros(0, bool), *(m.braking for m in self.motions)])

    @property
    def actor_ids(self) -> tuple[int, ...]:
        """All actors present at some time, in order."""
        moving = {motion.actor_id for motion in self.motions}
        return tuple(sorted(moving | {state.actor_id for state in self.standing}))

    def states_at(self, time_s: float) -> list[ActorState]:
        """Return all actors present at a moment, sorted by id.

        Args:
            time_s: In the scene's seconds; between samples, poses are interpolated linearly.
        """
        position = time_s / STEP_S
        # Samples are due at whole multiples; without this, 0.3 / 0.1 would fall between two.
        position = round(position) if abs(position - round(position)) < 1e-6 else position
        before = int(np.floor(position))
        share = position - before
        after = before + (share > 0)
        chosen = np.flatnonzero((self._first <= before) & (after <= self._last))
        rows = self._row0[chosen] + before - self._first[chosen]
        rows_after = rows + (after - before)
        poses = (1 - share) * self._poses[rows] + share * self._poses[rows_after]
        speeds = (1 - share) * self._speed[rows] + share * self._speed[rows_after]
        braking = self._braking[rows]
        moving = [
            ActorState(
                self.motions[k].actor_id,
                tuple(Pose(*pose) for pose in bodies[: self._bodies[k]]),
                speed_mps=speed,
                braking=brakes,
            )
            for k, bodies, speed, brakes in zip(
                chosen.tolist(), poses.tolist(), speeds.tolist(), braking.tolist(), strict=True
            )
        ]
        return sorted([*moving, *self.standing], key=lambda state: state.actor_id)

    def _check(self) -> None:
        still = {state.actor_id for state in self.standing}
        for motion in self.motions:
            if motion.actor_id in still:
                raise ValueError(f"actor {motion.actor_id} both moves and stands still")
        for one, next_one in pairwise(self.motions):
            if one.actor_id == next_one.actor_id and next_one.start <= one.last:
                raise ValueError(f"two motions of actor {one.actor_id} overlap in time")


def _padded(poses: NDArray[np.float64], bodies: int) -> NDArray[np.float64]:
    return np.pad(poses, ((0, 0), (0, bodies - poses.shape[1]), (0, 0)))
