"""`python -m app.run`: tracks vehicles in many cameras and re-identifies them across cameras."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from app import assembly, terminal
from app.config_file import load_config
from app.corrections.correcting import apply_corrections, constraints
from app.corrections.corrections_file import corrections_for, write_corrections
from app.errors import ConfigError, SourceError
from app.frames.recording_fingerprints import drop_changed, keep_fingerprints
from app.frames.sources import live_location
from app.graph.camera_graph import learned_by
from app.pipeline import Pipeline
from app.render import AnnotatedVideos, render_recordings
from app.results.outputs import HEEDED_KEY, OUTPUT_KEY, WARNINGS_KEY, write_results
from app.results.summary import summarize, write_summary
from app.running.earlier_run import LEARNED_FROM_KEY, recall_run
from app.running.models import record_models
from app.running.open_files import make_room
from app.running.opening import OpenSources
from app.running.progress import FrameProgress
from app.search.search_log import RECORDED_KEY
from app.storage.coverage import put_configured
from app.storage.run_folder import RunFolder
from app.storage.run_state import mark_tracked
from app.storage.store import Store
from app.tracking_pass import expected_frames, track_all
from detector.console.command_line import CommandLine
from detector.console.loading import INTERRUPTED

if TYPE_CHECKING:
    from rich.console import Console

    from app.config import RunConfig
    from app.corrections.correction import Corrections
    from app.frames.sources import LiveSource
    from tracking.learning.recollection import Recollection

_log = logging.getLogger(__name__)

EPILOG = """
**Examples**

`python -m app.run --cams configs/cams.yaml`

`python -m app.run --cams mine.yaml --check`

`python -m app.run --cams mine.yaml --out runs/monday --no-video`

`python -m app.run --cams mine.yaml --out runs/tuesday --learn-from runs/monday`

