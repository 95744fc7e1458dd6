"""Times at which the cameras of a run were not watching: "not seen" means nothing then.

A camera was not watching before its first frame, after its last one, and in between while it was
lost, its recording has a gap, or its images were blank. The store has the state as of now: a
continuing loss lasts up to the latest time in the store, which advances when all cameras are lost
at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from app.storage.outages import LEAST_S, Outages, least_outage_s
from app.storage.rows import EVERYTHING
from app.times import is_elapsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.storage.outages import Span
    from app.storage.records import Camera, SightingFilter
    from app.storage.store import Store
    from app.storage.store_reader import StoreReader

_CONFIGURED_KEY: Final = "configured_cameras"
_OUTAGES_KEY: Final = "outages:"
"""With the camera's name: what is written again with each outage stays small."""
_BLANK_KEY: Final = "blank:"
"""Likewise."""
_WAITED_KEY: Final = "waited_until"

ENOUGH_FPS: Final = 3.0
"""Of fewer frames a second, vehicles are missed: many have less than the three detections that make
a track. Of the demo's 189 sightings at 10 a second, 188 are found at 5, 159 at 2 and 109 at 1."""
_TOLD_AFTER_S: Final = 30.0
"""A shorter time says little of how many frames a second there will be."""

NEVER: Final = "never"
BEFORE: Final = "before"
LOST: Final = "lost"
GAP: Final = "gap"
NO_PICTURE: Final = "no picture"
AFTER: Final = "after"
NO_RUN: Final = "no run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A time for which a camera did not watch, as far as it was asked for.

    Attributes:
        camera_id: The camera.
        first: UTC seconds of its beginning, None where no camera has delivered a frame yet.
        last: UTC seconds of its end, None likewise.
        reason: `NEVER` delivered a frame; `BEFORE` its first one; `LOST`, of a live camera, between
            two, or for good while others went on; `GAP` in a recording; `NO_PICTURE` but blank
            images; `AFTER` its last one.
            `NO_RUN` had a frame of any camera.
    """

    camera_id: str
    first: float | None
    last: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What some cameras did not watch of some time.

    Attributes:
        first: UTC seconds of that time's beginning, None where nothing is known of any.
        last: UTC seconds of its end, None likewise.
        cameras: How many cameras are meant.
        absences: By camera, as they were configured, and time; none where all watched.
        outages_known: Whether the run kept them: those of earlier versions did not.
        run: From when to when the run goes, where that is all beside the time meant; else None.
        few: Cameras of which so few frames were looked at that vehicles are missed, with how many
            a second, outages left out.
    """

    first: float | None
    last: float | None
    cameras: int
    absences: tuple[Absence, ...]
    outages_known: bool = True
    run: Span | None = None
    few: tuple[tuple[str, float], ...] = ()


def put_configured(store: Store, camera_ids: Sequence[str]) -> None:
    """Keep which cameras a run is to have, also those that never answer."""
    store.set_meta(_CONFIGURED_KEY, list(camera_ids))


def put_outages(
    store: Store, camera_id: str, missing: Sequence[Span], blank: Sequence[Span] = ()
) -> None:
    """Keep the outages of a camera (`Outages`), in place of what was kept of it before."""
    store.set_meta(_OUTAGES_KEY + camera_id, list(missing))
    # JSON knows no infinity.
    ends = [(begin, end if math.isfinite(end) else None) for begin, end in blank]
    store.set_meta(_BLANK_KEY + camera_id, ends)


def put_waiting(store: Store, timestamp: float) -> None:
    """Keep that no live camera has delivered a frame until now, UTC seconds."""
    store.set_meta(_WAITED_KEY, timestamp)


def camera_ids(store: StoreReader) -> list[str]:
    """Return all cameras of a run by name, also those that never answered, as configured."""
    seen = [camera.camera_id for camera in store.cameras()]
    return list(dict.fromkeys([*store.meta(_CONFIGURED_KEY, []), *seen]))


