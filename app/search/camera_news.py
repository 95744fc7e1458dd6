"""Reports cameras of a run in progress that are lost or back, or send blank images."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING, Final

from app.storage.coverage import LOST, NEVER, NO_PICTURE, camera_ids, coverage
from app.times import format_second

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.storage.coverage import Absence, Coverage
    from app.storage.records import SightingFilter
    from app.storage.store_reader import StoreReader


_WORDS: Final = {LOST: ("lost", "back"), NO_PICTURE: ("no picture", "a picture again")}
"""What is told of each kind of outage: that it is so, and that it is over."""


@dataclass(slots=True)
class _Outage:
    """What has been told of one kind of outage of a camera.

    Attributes:
        goes_on: There is one.
        until: UTC seconds of the end of the last one that was told.
    """

    goes_on: bool = False
    until: float = -inf


@dataclass(slots=True)
class _Told:
    """What has been told of a camera.

    Attributes:
        awaited: It has delivered no frame yet.
        outages: Its outages, by kind.
    """

    awaited: bool = False
    outages: dict[str, _Outage] = field(
        default_factory=lambda: {reason: _Outage() for reason in _WORDS}
    )


class CameraNews:
    """Tells once that a camera was lost or blind, that it sees again, and that it answered late.

    What is so at the beginning is no news.

    Args:
        store: The run; somebody else adds to it.
        where: Which cameras are meant; its times don't count here.
    """

    def __init__(self, store: StoreReader, where: SightingFilter) -> None:
        self._store = store
        self._where = replace(where, after=None, before=None)
        self._told: dict[str, _Told] = {}
        self._begun = False
        self.lines()

    def lines(self) -> list[str]:
        """Return what is new in a line each, by camera as configured and then by time."""
        found = coverage(self._store, self._where)
        beginnings = {c.camera_id: c.first_timestamp for c in self._store.cameras()}
        lines = []
        for camera_id in camera_ids(self._store):
            first = camera_id not in self._told
            told = self._told.setdefault(camera_id, _Told())
            own = [one for one in found.absences if one.camera_id == camera_id]
            news = [
                line
                for reason, outage in told.outages.items()
                for line in _news(outage, reason, own, found)
            ]
            never = any(one.reason == NEVER for one in own)
            beginning = beginnings.get(camera_id)
            if told.awaited and not never and beginning is not None and self._begun:
                news.insert(0, f"watching since {format_second(beginning)}")
            told.awaited = never
            if not first:
                lines += [f"camera {camera_id}: {line}" for line in news]
        # All that answer when a run begins are no news one by one.
        self._begun = any(beginning is not None for beginning in beginnings.values())
        return lines


def _news(told: _Outage, reason: str, absences: list[Absence], found: Coverage) -> Iterator[str]:
    """Yield what is new of a camera's outages of one kind, and take note that it was told."""
    is_so, is_over = _WORDS[reason]
    goes_on = False
    for one in [absence for absence in absences if absence.reason == reason]:
        assert one.first is not None
        assert one.last is not None
        goes_on = one.last == found.last
        begin, end = format_second(one.first), format_second(one.last)
        if goes_on:
            if not told.goes_on:
                told.goes_on = True
                yield f"{is_so} since {begin}"
        elif one.last > told.until:
            told.until, told.goes_on = one.last, False
            # If it was lost or ended while its images were blank, no picture came back.
            if reason != NO_PICTURE or all(other.first != one.last for other in absences):
                yield f"{is_over} since {end}, {is_so} since {begin}"
    if told.goes_on and not goes_on:  # for too short a time to be kept
        told.goes_on = False
        yield is_over