Search the result with `python -m app.query`, score it with `python -m app.evaluate`, and draw its
videos again with `python -m app.render`.
"""

app = CommandLine(rich_markup_mode="markdown")


@app.command(epilog=EPILOG)
def main(
    cams: Annotated[Path, typer.Option(help="YAML file of the cameras and all settings.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results.", show_default="runs/<time>")
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Replace an older run in that folder, and what commands wrote about it there.",
        ),
    ] = False,
    corrections: Annotated[
        Path | None,
        typer.Option(
            help="Corrections of identities made after an earlier run of these recordings.",
            show_default="<out>/corrections.yaml, if it exists",
        ),
    ] = None,
    learn_from: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="Start with what an earlier run learned about these cameras, if none was moved.",
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Check configuration, cameras, weights and output; stop."),
    ] = False,
    max_frames: Annotated[
        int | None, typer.Option(min=1, help="Read at most this many frames of each camera.")
    ] = None,
    no_video: Annotated[
        bool, typer.Option("--no-video", help="Write no annotated videos.")
    ] = False,
    verbose: terminal.Verbose = 0,
) -> None:
    """Track the vehicles of many cameras and give each one identity across all of them.

    Writes annotated videos, a mosaic of all cameras, tracks in MOT format, thumbnails, a searchable
    store, a summary and a report. Ctrl-C ends a run early; what was seen by then is kept.
    """
    screen = terminal.console(stderr=True)
    with terminal.command_frame(verbose, screen=screen):
        config = load_config(cams)
        folder = RunFolder(out or Path("runs") / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}")
        recordings = [Path(c.source) for c in config.cameras if live_location(c.source) is None]
        folder.check(overwrite=overwrite, recordings=recordings)
        known = corrections_for(folder.corrections, corrections)
        make_room(len(config.cameras), videos=_videos_each(config, drawn=not no_video))
        with OpenSources(config) as sources:
            # Before anything is cleared: it may be the very folder that is to be overwritten.
            earlier = None
            if learn_from is not None:
                with screen.status(f"Reading {escape(str(learn_from))}"):
                    earlier = _recalled(learn_from, config, sources)
            if check:
                _check(config, sources)
                found = f"{cams}: all checks passed, cameras: {len(config.cameras)}"
                terminal.console().print(found, markup=False, highlight=False, soft_wrap=True)
                return
            if no_video:
                output = config.output.model_copy(update={"video": False})
                config = config.model_copy(update={"output": output})
            complete = _run(
                config,
                sources,
                folder,
                known,
                overwrite=overwrite,
                earlier=earlier,
                learned_from=learn_from,
                screen=screen,
                max_frames=max_frames,
            )
        if not complete:
            raise typer.Exit(INTERRUPTED)


def _videos_each(config: RunConfig, *, drawn: bool) -> int:
    """Return how many videos of a camera are written at the same time."""
    if not (drawn and config.output.video):
        return 0
    # Where a piece of a live camera's begins, the one before is being finished.
    return 2 if any(live_location(c.source) is not None for c in config.cameras) else 1


def _check(config: RunConfig, sources: OpenSources) -> None:
    """Raise for what only shows when weights and cameras are opened."""
    if sources.failures:
        raise SourceError("\n".join(str(error) for error in sources.failures.values()))
    assembly.load_detector(config)
    assembly.associator(config, assembly.load_embedder(config))


def _recalled(run: Path, config: RunConfig, opened: OpenSources) -> Recollection:
    """Return what an earlier run saw of the cameras."""
    if not config.association.learn_links:
        raise ConfigError(
            "association: learn_links: false: excludes --learn-from; remove one of the two"
        )
    offsets_s = {camera.id: camera.clock_offset_s for camera in config.cameras}
    sizes = {source.camera_id: (source.info.width, source.info.height) for source in opened.sources}
    try:
        return recall_run(run, offsets_s, sizes, embedder=config.reid)
    except FileNotFoundError as error:
        raise ConfigError(f"reid: {error}") from error


def _run(
    config: RunConfig,
    opened: OpenSources,
    folder: RunFolder,
    corrections: Corrections,
    *,
    overwrite: bool,
    earlier: Recollection | None,
    learned_from: Path | None,
    screen: Console,
    max_frames: int | None,
) -> bool:
    """Do it all; return whether it came to its end, rather than was stopped."""
    detector, embedder = assembly.load_detector(config), assembly.load_embedder(config)
    cameras = {camera.id: camera for camera in config.cameras}
    chosen = [cameras[source.camera_id] for source in opened.sources]
    tracks = [assembly.camera_tracks(config, camera) for camera in chosen]
    associator = assembly.associator(config, embedder)
    if earlier is not None:
        associator.recall(earlier)
    # After all that a configuration can make fail: an older run must not be lost for that.
    with folder.reserved():
        folder.check_free(overwrite=overwrite)
        folder.clear()
        for camera_id, error in opened.failures.items():
            fate = "retried" if camera_id in opened.awaited else "left out"
            _log.warning("%s: %s", fate, error)
        with Store.create(folder.store) as store:
            record_models(store, config.detector, config.reid)
            store.set_meta(OUTPUT_KEY, config.output.model_dump())
            put_configured(store, list(cameras))
            files = {source.camera_id: source.path for source in opened.recordings}
            keep_fingerprints(store, files)
            store.set_meta(RECORDED_KEY, config.record_searches)
            store.set_meta(LEARNED_FROM_KEY, learned_from and str(learned_from.resolve()))
            pipeline = Pipeline(
                map(assembly.camera_record, chosen, opened.sources),
                tracks,
                detector=detector,
                embedder=embedder,
                associator=associator,
                store=store,
                corrections=partial(constraints, corrections=corrections),
                learned=partial(learned_by, associator, config.ground_maps()),
                outages=opened.outages,
                now=opened.now,
            )
            complete = _track(
                config, opened, folder, pipeline, screen=screen, max_frames=max_frames
            )
            drop_changed(store, files)
            corrected = _correct(store, folder, corrections, heeded=associator.looks_back)
            warnings = [*opened.warnings(), *corrected]
            whole = complete and _read_all(opened, store, max_frames)
            _note_tracked(store, warnings, cut_short=bool(opened.recordings) and not whole)
            # Before the drawing, which takes longest and is the least to lose.
            with pipeline.timer.stage("export"):
                write_results(store, folder.path)
            if config.output.video and opened.recordings:
                with pipeline.timer.stage("draw"):
                    complete &= _draw(config, opened, folder, store, screen=screen)
                # A recording may have gone since it was read for the first time.
                warnings = list(dict.fromkeys([*warnings, *opened.warnings()]))
            summary = summarize(
                store,
                stage_seconds=pipeline.timer.seconds(),
                crops_embedded=pipeline.crops_embedded,
                warnings=warnings,
                complete=complete,
            )
            write_summary(folder.summary, summary)
        _print_results(folder, summary)
        return complete


def _correct(
    store: Store, folder: RunFolder, corrections: Corrections, *, heeded: bool
) -> tuple[str, ...]:
    """Apply people's corrections and keep them beside the run; return what could not be done."""
    if not corrections.corrections:
        return ()
    write_corrections(folder.corrections, corrections)
    outcome = apply_corrections(store, corrections)
    # What the association was not told of, `undo` takes back altogether.
    store.set_meta(HEEDED_KEY, outcome.rulings if heeded else ())
    for warning in outcome.warnings:
        _log.warning("%s", warning)
    return outcome.warnings


