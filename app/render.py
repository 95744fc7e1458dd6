"""Annotated videos: one per camera and a mosaic; `python -m app.render`.

Recordings are drawn in a second pass, when all identities are final, so that a vehicle carries its
number from the first frame on, and again whenever identities were corrected. Live cameras cannot be
read twice; their frames are drawn as they arrive, with the identities known at that moment, into
one video file per hour, since their end is unknown.
"""

from __future__ import annotations

import logging
import shutil
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
import typer

from app import terminal
from app.atomic import make_folder
from app.drawing.annotate import AnnotatedBox, annotate
from app.drawing.mosaic import Mosaic, MosaicWriter
from app.drawing.pieces import PieceWriter
from app.drawing.trails import Trails
from app.drawing.video import VideoWriter
from app.errors import OutputError, SourceError
from app.frames.frame_limit import limit_frames
from app.frames.merge import batch_window_s, merge
from app.frames.run_recordings import Recordings
from app.results.gaps import fill_gaps
from app.results.outputs import output_settings
from app.running.interrupt import StopRequest
from app.running.open_files import make_room
from app.running.progress import FrameProgress
from app.storage.history import boxes_as_known
from app.storage.run_folder import RunFolder
from app.storage.store import Store
from detector.console.command_line import CommandLine
from detector.console.loading import INTERRUPTED
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from app.config import OutputConfig
    from app.frames.recorded import RecordedSource
    from app.storage.records import BoxRow
    from app.storage.store_reader import StoreReader
    from detector.files.decoding import SourceInfo
    from detector.types import Frame

_log = logging.getLogger(__name__)


class AnnotatedVideos:
    """Writers of the annotated videos of a run, to be closed or used as a context manager."""

    def __init__(
        self,
        folder: RunFolder,
        cameras: Mapping[str, SourceInfo | None],
        settings: OutputConfig,
        *,
        live: bool = False,
    ) -> None:
        """Make the folders, and open all files but those of live cameras.

        Args:
            folder: The run's.
            cameras: What is known of each camera's stream, in the mosaic's order; None of one that
                may join later (`add`), for which the mosaic keeps a place. One at least is known.
            settings: Quality, whether there is a mosaic, and the length of pieces.
            live: Whether the cameras are live: their videos come in pieces, each of which is opened
                with its first frame.

        Raises:
            OutputError: If a file cannot be written.
        """
        self._folder = folder
        self._settings = settings
        self._live = live
        self._trails: dict[str, Trails] = {}
        self._writers: dict[str, VideoWriter | PieceWriter] = {}
        self._mosaic: MosaicWriter | None = None
        known = {camera_id: info for camera_id, info in cameras.items() if info is not None}
        make_folder(folder.videos)
        with ExitStack() as self._opened:
            for camera_id, info in known.items():
                self.add(camera_id, info)
            if settings.mosaic:
                fps = min(settings.mosaic_fps, max(info.average_fps for info in known.values()))
                self._mosaic = self._open_mosaic(Mosaic(list(cameras)), fps=fps)
            self._opened = self._opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, camera_id: str, info: SourceInfo) -> None:
        """Begin a camera's own video, before its first frame.

        Raises:
            OutputError: If it cannot be written.
        """
        self._trails[camera_id] = Trails()
        self._writers[camera_id] = self._open(
            self._folder.video(camera_id),
            partial(self._folder.video_piece, camera_id),
            (info.width, info.height),
            fps=info.average_fps,
        )

    def _open_mosaic(self, mosaic: Mosaic, *, fps: float) -> MosaicWriter:
        if self._live:
            make_folder(self._folder.mosaic_pieces)
        video = self._open(self._folder.mosaic, self._folder.mosaic_piece, mosaic.size_wh, fps=fps)
        return self._opened.enter_context(MosaicWriter(video, mosaic, fps=fps))

    def _open(
        self,
        path: Path,
        piece_at: Callable[[float], Path],
        size_wh: tuple[int, int],
        *,
        fps: float,
    ) -> VideoWriter | PieceWriter:
        """Begin a video as a whole, or in pieces if the cameras are live."""
        width, height = size_wh
        settings = self._settings
        begin = partial(
            VideoWriter,
            width=width,
            height=height,
            fps=fps,
            preset=settings.preset,
            crf=settings.crf,
        )
        if self._live:
            pieces = PieceWriter(begin, piece_at, piece_s=settings.piece_s)
            return self._opened.enter_context(pieces)
        return self._opened.enter_context(begin(path))

    def write(self, frame: Frame, boxes: Iterable[BoxRow]) -> None:
        """Draw the tracked vehicles of a frame and append it to its videos.

        Args:
            frame: The frame.
            boxes: The vehicles; those of other frames are not drawn.
        """
        trails = self._trails[frame.camera_id]
        image = annotate(
            frame.image,
            [_annotated(box, trails) for box in boxes if box.frame == frame.index],
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
    store: StoreReader,
    sources: Sequence[RecordedSource],
    *,
    folder: RunFolder,
    settings: OutputConfig,
    progress: FrameProgress,
    online: bool = False,
) -> bool:
    """Draw the videos of a run from its recordings and its store.

    Args:
        store: The run's; its cameras are drawn as far as the run had read them.
        sources: The recordings; they stay usable.
        folder: Where `videos/` and the mosaic go.
        settings: Quality, gaps to fill, and whether there is a mosaic.
        progress: Counts the frames. Ctrl-C ends the drawing; what was drawn can be played.
        online: Whether the online identities are drawn, instead of the final ones.

    Returns:
        Whether all was drawn, rather than stopped by Ctrl-C.

    Raises:
        OutputError: If a video cannot be written.
    """
    frames = {camera.camera_id: camera.frames for camera in store.cameras() if camera.frames}
    sources = [source for source in sources if source.camera_id in frames]
    if not sources:
        return True
    read = partial(boxes_as_known, store) if online else store.boxes
    boxes = {
        source.camera_id: _BoxesByFrame(
            fill_gaps(read(source.camera_id), max_gap_s=settings.max_gap_s)
        )
        for source in sources
    }
    infos = {source.camera_id: source.info for source in sources}
    with AnnotatedVideos(folder, infos, settings) as videos, StopRequest() as stop:
        window_s = batch_window_s(infos.values())
        batches = merge(sources, window_s=window_s, stopped=lambda: stop.requested)
        for batch in limit_frames(batches, sources, frames):
            for frame in batch:
                videos.write(frame, boxes[frame.camera_id].take(frame.index))
            progress.advance(len(batch))
    return not stop.requested


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


