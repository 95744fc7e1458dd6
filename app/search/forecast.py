"""Forecast of the next camera and arrival time of a run's vehicles, as records and text.

It uses the links and clocks that the run has stored (`camera_graph`), during a run as of a minute
ago. There is no forecast for a vehicle that was seen later than the filters allow, nor after
cameras from which too few vehicles were seen to go to another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from app.graph.camera_graph import CameraGraph, camera_graph, has_camera_graph
from app.graph.link_proposal import is_wrong
from app.storage.coverage import watched
from app.storage.records import SightingFilter
from app.times import format_second
from app.wording import percent
from tracking.learning.forecast import choose_exit, foresee, worth_telling
from tracking.sightings import path_ends

if TYPE_CHECKING:
    from app.search.ranking import Match
    from app.storage.outages import Span
    from app.storage.records import Sighting
    from app.storage.store_reader import StoreReader
    from tracking.decisions import End
    from tracking.learning.forecast import Due

IN_VIEW_S: Final = 1.0
"""A vehicle that its camera saw so short a time ago may still be in view: that is how far what is
stored of it lags behind (`camera.LOOK_AGAIN_S`, `pipeline.COMMIT_EVERY_S`)."""


@dataclass(frozen=True, slots=True)
class NextCamera:
    """A camera that may see a vehicle next; times are true ones, UTC seconds.

    Attributes:
        camera_id: The camera.
        usual: Of the vehicles that leave like this one, the share that it sees next.
        probability: That it sees this one next, which it has not by now.
        earliest: One in ten comes earlier.
        median: Half of them come by then.
        latest: One in ten comes later.
        over: Whether that time is over, and the vehicle was not seen there.
    """

    camera_id: str
    usual: float
    probability: float
    earliest: float
    median: float
    latest: float
    over: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where a vehicle goes next.

    Attributes:
        camera_id: The camera that saw it last.
        left_at: When that was, in true time, UTC seconds.
        in_view: Whether it may still be there: then all times are as if it had left just now.
        cameras: Those that are worth telling.
        none: Probability that no camera sees it again.
    """

    camera_id: str
    left_at: float
    in_view: bool
    cameras: tuple[NextCamera, ...]
    none: float


class Outlooks:
    """Says of vehicles where they go next, by what is in a store now.

    Args:
        store: The run.
    """

    def __init__(self, store: StoreReader) -> None:
        self._store = store
        self._graph = camera_graph(store) if has_camera_graph(store) else CameraGraph()
        self._cameras = {camera.camera_id: camera for camera in store.cameras()}
        self._watched = watched(store)

    def of(self, match: Match) -> Outlook | None:
        """Return where a vehicle goes next, None where nothing is known."""
        last = self._last_sighting(match)
        if last is None:
            return None
        now = self._cameras[last.camera_id].last_timestamp
        in_view = now is not None and now - last.last_timestamp <= IN_VIEW_S
        left_by = choose_exit(
            self._graph.exits, last.camera_id, None if in_view else self._end(last)
        )
        if left_by is None:
            return None
        forecast = foresee(left_by, {} if in_view else self._watched_s(last.last_timestamp))
        return Outlook(
            camera_id=last.camera_id,
            left_at=last.last_timestamp + self._error_s(last.camera_id),
            in_view=in_view,
            cameras=tuple(self._next(due, last) for due in worth_telling(forecast)),
            none=forecast.none,
        )

    def _last_sighting(self, match: Match) -> Sighting | None:
        """Return a vehicle's last sighting, None if the match does not show it."""
        seen = match.sightings
        if match.identity_id is not None:
            seen = tuple(self._store.sightings(SightingFilter(identity_id=match.identity_id)))
        last = max(seen, key=lambda one: one.last_timestamp)
        return last if last.sighting_id in {one.sighting_id for one in match.sightings} else None

    def _end(self, sighting: Sighting) -> End | None:
        boxes = [row.xyxy for row in self._store.track(sighting)]
        if not boxes:
            return None
        x, y, along_x, along_y = path_ends(np.array(boxes, np.float32))[1].tolist()
        return x, y, along_x, along_y

    def _watched_s(self, since: float) -> dict[str, list[Span]]:
        return {
            name: [(begin - since, end - since) for begin, end in spans if end > since]
            for name, spans in self._watched.items()
        }

    def _error_s(self, camera_id: str) -> float:
        """Return what is to be added to a camera's clock, as far as it is known to be wrong."""
        clock = self._graph.clock(camera_id)
        return clock.offset_s if clock is not None and is_wrong(clock) else 0.0

    def _next(self, due: Due, last: Sighting) -> NextCamera:
        # Windows are from the one camera's clock to the other's.
        error_s = self._error_s(due.camera_id)
        earliest, median, latest = (
            last.last_timestamp + seconds + error_s for seconds in due.window_s
        )
        return NextCamera(
            camera_id=due.camera_id,
            usual=due.usual,
            probability=due.probability,
            earliest=earliest,
            median=median,
            latest=latest,
            over=due.over,
        )


def as_line(outlook: Outlook | None) -> str:
    """Return where a vehicle goes next in one line, empty where nothing is known.

    >>> bridge = NextCamera("bridge", 0.6, 0.62, 70.0, 85.0, 100.0, over=False)
    >>> as_line(Outlook("gate", 61.0, False, (bridge,), 0.38))
    'next: bridge 62 %, 0:01:10 to 0:01:40; none 38 %'
    """
    if outlook is None:
        return ""
    parts = []
    for one in outlook.cameras:
        if not one.over:
            parts.append(f"{one.camera_id} {percent(one.probability)}, {_when(one, outlook)}")
    parts.append(f"none {percent(outlook.none)}")
    for one in outlook.cameras:
        if one.over:
            parts.append(f"was due at {one.camera_id} {_when(one, outlook)}, not seen there")
    when = "next, once it has left" if outlook.in_view else "next"
    return f"{when}: {'; '.join(parts)}"


def _when(one: NextCamera, outlook: Outlook) -> str:
    if outlook.in_view:
        early, late = (max(t - outlook.left_at, 0.0) for t in (one.earliest, one.latest))
        return f"{early:.0f} to {late:.0f} s later"
    return " to ".join(format_second(t, date=False) for t in (one.earliest, one.latest))
