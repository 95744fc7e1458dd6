"""The first pass over the cameras: from frames to a finished store."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from app.frame_limit import limit_frames
from app.interrupt import StopRequest
from app.merge import batch_window_s, merge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from app.pipeline import Pipeline
    from app.progress import FrameProgress
    from app.render import AnnotatedVideos
    from app.sources import LiveCamera, Source
    from detector.types import Frame


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
    max_frames: int | None = None,
    live_videos: AnnotatedVideos | None = None,
    joining: Callable[[], Sequence[LiveCamera]] = lambda: (),
) -> bool:
    """Send all frames through the pipeline.

    Args:
        sources: The cameras, all recordings or all live.
        pipeline: What is done with the frames; it is finished, whatever ends the pass.
        progress: Counts the frames.
        max_frames: Frames read of each camera at most.
        live_videos: Where frames are drawn at once, for live cameras.
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

    with StopRequest() as stop:
        batches: Iterable[list[Frame]] = merge(
            sources, window_s=window_s, stopped=lambda: stop.requested, joining=join
        )
        if max_frames is not None:
            limits: defaultdict[str, int] = defaultdict(lambda: max_frames)
            batches = limit_frames(batches, taking_part, limits)
        try:
            for batch in _timed(batches, pipeline):
                boxes = pipeline.step(batch)
                if live_videos is not None:
                    with pipeline.timer.stage("draw"):
                        for frame in batch:
                            live_videos.write(frame, boxes[frame.camera_id])
                progress.advance(len(batch))
        finally:
            pipeline.finish()
    return not stop.requested


def _timed(batches: Iterable[list[Frame]], pipeline: Pipeline) -> Iterator[list[Frame]]:
    """Count the time that is spent waiting for frames as the stage "read"."""
    iterator = iter(batches)
    while True:
        with pipeline.timer.stage("read"):
            batch = next(iterator, None)
        if batch is None:
            return
        yield batch
