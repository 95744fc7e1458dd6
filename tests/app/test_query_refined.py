"""A search that is refined: by several names of one vehicle, and of others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from app.query import app
from app.running import models
from app.search.named import Named, named_subject
from app.search.search_log import RECORDED_KEY, read
from app.storage.run_folder import RunFolder
from app.storage.store import Store
from reid.model import DEFAULT_WEIGHTS
from tests.app.stores import START, assign, axis, camera, city_store, jpeg, tracklet, view

REID = {"weights": DEFAULT_WEIGHTS, "sha256": "ab"}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    with city_store(tmp_path / "monday") as store:
        store.set_meta(models.REID_KEY, REID)
    return tmp_path / "monday"


@pytest.fixture
def tuesday(tmp_path: Path) -> Path:
    """A second day: identity 1 looks like (0, 1), identity 2 like (-1, 0)."""
    with Store.create(tmp_path / "tuesday") as store:
        store.set_meta(models.REID_KEY, REID)
        store.put_camera(camera("gate"))
        for number, look in ((1, axis(0, 1)), (2, axis(-1))):
            seen = tracklet("gate", number, at=START + number, embedding=look)
            store.upsert_sighting(seen, view(at=START + number), first_frame=3, last_frame=23)
            assign(store, "gate", number, identity_id=number)
    return tmp_path / "tuesday"


@pytest.fixture
def image(tmp_path: Path, monkeypatch) -> list[object]:
    """Options of an image whose vehicle looks like (1, 0)."""
    cv2.imwrite(str(tmp_path / "street.png"), np.full((50, 90, 3), (90, 60, 30), np.uint8))
    monkeypatch.setattr(models, "load_embedder", lambda *_, **__: lambda *_: axis(1)[None])
    return ["--image", tmp_path / "street.png", "--box", "0,0,50,50"]


def query(*options: object, runs: tuple[Path, ...]):
    asked = [text for run in runs for text in ("--run", str(run))]
    return CliRunner().invoke(app, [*asked, *map(str, options)])


def values(*options: object, runs: tuple[Path, ...]) -> dict:
    path = runs[0].parent / "answer.json"
    result = query(*options, "--json", path, runs=runs)
    assert result.exit_code == 0, result.output
    return json.loads(path.read_text())


def found(*options: object, runs: tuple[Path, ...]) -> list[tuple[list[int], float]]:
    """Sightings and distance of each match."""
    return [
        ([one["sighting_id"] for one in match["sightings"]], round(match["distance"], 3))
        for match in values(*options, runs=runs)["matches"]
    ]


# ------------------------------------------------------------------ one vehicle, several names


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        # (4, 3) / 5 is nearer to (1, 0) than to (0, 1), and (-1, 0) to (0, 1).
        pytest.param(
            ["--sighting", "north:1", "--sighting", 2],
            [([3], 0.632), ([4], 1.414)],
            id="two sightings: the nearer one counts",
        ),
        pytest.param(
            ["--identity", 2, "--sighting", "north:1"],
            [([3], 0.632), ([4], 1.414)],
            id="an identity as a whole, a sighting alone is left out",
        ),
        pytest.param(["--identity", 1, "--identity", 2], [([4], 1.414)], id="two identities"),
        pytest.param(
            ["--identity", 1, "--sighting", "north:1", "--identity", 1],
            [([2], 0.894), ([4], 1.897)],
            id="what is named twice counts once",
        ),
    ],
)
def test_what_is_named_together_is_one_vehicle(run: Path, options, expected) -> None:
    assert found(*options, runs=(run,)) == expected


def test_an_image_and_a_sighting(run: Path, image) -> None:
    # 0.8 of the distance to the image and 0.2 of that to the nearest: of (3, 1) / sqrt(10), that is
    # the image, of (-1, 0), 2.0 from it, the sighting.
    assert found(*image, "--sighting", 2, runs=(run,)) == [([1, 3], 0.32), ([4], 1.883)]
    # The same sighting is also all of its identity.
    twice = found(*image, "--sighting", 2, "--identity", 2, runs=(run,))
    assert twice == [([1, 3], 0.32), ([4], 1.883)]
    result = query(*image, "--sighting", 2, "--report", run / "a.html", runs=(run,))
    text = "vehicle in street.png at 0,0,50,50; sighting north:2, truck, 2026-05-04 08:30:05.0"
    assert text in " ".join(result.output.split())
    page = (run / "a.html").read_text(encoding="utf-8")
    assert text in page
    assert page.count('alt="The vehicle searched for"') == 2


def test_names_of_several_runs(run: Path, tuesday: Path) -> None:
    runs = (run, tuesday)
    answer = values("--sighting", "monday/north:1", "--identity", "tuesday/1", runs=runs)
    # Each run leaves out what is named of it: tuesday's identity 1, and monday's sighting 1.
    assert [
        (one["run"], one["identity_id"], len(one["sightings"]), round(one["distance"], 3))
        for one in answer["matches"]
    ] == [
        ("monday", 2, 1, 0.0),
        ("monday", 1, 1, 0.632),
        ("monday", 3, 1, 1.414),
        ("tuesday", 2, 1, 1.414),
    ]
    assert "identity tuesday/1, seen by gate" in answer["searched_for"]
    assert "; sighting monday/north:1, car" in answer["searched_for"]


def test_how_sure_it_is_was_measured_for_images_alone(run: Path, image, monkeypatch) -> None:
    monkeypatch.setattr("app.search.question.LEAST_IDENTITIES", 3)
    said = "The first match leads the second by "
    assert said in query(*image, runs=(run,)).output
    assert said not in query(*image, "--sighting", 4, runs=(run,)).output
    assert said not in query(*image, "--identity", 3, runs=(run,)).output
    assert said not in query(*image, "--not", 3, runs=(run,)).output


# ------------------------------------------------------------------ ruled out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(
            ["--sighting", 1, "--not", 2], [([3], 0.632), ([4], 2.0)], id="a whole identity"
        ),
        pytest.param(
            ["--sighting", 1, "--not", "north:2", "--not", 3], [([3], 0.632)], id="two of them"
        ),
        pytest.param(
            ["--sighting", 2, "--not", "north:1"],
            [([3], 0.894), ([4], 1.414)],
            id="a sighting does not count for its vehicle either",
        ),
        pytest.param(
            ["--identity", 1, "--not", "south:1"],
            [([2], 1.414), ([4], 2.0)],
            id="a sighting of the identity that is searched for",
        ),
        pytest.param(
            ["--sighting", "south:1", "--not", 1],
            [([2], 0.894), ([4], 1.897)],
            id="a sighting, but nothing else of its identity",
        ),
    ],
)
def test_what_is_ruled_out_is_left_out(run: Path, options, expected) -> None:
    assert found(*options, runs=(run,)) == expected


def test_vehicles_that_are_ruled_out_are_not_listed_either(run: Path) -> None:
    listed = values("--class", "car", "--not", 3, runs=(run,))
    assert [one["identity_id"] for one in listed["matches"]] == [1]
    assert listed["conditions"] == "only car, without identity 3"


def test_sightings_without_an_identity_stay(run: Path) -> None:
    with Store.open(run, readonly=False) as store:
        seen = tracklet("south", 9, embedding=axis(1))
        store.upsert_sighting(seen, view(), first_frame=0, last_frame=1)
    assert found("--sighting", 2, "--not", 1, runs=(run,)) == [([4], 1.414), ([5], 1.414)]
    assert found("--sighting", 2, "--not", 1, "--not", "south:9", runs=(run,)) == [([4], 1.414)]


def test_what_was_ruled_out_is_said_and_recorded(run: Path, tuesday: Path, image) -> None:
    with Store.open(run, readonly=False) as store:
        store.set_meta(RECORDED_KEY, True)
    wrong = ["--not", "monday/2", "--not", "tuesday/gate:2", "--not", "monday/2"]
    asked = [*image, "--sighting", "monday/north:1", *wrong, "--reason", "case 7", "--by", "ann"]
    page = run.parent / "found.html"
    answer = values(*asked, "--report", page, runs=(run, tuesday))
    assert answer["conditions"] == "without identity monday/2, sighting tuesday/gate:2"
    assert answer["conditions"] in page.read_text(encoding="utf-8")
    assert [(one["run"], one["identity_id"]) for one in answer["matches"]] == [
        ("monday", 1),
        ("tuesday", 1),
        ("monday", 3),
    ]
    (search,) = read(run / "searches.jsonl").searches
    assert search.conditions == answer["conditions"]
    assert search.searched_for == answer["searched_for"]
    assert (len(search.pictures), search.identities, search.sightings) == (1, (1, 3), (3, 4))


def test_who_is_ruled_out_is_not_told_of(run: Path, monkeypatch) -> None:
    with Store.open(run, readonly=False) as store:

        def meanwhile(_: float) -> None:
            for track_id, identity_id in ((7, 1), (8, 2), (9, 5)):
                at = START + 30 + track_id
                seen = tracklet("south", track_id, at=at, embedding=axis(1))
                thumbnail = view(at=at, thumbnail=jpeg(40))
                store.upsert_sighting(seen, thumbnail, first_frame=3, last_frame=23)
                assign(store, "south", track_id, identity_id=identity_id)
            store.set_meta("tracked", True)
            store.commit()

        monkeypatch.setattr("time.sleep", meanwhile)
        asked = ["--sighting", 1, "--sighting", 3, "--not", 2, "--follow", "--nearer-than", 1.2]
        with RunFolder(run).reserved():
            result = query(*asked, runs=(run,))
    assert result.exit_code == 0, result.output
    told = result.stdout.splitlines()[-3:-1]
    assert [" ".join(line.split()[2:5]) for line in told] == [
        "south:7 identity 1,",
        "south:9 identity 5,",
    ]


# ------------------------------------------------------------------ one clear line


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--not", 2], 2, "expected a vehicle to search for"),
        (["--sighting", 1, "--not", 9], 6, "there is no identity 9"),
        (["--sighting", 1, "--not", "north:9"], 6, "camera north has no sighting with track 9"),
        (["--sighting", 1, "--not", "west:1"], 6, "no such camera; known: north, south"),
        (
            ["--sighting", 1, "--not", "north"],
            2,
            "not north: expected an identity (12) or a sighting (gate:31)",
        ),
        (
            ["--sighting", 1, "--not", "north:1"],
            2,
            "not north:1: is also named as the vehicle that is searched for; leave out one",
        ),
        (["--identity", 1, "--not", 1], 2, "not 1: is also named as the vehicle"),
        (
            ["--identity", 3, "--not", "south:2"],
            6,
            "identity 3: all of its sightings are ruled out",
        ),
        (["--identity", 1, "--identity", 9], 6, "there is no identity 9"),
        (["--sighting", 1, "--sighting", "north:9"], 6, "no sighting with track 9"),
        (["--identity", 1, "--sighting", ""], 2, "sighting '': expected a sighting as camera"),
        (["--identity", 1, "--not", "north:"], 2, "not 'north:': expected a sighting as camera"),
        (["--identity", 1, "--sighting", "south"], 2, "as camera:track (gate:12)"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run: Path, options, code: int, message: str) -> None:
    result = query(*options, runs=(run,))
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (code, "", 1)
    assert message in result.stderr


def test_an_answer_is_of_one_state_of_the_run(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = values("--identity", 2, runs=(run,))

    def corrected_meanwhile(*given: Any, **more: Any) -> Named:
        named = named_subject(*given, **more)
        with Store.open(run, readonly=False) as store:
            assign(store, "south", 1, identity_id=3)
            store.commit()
        return named

    monkeypatch.setattr("app.query.named_subject", corrected_meanwhile)
    assert values("--identity", 2, runs=(run,)) == before
    assert values("--identity", 2, runs=(run,)) != before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("2", "not 2: of which run? Write monday/2; runs: monday, tuesday"),
        ("gate:2", "not gate:2: of which run? Write monday/gate:2"),
        ("friday/2", "not friday/2: expected one of the runs before the last /"),
        ("monday/gate:2", "monday/sightings.db: gate:2: no such camera; known: north, south"),
        ("tuesday/gate:9", "tuesday/sightings.db: camera gate has no sighting with track 9"),
    ],
)
def test_of_which_run_somebody_is_ruled_out(
    run: Path, tuesday: Path, name: str, message: str
) -> None:
    result = query("--sighting", "monday/north:1", "--not", name, runs=(run, tuesday))
    assert result.exit_code in (2, 6)
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
