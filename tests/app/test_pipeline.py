"""From frames to a store: identities, boxes, embeddings and commits."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from app.camera import CameraTracks
from app.graph.camera_graph import CameraGraph, camera_graph, has_camera_graph
from app.pipeline import Pipeline
from app.storage.coverage import GAP, LOST, coverage
from app.storage.outages import Outages
from app.storage.records import BoxRow, Camera, SightingFilter
from app.storage.store import Store
from detector.types import Frame
from tests.app.fakes import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    Car,
    ColourDetector,
    ColourEmbedder,
    frame,
    passing,
    standing,
)
from tests.app.stores import camera
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings
from tracking.decisions import Assignment, ClockEstimate
from tracking.single_camera.settings import TrackerSettings
from tracking.single_camera.tracker import Tracker
from tracking.single_camera.tracklet import TrackletSettings


def new_camera(name: str, *, live: bool = False) -> Camera:
    """A camera before its first frame."""
    times = {"start_time": 0.0, "first_timestamp": None, "last_timestamp": None}
    return camera(name, frames=0, live=live, **times)


class Town:
    """Some cameras with their cars, and the pipeline that watches them."""

    def __init__(
        self,
        folder: Path,
        cars: dict[str, list[Car]],
        *,
        associator: object | None = None,
        tracklets: TrackletSettings | None = None,
        learned: Callable[[], CameraGraph] = CameraGraph,
        outages: Callable[[], dict[str, Outages]] = dict,
        now: Callable[[], float | None] = lambda: None,
        live: bool = False,
    ) -> None:
        self.cars = cars
        self.store = Store.create(folder)
        self.detector, self.embedder = ColourDetector(), ColourEmbedder()
        self.tracks = [
            CameraTracks(name, Tracker(name, TrackerSettings()), tracklets or TrackletSettings())
            for name in cars
        ]
        self.pipeline = Pipeline(
            [new_camera(name, live=live) for name in cars],
            self.tracks,
            detector=self.detector,
            embedder=self.embedder,
            associator=associator or Associator(AssociationSettings()),
            store=self.store,
            corrections=lambda _: (),
            learned=learned,
            outages=outages,
            now=now,
        )
        self.frames = 0

    def step(self) -> dict[str, list[BoxRow]]:
        batch = [frame(name, self.frames, cars) for name, cars in self.cars.items()]
        self.frames += 1
        return self.take(batch)

    def take(self, batch: list[Frame]) -> dict[str, list[BoxRow]]:
        return self.pipeline.step(batch, self.pipeline.detect(batch))

    def watch(self, frames: int) -> Town:
        for _ in range(frames):
            self.step()
        return self

    def routes(self) -> list[list[str]]:
        """The cameras of each identity's sightings, in time order."""
        return sorted(
            [sighting.camera_id for sighting in identity.sightings]
            for identity in self.store.identities()
        )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("cars", "routes"),
    [
        pytest.param({"a": [], "b": []}, [], id="nobody"),
        pytest.param({"a": [Car(RED, passing(0))], "b": []}, [["a"]], id="one camera"),
        pytest.param(
            {"a": [Car(RED, passing(0))], "b": [Car(RED, passing(5))]},
            [["a", "b"]],
            id="from camera to camera",
        ),
        pytest.param(
            {"a": [Car(RED, passing(0))], "b": [Car(BLUE, passing(5))]},
            [["a"], ["b"]],
            id="two vehicles",
        ),
        pytest.param(
            {
                "a": [Car(RED, passing(0), top=4), Car(BLUE, passing(1), top=60)],
                "b": [Car(BLUE, passing(5)), Car(GREEN, passing(7), top=4)],
            },
            [["a"], ["a", "b"], ["b"]],
            id="several",
        ),
        pytest.param(
            {"a": [Car(RED, passing(0))], "b": [Car(RED, passing(0))]},
            [["a"], ["b"]],
            id="nobody is in two places at one time",
        ),
    ],
)
def test_a_vehicle_has_one_identity_in_all_cameras(folder, cars, routes):
    town = Town(folder, cars).watch(120)
    town.pipeline.finish()
    assert town.routes() == routes
    town.store.close()


def test_a_camera_may_be_added_later(folder):
    town = Town(folder, {"a": [Car(RED, passing(0))]}).watch(45)
    town.pipeline.add_camera(
        new_camera("b"), CameraTracks("b", Tracker("b", TrackerSettings()), TrackletSettings())
    )
    town.cars["b"] = [Car(RED, passing(5))]
    town.watch(75).pipeline.finish()
    assert town.routes() == [["a", "b"]]
    assert [(c.camera_id, c.frames) for c in town.store.cameras()] == [("a", 120), ("b", 75)]
    assert town.store.cameras()[1].first_timestamp == 4.5
    town.store.close()