def coverage(
    store: StoreReader, where: SightingFilter = EVERYTHING, *, alone: bool = True
) -> Coverage:
    """Return when the cameras that a filter lets pass did not watch.

    Args:
        store: The run, which may be going on.
        where: Which cameras, and which time: all of them, and from the first frame of any to the
            last one (or until now, where a live run waits for one), where it does not say. A camera
            that the run does not have never watched.
        alone: Whether the whole time counts, rather than what this run was there for; other runs
            may cover the rest, which is `between_runs`.
    """
    with store.unchanging():
        cameras = {camera.camera_id: camera for camera in store.cameras()}
        names = camera_ids(store)
        asked = [c for c in names if where.cameras is None or c in where.cameras]
        asked += sorted((where.cameras or frozenset()).difference(names))
        outages = {camera_id: _outages(store, camera) for camera_id, camera in cameras.items()}
        known = store.meta(_CONFIGURED_KEY) is not None
        waited_until = store.meta(_WAITED_KEY)
    run = _span(cameras.values(), waited_until)
    if run is not None and not alone and _is_comparable(where, run):
        cut = _within(where, run)
        if cut is None:
            return Coverage(first=run[0], last=run[1], cameras=len(asked), absences=())
        where = cut
    first = where.after if where.after is not None or run is None else run[0]
    last = where.before if where.before is not None or run is None else run[1]
    if run is None or first is None or last is None:
        never = tuple(Absence(camera_id=c, first=first, last=last, reason=NEVER) for c in asked)
        return Coverage(
            first=first, last=last, cameras=len(asked), absences=never, outages_known=known
        )
    # What is asked of may begin after the last frame, or end before the first one.
    span = min(first, last) if where.after is None else first, max(first, last)
    found: list[Absence] = []
    for camera_id in asked:
        camera = cameras.get(camera_id)
        found += _absences(camera_id, camera, outages.get(camera_id, Outages()), run, span)
    return Coverage(
        first=span[0],
        last=span[1],
        cameras=len(asked),
        absences=tuple(found),
        outages_known=known,
        run=run if last < run[0] or first > run[1] else None,
        few=tuple(
            (c, rate)
            for c in asked
            if c in cameras and (rate := _frame_rate(cameras[c], outages[c].missing)) < ENOUGH_FPS
        ),
    )


def between_runs(stores: Iterable[StoreReader], where: SightingFilter = EVERYTHING) -> Coverage:
    """Return when there was no run: the times between the first and the last frame of each.

    Args:
        stores: The runs; those of unknown date cannot tell.
        where: Which time: from the first frame of any run to the last one, where it does not say.

    Returns:
        The times as absences of a camera without a name.
    """
    spans = sorted(
        span for span in map(run_span, stores) if span is not None and not is_elapsed(span[0])
    )
    if not spans:
        return Coverage(first=None, last=None, cameras=1, absences=())
    first = spans[0][0] if where.after is None else where.after
    last = max(end for _, end in spans) if where.before is None else where.before
    last = max(first, last)
    away = []
    until = first
    for begin, end in [*spans, (last, last)]:
        if min(begin, last) - until > LEAST_S:
            away.append((until, min(begin, last)))
        until = max(until, end)
    # What is asked of may begin after the last frame, and end nowhere.
    if all(end < first or begin > last for begin, end in spans):
        away = [(first, last)]
    absences = tuple(Absence(camera_id="", first=a, last=b, reason=NO_RUN) for a, b in away)
    return Coverage(first=first, last=last, cameras=1, absences=absences)


def run_span(store: StoreReader) -> Span | None:
    """Return from when to when a run goes by now, None before any frame."""
    return _span(store.cameras(), store.meta(_WAITED_KEY))


def watched(store: StoreReader) -> dict[str, list[Span]]:
    """Return from when to when each camera watched without a break, in order of time."""
    found: dict[str, list[Span]] = {}
    for camera in store.cameras():
        if camera.first_timestamp is not None and camera.last_timestamp is not None:
            away = [t for span in sorted(chain(*_outages(store, camera))) for t in span]
            edges = [camera.first_timestamp, *away, camera.last_timestamp]
            found[camera.camera_id] = list(zip(edges[::2], edges[1::2], strict=True))
    return found


