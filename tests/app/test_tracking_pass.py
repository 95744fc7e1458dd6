from __future__ import annotations

import itertools
import logging
import signal
import threading

import pytest

from app import tracking_pass
from app.errors import SourceError
from app.frames.sources import SourceInfo
from app.timing import StageTimer
from app.tracking_pass import expected_frames, track_all
from detector.types import Frame
from tests.app.fakes import CountedFrames
from tests.app.footage import FakeSource


class Recorder:
    """Notes the frames it is given, and does something before one of them."""

    def __init__(self, *, at: int | None = None, action=lambda: None) -> None:
        self.timer = StageTimer()
        self.seen: list[str] = []
        self.finished = 0
        self.waited = 0
        self._at, self._action = at, action
        self.detected: list[int] = []
        self.detects_apart = True

    def detect(self, batch):
        self.detected.append(len(self.seen))
        return [f"found in {frame.index}" for frame in batch]

    def step(self, batch, detections):
        assert detections == [f"found in {frame.index}" for frame in batch]
        if len(self.seen) == self._at:
            self._action()
        self.seen.append(" ".join(f"{frame.camera_id}{frame.index}" for frame in batch))
        return {frame.camera_id: [f"box of {frame.index}"] for frame in batch}

    def wait(self) -> None:
        self.waited += 1

    def finish(self) -> None:
        self.finished += 1


class Videos:
    def __init__(self) -> None:
        self.drawn: list[tuple[str, int, list[str]]] = []

    def write(self, frame: Frame, boxes: list[str]) -> None:
        self.drawn.append((frame.camera_id, frame.index, boxes))


def source(name: str, *times: float, **options) -> FakeSource:
    return FakeSource(name, times, **options)


def run(sources, pipeline: Recorder, **options) -> tuple[bool, int]:
    progress = CountedFrames()
    usual = {"max_frames": None, "live_videos": None, "joining": lambda: ()}
    return track_all(sources, pipeline, progress=progress, **usual | options), progress.frames


@pytest.mark.parametrize(
    ("sources", "seen"),
    [
        pytest.param([source("a")], [], id="empty"),
        pytest.param([source("a", 0.0, 0.1)], ["a0", "a1"], id="one"),
        pytest.param(
            [source("a", 0.0, 0.1, 0.2), source("b", 0.1)], ["a0", "a1 b0", "a2"], id="many"
        ),
        pytest.param(
            [source("a", 0.0, 0.2), source("b", 0.1, error=SourceError("torn"))],
            ["a0", "b0", "a1"],
            id="one fails",
        ),
    ],
)
def test_all_frames_go_through_the_pipeline(sources, seen):
    pipeline = Recorder()
    frames = sum(len(batch.split()) for batch in seen)
    assert run(sources, pipeline) == (True, frames)
    assert (pipeline.seen, pipeline.finished) == (seen, 1)


def test_at_most_so_many_frames_of_each_camera():
    pipeline = Recorder()
    sources = [source("a", 0.0, 0.1, 0.2, 0.3), source("b", 0.1), source("c", 0.3, 0.4, 0.5)]
    assert run(sources, pipeline, max_frames=2) == (True, 5)
    assert pipeline.seen == ["a0", "a1 b0", "c0", "c1"]


@pytest.mark.parametrize(
    ("max_frames", "seen"),
    [
        pytest.param(None, ["a0", "a1 b0", "a2 b1", "b2"], id="all"),
        pytest.param(2, ["a0", "a1 b0", "b1"], id="at most so many of each"),
    ],
)
def test_a_live_camera_may_join_later(max_frames, seen):
    a, b = LiveCamera("a", 0.0, 0.1, 0.2), LiveCamera("b", 0.1, 0.2, 0.3)
    pipeline = Recorder()
    assert run([a], pipeline, max_frames=max_frames, joining=joining_with_call(2, b))[0]
    assert pipeline.seen == seen


def joining_with_call(number: int, camera: LiveCamera):
    calls = itertools.count(1)
    return lambda: [camera] if next(calls) == number else []


class LiveCamera(FakeSource):
    """A live camera whose next picture is always there."""

    def __init__(self, camera_id: str, *times: float) -> None:
        super().__init__(camera_id, times)
        self.live = True
        self._left = list(self.frames())

    @property
    def ended(self) -> bool:
        return not self._left

    def latest(self) -> Frame | None:
        return self._left.pop(0) if self._left else None

    def close(self) -> None:
        self._left.clear()


