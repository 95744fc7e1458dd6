from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from app.config_file import load_config
from app.errors import ConfigError
from reid.model import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def write(tmp_path: Path):
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()

    def write_config(text: str) -> Path:
        path = tmp_path / "cams.yaml"
        path.write_text(text)
        return path

    return write_config


def test_a_source_may_lie_in_the_home_folder(write, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    (home / "a.mp4").touch()
    (tmp_path / "~nobody-of-this-name").touch()
    monkeypatch.setenv("HOME", str(home))
    config = load_config(
        write("""cameras:
- {id: a, source: ~/a.mp4}
- {id: b, source: ~nobody-of-this-name}
""")
    )
    sources = [camera.source for camera in config.cameras]
    assert sources == [str(home / "a.mp4"), str(tmp_path / "~nobody-of-this-name")]


def test_three_lines_are_enough(write, tmp_path):
    config = load_config(write("cameras:\n- {id: a, source: a.mp4}\n- {id: b, source: b.mp4}\n"))
    assert [c.id for c in config.cameras] == ["a", "b"]
    assert config.cameras[0].source == str(tmp_path / "a.mp4")
    assert config.cameras[0].start_timestamp == 0.0
    assert config.tracker_settings(config.cameras[0]) == config.tracker


def test_start_time_is_utc_unless_it_says_otherwise(write):
    config = load_config(
        write(
            "cameras:\n"
            "- {id: a, source: a.mp4, start_time: 2026-05-04T08:30:00}\n"
            "- {id: b, source: b.mp4, start_time: '2026-05-04T10:30:00+02:00'}\n"
        )
    )
    assert config.cameras[0].start_timestamp == config.cameras[1].start_timestamp == 1777883400.0


def test_numbers_serve_as_ids_and_as_device_sources(write):
    config = load_config(write("cameras:\n- {id: 12, source: 0}\n"))
    assert (config.cameras[0].id, config.cameras[0].source) == ("12", "0")


@pytest.mark.parametrize("name", ["010", "007", "1_2", "0x1F", "0b11"])
def test_numbers_serve_as_ids_as_they_are_written(write, name):
    text = f"cameras:\n- {{id: {name}, source: a.mp4}}\n- {{id: b, source: b.mp4}}\n"
    config = load_config(write(f"{text}links:\n- {{from: b, to: {name}, overlap: true}}\n"))
    assert config.cameras[0].id == config.links[0].to_camera == name


def test_a_path_that_no_store_can_keep_is_refused(tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "a.mp4").touch()
    (folder / "cams.yaml").write_text("cameras: [{id: a, source: a.mp4}]\n")
    with pytest.raises(ConfigError, match=r"camera a: source: .*is not UTF-8") as caught:
        load_config(folder / "cams.yaml")
    assert r"caf\udce9/a.mp4" in str(caught.value)


def test_camera_overrides_replace_single_tracker_settings(write):
    text = "cameras:\n- {id: a, source: a.mp4, tracker: {max_lost_s: 9.5}}\n"
    config = load_config(write(text))
    own = config.tracker_settings(config.cameras[0])
    assert own.max_lost_s == 9.5
    assert own != config.tracker


def test_links_count_in_each_direction_that_they_hold_for(write):
    config = load_config(
        write(
            "cameras:\n- {id: a, source: a.mp4}\n- {id: b, source: b.mp4}\n"
            "- {id: c, source: b.mp4}\nlinks:\n- {from: a, to: b, travel_time_s: [4, 60]}\n"
            # Says nothing new.
            "- {from: b, to: a, travel_time_s: [4, 60], both_ways: false}\n"
            "- {from: a, to: c, travel_time_s: [1, 2], both_ways: false}\n"
            "- {from: c, to: a, travel_time_s: [-3, 9], both_ways: false}\n"
            "- {from: b, to: c, overlap: true}\n"
            "- {from: c, to: b, overlap: true, both_ways: false}\n"
        )
    )
    found = [
        (x.from_camera, x.to_camera, x.min_s, x.max_s, x.overlap) for x in config.camera_links()
    ]
    assert found == [
        ("a", "b", 4, 60, False),
        ("b", "a", 4, 60, False),
        ("b", "a", 4, 60, False),
        ("a", "c", 1, 2, False),
        ("c", "a", -3, 9, False),
        ("b", "c", 0, 0, True),
        ("c", "b", 0, 0, True),
        ("c", "b", 0, 0, True),
        ("b", "c", 0, 0, True),
    ]


CAMERA = "cameras:\n- {id: a, source: a.mp4"
TWO = f"{CAMERA}}}\n- {{id: b, source: b.mp4}}\n"
BAD = {
    "no cameras": ("cameras: []\n", ["cameras", "at least 1 entry is"]),
    "cameras missing": ("links: []\n", ["cameras: missing"]),
    "a list at the top": ("- 1\n", ["mapping with the key 'cameras'"]),
    "empty": ("", ["mapping with the key 'cameras'"]),
    "broken YAML": ("cameras: [\n", ["not valid YAML"]),
    "a key twice": (
        "cameras:\n- {id: a, source: a.mp4}\ncameras:\n- {id: b, source: b.mp4}\n",
        ["line 3", "'cameras' is written twice"],
    ),
    "unknown key at the top": (f"{CAMERA}}}\ncamera: 1\n", ["camera: unknown key", "cameras"]),
    "unknown key of a camera": (f"{CAMERA}, url: x}}\n", ["camera a: url: unknown key", "source"]),
    "unknown key of the tracker": (
        f"{CAMERA}}}\ntracker: {{maxlost: 1}}\n",
        ["tracker.maxlost: unknown key", "max_lost_s"],
    ),
    "unknown key of a camera's tracker": (
        f"{CAMERA}, tracker: {{maxlost: 1}}}}\n",
        ["camera a: tracker", "maxlost", "unknown key"],
    ),
    "wrong value of a camera's tracker": (
        f"{CAMERA}, tracker: {{max_lost_s: -1}}}}\n",
        ["camera a: tracker", "max_lost_s"],
    ),
    "wrong type": (f"{CAMERA}, clock_offset_s: soon}}\n", ["camera a: clock_offset_s", "'soon'"]),
    "not a mapping": (f"{CAMERA}}}\ntracker: 7\n", ["tracker: 7", "mapping"]),
    "bad id": (
        "cameras:\n- {id: a/b, source: a.mp4}\n",
        ["camera 1 (no valid id): id: 'a/b'", "letters"],
    ),
    "id that looks like an option": (
        "cameras:\n- {id: -a, source: a.mp4}\n",
        ["camera 1 (no valid id): id: '-a'", "a letter or digit first"],
    ),
    "duplicate id": (
        "cameras:\n- {id: a, source: a.mp4}\n- {id: A, source: b.mp4}\n",
        ["camera A: id: 'A'", "already used"],
    ),
    "the same id twice": (
        "cameras:\n- {id: a, source: a.mp4}\n- {id: a, source: b.mp4}\n",
        ["camera 2 (a): id", "already used"],
    ),
    "no id": (f"{TWO}- {{source: b.mp4}}\n", ["camera 3 (no valid id): id: missing"]),
    "no camera": (f"{TWO}- gate\n", ["camera 3 (no valid id): 'gate': keys with values"]),
    "id that is a number": (
        "cameras:\n- {id: 010, source: a.mp4, roi: 3}\n",
        ["camera 010: roi: 3"],
    ),
    "link from one camera": (
        f"{TWO}links:\n- {{from: a, overlap: true}}\n",
        ["link a -> ?: to: missing"],
    ),
    "no link": (f"{TWO}links:\n- a\n", ["link 1 (between no two cameras): 'a'"]),
    "date as id": (
        "cameras:\n- {id: 2026-05-04, source: a.mp4}\n",
        ["id: 2026-05-04: text is expected, in quotes"],
    ),
    "source left empty": (
        "cameras:\n- {id: a, source: }\n",
        ["camera a: source: nothing: text is expected"],
    ),
    "travel time of one number": (
        f"{TWO}links:\n- {{from: a, to: b, travel_time_s: 20}}\n",
        ["link a -> b: travel_time_s: 20: a list is expected"],
    ),
    "folder": ("cameras:\n- {id: a, source: .}\n", ["camera a: source: '.': is a folder"]),
    "missing file": (
        "cameras:\n- {id: a, source: gone.mp4}\n",
        ["camera a: source", "'gone.mp4'", "no such file"],
    ),
    "file on two lines": (
        'cameras:\n- {id: a, source: "b\\nc.mp4"}\n',
        ["camera a: source", r"'b\nc.mp4'", "no such file"],
    ),
    "endless name": (
        f"cameras:\n- {{id: a, source: {5000 * 'x'}}}\n",
        ["camera a: source", "no such file"],
    ),
    "empty source": ("cameras:\n- {id: a, source: ''}\n", ["camera a: source", "RTSP"]),
    "two-point polygon": (
        f"{CAMERA}, roi: [[0, 0], [1, 1]]}}\n",
        ["camera a: roi", "[[0, 0], [1, 1]]", "at least 3"],
    ),
    "point with three numbers": (
        f"{CAMERA}, roi: [[0, 0], [1, 1], [2, 2, 2]]}}\n",
        ["camera a: roi: entry 3", "at most 2 entries"],
    ),
    "homography of two rows": (
        f"{CAMERA}, ground_homography: [[1, 0, 0], [0, 1, 0]]}}\n",
        ["camera a: ground_homography", "3 rows of 3 numbers"],
    ),
    "homography without an inverse": (
        f"{CAMERA}, ground_homography: [[1, 0, 0], [1, 0, 0], [0, 0, 1]]}}\n",
        ["camera a: ground_homography", "can be inverted"],
    ),
    "three points on the ground": (
        f"{CAMERA}, ground_points: [[0, 0, 0, 0], [9, 0, 9, 0], [9, 9, 9, 9]]}}\n",
        ["camera a: ground_points", "at least 4"],
    ),
    "points on a line": (
        f"{CAMERA}, ground_points: [[0, 0, 0, 0], [1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]]}}\n",
        ["camera a: ground_points", "no three of them on a line"],
    ),
    "homography and points": (
        f"{CAMERA}, ground_homography: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "
        "ground_points: [[0, 0, 0, 0], [9, 0, 9, 0], [9, 9, 9, 9], [0, 9, 0, 9]]}\n",
        ["camera a: ground_homography or ground_points is expected, not both"],
    ),
    "year that nobody records in": (
        f"{CAMERA}, start_time: '9999-12-31T23:59:59Z'}}\n",
        ["camera a: start_time", "2200"],
    ),
    "digits for a date": (
        f"{CAMERA}, start_time: 20260504083000}}\n",
        ["camera a: start_time", "ISO 8601"],
    ),
    "region without a pixel": (
        f"{CAMERA}, roi: [[0, 0], [100, 100], [200, 200]]}}\n",
        ["camera a: roi", "no pixel"],
    ),
    "region beyond any picture": (
        f"{CAMERA}, roi: [[0, 0], [1.0e+300, 0], [0, 9]]}}\n",
        ["camera a: roi", "1000000"],
    ),
    "points in another order": (
        f"{CAMERA}, ground_points: [[212, 508, 0, 0], [771, 522, 9.5, 48], "
        "[596, 214, 9.5, 0], [388, 210, 0, 48]]}\n",
        ["camera a: ground_points", "swapped"],
    ),
    "no such day": (
        f"{CAMERA}, start_time: 2026-02-30T08:30:00Z}}\n",
        ["not valid YAML: line 2: 2026-02-30T08:30:00Z is no time"],
    ),
    "clock of another age": (
        f"{CAMERA}, clock_offset_s: 1.0e+18}}\n",
        ["camera a: clock_offset_s"],
    ),
    "calls for less than no time": (
        f"{CAMERA}, reconnect_s: -1}}\n",
        ["camera a: reconnect_s", "greater than or equal to 0"],
    ),
    "pieces without end": (
        f"{CAMERA}}}\noutput: {{piece_s: .inf}}\n",
        ["output.piece_s", "finite number"],
    ),
    "pieces of no length": (
        f"{CAMERA}}}\noutput: {{piece_s: 0.5}}\n",
        ["output.piece_s", "a valid integer"],
    ),
    "pieces of a week": (
        f"{CAMERA}}}\noutput: {{piece_s: 604800}}\n",
        ["output.piece_s", "less than or equal to 86400"],
    ),
    "bad time": (
        f"{CAMERA}, start_time: yesterday}}\n",
        ["camera a: start_time", "'yesterday'", "such as 2026-05-04T08:30:00+02:00"],
    ),
    "time without a date": (  # YAML takes it for a number of base 60
        f"{CAMERA}, start_time: 10:30:00}}\n",
        ["camera a: start_time", "such as 2026-05-04T08:30:00+02:00"],
    ),
    "time for one of two": (
        f"{CAMERA}, start_time: 2026-01-01}}\n- {{id: b, source: b.mp4}}\n",
        ["start_time is missing for b"],
    ),
    "link to nowhere": (
        f"{CAMERA}}}\nlinks:\n- {{from: a, to: z, overlap: true}}\n",
        ["link a -> z: to: 'z'", "no such camera"],
    ),
    "link to itself": (
        f"{CAMERA}}}\nlinks:\n- {{from: a, to: a, overlap: true}}\n",
        ["link a -> a: ", "two different cameras"],
    ),
    "link without times": (
        f"{CAMERA}}}\nlinks:\n- {{from: a, to: b}}\n",
        ["link a -> b: ", "travel_time_s: [min, max]"],
    ),
    "window without end": (
        f"{CAMERA}}}\nlinks:\n- {{from: a, to: b, travel_time_s: [0, .inf]}}\n",
        ["link a -> b: travel_time_s: entry 2", "finite"],
    ),
    "window the wrong way round": (
        f"{CAMERA}}}\nlinks:\n- {{from: a, to: b, travel_time_s: [9, 3]}}\n",
        ["link a -> b: ", "min not above max"],
    ),
    "an overlap that takes time": (
        f"{TWO}links:\n- {{from: a, to: b, overlap: true, travel_time_s: [5, 20]}}\n",
        ["link a -> b: ", "overlap", "include 0"],
    ),
    "an overlap in the past": (
        f"{TWO}links:\n- {{from: a, to: b, overlap: true, travel_time_s: [-9, -2]}}\n",
        ["link a -> b: ", "overlap", "include 0"],
    ),
    "two windows of one way": (
        f"{TWO}links:\n- {{from: a, to: b, travel_time_s: [4, 60]}}\n"
        "- {from: a, to: b, travel_time_s: [4, 90]}\n",
        ["link 2 (a -> b): it contradicts link 1 (a -> b)", "once"],
    ),
    "the way back without both_ways": (
        f"{TWO}links:\n- {{from: a, to: b, travel_time_s: [4, 60]}}\n"
        "- {from: b, to: a, travel_time_s: [8, 90], both_ways: false}\n",
        ["link b -> a: it contradicts link a -> b", "both_ways: false"],
    ),
    "an overlap and a window": (
        f"{TWO}links:\n- {{from: a, to: b, travel_time_s: [4, 60], both_ways: false}}\n"
        "- {from: b, to: a, overlap: true}\n",
        ["link b -> a: it contradicts link a -> b"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD)
def test_each_mistake_is_one_line_with_file_key_and_remedy(write, text, expected):
    path = write(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(str(path))
    for part in expected:
        assert part in lines[0]


def test_every_finding_gets_its_own_line(write):
    text = "cameras:\n- {id: a, source: a.mp4, roi: [], confidence: 2}\n"
    with pytest.raises(ConfigError) as caught:
        load_config(write(text))
    assert len(str(caught.value).splitlines()) == 2


def test_a_mapping_may_be_merged_into_others(write):
    common = "{start_time: 2026-05-04T08:30:00, confidence: 0.5}"
    config = load_config(
        write(
            f"cameras:\n- &a {{<<: {common}, id: a, source: a.mp4}}\n"
            "- {<<: *a, id: b, source: b.mp4}\n"
        )
    )
    assert [(c.id, c.confidence) for c in config.cameras] == [("a", 0.5), ("b", 0.5)]
    with pytest.raises(ConfigError, match="line 2: key 'id' is written twice"):
        load_config(write(f"cameras:\n- {{<<: {common}, id: a, id: b, source: a.mp4}}\n"))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nope\.yaml: no such file"):
        load_config(tmp_path / "nope.yaml")


def test_a_file_in_another_encoding_is_said_to_be_that(tmp_path: Path) -> None:
    path = tmp_path / "cams.yaml"
    path.write_bytes("cameras:\n  - {id: a, source: Brücke.mp4}\n".encode("cp1252"))
    with pytest.raises(ConfigError, match=r"cams\.yaml: line 2 is no text in UTF-8: save it as"):
        load_config(path)
    with pytest.raises(ConfigError, match=r": Is a directory; give the YAML file"):
        load_config(tmp_path)


def test_weights_beside_the_file_are_found_from_anywhere(tmp_path, monkeypatch):
    (tmp_path / "a.mp4").write_bytes(b"")
    (tmp_path / "mine.xml").write_bytes(b"")
    path = tmp_path / "cams.yaml"
    path.write_text("cameras: [{id: a, source: a.mp4}]\ndetector: {weights: mine.xml}\n")
    monkeypatch.chdir("/")
    config = load_config(path)
    assert config.detector.weights == str(tmp_path / "mine.xml")
    assert config.reid.weights == DEFAULT_WEIGHTS
