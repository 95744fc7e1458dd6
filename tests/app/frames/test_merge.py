"""Merging by time: rates, offsets, gaps, failures, live cameras."""

import itertools
import logging
import threading
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SourceError
from app.frames.merge import merge
from detector.types import Frame
from tests.app.footage import FakeSource


def every(fps: float, count: int, *, start: float = 0.0) -> list[float]:
    return [start + i / fps for i in range(count)]


def merged(*times: Sequence[float], window_s: float = 0.03) -> list[list[tuple[str, float]]]:
    """Return camera and time of each frame by batch; the cameras are a, b, c, ..."""
    sources = [FakeSource(name, seen) for name, seen in zip("abcdef", times, strict=False)]
    return [
        [(frame.camera_id, round(frame.timestamp, 6)) for frame in batch]
        for batch in merge(sources, window_s=window_s)
    ]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], []),
        ([[]], []),
        ([[0.0, 0.1]], [[("a", 0.0)], [("a", 0.1)]]),
        ([[0.0, 0.1], []], [[("a", 0.0)], [("a", 0.1)]]),
        ([[0.0, 0.1], [0.0, 0.1]], [[("a", 0.0), ("b", 0.0)], [("a", 0.1), ("b", 0.1)]]),
        ([[0.02, 0.1], [0.0, 0.1]], [[("b", 0.0), ("a", 0.02)], [("a", 0.1), ("b", 0.1)]]),
        ([[0.0], [0.03]], [[("a", 0.0), ("b", 0.03)]]),
        ([[0.0], [0.031]], [[("a", 0.0)], [("b", 0.031)]]),
        ([[0.0, 0.1], [5.0, 5.1]], [[("a", 0.0)], [("a", 0.1)], [("b", 5.0)], [("b", 5.1)]]),
        ([[0.0, 9.0], [1.0, 9.0]], [[("a", 0.0)], [("b", 1.0)], [("a", 9.0), ("b", 9.0)]]),
    ],
    ids=[
        "no camera",
        "empty camera",
        "one camera",
        "one of two is empty",
        "in step",
        "order within a batch",
        "just in the window",
        "just outside",
        "start seconds apart",
        "gap",
    ],
)
def test_batches(times: list[list[float]], expected: list[list[tuple[str, float]]]) -> None:
    assert merged(*times) == expected


def test_ten_and_twenty_five_frames_per_second() -> None:
    batches = merged(every(10, 10), every(25, 25), window_s=0.005)
    # They meet every 0.2 s: at 0.0, 0.2, 0.4, 0.6, 0.8.
    assert [batch[0][1] for batch in batches if len(batch) == 2] == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert len(batches) == 10 + 25 - 5


times_of_a_camera = st.lists(st.integers(0, 300), unique=True, max_size=20).map(
    lambda ticks: [tick / 100 for tick in sorted(ticks)]
)


@given(st.lists(times_of_a_camera, max_size=4), st.sampled_from([0.0, 0.05, 1.0]))
def test_every_frame_comes_once_in_order_and_within_the_window(
    times: list[list[float]], window_s: float
) -> None:
    batches = merged(*times, window_s=window_s)
    for name, expected in zip("abcdef", times, strict=False):
        seen = [time for batch in batches for camera, time in batch if camera == name]
        assert seen == expected
    for batch in batches:
        moments = [time for _, time in batch]
        assert moments == sorted(moments)
        assert moments[-1] - moments[0] <= window_s + 1e-9
        assert len({camera for camera, _ in batch}) == len(batch)
    starts = [batch[0][1] for batch in batches]
    assert starts == sorted(starts)


@given(st.lists(times_of_a_camera, max_size=4))
def test_a_window_shorter_than_every_interval_keeps_the_order(times: list[list[float]]) -> None:
    flat = [time for batch in merged(*times, window_s=0.009) for _, time in batch]
    assert flat == sorted(flat)


def test_only_one_frame_per_camera_is_held() -> None:
    fast, slow = FakeSource("fast", every(100, 500)), FakeSource("slow", [0.0, 4.99])
    batches = merge([fast, slow], window_s=0.001)
    for number in range(1, 200):
        next(batches)
        assert fast.given <= number + 1
        assert slow.given <= 2


def test_a_camera_that_fails_ends_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    good = FakeSource("good", every(10, 4))
    bad = FakeSource("bad", every(10, 2), error=SourceError("the cable is out"))
    with caplog.at_level(logging.WARNING):
        batches = list(merge([good, bad], window_s=0.01))
    assert [len(batch) for batch in batches] == [2, 2, 1, 1]
    assert bad.warnings == ["the cable is out"]
    assert good.warnings == []
    assert [record.getMessage() for record in caplog.records] == [
        "camera bad ends: the cable is out"
    ]


