"""The association alone, on simulated traffic: contribution of each part, and a baseline.

Every row of the ablation adds one part to the previous one. All engines see the same tracklets in
the same order; calibration and the baseline's threshold come from traffic of another seed, as they
belong to the network and not to the scene.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final

import numpy as np

from benchmarks.greedy import GreedyMatcher, best_threshold
from benchmarks.oracle import Key, Observation, OracleSettings, Scene, draw_scene
from benchmarks.oracle_errors import TrackErrors, with_errors
from benchmarks.oracle_looks import Difficulty
from benchmarks.oracle_person import constraints, corrections_for, last_said, put_right
from benchmarks.oracle_roads import Layout, RoadSettings
from benchmarks.oracle_score import Answer, Engine, feed, retrieval, score, unchanging
from benchmarks.oracle_traffic import TrafficSettings
from tracking.appearance.calibration import Calibration
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings
from tracking.decisions import Correction
from tracking.learning.learner import SIGHTINGS
from tracking.learning.recollection import Recollection, recollect

LAYOUTS: Final[dict[Layout, int]] = {"corridor": 6, "grid": 9, "ring": 8}
"""And how many cameras they have."""

RETURN_SHARE: Final = TrafficSettings().return_share
"""Of the vehicles that leave, those that return after minutes or hours."""

CALIBRATION_SEED: Final = 9_999
CORRECTIONS: Final = 10
"""That a person who knows the truth makes in a scene, the worst errors first."""

PEER: Final = "greedy nearest neighbour"

_ALONE: Final = {"exclusive": False, "travel_times": False, "learn_links": False, "joint": False}


@dataclass(frozen=True, slots=True)
class Variant:
    """One line of the ablation.

    Attributes:
        name: What it adds to the line before.
        settings: Differences from the association's defaults.
        given_links: Whether the true links are given.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    given_links: bool = False


VARIANTS: Final = (
    Variant("appearance only", _ALONE),
    Variant("+ constraints", _ALONE | {"exclusive": True}),
    Variant("+ learned links", {"joint": False}),
    Variant("+ joint solve"),
)
WHOLE: Final = VARIANTS[-1]
GIVEN: Final = Variant("joint solve, links given", given_links=True)
TAUGHT: Final = "joint solve, after another day"
CORRECTED: Final = "+ ten corrections"
AGAIN: Final = "ten corrections, run again"
VISITS: Final = "truth, but nobody known to come back"

LABELS: Final = {VISITS: "truth without re-entries", PEER: f"baseline: {PEER}"}
"""What tables call them, where that is not their key in the JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How good one engine was in one scene.

    Attributes:
        idf1: By the final identities.
        idp: Precision of that.
        idr: Recall of that.
        online_idf1: By what was known at the time; None for the baseline, which waits for the end.
        pair_precision: Of the final identities, over pairs of tracklets.
        pair_recall: The same.
        split: Vehicles under several identities.
        merged: Identities of several vehicles.
        tracklets: How many there were.
        ms_per_tracklet: Everything included.
    """

    idf1: float
    idp: float
    idr: float
    online_idf1: float | None
    pair_precision: float
    pair_recall: float
    split: int
    merged: int
    tracklets: int
    ms_per_tracklet: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """What belongs to the network: fitted on other traffic of the same difficulty."""

    calibration: Calibration
    peer_threshold: float


def settings_of(
    layout: Layout,
    difficulty: Difficulty,
    *,
    seed: int,
    vehicles: int,
    return_share: float = RETURN_SHARE,
    day: int = 0,
) -> OracleSettings:
    """Return the scene that is measured, or another day of it."""
    return OracleSettings(
        roads=RoadSettings(layout=layout, cameras=LAYOUTS[layout]),
        traffic=TrafficSettings(vehicles=vehicles, return_share=return_share),
        difficulty=difficulty,
        seed=seed,
        day=day,
    )


def draw(settings: OracleSettings, *, track_errors: bool) -> Scene:
    """Return a scene, with a tracker's errors if they are wanted."""
    scene = draw_scene(settings)
    return with_errors(scene, TrackErrors(), seed=settings.seed) if track_errors else scene


def fit(difficulty: Difficulty, *, vehicles: int) -> Fitted:
    """Fit calibration and the baseline's threshold on traffic that is not reported."""
    scene = draw_scene(
        settings_of("corridor", difficulty, seed=CALIBRATION_SEED, vehicles=vehicles)
    )

    def idf1(threshold: float) -> float:
        answer = feed(GreedyMatcher(threshold), scene.observations)
        return score(scene, answer.final).identity.idf1

    return Fitted(_calibration(scene.observations), best_threshold(idf1))


