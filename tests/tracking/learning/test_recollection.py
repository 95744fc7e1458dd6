"""An association that begins with what an earlier run saw."""

from __future__ import annotations

import numpy as np
import pytest

import tracking.learning.learner
import tracking.learning.lesson
from tests.tracking.corridor import Passage, corridor, idf1, passing, run, unit
from tests.tracking.pinhole import LOOK_ALIKES
from tracking.appearance.camera_looks import LEAST_VEHICLES, CameraLooks
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings
from tracking.learning.learner import EARLIER_VEHICLES, LinkLearner
from tracking.learning.link_learning import _began, _busy_s
from tracking.learning.recollection import CUT_OFF_S, LONG_AGO, OWN_GROUND, QUIET, recollect
from tracking.maps.survey import Surveyed
from tracking.sightings import Sightings
from tracking.slices import Steps
from tracking.travel.links import LinkGraph
from tracking.types import Tracklet

LOOK = np.eye(1, 512)[0]
SETTINGS = AssociationSettings()


def seen(camera: str, track: int, first: float, last: float) -> Tracklet:
    return passing(camera, track, np.array([first, last], np.float64), LOOK)


def of(passages: list[Passage]) -> tuple[list[Tracklet], dict[tuple[str, int], int]]:
    return [p.tracklet for p in passages], {p.tracklet.key: p.vehicle for p in passages}


def test_it_lies_long_before_all_that_comes_and_has_numbers_that_no_track_has() -> None:
    found = recollect([seen("a", 3, 1000, 1010), seen("b", 1, 1020, 1600)], {})
    assert [t.key for t in found.tracklets] == [("a", -3), ("b", -1)]
    assert found.tracklets[1].last_timestamp == LONG_AGO
    assert found.tracklets[1].first_timestamp - found.tracklets[0].last_timestamp == 10
    assert LONG_AGO < 0


def test_who_left_at_the_very_end_may_have_gone_anywhere() -> None:
    ends = [0.0, 400.0, 600.0 - CUT_OFF_S, 600.0 - CUT_OFF_S + 1, 600.0]
    found = recollect([seen("a", n, end, end) for n, end in enumerate(ends, 1)], {})
    assert [t.ended for t in found.tracklets] == [True, True, True, False, False]


def test_of_a_short_run_a_quarter_is_the_end() -> None:
    found = recollect([seen("a", n, 4.0 * n, 4.0 * n) for n in range(1, 12)], {})
    assert sum(t.ended for t in found.tracklets) == 8


def test_sightings_of_a_vehicle_follow_each_other() -> None:
    tracklets = [seen("a", 1, 0, 5), seen("b", 1, 3, 9), seen("a", 2, 20, 30), seen("b", 2, 1, 2)]
    found = recollect(tracklets, {("a", 1): 7, ("a", 2): 7, ("b", 1): 7})
    assert found.previous == {("a", -1): None, ("b", -1): ("a", -1), ("a", -2): ("b", -1)}


def test_nothing_was_seen() -> None:
    assert recollect([], {}) == ([], {})
    associator = Associator(SETTINGS)
    associator.recall(recollect([], {}))
    assert associator.links() == []


def test_the_ways_are_known_before_anything_is_seen() -> None:
    associator = Associator(SETTINGS)
    associator.recall(recollect(*of(corridor(1, noise=0.3))))
    ways = {(link.from_camera, link.to_camera) for link in associator.links() if link.count > 10}
    assert ways >= {("c0", "c1"), ("c1", "c2"), ("c2", "c1"), ("c3", "c2")}
    assert ("c0", "c2") not in ways


def test_the_same_tracks_again_are_other_vehicles() -> None:
    passages = corridor(1, noise=0.3, vehicles=12)
    associator = Associator(SETTINGS)
    associator.recall(recollect(*of(passages)))
    found = run(associator, passages)
    assert set(found) == {p.tracklet.key for p in passages}
    assert min(found.values()) == 1


