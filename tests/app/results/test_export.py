from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import OutputError
from app.results.export import mot_lines, write_thumbnails, write_tracks
from app.results.gaps import fill_gaps
from app.storage.records import BoxRow
from app.storage.store import Store
from tests.app.stores import START, box, camera, city_store, jpeg, tracklet, view


def identified(frame: int, identity_id: int, **fields: object) -> BoxRow:
    return replace(box(frame, identity_id), identity_id=identity_id, **fields)


# ------------------------------------------------------------------ MOT text


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param(
            [identified(0, 7, xyxy=(1.0, 2.5, 11.126, 22.0), confidence=0.91239, class_id=3)],
            ["1,7,1.00,2.50,10.13,19.50,0.9124,3,-1\n"],
            id="frames count from 1, a box has a width",
        ),
        pytest.param(
            [box(0, 1), identified(0, 2)],
            ["1,2,10.00,20.00,30.00,40.00,0.5000,0,-1\n"],
            id="without an identity it is left out",
        ),
        pytest.param(
            [replace(box(0, 1), identity_id=9), replace(box(0, 2), identity_id=4)],
            [f"1,{i},10.00,20.00,30.00,40.00,0.5000,0,-1\n" for i in (4, 9)],
            id="by identity, not by track",
        ),
    ],
)
def test_mot_lines(boxes: list[BoxRow], expected: list[str]) -> None:
    assert list(mot_lines(boxes)) == expected


def test_each_camera_gets_a_file_even_without_boxes(tmp_path: Path) -> None:
    with city_store(tmp_path / "run") as store:
        store.append_boxes([box(4, 1), box(3, 1), box(3, 2), box(3, 77)])
        paths = write_tracks(store, tmp_path / "tracks")
        first = [path.read_bytes() for path in paths]
        assert [path.read_bytes() for path in write_tracks(store, tmp_path / "tracks")] == first
    assert paths == [tmp_path / "tracks" / "north.txt", tmp_path / "tracks" / "south.txt"]
    assert [line.split(",")[:2] for line in first[0].decode().splitlines()] == [
        ["4", "1"],
        ["4", "2"],
        ["5", "1"],
    ]
    assert first[1] == b""


def test_gaps_are_filled_in_the_files(tmp_path: Path) -> None:
    with city_store(tmp_path / "run") as store:
        store.append_boxes([box(0, 1, x=10), box(2, 1, x=20)])
        write_tracks(store, tmp_path, max_gap_s=0.25)
    lines = (tmp_path / "north.txt").read_text().splitlines()
    assert [line.split(",")[:3] for line in lines] == [
        ["1", "1", "10.00"],
        ["2", "1", "15.00"],
        ["3", "1", "20.00"],
    ]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "tracks").write_text("in the way")
    with city_store(tmp_path / "run") as store, pytest.raises(OutputError, match=r"north\.txt"):
        write_tracks(store, tmp_path / "tracks")


# ------------------------------------------------------------------ gaps


@pytest.mark.parametrize(
    ("frames", "max_gap_s", "expected"),
    [
        pytest.param([], 1.0, [], id="none"),
        pytest.param([4], 1.0, [4], id="one"),
        pytest.param([1, 2, 3], 1.0, [1, 2, 3], id="no gap"),
        pytest.param([1, 4], 0.5, [1, 2, 3, 4], id="gap"),
        pytest.param([1, 8], 0.5, [1, 8], id="too long a gap"),
        pytest.param([1, 3, 12, 14], 0.5, [1, 2, 3, 12, 13, 14], id="two gaps and a long one"),
        pytest.param([1, 3], 0.0, [1, 3], id="nothing is filled"),
    ],
)
def test_gaps(frames: list[int], max_gap_s: float, expected: list[int]) -> None:
    boxes = [box(frame, 1, x=10.0 * frame) for frame in frames]
    filled = list(fill_gaps(boxes, max_gap_s=max_gap_s))
    assert [b.frame for b in filled] == expected
    assert [b.xyxy[0] for b in filled] == pytest.approx([10.0 * frame for frame in expected])
    assert [b.timestamp for b in filled] == pytest.approx([START + f / 10 for f in expected])


def test_a_filled_box_lies_on_the_line_and_is_as_sure_as_its_ends() -> None:
    ends = [
        identified(0, 1, xyxy=(0.0, 0.0, 10.0, 10.0), confidence=1.0),
        identified(4, 1, xyxy=(40.0, 8.0, 54.0, 18.0), confidence=0.5),
    ]
    between = list(fill_gaps(ends, max_gap_s=1.0))[1]
    assert between == identified(1, 1, xyxy=(10.0, 2.0, 21.0, 12.0), confidence=0.875)


@given(
    st.sets(st.tuples(st.integers(0, 30), st.integers(1, 4)), max_size=40),
    st.floats(0, 2),
)
def test_filling_keeps_all_boxes_and_their_order(
    places: set[tuple[int, int]], max_gap_s: float
) -> None:
    boxes = [box(frame, track_id) for frame, track_id in sorted(places)]
    filled = list(fill_gaps(boxes, max_gap_s=max_gap_s))
    keys = [(b.frame, b.track_id) for b in filled]
    assert keys == sorted(set(keys))
    assert places <= set(keys)
    missing = {
        (frame, a.track_id)
        for a in boxes
        for b in boxes
        if a.track_id == b.track_id and 0 < b.timestamp - a.timestamp <= max_gap_s
        for frame in range(a.frame, b.frame)
    }
    assert set(keys) == places | missing


# ------------------------------------------------------------------ pictures


def test_every_identified_sighting_gets_its_picture(tmp_path: Path) -> None:
    with city_store(tmp_path / "run") as store:
        nameless = tracklet("north", 99)
        store.upsert_sighting(nameless, view(), first_frame=0, last_frame=1)
        assert write_thumbnails(store, tmp_path / "thumbnails") == 4
    names = sorted(path.name for path in (tmp_path / "thumbnails").iterdir())
    assert names == ["1_north_1.jpg", "1_south_1.jpg", "2_north_2.jpg", "3_south_2.jpg"]
    assert (tmp_path / "thumbnails" / names[0]).read_bytes() == jpeg(40)


def test_an_empty_store_gives_no_pictures(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run") as store:
        store.put_camera(camera("north"))
        assert write_thumbnails(store, tmp_path / "thumbnails") == 0


def test_a_vehicle_is_in_a_frame_once():
    """The surer box stands for both; of equals the first."""
    twice = [
        replace(box(3, track_id, x=x), identity_id=7, confidence=confidence)
        for track_id, x, confidence in ((1, 10.0, 0.5), (2, 20.0, 0.8), (3, 30.0, 0.8))
    ]
    (line,) = mot_lines(twice)
    assert line.startswith("4,7,20.00,")
