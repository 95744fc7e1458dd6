from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from app.errors import ConfigError
from app.evaluation.ground_truth import read_truth
from app.running import models
from app.search.ranking import Match
from app.storage.records import Sighting
from app.storage.store import Store
from benchmarks import search
from benchmarks.suspect_scores import alarms, certainties, summarize
from benchmarks.suspects import Answer, by_sighting, by_vehicle, read_suspects, true_vehicles
from detector.types import Detections
from tests.app.stores import START, assign, box, camera, tracklet, view

FRAMES = 10
NEVER_SEEN = 3
"""Brightness of the picture of a vehicle that no camera saw; of others it is the vehicle."""


class OneBox:
    """Finds one vehicle in the middle of every picture that is not black."""

    apart = True

    def __call__(self, images: Sequence[np.ndarray]) -> list[Detections]:
        found = [
            np.array([[10, 10, 50, 40]] if image.any() else [], np.float32) for image in images
        ]
        return [
            Detections(b.reshape(-1, 4), np.ones(len(b), np.float32), np.zeros(len(b), np.int64))
            for b in found
        ]


class ByBrightness:
    """Gives a picture of brightness n the look of vehicle n."""

    def __call__(self, images: Sequence[np.ndarray], xyxy: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([np.eye(1, 512, int(images[0].max()), dtype=np.float32)[0]] * len(xyxy[0]))


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """Two vehicles, each in both cameras, and three pictures; a run that confuses nothing."""
    scene = tmp_path / "scene"
    (scene / "queries").mkdir(parents=True)
    (scene / "gt").mkdir()
    queries = []
    for brightness, vehicle in ((1, "1"), (2, "2"), (NEVER_SEEN, None)):
        name = f"q{brightness}.png"
        picture = np.full((60, 80, 3), brightness, np.uint8)
        cv2.imwrite(str(scene / "queries" / name), picture)
        queries.append({"image": name, "id": vehicle, "absent": vehicle is None})
    (scene / "queries" / "queries.json").write_text(json.dumps(queries))
    for name in ("north", "south"):
        rows = [f"{f + 1},{v},{100 * v},20,30,40,1,car,1\n" for f in range(FRAMES) for v in (1, 2)]
        (scene / "gt" / f"{name}.txt").write_text("".join(rows))
    run = tmp_path / "runs" / "scene"
    (run / "tracks").mkdir(parents=True)
    with Store.create(run) as store:
        for name in ("north", "south"):
            store.put_camera(camera(name, frames=FRAMES))
            for vehicle in (1, 2):
                look = np.eye(1, 512, vehicle, dtype=np.float32)[0]
                seen = tracklet(name, vehicle, at=START, embedding=look)
                store.upsert_sighting(seen, view(), first_frame=0, last_frame=FRAMES - 1)
                assign(store, name, vehicle, identity_id=10 + vehicle)
                store.append_boxes(
                    box(frame, vehicle, camera_id=name, x=100.0 * vehicle)
                    for frame in range(FRAMES)
                )
    return scene


@pytest.fixture
def networks(monkeypatch) -> None:
    monkeypatch.setattr(models, "load_detector", lambda run: OneBox())
    monkeypatch.setattr(models, "load_embedder", lambda run: ByBrightness())


def measured(scene: Path) -> dict[str, dict[str, float]]:
    app = typer.Typer()
    app.command()(search.main)
    report = scene.parent / "report.json"
    options = [str(scene), "--runs", str(scene.parent / "runs"), "--json", str(report)]
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 0, result.output
    assert "AUROC" in result.output
    found = json.loads(report.read_text())
    assert sum(one["answers"] for one in found["certainty"]["vehicles"]) == 3
    assert len(found["again"]) == 4
    return found["scenes"]["scene"]


def test_suspects_are_searched_in_a_run(scene: Path, networks) -> None:
    for scores in measured(scene).values():
        assert (scores["there"], scores["elsewhere"]) == (2, 1)
        assert scores["top1"] == scores["mean_ap"] == scores["listed"] == scores["told_apart"] == 1


def test_wrong_identities_cost_the_list_of_vehicles_alone(scene: Path, networks) -> None:
    with Store.open(scene.parent / "runs" / "scene", readonly=False) as store:
        assign(store, "south", 1, identity_id=12)
        assign(store, "south", 2, identity_id=11)
        store.commit()
    found = measured(scene)
    assert found["single sightings"]["mean_ap"] == 1
    # Both vehicles are equally far, and each shows both suspects: right, wrong, wrong, right for
    # the first suspect, and the other way round for the second.
    assert found["vehicles"]["top1"] == 1
    assert found["vehicles"]["mean_ap"] == pytest.approx(
        ((1 + 2 / 4) / 2 + (1 / 2 + 2 / 3) / 2) / 2
    )


def test_a_picture_without_a_vehicle_finds_nothing(scene: Path, networks) -> None:
    black = np.zeros((60, 80, 3), np.uint8)
    cv2.imwrite(str(scene / "queries" / "q1.png"), black)
    for scores in measured(scene).values():
        assert scores["top1"] == scores["top5"] == scores["mean_ap"] == scores["listed"] == 0.5
        assert scores["told_apart"] == 0.5


def test_which_vehicle_a_sighting_shows(scene: Path) -> None:
    run = scene.parent / "runs" / "scene"
    truth = read_truth(scene)
    with Store.open(run, readonly=False) as store:
        # Of ten boxes six lie on nothing.
        store.put_camera(camera("north", frames=FRAMES))
        seen = tracklet("north", 3, at=START)
        store.upsert_sighting(seen, view(), first_frame=0, last_frame=FRAMES - 1)
        store.append_boxes(
            box(frame + 20, 3, x=900.0) if frame < 6 else box(frame + 20, 3, x=100.0)
            for frame in range(FRAMES)
        )
        assert true_vehicles(store, truth) == {1: 1, 2: 2, 3: 1, 4: 2}


def test_a_camera_without_truth_is_named(scene: Path, networks) -> None:
    with Store.open(scene.parent / "runs" / "scene", readonly=False) as store:
        store.put_camera(camera("west"))
        store.commit()
    app = typer.Typer()
    app.command()(search.main)
    result = CliRunner().invoke(app, [str(scene), "--runs", str(scene.parent / "runs")])
    assert result.exit_code == 2
    assert "do not match: camera west" in result.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(None, "no such file", id="missing"),
        pytest.param("{", "not a list of suspects", id="no JSON"),
        pytest.param('[{"image": "a.jpg"}]', "not a list of suspects", id="key missing"),
        pytest.param("[]", "no suspect", id="empty"),
    ],
)
def test_what_is_wrong_with_the_suspects_is_said(
    tmp_path: Path, text: str | None, message: str
) -> None:
    (tmp_path / "queries").mkdir()
    if text is not None:
        (tmp_path / "queries" / "queries.json").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_suspects(tmp_path)


