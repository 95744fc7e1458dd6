from __future__ import annotations

import io

import pytest
from rich.console import Console

from app.running.progress import FrameProgress


def shown(total: int | None, *advances: int, terminal: bool = False) -> str:
    text = io.StringIO()
    screen = Console(file=text, width=120, force_terminal=terminal)
    with FrameProgress(screen, "Tracking", total=total) as progress:
        for frames in advances:
            progress.advance(frames)
    return text.getvalue()


@pytest.mark.parametrize(
    ("total", "advances", "count"),
    [
        pytest.param(0, (), "0/0", id="empty"),
        pytest.param(1, (1,), "1/1", id="one"),
        pytest.param(900, (2, 4, 4), "10/900", id="many"),
        pytest.param(None, (2, 4), "6/?", id="nobody knows how many"),
    ],
)
def test_frames_are_counted(total, advances, count):
    assert count in shown(total, *advances).replace(" ", "")


def test_without_a_terminal_one_line_comes_at_the_end():
    lines = shown(3, 1, 1, 1).splitlines()
    assert len([line for line in lines if line.strip()]) == 1
    assert "Tracking" in lines[0]
    assert "frames/s" in lines[0]


def test_on_a_terminal_the_bar_is_drawn_over():
    assert "3/3" in shown(3, 3, terminal=True)
