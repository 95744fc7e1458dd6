"""What is kept for learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

import tracking.learning.clock_turns
import tracking.learning.learner
import tracking.learning.lesson
from tests.tracking.corridor import passing
from tests.tracking.pinhole import LOOK_ALIKES, Pinhole, film, street
from tests.tracking.yard import unplaced
from tracking.appearance.calibration import Calibration, Curves
from tracking.chains.successions import ALONE
from tracking.ground import GIVEN, LEARNED, GroundPlane
from tracking.learning.clock_turns import CLOCKS_EVERY
from tracking.learning.learner import SIGHTINGS, LinkLearner
from tracking.maps.survey import Surveyed
from tracking.maps.terrain import Terrain
from tracking.maps.view_lags import ViewLag
from tracking.sightings import Sightings
from tracking.slices import Steps
from tracking.travel.links import LinkGraph
from tracking.travel.zones import MAX_ZONES
from tracking.types import EMBEDDING_DIM, Tracklet

SOUTH = Pinhole("a")
BESIDE = Pinhole("b", at=(14.0, -3.0), yaw_deg=-5, pitch_deg=17, height_m=8)


def test_only_the_latest_sightings_are_kept_where_nothing_is_learned() -> None:
    learner = LinkLearner(LinkGraph(), Curves(Calibration()), correlation=1.0, learning=False)
    look = np.eye(1, 512)[0]
    for n in range(0, 3 * SIGHTINGS, 50):
        ended = [passing("a", n + k, np.array([n + k, n + k + 0.5]), look) for k in range(50)]
        learner.add(ended)
    assert len(learner._keys) == sum(map(len, learner._parts)) <= 2 * SIGHTINGS
    assert learner._keys[-1] == ("a", 3 * SIGHTINGS - 1)


def test_the_ground_is_learned_by_the_clocks_that_are_believed_at_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terrain = Terrain()
    learner = LinkLearner(
        LinkGraph(), LOOK_ALIKES, correlation=1.0, learning=False, terrain=terrain, surveying=True
    )
    drives = street(30, from_y=-20, to_y=110)
    # Looks say nothing by now: only who was seen is of matter here.
    monkeypatch.setattr(
        tracking.maps.survey, "_looks", lambda a, b, _: np.full((len(a), len(b)), 3.0)
    )
    for tracklets in (film(SOUTH, drives), film(BESIDE, drives, shift_s=11.0)):
        learner.add(tracklets)
    found = []
    for offset_s in (0.0, -11.0, -11.0, 0.0):
        offsets = np.array([0.0, offset_s])
        monkeypatch.setattr(
            tracking.learning.lesson, "sure_offsets", lambda *_, known=offsets: known
        )
        learner.learn()
        found.append(terrain.frames(["a", "b"]).tolist())
    apart, together = [LEARNED, LEARNED + 1], [LEARNED] * 2
    assert found == [apart, together, together, apart]


def test_a_run_that_goes_on_knows_of_wrong_clocks() -> None:
    learner = LinkLearner(LinkGraph(), LOOK_ALIKES, correlation=1.0, learning=True, surveying=True)
    drives = street(50, from_y=-20, to_y=110, every_s=3.0)
    looks = np.random.default_rng(3).normal(size=(len(drives), EMBEDDING_DIM)).astype(np.float32)
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    seen = film(SOUTH, drives, looks=looks) + film(BESIDE, drives, looks=looks, shift_s=3.0)
    for tracklet in sorted(seen, key=lambda t: t.last_timestamp):
        learner.add([tracklet])
    a, b = learner.clocks()
    assert b.offset_s - a.offset_s == pytest.approx(-3.0, abs=0.3)
    assert min(a.count, b.count) > 30


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The cameras whose clocks are compared, each time; those of the first two differ by 2 s."""
    asked: list[tuple[int, ...]] = []

    def survey(
        _: object,
        cameras: Sequence[int],
        *__: object,
        given: Mapping[int, GroundPlane],
        lagging: bool = False,
    ) -> Steps[Surveyed]:
        yield 1.0
        if not lagging:
            return Surveyed({}, {}, {})
        assert not {*cameras} & given.keys()
        among = tuple(sorted({*cameras, *given}))
        asked.append(among)
        return Surveyed({}, {}, {(0, 1): ViewLag(2.0, 9)} if {0, 1} <= {*among} else {})

    monkeypatch.setattr(tracking.learning.lesson, "survey", survey)
    return asked


