from __future__ import annotations

import numpy as np
import pytest

from app.frames.frame_limit import limit_frames
from app.frames.merge import merge
from app.frames.recorded import RecordedSource
from detector.types import Frame
from tests.app.footage import write_video


class Closable:
    def __init__(self, camera_id: str) -> None:
        self.camera_id = camera_id
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def batch(*cameras: str) -> list[Frame]:
    return [Frame(name, 0, 0.0, np.zeros((2, 2, 3), np.uint8)) for name in cameras]


@pytest.mark.parametrize(
    ("batches", "kept", "closed"),
    [
        pytest.param([], [], [0, 0], id="empty"),
        pytest.param(["a"], ["a"], [0, 0], id="fewer than wanted"),
        pytest.param(["ab", "ab"], ["ab", "ab"], [1, 0], id="exactly, and fewer"),
        pytest.param(["ab", "a", "a", "ab"], ["ab", "a", "b"], [1, 0], id="more of one"),
        pytest.param(["ab"] * 4, ["ab", "ab", "b"], [1, 1], id="more of both"),
    ],
)
def test_each_camera_gives_its_first_frames(batches, kept, closed):
    sources = [Closable("a"), Closable("b")]
    found = limit_frames([batch(*b) for b in batches], sources, {"a": 2, "b": 3})
    assert ["".join(frame.camera_id for frame in one) for one in found] == kept
    assert [source.closed for source in sources] == closed


def test_a_closed_recording_drops_out_and_can_be_read_again(tmp_path):
    path = write_video(tmp_path / "a.mp4", range(0, 2000, 100))
    source = RecordedSource("a", path)
    for _ in range(2):
        batches = limit_frames(merge([source], window_s=0.01), [source], {"a": 3})
        assert [frame.index for one in batches for frame in one] == [0, 1, 2]
    assert len(list(source.frames())) == 20
