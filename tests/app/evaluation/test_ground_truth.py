from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import ConfigError
from app.evaluation.ground_truth import Tracks, Truth, check_fit, read_both, read_online
from tests.tracking.sequences import labelled
from tracking.evaluation.comparison import LabelledBoxes


def boxes(last_frame: int) -> LabelledBoxes:
    return labelled([(last_frame, 1, 0)] if last_frame else [])


def truth(**last: int) -> Truth:
    found = {camera: boxes(frame) for camera, frame in last.items()}
    return Truth(Path("T"), found, found)


def tracks(**last: int) -> Tracks:
    return Tracks(Path("R"), {camera: boxes(frame) for camera, frame in last.items()})


@pytest.mark.parametrize(
    ("known", "found", "max_frames"),
    [
        pytest.param(truth(), tracks(), None, id="no cameras"),
        pytest.param(truth(a=10), tracks(a=10), None, id="the same"),
        pytest.param(truth(a=10), tracks(a=0), None, id="blind"),
        pytest.param(truth(a=10, b=10), tracks(a=10, b=1), None, id="one camera sees little"),
        pytest.param(truth(a=10), tracks(a=12), None, id="a vehicle more at the end"),
        pytest.param(truth(a=0), tracks(a=12), None, id="nothing is there"),
        pytest.param(truth(a=100), tracks(a=10), 10, id="only the beginning"),
        pytest.param(truth(a=10), tracks(a=100), 10, id="truth of the beginning"),
    ],
)
def test_what_fits(known: Truth, found: Tracks, max_frames: int | None) -> None:
    check_fit(known, found.until(max_frames), max_frames=max_frames)


@pytest.mark.parametrize(
    ("known", "found", "message"),
    [
        pytest.param(truth(a=9), tracks(b=9), "cameras a in the truth, b in the run", id="other"),
        pytest.param(truth(a=10), tracks(a=21), "has frames up to 21", id="longer"),
        pytest.param(truth(a=100), tracks(a=49), "run ends at frame 49", id="shorter"),
        pytest.param(
            Truth(Path("T"), {"a": boxes(5)}, {"a": boxes(5)}, {"a": 10}),
            Tracks(Path("R"), {"a": boxes(5)}, {"a": 9}),
            "10 frames in the truth, 9 in the run",
            id="one frame less",
        ),
        pytest.param(
            Truth(Path("T"), {"a": boxes(5)}, {"a": boxes(5)}, {"a": 10}),
            tracks(a=11),
            "has frames up to 11",
            id="longer than the recording",
        ),
    ],
)
def test_what_does_not_fit_names_both(known: Truth, found: Tracks, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^truth T and run R do not match: .*{message}"):
        check_fit(known, found)


def test_two_files_of_cityflow(tmp_path: Path) -> None:
    path = tmp_path / "all.txt"
    path.write_text("41 1 1 0 0 9 9 -1 -1\n", encoding="utf-8")
    known, found = read_both(path, path)
    assert list(known.counted) == list(found.boxes) == ["c041"]


def test_nothing_was_kept_of_what_was_known_at_the_time(tmp_path: Path) -> None:
    assert read_online(tmp_path) is None
