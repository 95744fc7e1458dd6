"""Reports cameras of a run in progress that are lost or back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING

from app.storage.coverage import LOST, NEVER, camera_ids, coverage
from app.times import format_second

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.storage.coverage import Absence, Coverage
    from app.storage.records import SightingFilter
    from app.storage.store_reader import StoreReader


@dataclass(slots=True)
class _Told:
    """What has been told of a camera.

    Attributes:
        awaited: It has delivered no frame yet.
        lost: It is lost.
        until: UTC seconds of the end of its last loss that was told.
    """

    awaited: bool = False
    lost: bool = False
    until: float = -inf


class CameraNews:
    """Tells once that a camera was lost, that it is back, and that it answered after the others.

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
            news = list(_losses(told, [one for one in own if one.reason == LOST], found))
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


def _losses(told: _Told, losses: list[Absence], found: Coverage) -> Iterator[str]:
    """Yield what is new of a camera's losses, and take note that it was told."""
    goes_on = False
    for loss in losses:
        assert loss.first is not None
        assert loss.last is not None
        goes_on = loss.last == found.last
        begin, end = format_second(loss.first), format_second(loss.last)
        if goes_on:
            if not told.lost:
                told.lost = True
                yield f"lost since {begin}"
        elif loss.last > told.until:
            told.until, told.lost = loss.last, False
            yield f"back since {end}, lost since {begin}"
    if told.lost and not goes_on:  # for too short a time to be kept
        told.lost = False
        yield "back"
