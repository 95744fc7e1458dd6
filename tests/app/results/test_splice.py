"""Lines of some frames of a MOT file replaced: as if the whole file had been written anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import OutputError
from app.results.splice import Patch, splice


def line(frame: int, identity: int = 1, tail: str = "") -> str:
    return f"{frame + 1},{identity},1.00,2.00{tail}\n"


@pytest.mark.parametrize(
    ("before", "patch", "after"),
    [
        pytest.param([], (0, 5, []), [], id="empty"),
        pytest.param([], (0, 5, [3]), [3], id="into an empty file"),
        pytest.param([4], (4, 4, []), [], id="the only one removed"),
        pytest.param([0, 1, 2, 3], (1, 2, [1]), [0, 1, 3], id="in the middle"),
        pytest.param([5, 6], (0, 3, [2]), [2, 5, 6], id="before all"),
        pytest.param([5, 6], (8, 9, [8, 9]), [5, 6, 8, 9], id="after all"),
        pytest.param([5, 5, 5, 6], (5, 5, [5]), [5, 6], id="several in a frame"),
        pytest.param([8, 9, 10, 99, 100], (9, 99, []), [8, 100], id="numbers, not letters"),
        pytest.param([1, 2], (0, 9, [3]), [3], id="all"),
    ],
)
def test_lines_of_frames_are_replaced(
    tmp_path: Path, before: list[int], patch: tuple[int, int, list[int]], after: list[int]
) -> None:
    path = tmp_path / "north.txt"
    path.write_text("".join(line(frame) for frame in before))
    first, last, new = patch
    splice(path, [Patch(first, last, [line(frame, 7) for frame in new])])
    expected = [line(f, 7 if first <= f <= last else 1) for f in after]
    assert path.read_text() == "".join(expected)


@given(
    frames=st.lists(st.integers(0, 300), max_size=60),
    lengths=st.lists(st.integers(0, 30), min_size=1, max_size=60),
    cuts=st.lists(st.integers(0, 310), max_size=6, unique=True),
)
def test_only_these_lines_change(
    tmp_path_factory: pytest.TempPathFactory,
    frames: list[int],
    lengths: list[int],
    cuts: list[int],
) -> None:
    path = tmp_path_factory.mktemp("splice") / "north.txt"
    old = [
        line(frame, tail="9" * lengths[n % len(lengths)]) for n, frame in enumerate(sorted(frames))
    ]
    path.write_text("".join(old))
    cuts = sorted(cuts)[: len(cuts) // 2 * 2]
    stretches = list(zip(cuts[::2], cuts[1::2], strict=True))
    splice(path, [Patch(a, b, [line(a, 7), line(b, 8)]) for a, b in stretches])
    kept = [
        text for text in old if not any(a <= int(text.split(",")[0]) - 1 <= b for a, b in stretches)
    ]
    new = [text for a, b in stretches for text in (line(a, 7), line(b, 8))]
    assert path.read_text() == "".join(sorted(kept + new, key=lambda x: int(x.split(",")[0])))


def test_what_is_no_mot_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "north.txt"
    path.write_text("hello\n")
    with pytest.raises(ValueError, match="hello"):
        splice(path, [Patch(0, 1, [])])
    assert path.read_text() == "hello\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"north\.txt"):
        splice(tmp_path / "north.txt", [Patch(0, 1, [])])
    assert list(tmp_path.iterdir()) == []