def passed(learner: LinkLearner, n: int, *, cameras: int, since: int = 0) -> None:
    """Let a camera after the other see a vehicle, `n` times in all; learn every hundred times."""
    look = np.eye(1, 512)[0]
    for k in range(since, since + n):
        learner.add([passing(f"c{k % cameras}", k, np.array([k, k + 0.5]), look)])
        if k % 100 == 99:
            learner.learn()


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        pytest.param(CLOCKS_EVERY, [100, 200, 400, 800], id="when twice as many were seen"),
        pytest.param(200, [100, 200, 400, 600, 800], id="at the latest after so many"),
    ],
)
def test_clocks_are_compared_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
    compared: list[tuple[int, ...]],
    every: int,
    expected: list[int],
) -> None:
    monkeypatch.setattr(tracking.learning.clock_turns, "CLOCKS_EVERY", every)
    learner = LinkLearner(LinkGraph(), LOOK_ALIKES, correlation=1.0, learning=False, surveying=True)
    at = []
    for n in range(0, 800, 100):
        passed(learner, 100, cameras=3, since=n)
        if len(compared) > len(at):
            at.append(n + 100)
    assert at == expected
    learner.learn(last=True)
    assert compared == [(0, 1, 2)] * (len(expected) + 1)


def test_of_many_cameras_the_clocks_of_four_are_compared_at_once(
    compared: list[tuple[int, ...]],
) -> None:
    learner = LinkLearner(LinkGraph(), LOOK_ALIKES, correlation=1.0, learning=False, surveying=True)
    passed(learner, 300, cameras=6)
    assert compared == [(0, 1, 2, 3), (0, 1, 4, 5)]
    # What was found stays until the same two are compared again.
    passed(learner, 100, cameras=6, since=300)
    assert compared[2:] == [(2, 3, 4, 5)]
    assert learner._lags == {(0, 1): ViewLag(2.0, 9)}
    # The first were compared after 200 sightings.
    passed(learner, 100, cameras=6, since=400)
    assert compared[3:] == [(0, 1, 2, 3)]


@pytest.mark.parametrize("calibrated", ["012345", "01245"])
def test_clocks_of_calibrated_cameras_are_compared_too(
    compared: list[tuple[int, ...]], calibrated: str
) -> None:
    plane = GroundPlane(np.eye(3))
    learner = LinkLearner(
        LinkGraph(),
        LOOK_ALIKES,
        correlation=1.0,
        learning=False,
        terrain=Terrain({f"c{number}": plane for number in calibrated}),
        surveying=True,
    )
    passed(learner, 300, cameras=6)
    assert compared == [(0, 1, 2, 3), (0, 1, 4, 5)]


TAKEN_OVER = GroundPlane(BESIDE.plane().homography, std_m=1.0)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"a": SOUTH.plane(), "b": BESIDE.plane()}, True),
        # What was laid over another view lies as it does partly because of the clocks,
        ({"a": SOUTH.plane()}, False),
        # also when the next run begins with it.
        ({"a": SOUTH.plane(), "b": TAKEN_OVER}, False),
    ],
    ids=["both measured", "laid over", "taken over"],
)
def test_lateness_tells_of_the_clocks_of_measured_cameras(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, GroundPlane], *, told: bool
) -> None:
    # How clocks differ by the views is not known yet.
    monkeypatch.setattr(tracking.learning.clock_turns, "FIRST_CLOCKS", 1000)
    terrain = Terrain(given)
    learner = LinkLearner(
        LinkGraph(), LOOK_ALIKES, correlation=1.0, learning=False, terrain=terrain, surveying=True
    )
    drives = street(30, from_y=-20, to_y=110)
    looks = np.eye(len(drives), 512, dtype=np.float32)
    for camera in (SOUTH, BESIDE):
        learner.add(film(camera, drives, looks=looks))
    learner.learn()
    assert terrain.frames(["a", "b"]).tolist() == [GIVEN, GIVEN]
    assert learner.times is not None
    moves = learner.times.moves
    across = moves.source // MAX_ZONES != moves.target // MAX_ZONES
    assert across.any()
    assert np.isfinite(moves.late_s[across]).any() == told


