"""Benchmark of the next-camera forecast, compared with the most frequent next camera.

The ground truth says when vehicles left and which camera saw them next. The links come from an
association that is fed the run's tracklets again, and never from the vehicle in question: either
from all tracklets but those of a fifth of the vehicles, to which it belongs, or from those that had
ended by the time at which it left. Rendered scenes last a minute, in which hardly anything is known
by then; simulated ones (`oracle`) have enough traffic for asking about a second half.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final

from app import assembly
from app.config_file import load_config
from app.evaluation.ground_truth import read_truth
from app.storage.store import Store
from app.storage.stored_tracklets import stored_tracklets
from benchmarks.departures import Departure, Passage, departures, departures_on, frame_times
from benchmarks.mtmc_oracle import WHOLE, draw, engine, fit, settings_of
from benchmarks.mtmc_scenes import make_run
from benchmarks.oracle_roads import Layout
from benchmarks.suspects import true_vehicles
from tracking.association.associator import Associator
from tracking.decisions import ExitEstimate
from tracking.learning.forecast import choose_exit, foresee, worth_telling
from tracking.sightings import path_ends
from tracking.types import Tracklet

OTHERS: Final = "other vehicles"
BY_THEN: Final = "what was known then"

LABELS: Final = {BY_THEN: "past only"}
"""What tables call them, where that is not their key in the JSON."""

DIFFICULTY: Final = "mid"
"""Of the looks in simulated scenes: about that of the shipped network."""

FOLDS: Final = 5
"""Parts of the vehicles: for those of each it is learned from the others."""

NEWEST_S: Final = 3.0
"""A track has ended when its vehicle was not seen for so long (`TrackerSettings.max_lost_s`)."""

Asked = tuple[Departure, list[ExitEstimate]]
"""A departure, and what is known of the exits."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How good forecasts are; shares are None where nothing was asked.

    Attributes:
        departures: Vehicles that left, and were seen by another camera before the end.
        told: Those of which something was forecast; the shares below are of them.
        first: The right camera was the most probable one.
        usual: It was the one that most vehicles go to that leave this camera, by any exit.
        listed: It was among the cameras that are told.
        in_window: Of these, those that came in the window, which is for 80 %.
        window_s: Median length of these windows in seconds.
        none_seen: Mean probability to be seen by none again that was given to those told.
        none_gone: The same of others, whom no camera saw again before the end.
    """

    departures: int
    told: int
    first: float | None
    usual: float | None
    listed: float | None
    in_window: float | None
    window_s: float | None
    none_seen: float | None
    none_gone: float | None


def ask(scene: Path, run: Path) -> dict[str, list[Asked]]:
    """Ask at each departure in a scene what is known of the exits.

    Args:
        scene: Recordings, `cams.yaml` and truth.
        run: Where the run of the product goes, or is.

    Returns:
        By `OTHERS` and `BY_THEN`, all departures in order of time.
    """
    make_run(scene, run)
    config = load_config(scene / "cams.yaml")
    learner = partial(assembly.associator, config, assembly.load_embedder(config))
    with Store.open(run) as store:
        truth = read_truth(scene)
        asked = departures(truth.counted, frame_times(store))
        vehicles = true_vehicles(store, truth)
        tracklets = {
            sighting.sighting_id: tracklet
            for sighting, tracklet in stored_tracklets(store, store.sightings())
        }
    return {
        OTHERS: list(_by_others(learner, asked, tracklets, vehicles)),
        BY_THEN: list(_by_then(learner(), asked, list(tracklets.values()))),
    }


def ask_drawn(layout: Layout, *, seed: int, vehicles: int) -> list[Asked]:
    """Ask in a simulated scene what is known at each departure of the second half of its traffic.

    Args:
        layout: Of the roads.
        seed: Of the scene.
        vehicles: How many there are.
    """
    scene = draw(settings_of(layout, DIFFICULTY, seed=seed, vehicles=vehicles), track_errors=False)
    ways: dict[int, list[Passage]] = defaultdict(list)
    for one in scene.observations:
        tracklet = one.tracklet
        x, y, along_x, along_y = path_ends(tracklet.xyxy)[1].tolist()
        end = x, y, along_x, along_y
        ways[one.vehicle].append(
            Passage(tracklet.camera_id, tracklet.first_timestamp, tracklet.last_timestamp, end)
        )
    learner = engine(scene, WHOLE, fit(DIFFICULTY, vehicles=vehicles))
    asked = list(
        _by_then(learner, departures_on(ways), [one.tracklet for one in scene.observations])
    )
    return asked[len(asked) // 2 :]


def _by_others(
    new_learner: Callable[[], Associator],
    asked: Sequence[Departure],
    tracklets: Mapping[int, Tracklet],
    vehicles: Mapping[int, int],
) -> Iterator[Asked]:
    """Yield what tracklets of other vehicles teach, or of none that is known."""
    exits = []
    for fold in range(FOLDS):
        learner = new_learner()
        others = [
            tracklet
            for key, tracklet in tracklets.items()
            if key not in vehicles or vehicles[key] % FOLDS != fold
        ]
        for _, some in groupby(_by_end(others), key=lambda t: int(t.last_timestamp)):
            learner.update(list(some))
        learner.flush()
        exits.append(learner.exits())
    for one in asked:
        yield one, exits[one.vehicle % FOLDS]


def _by_then(
    learner: Associator, asked: Sequence[Departure], tracklets: Iterable[Tracklet]
) -> Iterator[Asked]:
    """Yield what tracklets teach that had ended when the vehicle left."""
    waiting = _by_end(tracklets)
    for one in asked:
        ended = [t for t in waiting if t.last_timestamp < one.left_at - NEWEST_S]
        waiting = waiting[len(ended) :]
        learner.update(ended)
        yield one, learner.exits()


def _by_end(tracklets: Iterable[Tracklet]) -> list[Tracklet]:
    return sorted(tracklets, key=lambda t: (t.last_timestamp, t.key))


def score(asked: Sequence[Asked]) -> Scores:
    """Compare forecasts with what happened."""
    told, first, usual, listed, in_window = 0, 0, 0, 0, 0
    windows: list[float] = []
    none: dict[bool, list[float]] = {True: [], False: []}
    for one, exits in asked:
        left_by = choose_exit(exits, one.camera_id, one.end)
        anywhere = choose_exit(exits, one.camera_id, None)
        if left_by is None or anywhere is None:
            continue
        forecast = foresee(left_by, {})
        none[one.next_camera is None].append(forecast.none)
        if one.next_camera is None or one.after_s is None:
            continue
        told += 1
        cameras = worth_telling(forecast)
        first += bool(cameras) and cameras[0].camera_id == one.next_camera
        usual += foresee(anywhere, {}).due[0].camera_id == one.next_camera
        for due in cameras:
            if due.camera_id == one.next_camera:
                listed += 1
                early, _, late = due.window_s
                in_window += early <= one.after_s <= late
                windows.append(late - early)
    return Scores(
        departures=sum(one.next_camera is not None for one, _ in asked),
        told=told,
        first=_share(first, told),
        usual=_share(usual, told),
        listed=_share(listed, told),
        in_window=_share(in_window, listed),
        window_s=statistics.median(windows) if windows else None,
        none_seen=statistics.mean(none[False]) if none[False] else None,
        none_gone=statistics.mean(none[True]) if none[True] else None,
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
