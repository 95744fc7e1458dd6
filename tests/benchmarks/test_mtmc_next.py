"""Forecasts beside the truth of who went where."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from app.storage.store import Store
from benchmarks import environment, mtmc_next
from benchmarks.departures import Departure, departures, frame_times
from benchmarks.mtmc import app
from benchmarks.mtmc_next import Asked, score
from tests.app.stores import START, axis, box, camera
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings
from tracking.decisions import ExitEstimate, Onward
from tracking.evaluation.comparison import LabelledBoxes
from tracking.types import Tracklet

SECONDS = np.arange(800.0)


def boxes(*passes: tuple[int, int, int]) -> LabelledBoxes:
    """Vehicles that go to the right from one second to another, a frame each."""
    rows = [(t + 1, v, 10.0 * (t - first)) for v, first, last in passes for t in range(first, last)]
    frame, vehicle, x = (np.array(column) for column in zip(*rows, strict=True))
    corners = np.stack([x, np.full(len(x), 10.0), x + 20, np.full(len(x), 40.0)], axis=1)
    return LabelledBoxes(frame.astype(np.int64), vehicle.astype(np.int64), corners)


def way(*passes: tuple[str, int, int]) -> list[tuple[str, float, str | None, float | None]]:
    """Departures of a vehicle that is in these cameras from and until these seconds."""
    truth = {
        name: boxes(*((1, first, last) for camera_id, first, last in passes if camera_id == name))
        for name in {camera_id for camera_id, *_ in passes}
    }
    found = departures(truth, dict.fromkeys(truth, SECONDS))
    return [(one.camera_id, one.left_at, one.next_camera, one.after_s) for one in found]


@pytest.mark.parametrize(
    ("passes", "expected"),
    [
        pytest.param([("a", 0, 11)], [("a", 10, None, None)], id="once"),
        pytest.param(
            [("a", 0, 11), ("b", 20, 31)], [("a", 10, "b", 10), ("b", 30, None, None)], id="on"
        ),
        pytest.param(
            [("a", 0, 11), ("b", 5, 31)], [("b", 30, None, None)], id="in the next one already"
        ),
        pytest.param(
            [("a", 0, 31), ("b", 5, 11)], [("a", 30, None, None)], id="still in the one before"
        ),
        pytest.param(
            [("a", 0, 11), ("b", 700, 711)],
            [("a", 10, None, None), ("b", 710, None, None)],
            id="another visit",
        ),
        pytest.param(
            [("a", 0, 11), ("a", 20, 31), ("b", 40, 51)],
            [("a", 30, "b", 10), ("b", 50, None, None)],
            id="hidden",
        ),
    ],
)
def test_departures(passes: list[tuple[str, int, int]], expected: list[object]) -> None:
    assert way(*passes) == expected


def test_where_it_left() -> None:
    (one,) = departures({"a": boxes((7, 0, 11))}, {"a": SECONDS})
    assert (one.vehicle, one.end) == (7, (110.0, 40.0, 1.0, 0.0))


def test_frames_between_boxes_have_times(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run") as store:
        store.put_camera(camera("north", frames=11, last_timestamp=START + 2.0))
        store.append_boxes([box(5, 1)])
        times = frame_times(store)["north"] - START
    # Half a second for the first five frames, one and a half for the other five.
    assert times[[0, 2, 5, 6, 10]] == pytest.approx([0, 0.2, 0.5, 0.8, 2.0], abs=1e-6)


# ------------------------------------------------------------------ scores

LEFT, RIGHT = (0.0, 0.0, -1.0, 0.0), (100.0, 0.0, 1.0, 0.0)


def exits() -> list[ExitEstimate]:
    """Most of camera a go to b within 10 to 20 s, but by the right to c."""

    def of(end: tuple[float, float, float, float] | None, b: float, c: float) -> ExitEstimate:
        onward = Onward("b", b, tuple(range(10, 21))), Onward("c", c, tuple(range(30, 41)))
        return ExitEstimate(camera_id="a", end=end, size_px=100.0, count=9.0, onward=onward)

    return [of(None, 0.5, 0.3), of(LEFT, 0.8, 0.02), of(RIGHT, 0.1, 0.6)]


def left(
    end: tuple[float, float, float, float],
    to: str | None = None,
    after_s: float | None = None,
    camera_id: str = "a",
) -> Asked:
    return Departure(1, camera_id, 0.0, end, to, after_s), exits()


def test_scores() -> None:
    found = score(
        [
            left(LEFT, "b", 15.0),  # first, and as usual
            left(RIGHT, "c", 39.5),  # first, but late
            left(RIGHT, "b", 11.0),  # listed
            left(LEFT, "c", 35.0),  # not even listed
            left(LEFT),  # to nowhere
            left(LEFT, "a", 9.0, camera_id="c"),  # nothing is known
        ]
    )
    assert (found.departures, found.told) == (5, 4)
    assert (found.first, found.usual, found.listed) == (0.5, 0.5, 0.75)
    assert found.in_window == pytest.approx(2 / 3)
    assert found.window_s == pytest.approx(8)
    assert found.none_seen == pytest.approx((0.18 + 0.3 + 0.3 + 0.18) / 4)
    assert found.none_gone == pytest.approx(0.18)


def test_nothing_asked_is_no_score() -> None:
    found = score([])
    assert (found.departures, found.told) == (0, 0)
    assert found.first is found.in_window is found.window_s is found.none_gone is None


# ------------------------------------------------------------------ what is known


class Reminded(Associator):
    """Knows, instead of exits, which tracklets it was given."""

    def __init__(self) -> None:
        super().__init__(AssociationSettings())
        self.given: list[int] = []

    def update(self, tracklets):  # type: ignore[no-untyped-def]
        self.given += [one.track_id for one in tracklets]
        return {}

    def exits(self):  # type: ignore[no-untyped-def]
        return sorted(self.given)


def ended(track: int, at: float) -> Tracklet:
    times, look = np.array([at - 1, at]), axis(1)
    return Tracklet("a", track, times, np.zeros((2, 4), np.float32), look, look[None], 0, True)


def test_nobody_teaches_his_own_way() -> None:
    tracklets = {key: ended(key, 10.0 * key) for key in range(1, 8)}
    vehicles = {1: 1, 2: 2, 3: 1, 4: 6}  # of the others nothing is known
    asked = [Departure(vehicle, "a", 0.0, LEFT) for vehicle in (1, 2)]
    found = [known for _, known in mtmc_next._by_others(Reminded, asked, tracklets, vehicles)]
    assert found == [[2, 5, 6, 7], [1, 3, 4, 5, 6, 7]]


def test_only_what_has_ended_is_known_by_then() -> None:
    tracklets = [ended(2, 20.0), ended(1, 10.0), ended(3, 30.0)]
    asked = [Departure(1, "a", time, LEFT) for time in (5.0, 22.0, 25.0, 90.0)]
    found = [known for _, known in mtmc_next._by_then(Reminded(), asked, tracklets)]
    assert found == [[], [1], [1, 2], [1, 2, 3]]


def test_the_command(monkeypatch, tmp_path: Path) -> None:
    asked = {
        mtmc_next.OTHERS: [left(LEFT, "b", 15.0)],
        mtmc_next.BY_THEN: [left(LEFT, "a", 9.0, camera_id="c")],
    }
    done: list[Path] = []
    monkeypatch.setattr(environment, "describe", lambda: {"load": len(done)})
    monkeypatch.setattr(mtmc_next, "ask", lambda scene, run: done.append(run) or asked)
    file = tmp_path / "report.json"
    result = CliRunner().invoke(app, ["next", "one", "two", "--json", str(file)])
    assert result.exit_code == 0, result.output
    report = json.loads(file.read_text())
    # Its load is that of other programs.
    assert report["environment"] == {"load": 0}
    scenes = report["scenes"]
    assert list(scenes) == ["one", "two", "all"]
    assert scenes["all"][mtmc_next.OTHERS]["told"] == 2
    assert scenes["all"][mtmc_next.BY_THEN]["first"] is None


def test_drawn_traffic_is_foreseen() -> None:
    asked = mtmc_next.ask_drawn("corridor", seed=3, vehicles=90)
    found = score(asked)
    assert found.departures >= found.told > 10
    assert found.first is not None
    assert found.usual is not None
    assert found.first > found.usual