def _calibration(observations: Sequence[Observation]) -> Calibration:
    """Return a calibration, fitted as the shipped one was: to mean embeddings of true tracks."""
    return Calibration.of_vehicles(
        np.stack([o.tracklet.embedding for o in observations]),
        np.array([o.vehicle for o in observations], np.int64),
        np.array([o.parts[0].camera for o in observations], np.int64),
    )


def measure(scene: Scene, fitted: Fitted, *, earlier: Scene) -> dict[str, Result]:
    """Return the results of all engines in a scene, by name.

    Args:
        scene: The scene.
        fitted: What belongs to the network.
        earlier: Another day of it.
    """
    results = {PEER: _run(scene, GreedyMatcher(fitted.peer_threshold))[1]}
    # The baseline waits until a track has ended: at the time it says nothing.
    results[PEER] = replace(results[PEER], online_idf1=None)
    for variant in VARIANTS:
        answer, results[variant.name] = _run(scene, engine(scene, variant, fitted))
    said = corrections_for(scene, last_said(answer), most=CORRECTIONS)
    results[CORRECTED] = _result(scene, put_right(answer, said), seconds=0.0)
    informed = engine(scene, WHOLE, fitted, constraints(said))
    again = feed(informed, scene.observations)
    results[AGAIN] = _result(scene, put_right(again, said), seconds=0.0)
    results[GIVEN.name] = _run(scene, engine(scene, GIVEN, fitted))[1]
    taught = engine(scene, WHOLE, fitted)
    taught.recall(_seen(earlier))
    results[TAUGHT] = _run(scene, taught)[1]
    visits = unchanging(_visits(scene))
    results[VISITS] = replace(_result(scene, Answer({}, visits), seconds=0.0), online_idf1=None)
    return results


def _seen(earlier: Scene) -> Recollection:
    """Return what a run of another day would have seen and, without error, recognised."""
    latest = earlier.observations[-SIGHTINGS:]
    return recollect([o.tracklet for o in latest], {o.tracklet.key: o.vehicle for o in latest})


def _visits(scene: Scene) -> dict[Key, int]:
    """Return what is right within each visit, and takes who returns for another vehicle.

    Somebody who was away for minutes or hours may be anybody that looks alike: this is how far time
    and place can lead.
    """
    until: dict[int, float] = {}
    visit: dict[int, int] = {}
    numbers = count()
    found = {}
    away_s = TrafficSettings().return_s[0]
    for one in sorted(scene.observations, key=lambda o: o.parts[0].first_s):
        if one.parts[0].first_s - until.get(one.vehicle, -np.inf) >= away_s:
            visit[one.vehicle] = next(numbers)
        until[one.vehicle] = max(until.get(one.vehicle, -np.inf), one.parts[-1].last_s)
        found[one.tracklet.key] = visit[one.vehicle]
    return found


def engine(
    scene: Scene, variant: Variant, fitted: Fitted, corrections: Sequence[Correction] = ()
) -> Associator:
    """Return the association as a variant has it."""
    return Associator(
        # What two cameras see of a vehicle is drawn for each by itself: no map fits both.
        replace(AssociationSettings(learn_ground=False), **variant.settings),
        scene.roads.camera_links() if variant.given_links else (),
        calibration=fitted.calibration,
        corrections=corrections,
    )


def _run(scene: Scene, engine: Engine) -> tuple[Answer, Result]:
    start = time.perf_counter()
    answer = feed(engine, scene.observations)
    return answer, _result(scene, answer, seconds=time.perf_counter() - start)


def _result(scene: Scene, answer: Answer, *, seconds: float) -> Result:
    final, online = score(scene, answer.final), score(scene, answer.online)
    n = len(scene.observations)
    return Result(
        idf1=final.identity.idf1,
        idp=final.identity.idp,
        idr=final.identity.idr,
        online_idf1=online.identity.idf1,
        pair_precision=final.pair_precision,
        pair_recall=final.pair_recall,
        split=final.split,
        merged=final.merged,
        tracklets=n,
        ms_per_tracklet=1000 * seconds / max(1, n),
    )


def medians(results: Sequence[Mapping[str, Result]]) -> dict[str, dict[str, float | None]]:
    """Return the median of every number over the scenes, by engine."""
    return {
        name: {
            measure: _median([getattr(by_name[name], measure) for by_name in results])
            for measure in Result.__slots__
        }
        for name in results[0]
    }


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def difficulty_of(scene: Scene) -> dict[str, float]:
    """Return what the tracklets of a scene say about the network that would make them."""
    found = retrieval(scene.observations)
    return {"mAP": found.mean_ap, "rank-1": found.rank1}