def test_an_error_that_is_no_source_error_ends_the_run() -> None:
    class Broken(FakeSource):
        def frames(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(merge([FakeSource("a", [0.0]), Broken("b", [])], window_s=0.0))


def test_closing_stops_every_camera() -> None:
    sources = [FakeSource(name, every(10, 100)) for name in "ab"]
    batches = merge(sources, window_s=0.01)
    next(batches)
    batches.close()
    assert [source.stopped for source in sources] == [True, True]


def test_wrong_arguments_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"window_s must not be negative, is -1"):
        merge([], window_s=-1)
    with pytest.raises(ValueError, match="their own camera"):
        merge([FakeSource("a", []), FakeSource("a", [])], window_s=0.1)


class FakeLive(FakeSource):
    """A live camera whose answers are given in the order in which it is asked."""

    def __init__(self, camera_id: str, answers: Sequence[float | SourceError | None]) -> None:
        super().__init__(camera_id, [])
        self.live = True
        self._answers = list(answers)
        self._index = itertools.count()

    @property
    def ended(self) -> bool:
        return not self._answers

    def latest(self) -> Frame | None:
        answer = self._answers.pop(0) if self._answers else None
        if isinstance(answer, SourceError):
            raise answer
        if answer is None:
            return None
        return Frame(self.camera_id, next(self._index), answer, np.zeros((2, 2, 3), np.uint8))


def live_batches(*sources: FakeLive, window_s: float = 0.1) -> list[list[tuple[str, float]]]:
    return [
        [(frame.camera_id, frame.timestamp) for frame in batch]
        for batch in merge(sources, window_s=window_s)
    ]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([[], []], []),
        ([[1.0, None, 2.0], []], [[("a", 1.0)], [("a", 2.0)]]),
        ([[1.0, 2.0], [None, 2.05]], [[("a", 1.0)], [("a", 2.0), ("b", 2.05)]]),
        ([[1.05], [1.0]], [[("b", 1.0), ("a", 1.05)]]),
        ([[1.0], [1.5]], [[("a", 1.0)], [("b", 1.5)]]),
    ],
    ids=["nothing", "one is silent", "one comes later", "in time order", "outside the window"],
)
def test_live_cameras_are_not_waited_for(
    answers: list[list[float | None]], expected: list[list[tuple[str, float]]]
) -> None:
    cameras = [FakeLive(name, given) for name, given in zip("ab", answers, strict=True)]
    assert live_batches(*cameras) == expected


def test_a_live_camera_that_fails_drops_out() -> None:
    bad = FakeLive("bad", [1.0, SourceError("gone")])
    assert live_batches(bad, FakeLive("good", [1.0, 2.0, 3.0])) == [
        [("bad", 1.0), ("good", 1.0)],
        [("good", 2.0)],
        [("good", 3.0)],
    ]
    assert bad.warnings == ["gone"]


def test_a_live_camera_may_join_later_and_is_not_waited_for() -> None:
    late = FakeLive("late", [2.0, 3.0, 4.0])
    joining = iter([[], [late]])
    batches = merge([FakeLive("a", [1.0, 2.05])], window_s=0.1, joining=lambda: next(joining, []))
    assert [[(f.camera_id, f.timestamp) for f in batch] for batch in batches] == [
        [("a", 1.0)],
        [("late", 2.0), ("a", 2.05)],
        [("late", 3.0)],
        [("late", 4.0)],
    ]


def test_waiting_is_told_while_no_live_camera_has_a_frame() -> None:
    cameras = [FakeLive("a", [1.0, None, None, 2.0]), FakeLive("b", [1.0, 1.5, None, 2.0])]
    told: list[str] = []
    batches = merge(cameras, window_s=0.1, waiting=lambda: told.append("waiting"))
    for batch in batches:
        told.extend(frame.camera_id for frame in batch)
    assert told == ["a", "b", "b", "waiting", "a", "b"]


class FakeSilent(FakeLive):
    """A live camera that sends nothing, and does not end."""

    ended = False


@pytest.mark.parametrize(
    ("sources", "batches"),
    [
        pytest.param([FakeSource("a", every(10, 9)), FakeSource("b", every(10, 9))], 3, id="files"),
        pytest.param([FakeSilent("a", [1, 2, 3, 4]), FakeSilent("b", [2, 3, 4])], 3, id="live"),
        pytest.param([FakeSilent("a", []), FakeSilent("b", [])], 0, id="silent"),
    ],
)
def test_merging_ends_when_it_is_stopped(sources: list[FakeSource], batches: int) -> None:
    seen: list[list[Frame]] = []
    asked = itertools.count()

    def stopped() -> bool:
        return len(seen) == batches and (batches > 0 or next(asked) > 3)

    for batch in merge(sources, window_s=0.1, stopped=stopped):
        seen.append(batch)
    assert len(seen) == batches


def test_live_and_recorded_do_not_mix() -> None:
    with pytest.raises(SourceError, match="camera a is live and camera b is a recording"):
        merge([FakeLive("a", []), FakeSource("b", [])], window_s=0.1)


def test_merging_starts_no_thread() -> None:
    before = threading.active_count()
    next(merge([FakeSource("a", [0.0, 1.0])], window_s=0.0))
    assert threading.active_count() == before