@pytest.mark.parametrize("seed", [3, 4])
def test_the_next_traffic_is_recognised_better(seed: int) -> None:
    drawn = corridor(seed, noise=1.2, vehicles=72, span_s=420)
    earlier = [p for p in drawn if p.vehicle < 60]
    short = [p for p in drawn if p.vehicle >= 60]
    fresh, taught = Associator(SETTINGS), Associator(SETTINGS)
    taught.recall(recollect(*of(earlier)))
    assert idf1(short, run(taught, short)) >= idf1(short, run(fresh, short)) > 0.9


@pytest.mark.parametrize("seed", [3, 4])
def test_another_light_does_not_spoil_it(seed: int) -> None:
    short = corridor(seed, noise=1.5, vehicles=8, span_s=60)
    earlier = corridor(seed + 50, noise=0.6, vehicles=60)
    associator = Associator(SETTINGS)
    associator.recall(recollect(*of(earlier)))
    assert idf1(short, run(associator, short)) == 1.0


# ------------------------------------------------------------------ what becomes of it


@pytest.mark.parametrize(
    ("own", "looked_at"),
    [
        pytest.param(2 * OWN_GROUND - 1, 2 * OWN_GROUND + 19, id="few of its own: all"),
        pytest.param(2 * OWN_GROUND, 2 * OWN_GROUND, id="enough of its own"),
    ],
)
def test_the_ground_is_learned_from_own_sightings_once_there_are_enough(
    monkeypatch: pytest.MonkeyPatch, own: int, looked_at: int
) -> None:
    asked: list[int] = []

    def survey(sightings: Sightings, *_: object, **__: object) -> Steps[Surveyed]:
        yield 1.0
        asked.append(len(sightings))
        return Surveyed({}, {}, {})

    monkeypatch.setattr(tracking.learning.lesson, "survey", survey)
    learner = LinkLearner(LinkGraph(), LOOK_ALIKES, correlation=1.0, learning=False, surveying=True)
    earlier, later = ([seen("ab"[k % 2], k + 1, k, k + 0.5) for k in range(n)] for n in (20, own))
    learner.recall(recollect(earlier, {}))
    learner.add(later)
    learner.learn()
    assert {*asked} == {looked_at}


def test_own_looks_outweigh_earlier_ones_soon() -> None:
    other = np.eye(2, 512, dtype=np.float32)[1]
    cameras = CameraLooks()
    camera = np.zeros(1000, np.intp)
    cameras.add(np.tile(LOOK.astype(np.float32), (1000, 1)), camera, camera)
    cameras.fade(EARLIER_VEHICLES)
    cameras.add(np.tile(other, (30, 1)), camera[:30], camera[:30])
    total, count = cameras._total.sum(axis=(0, 1)), cameras._count.sum()
    assert count == pytest.approx(EARLIER_VEHICLES + 30)
    assert total[1] == pytest.approx(30)
    assert total[0] == pytest.approx(EARLIER_VEHICLES)


def test_a_pause_is_neither_traffic_nor_time() -> None:
    day = np.arange(0.0, 600.0, 2.0)
    assert _busy_s(day) == pytest.approx(600.0)
    # Twice the same day, with a night between that does not begin on a window's border.
    assert _busy_s(np.concatenate([day, day + 30_047.0])) == pytest.approx(1200.0)
    assert _began(np.array([0.0, 5.0, 1000.0, 1001.0, 5000.0])).tolist() == [0, 0, 2, 2, 4]


# ------------------------------------------------------------------ its time is not today's