def _outages(store: StoreReader, camera: Camera) -> Outages:
    """Return the outages of a camera between the first and the last frame looked at."""
    first, last = camera.first_timestamp, camera.last_timestamp
    if first is None or last is None:
        return Outages()
    # Frames are read ahead: an outage counts when an image of afterwards has been looked at, blank
    # images as far as they were.
    missing = store.meta(_OUTAGES_KEY + camera.camera_id, [])
    blank = store.meta(_BLANK_KEY + camera.camera_id, [])
    return Outages(
        tuple((begin, end) for begin, end in missing if begin >= first and end <= last),
        tuple(
            (max(begin, first), last if end is None else min(end, last))
            for begin, end in blank
            if begin < last and (end is None or end > first)
        ),
    )


def _span(cameras: Iterable[Camera], waited_until: float | None) -> Span | None:
    """Return from when to when a run goes by now, None without a frame.

    That is from the first frame of any camera to the last one, or to when the run last waited for
    one.
    """
    times = [t for c in cameras for t in (c.first_timestamp, c.last_timestamp) if t is not None]
    if not times:
        return None
    return min(times), max(times) if waited_until is None else max(*times, waited_until)


def _is_comparable(where: SightingFilter, run: Span) -> bool:
    """Return whether it is known if a run lies in the time asked for: one without a date may not.

    Then it is one that did not watch.
    """
    ends = [t for t in (where.after, where.before) if t is not None]
    return all(is_elapsed(t) == is_elapsed(run[0]) for t in ends)


def _within(where: SightingFilter, run: Span) -> SightingFilter | None:
    """Return a filter whose time ends where a run does, None if all of it lies outside."""
    after = run[0] if where.after is None else max(where.after, run[0])
    before = run[1] if where.before is None else min(where.before, run[1])
    return replace(where, after=after, before=before) if after <= before else None


def _watched_s(first: float, last: float, outages: Sequence[Span]) -> float:
    return last - first - sum(end - begin for begin, end in outages)


def _frame_rate(camera: Camera, outages: Sequence[Span]) -> float:
    """Return how many frames a second were looked at, infinite where that cannot be told yet."""
    if camera.first_timestamp is None or camera.last_timestamp is None:
        return math.inf
    watched_s = _watched_s(camera.first_timestamp, camera.last_timestamp, outages)
    return math.inf if watched_s < _TOLD_AFTER_S else (camera.frames - 1) / watched_s


def _absences(
    camera_id: str, camera: Camera | None, outages: Outages, run: Span, asked: Span
) -> Iterator[Absence]:
    """Yield when a camera did not watch within the time asked for, in order."""
    if camera is None or camera.first_timestamp is None or camera.last_timestamp is None:
        yield Absence(camera_id=camera_id, first=asked[0], last=asked[1], reason=NEVER)
        return
    first, last = camera.first_timestamp, camera.last_timestamp
    watched_s = _watched_s(first, last, outages.missing)
    least_s = least_outage_s(watched_s / max(camera.frames - 1, 1))
    begin, end = min(run[0], asked[0]), max(run[1], asked[1])
    away = [(begin, first, BEFORE)] if first - begin > least_s else []
    missing = LOST if camera.live else GAP
    inner = [(*outage, missing) for outage in outages.missing]
    for since, until in outages.blank:
        # What the camera shows after its last frame it will show with its next one.
        goes_on = until == last and end - last <= least_s
        inner.append((since, end if goes_on else until, NO_PICTURE))
    away += sorted(inner)
    if camera.live and run[1] - last > least_s:
        away.append((last, run[1], LOST))
        last = run[1]
    if end - last > least_s:
        away.append((last, end, AFTER))
    for begin, end, reason in away:
        inside = max(begin, asked[0]), min(end, asked[1])
        if inside[1] - inside[0] > LEAST_S or inside == asked:
            yield Absence(camera_id=camera_id, first=inside[0], last=inside[1], reason=reason)
