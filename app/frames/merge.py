"""Merges the frames of many cameras into one order, by time and not by frame number."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Final

from app.errors import SourceError, TooManyFilesError
from app.frames.sources import LiveCamera

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from app.frames.sources import Source
    from detector.files.decoding import SourceInfo
    from detector.types import Frame

_log = logging.getLogger(__name__)

_POLL_S: Final = 0.005
"""How often live cameras are asked for a frame: adds at most this to the delay."""


def batch_window_s(streams: Iterable[SourceInfo]) -> float:
    """Return a window for `merge`: half the frame interval of the fastest camera.

    It is short enough to keep the order of time between cameras, and long enough to bring cameras
    of one rate together, whose clocks never tick at quite the same moment.

    Args:
        streams: At least one.
    """
    return 0.5 / max(stream.average_fps for stream in streams)


def merge(
    sources: Sequence[Source],
    *,
    window_s: float,
    stopped: Callable[[], bool] = lambda: False,
    joining: Callable[[], Iterable[LiveCamera]] = lambda: (),
    waiting: Callable[[], None] = lambda: None,
) -> Generator[list[Frame]]:
    """Yield batches of frames of different cameras that were taken at about the same time.

    A batch holds at most one frame per camera, ordered by time, all within the window after the
    earliest. Every camera's frames come in order. Between cameras the order holds exactly if the
    window is shorter than every camera's frame interval, else to within the window.

    Recordings are merged completely and deterministically, holding one frame per camera. Live
    cameras are not waited for: a batch is what has arrived since the last one.

    A camera that ends, or fails with a `SourceError` (then with one warning), drops out. Only a
    recording for which no file is left ends it all: nothing is wrong with that camera.

    Args:
        sources: The cameras; all recordings, or all live. They stay open.
        window_s: Longest time between the first and the last frame of a batch, from 0.
        stopped: Whether to end before the next batch, also while no live camera sends anything.
        joining: Live cameras that have come since it was last asked; it is asked before every
            batch, and no more once all others have ended.
        waiting: Called again and again while no live camera has a new frame.

    Raises:
        ValueError: If the window is negative, or two sources stand for one camera.
        SourceError: If recordings and live cameras are mixed.
        TooManyFilesError: While it goes on, if a recording cannot be opened for that.
    """
    if window_s < 0:
        raise ValueError(f"window_s must not be negative, is {window_s}")
    ids = [source.camera_id for source in sources]
    if len(set(ids)) < len(ids):
        raise ValueError(f"sources must each have their own camera, have {ids}")
    live = [source for source in sources if isinstance(source, LiveCamera)]
    if not live:
        return _merge_recordings(sources, window_s, stopped)
    if len(live) < len(sources):
        recorded = next(source.camera_id for source in sources if not source.live)
        raise SourceError(
            f"camera {live[0].camera_id} is live and camera {recorded} is a recording: their "
            "times are not comparable; run them separately"
        )
    return _merge_live(live, window_s, stopped, joining, waiting)


def _merge_recordings(
    sources: Sequence[Source], window_s: float, stopped: Callable[[], bool]
) -> Generator[list[Frame]]:
    with ExitStack() as stack:
        frames = [stack.enter_context(closing(_until_failure(source))) for source in sources]
        heads = dict(enumerate(next(camera, None) for camera in frames))
        while times := [head.timestamp for head in heads.values() if head is not None]:
            end = min(times) + window_s
            chosen = [(i, h) for i, h in heads.items() if h is not None and h.timestamp <= end]
            for i, _ in chosen:
                heads[i] = None
            yield _in_order(head for _, head in chosen)
            if stopped():
                return
            for i, _ in chosen:
                heads[i] = next(frames[i], None)


def _until_failure(source: Source) -> Generator[Frame]:
    try:
        yield from source.frames()
    except TooManyFilesError:
        raise
    except SourceError as error:
        _drop(source, error)


def _merge_live(
    sources: Sequence[LiveCamera],
    window_s: float,
    stopped: Callable[[], bool],
    joining: Callable[[], Iterable[LiveCamera]],
    waiting: Callable[[], None],
) -> Generator[list[Frame]]:
    watched = list(sources)
    while watched and not stopped():
        watched += joining()
        arrived = []
        for source in list(watched):
            try:
                frame = source.latest()
            except SourceError as error:
                _drop(source, error)
                watched.remove(source)
                continue
            if frame is not None:
                arrived.append(frame)
            elif source.ended:
                watched.remove(source)
        if arrived:
            for batch in _windows(_in_order(arrived), window_s):
                yield batch
                if stopped():
                    return
        elif watched:
            waiting()
            time.sleep(_POLL_S)


def _windows(frames: Sequence[Frame], window_s: float) -> Generator[list[Frame]]:
    """Cut frames in time order into batches that each fit the window."""
    batch: list[Frame] = []
    for frame in frames:
        if batch and frame.timestamp > batch[0].timestamp + window_s:
            yield batch
            batch = []
        batch.append(frame)
    if batch:
        yield batch


def _in_order(frames: Iterable[Frame]) -> list[Frame]:
    return sorted(frames, key=lambda frame: frame.timestamp)


def _drop(source: Source, error: SourceError) -> None:
    source.warnings.append(str(error))
    _log.warning("camera %s ends: %s", source.camera_id, error)
