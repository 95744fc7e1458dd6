from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from app.errors import OutputError
from app.query import app
from app.running import models
from app.storage.store import Store
from detector.types import Detections
from reid.model import DEFAULT_WEIGHTS
from tests.app.stores import START, axis, box, camera, city_store
from tests.little_room import little_room


class FakeDetector:
    """Finds the boxes it was told to, in any picture."""

    apart = True

    def __init__(self, *found: tuple[tuple[float, float, float, float], float]) -> None:
        self._found = found

    def __call__(self, images: Sequence[np.ndarray]) -> list[Detections]:
        xyxy = np.array([box for box, _ in self._found], np.float32).reshape(-1, 4)
        confidence = np.array([confidence for _, confidence in self._found], np.float32)
        return [Detections(xyxy, confidence, np.zeros(len(xyxy), np.int64)) for _ in images]


class FakeEmbedder:
    """Gives every vehicle the same look, and remembers where it was asked to look."""

    def __init__(self) -> None:
        self.boxes: list[list[float]] = []

    def __call__(self, images: Sequence[np.ndarray], xyxy: Sequence[np.ndarray]) -> np.ndarray:
        self.boxes += [row for boxes in xyxy for row in boxes.tolist()]
        return np.stack([axis(1)] * sum(map(len, xyxy)))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    with city_store(tmp_path / "run") as store:
        store.set_meta(models.REID_KEY, {"weights": DEFAULT_WEIGHTS})
        store.commit()
    return tmp_path / "run"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "street.png"
    cv2.imwrite(str(path), np.full((100, 200, 3), (90, 60, 30), np.uint8))
    return path


@pytest.fixture
def embedder(monkeypatch) -> FakeEmbedder:
    fake = FakeEmbedder()
    monkeypatch.setattr(models, "load_embedder", lambda store, **_: fake)
    return fake


def query(run: Path, *options: object):
    return CliRunner().invoke(app, ["--store", str(run), *map(str, options)])


def answer(run: Path, *options: object) -> list[tuple[list[int], float]]:
    """Sightings and distance of each match, from the JSON file."""
    path = run / "answer.json"
    result = query(run, *options, "--json", path)
    assert result.exit_code == 0, result.output
    matches = json.loads(path.read_text())["matches"]
    assert [match["rank"] for match in matches] == list(range(1, len(matches) + 1))
    return [
        ([one["sighting_id"] for one in match["sightings"]], round(match["distance"], 3))
        for match in matches
    ]


# ------------------------------------------------------------------ what is found


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(
            ["--sighting", 1],
            [([3], 0.632), ([2], 1.414), ([4], 2.0)],
            id="sighting, without itself",
        ),
        # Of the identity's sightings, (4, 3) / 5 is the nearest to both.
        pytest.param(
            ["--identity", 1], [([2], 0.894), ([4], 1.897)], id="identity, without itself"
        ),
        pytest.param(
            ["--sighting", "north:1"], [([3], 0.632), ([2], 1.414), ([4], 2.0)], id="by its name"
        ),
        pytest.param(["--sighting", 1, "--top", 1], [([3], 0.632)], id="top"),
        pytest.param(["--sighting", 1, "--camera", "north"], [([2], 1.414)], id="camera"),
        pytest.param(
            ["--sighting", 2, "--camera", "north", "--camera", "south"],
            [([1, 3], 1.169), ([4], 1.414)],
            id="cameras",
        ),
        pytest.param(
            ["--sighting", 2, "--camera", "south"], [([3], 1.169), ([4], 1.414)], id="part"
        ),
        pytest.param(["--sighting", 1, "--class", "truck"], [([2], 1.414)], id="class"),
        pytest.param(["--sighting", 1, "--class", "bus"], [], id="nothing passes"),
        pytest.param(["--sighting", 1, "--after", "08:30:13"], [([4], 2.0)], id="after"),
        pytest.param(
            ["--sighting", 1, "--before", "2026-05-04T10:30:05+02:00"], [([2], 1.414)], id="before"
        ),
    ],
)
def test_matches(run: Path, options: list[object], expected: list[tuple[list[int], float]]) -> None:
    assert answer(run, *options) == expected