def test_who_left_before_the_earlier_run_ended_was_not_watched_for_months() -> None:
    # From a to b it takes 50 s, of a run of two minutes.
    looks = unit(np.random.default_rng(1).normal(size=(40, 512)))
    ways = [passing("a", n, 3.0 * n + np.arange(2.0), look) for n, look in enumerate(looks, 1)]
    ways += [
        passing("b", n, 3.0 * n + 51 + np.arange(2.0), look)
        for n, look in enumerate(looks, 1)
        if 3.0 * n + 52 < 120
    ]
    associator = Associator(SETTINGS)
    associator.recall(recollect(ways, {}))
    before = _share(associator, "a", "b")
    for n in range(1, 60):
        associator.update([seen("elsewhere", n, 10.0 * n, 10.0 * n + 5)])
    assert _share(associator, "a", "b") == pytest.approx(before, abs=0.02)
    assert before > 0.8


def _share(associator: Associator, camera: str, other: str) -> float:
    (found,) = (e for e in associator.exits() if e.camera_id == camera and e.end is None)
    return {onward.camera_id: onward.share for onward in found.onward}[other]


def test_the_pause_is_no_time_without_traffic() -> None:
    few = recollect([seen("a", n, n, n + 0.5) for n in range(1, 10)], {})
    rates = []
    for earlier in (recollect([], {}), few):
        learner = LinkLearner(LinkGraph(), LOOK_ALIKES, correlation=1.0, learning=True)
        learner.recall(earlier)
        learner.add([seen("a", 100, 1e9, 1e9 + 10)])
        rates.append(np.exp(learner.current()[1]._log_birth).sum())
    assert rates[1] == pytest.approx(rates[0])


@pytest.mark.parametrize(("own", "kept"), [(0, 20), (QUIET - 1, 20), (QUIET, 0)])
def test_a_camera_that_hardly_saw_anything_keeps_its_earlier_ground(
    monkeypatch: pytest.MonkeyPatch, own: int, kept: int
) -> None:
    asked: list[dict[int, int]] = []

    def survey(sightings: Sightings, *_: object, **__: object) -> Steps[Surveyed]:
        yield 1.0
        asked.append(dict(enumerate(np.bincount(sightings.camera).tolist())))
        return Surveyed({}, {}, {})

    monkeypatch.setattr(tracking.learning.lesson, "survey", survey)
    learner = LinkLearner(LinkGraph(), LOOK_ALIKES, correlation=1.0, learning=False, surveying=True)
    learner.recall(recollect([seen("ab"[k % 2], k + 1, k, k + 0.5) for k in range(40)], {}))
    of_a = [seen("a", k + 1, k, k + 0.5) for k in range(2 * OWN_GROUND)]
    learner.add([*of_a, *(seen("b", k + 1, k, k + 0.5) for k in range(own))])
    learner.learn()
    assert asked[-1] == {0: 2 * OWN_GROUND, 1: own + kept}


def test_clocks_are_compared_anew_by_what_is_seen_today(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def survey(
        sightings: Sightings, *_: object, lagging: bool = False, **__: object
    ) -> Steps[Surveyed]:
        yield 1.0
        if lagging:
            asked.append(sightings.first.min())
        return Surveyed({}, {}, {})

    monkeypatch.setattr(tracking.learning.lesson, "survey", survey)
    learner = LinkLearner(LinkGraph(), LOOK_ALIKES, correlation=1.0, learning=True, surveying=True)
    learner.recall(recollect([seen("ab"[k % 2], k + 1, k, k + 0.5) for k in range(400)], {}))
    assert len(asked) == 1
    for k in range(3 * OWN_GROUND):
        learner.add([seen("ab"[k % 2], k + 1, k, k + 0.5)])
    assert asked[1:] == [0.0]


def test_what_a_camera_adds_is_known_from_the_first_vehicle_on() -> None:
    known = []
    looks = unit(np.random.default_rng(2).normal(size=(200, 512))).astype(np.float32)
    for n in range(LEAST_VEHICLES, 200):
        cameras = CameraLooks()
        cameras.add(looks[:n], np.zeros(n, np.intp), np.arange(n) % 3)
        cameras.fade(EARLIER_VEHICLES)
        one = np.zeros(1, np.intp)
        known.append(not np.array_equal(cameras.taken_off(looks[:1], one, one), looks[:1]))
    assert all(known)
