"""When clocks are compared, and those of which cameras next: in a run of days again and again."""

from __future__ import annotations

from typing import Final

from tracking.learning.recollection import OWN_GROUND
from tracking.maps.view_lags import in_turns

FIRST_CLOCKS: Final = 20
"""Clocks are not compared before so many sightings for each camera: the demo's, one of them up to 3
s wrong, are told by then as at the end."""

CLOCKS_EVERY: Final = 6_000
"""They are compared again when there are twice as many sightings, or when so many have been added:
four times those that are learned from. Where as many of each camera are looked at as ever, that
takes 2 to 3 s of processor time for four cameras, and 6 to 17 s for twelve: too long for one
lesson, so no more than four are compared in each."""


class ClockTurns:
    """Turns of cameras whose clocks are to be compared."""

    def __init__(self) -> None:
        self._compared_at = 0
        self._recalled = 0
        self._turns: list[tuple[int, ...]] = []

    def recall(self, seen: int) -> None:
        """Take note that all sightings so far are those of an earlier run."""
        self._recalled = self._compared_at = seen

    def due(self, seen: int, cameras: int) -> tuple[int, ...]:
        """Return the next few cameras between which lags are to be looked for; none if not now.

        Args:
            seen: Sightings so far.
            cameras: How many are known.
        """
        # They may have been set since an earlier run: who is seen today tells, and nobody else.
        least = OWN_GROUND if self._recalled else FIRST_CLOCKS
        wait = max(self._compared_at - self._recalled, least * cameras)
        if not self._turns and seen >= self._compared_at + min(wait, CLOCKS_EVERY):
            self._compared_at = seen
            self._turns = in_turns(range(cameras))
        return self._turns[0] if self._turns else ()

    def done(self, turn: tuple[int, ...]) -> None:
        """Take note that the clocks of a turn have been compared."""
        self._turns.remove(turn)