@pytest.mark.parametrize("fast_s", [0.0, 3.0])
def test_lateness_tells_of_a_laid_over_camera_whose_clock_is_that_of_the_calibrated_one(
    monkeypatch: pytest.MonkeyPatch, fast_s: float
) -> None:
    monkeypatch.setattr(
        tracking.learning.lesson, "sure_offsets", lambda clocks, *_: np.zeros(len(clocks))
    )
    terrain = Terrain({"a": SOUTH.plane()})
    learner = LinkLearner(
        LinkGraph(), LOOK_ALIKES, correlation=1.0, learning=False, terrain=terrain, surveying=True
    )
    drives = street(30, from_y=-20, to_y=110)
    looks = np.eye(len(drives), 512, dtype=np.float32)
    learner.add(film(SOUTH, drives, looks=looks))
    learner.add(film(BESIDE, drives, looks=looks, shift_s=fast_s))
    learner.learn(last=True)
    assert learner._lags[0, 1].lag_s == pytest.approx(-fast_s, abs=0.3)
    # By clocks that differ its map would be elsewhere.
    assert learner.times is not None
    moves = learner.times.moves
    across = moves.source // MAX_ZONES != moves.target // MAX_ZONES
    assert np.isfinite(moves.late_s[across]).any() == (fast_s == 0)


def test_visits_are_put_together_by_clocks_put_right(monkeypatch: pytest.MonkeyPatch) -> None:
    learned: list[tuple[Sightings, NDArray[np.intp]]] = []
    for module in (tracking.learning.learner, tracking.learning.lesson):
        monkeypatch.setattr(module, "learn_visits", lambda *known: learned.append(known))
    monkeypatch.setattr(tracking.learning.lesson, "sure_offsets", lambda *_: np.array([0.0, 30.0]))
    learner = LinkLearner(LinkGraph(), Curves(Calibration()), correlation=1.0, learning=True)
    looks = np.eye(EMBEDDING_DIM)
    # From one camera to the other in ten seconds; the other's clock is half a minute slow.
    times = np.arange(0.0, 1000.0, 50)
    seen = [passing("a", n, np.array([t, t + 2]), looks[n]) for n, t in enumerate(times)]
    seen += [passing("b", n, np.array([t - 20, t - 18]), looks[n]) for n, t in enumerate(times)]
    previous = {("b", n): ("a", n) for n in range(len(times))}
    learner.heed(previous)
    monkeypatch.setattr(tracking.learning.learner, "FIRST_WORK", np.inf)
    learner.add(seen)
    learner.learn_visits(previous)
    for sightings, follows in learned:
        assert (np.diff(sightings.first) >= 0).all()
        assert np.count_nonzero(follows != ALONE) == len(times)
    assert len(learned) == 2


def seen_by_two(n: int) -> list[Tracklet]:
    """Return what two cameras beside each other see of the same street, by last time."""
    drives = street(n, from_y=-20, to_y=110, every_s=3.0)
    looks = np.random.default_rng(3).normal(size=(len(drives), EMBEDDING_DIM)).astype(np.float32)
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    seen = film(SOUTH, drives, looks=looks) + film(BESIDE, drives, looks=looks)
    return sorted(seen, key=lambda t: (t.last_timestamp, t.key))


def uncalibrated(terrain: Terrain) -> LinkLearner:
    return LinkLearner(
        LinkGraph(), LOOK_ALIKES, correlation=1.0, learning=True, terrain=terrain, surveying=True
    )