def test_the_store_has_all_boxes_in_order_under_the_identity(folder):
    town = Town(folder, {"a": [Car(RED, passing(0))], "b": [Car(RED, passing(5))]}).watch(110)
    town.pipeline.finish()
    for name, first in (("a", 0), ("b", 50)):
        found = list(town.store.boxes(name))
        assert [box.frame for box in found] == list(range(first + 1, first + 32))
        assert [box.timestamp for box in found] == [
            index / 10 for index in range(first + 1, first + 32)
        ]
        assert {box.identity_id for box in found} == {1}
        assert found[14].xyxy == (58.0, 36.0, 90.0, 60.0)
    a, b = town.store.sightings()
    assert (a.first_frame, a.last_frame, b.first_frame, b.last_frame) == (1, 31, 51, 81)
    assert (a.match_distance, b.match_distance) == (None, pytest.approx(0))
    town.store.close()


def hidden_stop(at: float) -> float | None:
    """Drives until 1.5 s, is hidden until 3 s, and then stands where it was last seen."""
    if at < 1.45:
        return 60 * at - 32
    return None if at < 2.95 else 58.0


def test_boxes_of_a_vehicle_found_again_move_to_its_first_track(folder):
    # It is recognised late, when boxes have been stored under the younger track.
    late = TrackletSettings(good_quality=0.99)
    town = Town(folder, {"a": [Car(YELLOW, hidden_stop)]}, tracklets=late).watch(60)
    town.pipeline.finish()
    found = list(town.store.boxes("a"))
    assert [box.frame for box in found] == [*range(1, 15), *range(30, 60)]
    assert {(box.track_id, box.identity_id) for box in found} == {(1, 1)}
    assert len(list(town.store.sightings())) == 1
    town.store.close()


def test_all_crops_of_a_moment_are_embedded_in_one_call(folder):
    cars = {name: [Car(RED, standing(60)), Car(BLUE, standing(10), top=4)] for name in "ab"}
    town = Town(folder, cars).watch(41)
    # Confirmed in the third frame, refreshed after two seconds; nothing else.
    assert town.embedder.calls == 2
    assert town.pipeline.crops_embedded == len(town.embedder.crops) == 8
    assert town.detector.batches == [2] * 41
    town.store.close()


def test_boxes_come_back_with_the_identities_known_by_then(folder):
    town = Town(folder, {"a": [Car(RED, standing(60))]})
    identities = [[(box.frame, box.identity_id) for box in town.step()["a"]] for _ in range(8)]
    assert identities == [
        [],
        [],
        [(0, None), (1, None), (2, None)],
        [(3, None)],
        [(4, None)],
        [(5, 1)],
        [(6, 1)],
        [(7, 1)],
    ]
    town.store.close()


def test_a_reader_sees_what_is_older_than_a_second(folder):
    town = Town(folder, {"a": [Car(RED, standing(60))]})
    seen = []
    for _ in range(26):
        town.step()
        with Store.open(folder) as reader:
            (state,) = reader.cameras()
            seen.append((state.frames, sum(1 for _ in reader.boxes("a"))))
    # Committed when the frames of 0, 1 and 2 s come; a box is stored once its track is confirmed.
    assert seen == [(0, 0)] * 10 + [(10, 10)] * 10 + [(20, 20)] * 6
    town.pipeline.finish()
    with Store.open(folder) as reader:
        (state,) = reader.cameras()
        assert (state.frames, state.first_timestamp, state.last_timestamp) == (26, 0.0, 2.5)
        assert reader.totals().vehicles == 1
    town.store.close()


class Restless:
    """Changes its mind about every tracklet it was ever given."""

    def __init__(self) -> None:
        self.known: list[tuple[str, int]] = []
        self.calls = 0

    def update(self, tracklets):
        self.calls += bool(tracklets)
        self.known += [t.key for t in tracklets if t.key not in self.known]
        new = {key: Assignment(10 * self.calls + i, None) for i, key in enumerate(self.known)}
        return new if tracklets else {}

    def correct(self, corrections):
        assert not list(corrections)

    def flush(self):
        return {}

    def revisions(self):
        return []


def test_nothing_is_remembered_of_vehicles_that_have_left(folder):
    cars = {
        "a": [Car(RED, passing(0)), Car(BLUE, passing(3), top=4)],
        "b": [Car(GREEN, passing(8))],
    }
    restless = Restless()
    town = Town(folder, cars, associator=restless).watch(150)
    assert [tracks._vehicles for tracks in town.tracks] == [{}, {}]
    assert town.pipeline._identities == {}
    # Corrections still reach the store: the last decision was about all three.
    found = {(s.camera_id, s.track_id): s.identity_id for s in town.store.sightings()}
    last = 10 * restless.calls
    assert found == {("a", 1): last, ("a", 2): last + 1, ("b", 1): last + 2}
    town.store.close()


