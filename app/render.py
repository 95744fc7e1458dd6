"""Annotated videos: one per camera and one of all together; `python -m app.render`.

Recordings are drawn in a second pass, when all identities are final, so that a vehicle carries its
number from the first frame on, and again whenever identities were corrected. Live cameras cannot
be read twice; their frames are drawn as they come, with the identities known by then.
"""

from __future__ import annotations

from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Self

import numpy as np
import typer

from app import terminal
from app.annotate import AnnotatedBox, annotate
from app.config import OutputConfig
from app.errors import SourceError
from app.gaps import fill_gaps
from app.interrupt import StopRequest
from app.merge import batch_window_s, merge
from app.mosaic import Mosaic, MosaicWriter
from app.progress import FrameProgress
from app.recorded import RecordedSource
from app.run_folder import RunFolder
from app.store import Store
from app.trails import Trails
from app.video import VideoWriter
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from app.records import BoxRow
    from app.store_reader import StoreReader
    from app.streams import SourceInfo
    from detector.types import Frame

OUTPUT_KEY: Final = "output"
"""Where a run's store keeps its output settings."""


class AnnotatedVideos:
    """Writers of the annotated videos of a run, to be closed or used as a context manager."""

    def __init__(
        self, folder: RunFolder, cameras: Mapping[str, SourceInfo], settings: OutputConfig
    ) -> None:
        """Open all files.

        Args:
            folder: The run's.
            cameras: What is known of each camera's stream, in the mosaic's order.
            settings: Quality, and whether there is a mosaic.

        Raises:
            OutputError: If a file cannot be written.
        """
        self._trails = {camera_id: Trails() for camera_id in cameras}
        self._writers: dict[str, VideoWriter] = {}
        self._mosaic: MosaicWriter | None = None
        with ExitStack() as opened:
            for camera_id, info in cameras.items():
                self._writers[camera_id] = opened.enter_context(
                    VideoWriter(
                        folder.video(camera_id),
                        info.width,
                        info.height,
                        fps=info.average_fps,
                        preset=settings.preset,
                        crf=settings.crf,
                    )
                )
            if settings.mosaic:
                fps = min(settings.mosaic_fps, max(i.average_fps for i in cameras.values()))
                self._mosaic = opened.enter_context(
                    MosaicWriter(folder.mosaic, Mosaic(list(cameras)), fps=fps)
                )
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, frame: Frame, boxes: Iterable[BoxRow]) -> None:
        """Draw the tracked vehicles of a frame and append it to its videos."""
        trails = self._trails[frame.camera_id]
        image = annotate(
            frame.image,
            [_annotated(box, trails) for box in boxes],
            camera_name=frame.camera_id,
            timestamp=frame.timestamp,
        )
        self._writers[frame.camera_id].write(image, frame.timestamp)
        if self._mosaic is not None:
            self._mosaic.write(frame.camera_id, image, frame.timestamp)

    def close(self) -> None:
        """Finish all files.

        Raises:
            OutputError: If one could not be written.
        """
        self._opened.close()


def _annotated(box: BoxRow, trails: Trails) -> AnnotatedBox:
    xyxy = np.array(box.xyxy, np.float32)
    return AnnotatedBox(
        xyxy=xyxy,
        identity_id=box.identity_id,
        class_name=CLASS_NAMES[box.class_id],
        trail=trails.update(box.track_id, box.timestamp, xyxy),
    )


def render_recordings(
    store: StoreReader, folder: RunFolder, settings: OutputConfig, *, progress: FrameProgress
) -> bool:
    """Draw the videos of a run from its recordings and its store.

    Args:
        store: The run's; its recorded cameras are drawn as far as the run had read them.
        folder: Where `videos/` and the mosaic go.
        settings: Quality, gaps to fill, and whether there is a mosaic.
        progress: Counts the frames. Ctrl-C ends the drawing; what was drawn can be played.

    Returns:
        Whether all was drawn, rather than stopped by Ctrl-C.

    Raises:
        SourceError: If no recording can be read any more.
        OutputError: If a video cannot be written.
    """
    cameras = [camera for camera in store.cameras() if camera.frames and not camera.live]
    if not cameras:
        raise SourceError(f"{folder.path}: no recording to draw: all cameras were live or empty")
    with ExitStack() as stack:
        sources: list[RecordedSource] = []
        for camera in cameras:
            source = RecordedSource(
                camera.camera_id,
                Path(camera.source),
                start_timestamp=camera.start_time or 0.0,
                clock_offset_s=camera.clock_offset_s,
            )
            stack.callback(source.close)
            sources.append(source)
        boxes = {
            camera.camera_id: _BoxesByFrame(
                fill_gaps(store.boxes(camera.camera_id), max_gap_s=settings.max_gap_s)
            )
            for camera in cameras
        }
        infos = {source.camera_id: source.info for source in sources}
        videos = stack.enter_context(AnnotatedVideos(folder, infos, settings))
        stop = stack.enter_context(StopRequest())
        frames = {camera.camera_id: camera.frames for camera in cameras}
        window_s = batch_window_s([source.info for source in sources])
        for batch in merge(sources, window_s=window_s):
            wanted = [frame for frame in batch if frame.index < frames[frame.camera_id]]
            for frame in wanted:
                videos.write(frame, boxes[frame.camera_id].take(frame.index))
            progress.advance(len(wanted))
            if stop.requested:
                return False
    return True


class _BoxesByFrame:
    """One camera's boxes, taken frame by frame from a stream of them."""

    def __init__(self, boxes: Iterable[BoxRow]) -> None:
        self._groups: Iterator[tuple[int, Iterator[BoxRow]]] = groupby(boxes, lambda box: box.frame)
        self._next: tuple[int, list[BoxRow]] | None = self._advance()

    def _advance(self) -> tuple[int, list[BoxRow]] | None:
        group = next(self._groups, None)
        return None if group is None else (group[0], list(group[1]))

    def take(self, frame: int) -> Sequence[BoxRow]:
        """Return the boxes of a frame; frames must be asked for in order."""
        while self._next is not None and self._next[0] < frame:
            self._next = self._advance()
        return self._next[1] if self._next is not None and self._next[0] == frame else []


app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command()
def main(
    run: Annotated[Path, typer.Option(help="Folder of a finished run.")],
    verbose: terminal.Verbose = 0,
) -> None:
    """Draw the videos of a run again, with the identities that its store has now.

    The recordings must still be where they were. Older videos of the run are replaced.
    """
    screen = terminal.console(stderr=True)
    with terminal.command_frame(verbose, screen=screen), Store.open(run) as store:
        settings = OutputConfig.model_validate(store.meta(OUTPUT_KEY, {}))
        folder = RunFolder(run)
        folder.make_video_folder()
        with FrameProgress(screen, "Drawing", total=store.totals().frames) as progress:
            complete = render_recordings(store, folder, settings, progress=progress)
        terminal.console().print(f"videos in {folder.videos}")
        if not complete:
            raise typer.Exit(terminal.INTERRUPTED)


if __name__ == "__main__":
    app()