def sighting(key: int) -> Sighting:
    return Sighting(
        sighting_id=key,
        camera_id="north",
        track_id=key,
        identity_id=None,
        match_distance=None,
        class_id=0,
        first_timestamp=0.0,
        last_timestamp=1.0,
        first_frame=0,
        last_frame=1,
        best_timestamp=0.0,
        best_xyxy=(0.0, 0.0, 1.0, 1.0),
        best_confidence=0.5,
    )


def test_listings() -> None:
    matches = [
        Match(7, 0.5, (sighting(1), sighting(2)), (0.9, 0.4)),
        Match(None, 0.6, (sighting(3),), (0.6,)),
    ]
    assert by_vehicle(matches) == [(0.5, [1, 2]), (0.6, [3])]
    assert by_sighting(matches) == [(0.4, [2]), (0.6, [3]), (0.9, [1])]


def answer(there: bool, entries: str, sightings: str, *distances: float) -> Answer:
    return Answer(
        there,
        np.array([c == "+" for c in entries], np.bool_),
        np.array([c == "+" for c in sightings], np.bool_),
        np.array(distances, np.float64),
    )


def test_certainty_by_margin() -> None:
    found = certainties(
        [
            answer(True, "+-", "+-", 0.5, 0.5),
            answer(False, "--", "--", 0.5, 0.52),
            answer(True, "-+", "-+", 0.5, 0.54),
            answer(True, "+-", "+-", 0.5, 0.75),
            answer(True, "+", "+", 0.5),
            answer(True, "", ""),
        ]
    )
    assert [(one.least, one.answers, one.right) for one in found] == [
        (0.0, 3, 1),
        (0.03, 1, 0),
        (0.1, 0, 0),
        (0.2, 2, 2),
    ]


def test_who_is_told_of() -> None:
    found = alarms(
        [
            answer(True, "-+--", "-+--", 0.6, 0.78, 0.8, 1.2),
            answer(True, "+---", "+---", 0.82, 0.88, 0.9, 1.0),
            answer(False, "--", "--", 0.84, 0.95),
            answer(True, "", ""),
        ]
    )
    assert [(one.nearer_than, one.found, one.others) for one in found] == [
        (0.7, 0, 10),
        (0.75, 0, 10),
        (0.8, 1 / 3, 10),
        (0.85, 2 / 3, 30),
        (0.9, 2 / 3, 40),
        (0.95, 2 / 3, 50),
    ]


def test_summary_of_some_answers() -> None:
    found = summarize(
        [
            answer(True, "+-", "+-+", 0.5, 0.6),
            answer(True, "------+", 6 * "-" + 4 * "-" + "++", *7 * [0.9]),
            answer(False, "--", "--", 0.7, 0.7),
            answer(False, "--", "--", 0.9, 0.9),
        ]
    )
    assert (found.there, found.elsewhere) == (2, 2)
    assert (found.top1, found.top5) == (0.5, 0.5)
    assert found.mean_ap == pytest.approx(((1 + 2 / 3) / 2 + (1 / 11 + 2 / 12) / 2) / 2)
    assert found.listed == 0.5
    # 0.5 is nearer than both, 0.9 than none, and equal to one.
    assert found.told_apart == (2 + 0.5) / 4


def test_summary_of_nothing() -> None:
    found = summarize([])
    assert (found.there, found.elsewhere, found.told_apart) == (0, 0, None)
    assert np.isnan([value for one in alarms([]) for value in (one.found, one.others)]).all()
    assert np.isnan([found.top1, found.top5, found.mean_ap, found.listed]).all()