@contextmanager
def _drawn_aside(folder: RunFolder) -> Iterator[RunFolder]:
    """Return a place for new videos within a run's folder, which is gone afterwards.

    Raises:
        OutputError: If another process draws the run, or the run is going on.
    """
    aside = RunFolder(folder.aside)
    with folder.reserved():
        # What a drawing left that was killed is half of other videos.
        shutil.rmtree(aside.path, ignore_errors=True)
        try:
            yield aside
        finally:
            shutil.rmtree(aside.path, ignore_errors=True)


def _put_in_place(drawn: RunFolder, folder: RunFolder, *, replacing: bool) -> None:
    """Move videos to where they belong; older ones stay unless they are to be replaced."""
    make_folder(folder.videos)
    videos = {video: folder.video(video.stem) for video in sorted(drawn.videos.glob("*.mp4"))}
    for source, target in {**videos, drawn.mosaic: folder.mosaic}.items():
        if source.exists() and (replacing or not target.exists()):
            try:
                source.replace(target)
            except OSError as error:
                raise OutputError(f"{target}: {error.strerror}") from error


def _recordings(
    store: StoreReader, opened: ExitStack, *, moved_to: Path | None, partial: bool
) -> list[RecordedSource]:
    """Return what is to be drawn; say in one line each what is missing.

    Raises:
        SourceError: If anything is missing; with `partial`, if everything is.
        ConfigError: If there is no folder that the recordings may have been moved to.
    """
    run = store.path.parent
    cameras = store.cameras()
    if not any(camera.frames for camera in cameras) and not all(c.live for c in cameras):
        raise SourceError(f"{run}: the run has read no picture: there is nothing to be drawn")
    if all(camera.live or not camera.frames for camera in cameras):
        raise SourceError(f"{run}: none of its cameras is a recording: nothing can be drawn again")
    sources, missing = Recordings(store, moved_to=moved_to).open_all()
    for source in sources:
        opened.callback(source.close)
    if missing and not (partial and sources):
        advice = ", or draw the other cameras with --partial" if sources else ""
        kept = f"{run}: nothing was drawn, all videos are unchanged; restore the missing recordings"
        raise SourceError("\n".join([*map(str, missing), kept + advice]))
    for error in missing:
        _log.warning("%s; its video and the mosaic are unchanged", error)
    return sources


app = CommandLine(rich_markup_mode="markdown")


@app.command()
def main(
    run: Annotated[Path, typer.Option(help="Folder of a run that has ended, or was killed.")],
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Draw the online identities, known one second after each frame, into "
            "videos_online/; tracks_online/ has the same.",
        ),
    ] = False,
    partial: Annotated[
        bool,
        typer.Option(
            "--partial",
            help="Where recordings are missing, draw the other cameras; the videos of those "
            "without one, and the mosaic, remain unchanged.",
        ),
    ] = False,
    recordings: terminal.MovedTo = None,
    verbose: terminal.Verbose = 0,
) -> None:
    """Draw the videos of a run again, with the identities that its store has now.

    All recordings must be there: if one is missing nothing is drawn, for the same vehicle would
    have other numbers in older videos, unless `--partial` is given. Older videos of the run are
    replaced when all is drawn; after Ctrl-C they are as they were.
    """
    screen = terminal.console(stderr=True)
    with (
        terminal.command_frame(verbose, screen=screen),
        Store.open(run) as store,
        ExitStack() as stack,
    ):
        make_room(len(store.cameras()), videos=1)
        sources = _recordings(store, stack, moved_to=recordings, partial=partial)
        frames = {camera.camera_id: camera.frames for camera in store.cameras() if camera.frames}
        settings = output_settings(store)
        if len(sources) < len(frames):
            settings = settings.model_copy(update={"mosaic": False})
        folder = RunFolder(store.path.parent, online=online)
        total = sum(frames[source.camera_id] for source in sources)
        with _drawn_aside(folder) as aside:
            with FrameProgress(screen, "Drawing", total=total) as progress:
                complete = render_recordings(
                    store,
                    sources,
                    folder=aside,
                    settings=settings,
                    progress=progress,
                    online=online,
                )
            _put_in_place(aside, folder, replacing=complete)
        told = "" if complete else "stopped; older videos are unchanged: "
        terminal.console().print(f"{told}videos in {folder.videos}", markup=False, soft_wrap=True)
        if not complete:
            raise typer.Exit(INTERRUPTED)


if __name__ == "__main__":
    app()