def test_the_table_says_who_where_and_when(run: Path) -> None:
    result = query(run, "--sighting", 2)
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert lines[0] == ("Searched for sighting north:2, truck, 2026-05-04 08:30:05.0 – 08:30:07.0")
    assert "1 1.169 1 north:1 2026-05-04 08:30:00.0 – 08:30:02.0 car 1.414" in lines
    assert "south:1 2026-05-04 08:30:10.0 – 08:30:12.0 car 0.894" in lines
    assert "2 1.414 3 south:2 2026-05-04 08:30:20.0 – 08:30:22.0 car 1.414" in lines


def test_how_sure_it_is_was_measured_for_pictures_alone(
    run: Path, picture: Path, embedder: FakeEmbedder, monkeypatch
) -> None:
    said = "The first match leads the second by "
    pictured = ["--image", picture, "--box", "0,0,50,50", "--report", run / "a.html"]
    assert said not in query(run, *pictured).output  # among so few
    monkeypatch.setattr("app.search.question.LEAST_IDENTITIES", 3)
    assert said in query(run, *pictured).output
    assert said in (run / "a.html").read_text(encoding="utf-8")
    assert said not in query(run, *pictured, "--camera", "north", "--camera", "south").output
    assert said not in query(run, "--sighting", 2).output
    with Store.open(run, readonly=False) as store:
        store.set_meta(models.REID_KEY, {"weights": "/somewhere/ours.safetensors"})
        store.commit()
    assert said not in query(run, *pictured).output