def _read_all(opened: OpenSources, store: Store, max_frames: int | None) -> bool:
    """Return whether no camera was left at the limit of `--max-frames`."""
    announced = {source.camera_id: source.info.frame_count for source in opened.sources}
    return max_frames is None or all(
        one.frames < max_frames or one.frames == announced.get(one.camera_id)
        for one in store.cameras()
    )


def _note_tracked(store: Store, warnings: list[str], *, cut_short: bool) -> None:
    """Note that all identities have been decided, and what went wrong until then."""
    store.set_meta(WARNINGS_KEY, warnings)
    mark_tracked(store, cut_short=cut_short)
    store.commit()


def _track(
    config: RunConfig,
    opened: OpenSources,
    folder: RunFolder,
    pipeline: Pipeline,
    *,
    screen: Console,
    max_frames: int | None,
) -> bool:
    """Fill the store; draw live cameras on the way. Return whether all came to their end."""
    total = None if opened.awaited else expected_frames(opened.sources, max_frames)
    with ExitStack() as stack:
        live_videos = None
        if config.output.video and not opened.recordings:
            infos = {source.camera_id: source.info for source in opened.sources}
            places = {
                camera.id: infos.get(camera.id)
                for camera in config.cameras
                if camera.id in infos or camera.id in opened.awaited
            }
            live_videos = stack.enter_context(
                AnnotatedVideos(folder, places, config.output, live=True)
            )
        progress = stack.enter_context(FrameProgress(screen, "Tracking", total=total))
        return track_all(
            opened.sources,
            pipeline,
            progress=progress,
            max_frames=max_frames,
            live_videos=live_videos,
            joining=partial(_join, config, opened, pipeline, live_videos),
        )


def _join(
    config: RunConfig, opened: OpenSources, pipeline: Pipeline, videos: AnnotatedVideos | None
) -> list[LiveSource]:
    """Make room for cameras that have answered late, and return them."""
    joined = opened.latecomers()
    for source in joined:
        camera = next(camera for camera in config.cameras if camera.id == source.camera_id)
        pipeline.add_camera(
            assembly.camera_record(camera, source), assembly.camera_tracks(config, camera)
        )
        if videos is not None:
            videos.add(source.camera_id, source.info)
    return joined


def _draw(
    config: RunConfig, opened: OpenSources, folder: RunFolder, store: Store, *, screen: Console
) -> bool:
    """Draw the recordings; return whether all was drawn."""
    with FrameProgress(screen, "Drawing ", total=store.totals().frames) as progress:
        return render_recordings(
            store, opened.recordings, folder=folder, settings=config.output, progress=progress
        )


def _print_results(folder: RunFolder, summary: dict[str, Any]) -> None:
    console = terminal.console()
    places = folder.mosaic, folder.mosaic_pieces, folder.videos
    videos = [path for path in places if path.exists()]
    warnings = summary["warnings"]
    rows = {
        "frames": f"{summary['frames']}, {summary['frames_per_second']} per second",
        "sightings": str(summary["vehicles"]),
        "identities": f"{summary['identities']}, of which "
        f"{summary['identities_in_two_or_more_cameras']} in two or more cameras",
        "learned from": summary["learned_from"],
        "report": str(folder.report),
        "videos": " and ".join(str(path) for path in videos),
        "tracks": str(folder.tracks),
        "store": str(folder.store),
        "warnings": f"{len(warnings)}, see {folder.summary}" if warnings else "",
    }
    for name, value in rows.items():
        if value:
            console.print(f"[bold]{name:<13}[/]{escape(value)}", soft_wrap=True)


if __name__ == "__main__":
    app()
