"""First pass over the cameras: from frames to a finished store."""

from __future__ import annotations

import logging
import time
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Final

from app.frames.frame_limit import limit_frames
from app.frames.merge import batch_window_s, merge
from app.running.interrupt import StopRequest
from app.storage.outages import MOST_S

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from app.frames.sources import LiveCamera, Source
    from app.pipeline import Pipeline
    from app.render import AnnotatedVideos
    from app.running.progress import FrameProgress
    from detector.types import Detections, Frame


_log = logging.getLogger(__name__)

STANDSTILL_S: Final = MOST_S
"""After so long without a frame of any live camera that is said: a camera that is silent for as
long counts as lost."""


def expected_frames(sources: Sequence[Source], max_frames: int | None) -> int | None:
    """Return how many frames are to come, None if any camera does not say."""
    counts = [source.info.frame_count for source in sources]
    if max_frames is not None:
        counts = [max_frames if n is None else min(n, max_frames) for n in counts]
    return None if None in counts else sum(n for n in counts if n is not None)


def track_all(
    sources: Sequence[Source],
    pipeline: Pipeline,
    *,
    progress: FrameProgress,
    max_frames: int | None,
    live_videos: AnnotatedVideos | None,
    joining: Callable[[], Sequence[LiveCamera]],
) -> bool:
    """Send all frames through the pipeline.

    Args:
        sources: The cameras, all recordings or all live.
        pipeline: What is done with the frames; it is finished, whatever ends the pass.
        progress: Counts the frames.
        max_frames: Frames read of each camera at most; None reads all.
        live_videos: Where frames are drawn at once, for live cameras; None draws none.
        joining: Live cameras that have come since it was last asked, which pipeline and videos
            know by then. The pass does not wait for any.

    Returns:
        Whether the cameras came to their end, rather than the user stopped with Ctrl-C.
    """
    window_s = batch_window_s([source.info for source in sources])
    taking_part = list(sources)

    def join() -> Sequence[LiveCamera]:
        joined = joining()
        taking_part.extend(joined)
        return joined

    standstill = _Standstill()

    def wait() -> None:
        pipeline.wait()
        standstill.goes_on()

    with StopRequest() as stop:
        batches: Iterable[list[Frame]] = merge(
            sources,
            window_s=window_s,
            stopped=lambda: stop.requested,
            joining=join,
            waiting=wait,
        )
        if max_frames is not None:
            limits: defaultdict[str, int] = defaultdict(lambda: max_frames)
            batches = limit_frames(batches, taking_part, limits)
        try:
            # A live camera's next frame is not waited for.
            live = any(source.live for source in sources)
            detected = _detected_ahead if pipeline.detects_apart and not live else _detected
            with closing(detected(batches, pipeline)) as pairs:
                for batch, detections in pairs:
                    boxes = pipeline.step(batch, detections)
                    if live_videos is not None:
                        with pipeline.timer.stage("draw"):
                            for frame in batch:
                                live_videos.write(frame, boxes[frame.camera_id])
                    progress.advance(len(batch))
                    standstill.is_over()
                    if stop.requested:  # what is detected ahead by then is left
                        break
        finally:
            pipeline.finish()
    return not stop.requested


class _Standstill:
    """Says that no live camera gives a picture: each loss by itself does not tell that all are."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._told = False

    def goes_on(self) -> None:
        """Say so once it has been long enough."""
        length_s = time.monotonic() - self._since
        if not self._told and length_s > STANDSTILL_S:
            self._told = True
            _log.warning("no frames from any camera for %.0f s", length_s)

    def is_over(self) -> None:
        """Take note of an image that has been dealt with."""
        now = time.monotonic()
        if self._told:
            _log.warning("frames again after %.0f s", now - self._since)
        self._since, self._told = now, False


def _detected(
    batches: Iterable[list[Frame]], pipeline: Pipeline
) -> Generator[tuple[list[Frame], list[Detections]]]:
    """Yield batches with what was found in them."""
    for batch in _timed(batches, pipeline):
        with pipeline.timer.stage("detect"):
            found = pipeline.detect(batch)
        yield batch, found


def _detected_ahead(
    batches: Iterable[list[Frame]], pipeline: Pipeline
) -> Generator[tuple[list[Frame], list[Detections]]]:
    """Yield the same, while a thread detects on the next batch already.

    The time that is spent waiting for that counts as the stage "detect".
    """
    pending: deque[tuple[list[Frame], Future[list[Detections]]]] = deque()

    def first() -> tuple[list[Frame], list[Detections]]:
        batch, found = pending.popleft()
        with pipeline.timer.stage("detect"):
            return batch, found.result()

    with ThreadPoolExecutor(1, thread_name_prefix="detect") as worker:
        for batch in _timed(batches, pipeline):
            pending.append((batch, worker.submit(pipeline.detect, batch)))
            if len(pending) > 1:
                yield first()
        while pending:
            yield first()


def _timed(batches: Iterable[list[Frame]], pipeline: Pipeline) -> Iterator[list[Frame]]:
    """Count the time that is spent waiting for frames as the stage "read"."""
    iterator = iter(batches)
    while True:
        with pipeline.timer.stage("read"):
            batch = next(iterator, None)
        if batch is None:
            return
        yield batch