def test_a_grey_image_is_said_to_be_one(
    run: Path, embedder: FakeEmbedder, monkeypatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("app.search.question.LEAST_IDENTITIES", 3)
    grey, page = tmp_path / "grey.png", tmp_path / "a.html"
    cv2.imwrite(str(grey), np.full((100, 200), 90, np.uint8))
    result = query(run, "--image", grey, "--box", "0,0,50,50", "--report", page)
    for said in (result.output, page.read_text(encoding="utf-8")):
        assert "The image has no colours" in said
        assert "nearly always correct" not in said
    assert (
        "The image has no colours"
        in query(run, "--image", grey, "--box", "0,0,50,50", "--camera", "south").output
    )


def test_no_match_is_said(run: Path) -> None:
    result = query(run, "--sighting", 1, "--class", "bus")
    assert result.exit_code == 0
    assert "No sighting passes the filter." in result.output


def test_the_store_may_still_be_written_to(tmp_path: Path) -> None:
    with city_store(tmp_path / "run") as store:
        store.append_boxes([box(0, 1)])
        assert answer(tmp_path / "run", "--sighting", 1, "--top", 1) == [([3], 0.632)]


# ------------------------------------------------------------------ pictures


def test_the_vehicle_of_a_picture_is_found_in_it(
    run: Path, picture: Path, embedder: FakeEmbedder, monkeypatch
) -> None:
    detector = FakeDetector(
        ((0, 0, 60, 40), 0.9),  # 2400 px in the corner
        ((70, 30, 128, 70), 0.5),  # 2320 px in the middle
        ((0, 0, 200, 100), 0.1),  # too unsure
    )
    monkeypatch.setattr(models, "load_detector", lambda store, **_: detector)
    result = query(run, "--image", picture, "--top", 1)
    assert result.exit_code == 0, result.output
    assert embedder.boxes == [[70, 30, 128, 70]]
    text = " ".join(result.output.split())
    assert "car in street.png at 70,30,58,40 (confidence 0.50)" in text
    assert "the most prominent of 2 vehicles; --box selects another" in text
    assert "The first is nearer" not in text  # than whom?


def test_a_single_vehicle_needs_no_comment(
    run: Path, picture: Path, embedder: FakeEmbedder, monkeypatch
) -> None:
    monkeypatch.setattr(
        models, "load_detector", lambda store, **_: FakeDetector(((-5, 0, 60, 40), 0.9))
    )
    result = query(run, "--image", picture)
    assert embedder.boxes == [[0, 0, 60, 40]]
    assert "prominent" not in result.output


def test_a_box_needs_no_detector_and_is_cut_off(
    run: Path, picture: Path, embedder: FakeEmbedder
) -> None:
    assert answer(run, "--image", picture, "--box", "150,50,100,20")[0] == ([1, 3], 0.32)
    assert embedder.boxes == [[150, 50, 200, 70]]


def test_a_strip_of_a_picture_is_a_picture(run: Path, embedder: FakeEmbedder, tmp_path) -> None:
    strip = tmp_path / "strip.png"
    cv2.imwrite(str(strip), np.full((1, 3000, 3), 90, np.uint8))
    assert answer(run, "--image", strip, "--box", "0,0,3000,1")[0] == ([1, 3], 0.32)
    assert embedder.boxes == [[0, 0, 3000, 1]]


def test_several_pictures_are_searched_as_one_vehicle(
    run: Path, picture: Path, monkeypatch, tmp_path: Path
) -> None:
    class Sides:
        """The front looks like axis 0, the rear like axis 1."""

        def __call__(self, images: Sequence[np.ndarray], xyxy: Sequence[np.ndarray]) -> np.ndarray:
            return np.stack([axis(1) if len(images[0]) == 100 else axis(0, 1)])

    monkeypatch.setattr(models, "load_embedder", lambda store, **_: Sides())
    monkeypatch.setattr(
        models, "load_detector", lambda store, **_: FakeDetector(((0, 0, 60, 40), 0.9))
    )
    rear, page = tmp_path / "rear.png", tmp_path / "found.html"
    cv2.imwrite(str(rear), np.full((50, 200, 3), 90, np.uint8))
    both = ["--image", picture, "--image", rear]
    # (1, 1) / sqrt(2) to the mean of the first vehicle, (3, 1) / sqrt(10), and to (0, 1).
    assert answer(run, *both, "--top", 2) == [([1, 3], 0.46), ([2], 0.765)]
    boxes = ["--box", "0,0,50,50", "--box", "5,5,40,40"]
    result = query(run, *both, *boxes, "--report", page)
    assert result.exit_code == 0, result.output
    named = "vehicle in street.png at 0,0,50,50; vehicle in rear.png at 5,5,40,40"
    assert named in " ".join(result.output.split())
    assert page.read_text(encoding="utf-8").count("data:image/jpeg") == 2 + 4


def test_a_page_with_the_picture_is_written(
    run: Path, picture: Path, embedder: FakeEmbedder, tmp_path: Path
) -> None:
    page = tmp_path / "found.html"
    options = ["--image", picture, "--box", "0,0,50,50", "--camera", "south", "--report", page]
    assert query(run, *options).exit_code == 0
    html = page.read_text(encoding="utf-8")
    assert "vehicle in street.png at 0,0,50,50" in html
    assert "nearer than the second" not in html  # among so few
    assert "only in south" in html
    assert html.count("data:image/jpeg") == 3


# ------------------------------------------------------------------ one clear line


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        pytest.param([], 2, "expected a vehicle to search for", id="neither subject nor filter"),
        pytest.param(
            ["--identity", 1, "--latest"], 2, "--latest: is for a list", id="an order of a search"
        ),
        pytest.param(["--identity", 1, "--box", "1,2,3,4"], 2, "--box", id="a box of nothing"),
        pytest.param(["--class", "car", "--box", "1,2,3,4"], 2, "--box", id="a box in a list"),
        pytest.param(
            ["--class", "car", "--nearer-than", 1], 2, "--nearer-than: needs --image", id="near"
        ),
        pytest.param(["--identity", 9], 6, "there is no identity 9", id="identity"),
        pytest.param(["--sighting", 9], 6, "there is no sighting 9", id="sighting"),
        pytest.param(["--sighting", "north:9"], 6, "no sighting with track 9", id="track"),
        pytest.param(["--sighting", "west:1"], 6, "no such camera; known: north, south", id="west"),
        pytest.param(["--sighting", "north"], 2, "as camera:track (gate:12)", id="no sighting"),
        pytest.param(["--sighting", 10**20], 4, "number", id="no store's number"),
        pytest.param(
            ["--identity", 1, "--camera", "west"],
            2,
            "camera 'west': expected one of north, south",
            id="camera",
        ),
        pytest.param(
            ["--identity", 1, "--class", "van"],
            2,
            "class 'van': expected one of car, motorcycle, bus, truck",
            id="class",
        ),
        pytest.param(["--identity", 1, "--after", "noon"], 2, "time 'noon'", id="time"),
        pytest.param(
            ["--identity", 1, "--after", "09:00:00", "--before", "08:00:00"],
            2,
            "earlier",
            id="times the wrong way round",
        ),
        pytest.param(["--image", "none.jpg"], 3, "none.jpg: No such file", id="no picture"),
        pytest.param(["--image", __file__], 3, "not a readable image", id="unreadable picture"),
        pytest.param(["--image", "PICTURE", "--box", "300,0,9,9"], 6, "200x100", id="box outside"),
        pytest.param(["--image", "PICTURE", "--box", "0,0,0,9"], 2, "above 0", id="empty box"),
        pytest.param(["--image", "PICTURE", "--box", "9,9,-9,9"], 2, "above 0", id="negative"),
        pytest.param(
            ["--image", "PICTURE", *["--box", "0,0,9,9"] * 2],
            2,
            "--box: 2 for 1 image;",
            id="a box too many",
        ),
        pytest.param(["--image", "PICTURE", "--box", "1,2,3"], 2, "x,y,width", id="three numbers"),
        pytest.param(["--image", "PICTURE", "--box", "a,b,c,d"], 2, "x,y,width", id="letters"),
        pytest.param(["--image", "PICTURE", "--box", "nan,0,9,9"], 2, "x,y,width", id="nan"),
        pytest.param(["--image", "PICTURE", "--box", "0,0,1e39,9"], 2, "x,y,width", id="huge"),
        pytest.param(["--image", "PICTURE"], 6, "no vehicle detected", id="no vehicle"),
        pytest.param(
            ["--image", "PICTURE", "--image", "PICTURE", "--box", "1,2,3,4"],
            2,
            "--box: 1 for 2 images",
            id="a box too few",
        ),
        pytest.param(
            ["--image", "PICTURE", "--device", "gpu"],
            2,
            "device must be auto, cpu, cuda or cuda:N, is 'gpu'",
            id="device",
        ),
        pytest.param(
            ["--identity", 1, "--device", "cpu"], 2, "--device needs --image", id="device for none"
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    run: Path, picture: Path, embedder, monkeypatch, options: list[object], code: int, message: str
) -> None:
    monkeypatch.setattr(models, "load_detector", lambda store, **_: FakeDetector())
    result = query(run, *[picture if option == "PICTURE" else option for option in options])
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("error: ")
    assert message in result.stderr


def test_the_networks_compute_where_it_is_asked_for(run: Path, picture: Path, monkeypatch) -> None:
    asked = []

    def network(fake):
        return lambda _, *, device: asked.append(device) or fake

    monkeypatch.setattr(models, "load_detector", network(FakeDetector(((0, 0, 60, 40), 0.9))))
    monkeypatch.setattr(models, "load_embedder", network(FakeEmbedder()))
    for options in ((), ("--device", "cpu")):
        assert query(run, "--image", picture, *options).exit_code == 0
    assert asked == ["auto", "auto", "cpu", "cpu"]


def test_a_time_of_day_is_not_guessed_where_there_are_several_days(run: Path) -> None:
    with Store.open(run, readonly=False) as store:
        store.put_camera(camera("south", last_timestamp=START + 2 * 86_400))
        store.commit()
    result = query(run, "--identity", 1, "--after", "08:30:13")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "several days, 2026-05-04 to 2026-05-06" in result.stderr
    assert answer(run, "--sighting", 1, "--after", "2026-05-04T08:30:13") == [([4], 2.0)]


def test_an_empty_store_is_said(tmp_path: Path) -> None:
    Store.create(tmp_path).close()
    result = query(tmp_path, "--identity", 1)
    assert result.exit_code == 6
    assert "no vehicle has been stored yet" in result.stderr


def test_a_missing_store_is_said(tmp_path: Path) -> None:
    result = query(tmp_path / "nowhere", "--identity", 1)
    assert result.exit_code == 4
    assert "there is no store here" in result.stderr


def test_an_answer_is_shown_where_it_cannot_be_written(run: Path, tmp_path: Path) -> None:
    with little_room(1000):
        result = query(run, "--identity", 1, "--report", tmp_path / "found.html")
    assert result.exit_code == OutputError.exit_code
    assert "south:2" in result.stdout
    assert result.stderr.startswith(f"error: {tmp_path / 'found.html'}: ")