def test_who_was_in_view_of_a_camera_that_ends_is_recognised_elsewhere(folder):
    cars = {"a": [Car(RED, passing(0))], "b": [Car(RED, passing(5))]}
    town = Town(folder, cars).watch(12)
    assert town.tracks[0]._vehicles
    del town.cars["a"]
    town.watch(80)
    assert town.tracks[0]._vehicles == {}
    assert town.routes() == [["a", "b"]]
    town.store.close()


def test_a_camera_whose_clock_is_behind_is_not_silent(folder):
    town = Town(folder, {"a": [Car(RED, passing(0))], "b": []})
    for index in range(50):
        town.take([frame("a", index, town.cars["a"])])
        town.take([frame("b", index, [], start=60.0)])
    (sighting,) = town.store.sightings()
    assert sighting.last_timestamp - sighting.first_timestamp > 2.5
    assert (sighting.first_frame, sighting.last_frame) == (1, 31)
    town.store.close()


def test_a_camera_without_a_frame_yet_is_in_the_store(folder):
    town = Town(folder, {"a": [], "b": []})
    town.take([frame("b", 0, [], start=5.0)])
    town.pipeline.finish()
    a, b = town.store.cameras()
    assert (a.camera_id, a.frames, a.first_timestamp) == ("a", 0, None)
    assert (b.camera_id, b.frames, b.first_timestamp, b.last_timestamp) == ("b", 1, 5.0, 5.0)
    town.store.close()


def test_what_was_learned_is_kept_every_minute_and_at_the_end(folder):
    numbers = count(1.0)
    town = Town(
        folder,
        {"a": []},
        learned=lambda: CameraGraph(clocks=(ClockEstimate("a", 0.0, 1.0, next(numbers)),)),
    )

    def kept() -> float | None:
        graph = camera_graph(town.store) if has_camera_graph(town.store) else None
        return None if graph is None else graph.clocks[0].count

    found = []
    for second in range(0, 190, 10):
        town.take([frame("a", second, [], start=0.9 * second)])
        found.append(kept())
    assert found == [None] * 6 + [1.0] * 6 + [2.0] * 6 + [3.0]
    town.pipeline.finish()
    assert kept() == 4.0
    town.store.close()


def test_outages_are_kept_with_the_next_commit(folder):
    away: list[tuple[float, float]] = []
    town = Town(
        folder, {"a": [], "b": []}, outages=lambda: {"a": Outages(tuple(away)), "b": Outages()}
    )

    def gaps() -> list[float]:
        """When each of a's outages ended, as somebody else reads it."""
        with Store.open(folder) as reader:
            found = coverage(reader, SightingFilter(cameras=frozenset({"a"}))).absences
        return [one.last for one in found if one.reason == GAP]

    found = []
    for index, second in enumerate((0.0, 9.0, 9.5, 10.0, 30.0)):
        if second in (9.0, 30.0):
            away.append((second - 5.0, second))
        town.take([frame("a", index, [], start=second - index / 10)])
        found.append(gaps())
    # When a picture of afterwards is in the store, too.
    assert found == [[], [], [], [9.0], [9.0]]
    away.append((32.0, 40.0))
    town.take([frame("a", 5, [], start=30.0)])
    town.take([frame("a", 6, [], start=40.0 - 0.6)])
    town.pipeline.finish()
    assert gaps() == [9.0, 30.0, 40.0]
    town.store.close()


def test_cameras_that_a_slow_machine_has_not_come_to_yet_are_not_lost(folder):
    """Pictures that arrive together come in several batches, of which the first may be kept."""
    town = Town(folder, {"a": [], "b": []}, live=True)
    lost = []
    for index, second in enumerate((10.0, 12.5, 15.0)):
        for name, later in (("a", 0.0), ("b", 0.1)):
            town.take([frame(name, index, [], start=second + later - index / 10)])
            with Store.open(folder) as reader:
                lost += [one.camera_id for one in coverage(reader).absences if one.reason == LOST]
    assert lost == []
    town.store.close()


def test_waiting_for_pictures_keeps_what_there_is_and_the_time(folder):
    times = iter([10.1, 10.9, 11.0, 11.5, 12.5])
    town = Town(folder, {"a": []}, now=lambda: next(times))
    town.take([frame("a", 0, [], start=10.0)])
    town.take([frame("a", 1, [], start=10.0)])

    def kept() -> tuple[float | None, float | None]:
        with Store.open(folder) as reader:
            (one,) = reader.cameras()
            return one.last_timestamp, coverage(reader).last

    found = []
    for _ in range(5):
        town.pipeline.wait()
        found.append(kept())
    assert found == [(None, None)] * 2 + [(10.1, 11.0)] * 2 + [(10.1, 12.5)]
    town.store.close()


def test_the_time_of_each_stage_is_counted(folder):
    town = Town(folder, {"a": [Car(RED, standing(60))]}).watch(2)
    assert list(town.pipeline.timer.seconds()) == ["track", "embed", "associate", "store"]
    town.store.close()