def known(learner: LinkLearner, terrain: Terrain) -> tuple[object, ...]:
    """Return what was learned, to the last bit."""
    zones, times = learner.current()
    planes = {n: p.homography.tobytes() for n, p in terrain.learned.items() if p is not None}
    moves = (times.moves.gap.tobytes(), times.moves.weight.tobytes())
    middles = [zone.middles.tobytes() for zone in zones.entries]
    paths = [part.path.tobytes() for part in learner._parts]
    return planes, moves, middles, paths, learner._lags, learner.offsets.tolist()


def test_a_lesson_takes_effect_all_at_once_when_it_is_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = seen_by_two(30)
    terrains = Terrain(), Terrain()
    in_slices, at_once = (uncalibrated(terrain) for terrain in terrains)
    monkeypatch.setattr(tracking.learning.learner, "FIRST_WORK", np.inf)
    at_once.add(seen)
    monkeypatch.setattr(tracking.learning.learner, "FIRST_WORK", 5.0)
    in_slices.add(seen)
    calls = 1
    while in_slices._steps is not None:
        assert (in_slices.times is None) == (terrains[0].version == 0)
        in_slices.add([])
        calls += 1
    assert calls > 10
    assert terrains[0].frames(["a", "b"]).tolist() == [LEARNED] * 2
    assert known(in_slices, terrains[0]) == known(at_once, terrains[1])


def test_sightings_that_come_during_a_lesson_are_placed_as_it_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    *seen, late = seen_by_two(30)
    terrain = Terrain()
    learner = uncalibrated(terrain)
    monkeypatch.setattr(tracking.learning.learner, "FIRST_WORK", 5.0)
    learner.add(seen)
    learner.add([late])
    assert not np.isfinite(learner._parts[-1].path).any()
    while learner._steps is not None:
        learner.add([])
    for part in learner._parts:
        assert part.frame.tolist() == [LEARNED] * len(part)
        assert np.isfinite(part.path).all()


def test_a_camera_that_comes_during_a_lesson_is_learned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = uncalibrated(Terrain())
    monkeypatch.setattr(tracking.learning.learner, "FIRST_WORK", 5.0)
    learner.add(seen_by_two(30))
    learner.add(seen_by_third(3))
    while learner._steps is not None:
        learner.add([])
    zones, times = learner.current()
    assert times.n_cameras == len(zones.entries) == len(learner.offsets) == 3
    assert len(times.moves.gap)


def test_what_is_known_serves_with_a_new_camera_until_that_is_learned_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learner = uncalibrated(Terrain())
    monkeypatch.setattr(tracking.learning.learner, "FIRST_WORK", np.inf)
    learner.add(seen_by_two(30))
    before_zones, before = learner.current()
    assert len(before.moves.gap)
    monkeypatch.setattr(tracking.learning.learner, "FIRST_WORK", 5.0)
    learner.add(seen_by_third(1))
    zones, times = learner.current()
    assert learner._steps is not None
    assert times.moves is before.moves
    assert times.n_cameras == len(zones.entries) == len(zones.exits) == len(learner.offsets) == 3
    assert zones.entries[:2] == before_zones.entries
    # Of two cameras that a vehicle may go to next, none is sure.
    here, there = np.zeros(5, np.intp), np.full(5, MAX_ZONES)
    ways = unplaced(np.linspace(-5.0, 20.0, 5))
    known, widened = (one.log_odds(here, there, ways) for one in (before, times))
    np.testing.assert_allclose(known - widened, np.log(2), atol=0.01)
    # From there, the third one is as open as any was at first.
    onward = times.log_odds(here, there + MAX_ZONES, ways)
    assert np.isfinite(onward).all()
    assert learner.exits() is not None
    assert learner.clocks() is not None
    while learner._steps is not None:
        learner.add([])
    assert learner.current()[1].moves is not before.moves


def seen_by_third(n: int) -> list[Tracklet]:
    """Return what a third camera sees, elsewhere."""
    look = np.eye(1, EMBEDDING_DIM)[0]
    return [passing("c", 1 + k, np.array([k, k + 0.5]), look) for k in range(n)]