def test_it_is_said_that_no_live_camera_gives_a_picture(monkeypatch, caplog):
    a = LiveCamera("a", 0.0, 0.1, 0.2)
    pipeline = Recorder()
    silences = iter([False, True, True, True, False, True])
    taken = a.latest
    monkeypatch.setattr(a, "latest", lambda: None if next(silences, False) else taken())
    monkeypatch.setattr(tracking_pass, "STANDSTILL_S", 0.008)  # two looks
    with caplog.at_level(logging.WARNING):
        assert run([a], pipeline) == (True, 3)
    assert pipeline.waited == 4
    assert [record.getMessage() for record in caplog.records] == [
        "no frames from any camera for 0 s",
        "frames again after 0 s",
    ]


def test_of_recordings_the_next_pictures_are_detected_on_meanwhile():
    class Patient(Recorder):
        """Deals with pictures only once the next ones are being detected on."""

        def __init__(self) -> None:
            super().__init__()
            self.begun = [threading.Event() for _ in range(3)]

        def detect(self, batch):
            self.begun[batch[0].index].set()
            return super().detect(batch)

        def step(self, batch, detections):
            assert self.begun[min(batch[0].index + 1, 2)].wait(timeout=10)
            return super().step(batch, detections)

    pipeline = Patient()
    assert run([source("a", 0.0, 0.1, 0.2)], pipeline) == (True, 3)
    assert pipeline.seen == ["a0", "a1", "a2"]


@pytest.mark.parametrize(
    ("camera", "apart"),
    [(LiveCamera("a", 0.0, 0.1, 0.2), True), (source("a", 0.0, 0.1, 0.2), False)],
    ids=["live", "networks that take each other's cores"],
)
def test_elsewhere_the_next_ones_are_not_waited_for(camera, apart):
    pipeline = Recorder()
    pipeline.detects_apart = apart
    run([camera], pipeline)
    assert pipeline.detected == [0, 1, 2]


def test_what_fails_in_detection_ends_the_pass_after_what_came_before():
    class Broken(Recorder):
        def detect(self, batch):
            if batch[0].index == 1:
                raise ValueError("out of memory")
            return super().detect(batch)

    pipeline = Broken()
    with pytest.raises(ValueError, match="out of memory"):
        run([source("a", 0.0, 0.1, 0.2)], pipeline)
    assert (pipeline.seen, pipeline.finished) == (["a0"], 1)


def test_the_pipeline_is_finished_whatever_happens():
    def fail() -> None:
        raise SourceError("disk on fire")

    pipeline = Recorder(at=1, action=fail)
    with pytest.raises(SourceError, match="disk on fire"):
        run([source("a", 0.0, 0.1, 0.2)], pipeline)
    assert (pipeline.seen, pipeline.finished) == (["a0"], 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_ends_the_pass_after_the_batch_in_hand(number):
    pipeline = Recorder(at=1, action=lambda: signal.raise_signal(number))
    assert run([source("a", 0.0, 0.1, 0.2)], pipeline) == (False, 2)
    assert (pipeline.seen, pipeline.finished) == (["a0", "a1"], 1)


def test_a_second_ctrl_c_ends_it_at_once():
    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    pipeline = Recorder(at=1, action=twice)
    with pytest.raises(KeyboardInterrupt):
        run([source("a", 0.0, 0.1, 0.2)], pipeline)
    assert (pipeline.seen, pipeline.finished) == (["a0"], 1)


def test_live_frames_are_drawn_at_once():
    videos, pipeline = Videos(), Recorder()
    run([source("a", 0.0, 0.1), source("b", 0.1)], pipeline, live_videos=videos)
    assert videos.drawn == [
        ("a", 0, ["box of 0"]),
        ("a", 1, ["box of 1"]),
        ("b", 0, ["box of 0"]),
    ]
    assert list(pipeline.timer.seconds()) == ["read", "detect", "draw"]


def counted(frame_count: int | None) -> FakeSource:
    fake = source("a")
    fake.info = SourceInfo(
        width=2,
        height=2,
        average_fps=10.0,
        duration_s=None,
        frame_count=frame_count,
        codec="none",
    )
    return fake


@pytest.mark.parametrize(
    ("counts", "max_frames", "expected"),
    [
        pytest.param([], None, 0, id="empty"),
        pytest.param([600], None, 600, id="one"),
        pytest.param([600, 300], None, 900, id="many"),
        pytest.param([600, None], None, None, id="one unknown"),
        pytest.param([600, 30], 100, 130, id="limited"),
        pytest.param([600, None], 100, 200, id="unknown but limited"),
    ],
)
def test_expected_frames(counts, max_frames, expected):
    assert expected_frames([counted(count) for count in counts], max_frames) == expected
