"""`python -m app.run`: track the vehicles of many cameras and recognise them across all of them."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from app import assembly, terminal
from app.config_file import load_config
from app.errors import ConfigError, SourceError
from app.export import write_thumbnails, write_tracks
from app.models import record_models
from app.pipeline import Pipeline
from app.progress import FrameProgress
from app.render import OUTPUT_KEY, AnnotatedVideos, render_recordings
from app.report import write_report
from app.run_folder import RunFolder
from app.store import Store
from app.summary import summarize, write_summary
from app.tracking_pass import expected_frames, track_all
from tracking.association import Associator

if TYPE_CHECKING:
    from rich.console import Console

    from app.assembly import OpenSources
    from app.config import RunConfig

EPILOG = """
**Examples**

`python -m app.run --cams configs/cams.yaml`

`python -m app.run --cams mine.yaml --check`

`python -m app.run --cams mine.yaml --out runs/monday --no-video`

Search the result with `python -m app.query`, score it with `python -m app.evaluate`, and draw its
videos again with `python -m app.render`.
"""

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command(epilog=EPILOG)
def main(
    cams: Annotated[Path, typer.Option(help="YAML file of the cameras and all settings.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results.", show_default="runs/<time>")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an older run in that folder.")
    ] = False,
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
        folder.check(overwrite=overwrite)
        with assembly.OpenSources(config) as sources:
            if check:
                _check(config, sources)
                terminal.console().print(f"{cams}: all is well, {len(config.cameras)} cameras")
                return
            if no_video:
                output = config.output.model_copy(update={"video": False})
                config = config.model_copy(update={"output": output})
            complete = _run(config, sources, folder, screen=screen, max_frames=max_frames)
        if not complete:
            raise typer.Exit(terminal.INTERRUPTED)


def _check(config: RunConfig, sources: OpenSources) -> None:
    """Raise for what only shows when weights and cameras are opened."""
    if sources.failures:
        raise SourceError("\n".join(str(error) for error in sources.failures))
    assembly.load_detector(config)
    assembly.load_embedder(config)


def _run(
    config: RunConfig,
    opened: OpenSources,
    folder: RunFolder,
    *,
    screen: Console,
    max_frames: int | None,
) -> bool:
    """Do it all; return whether it came to its end, rather than was stopped."""
    sources = opened.sources
    if len({source.live for source in sources}) > 1:
        raise ConfigError("recordings and live cameras cannot be mixed in one run: run them apart")
    detector, embedder = assembly.load_detector(config), assembly.load_embedder(config)
    folder.clear()
    for error in opened.failures:
        screen.print(f"[yellow]warning:[/] {error}", soft_wrap=True)
    with ExitStack() as stack:
        store = stack.enter_context(Store.create(folder.store))
        record_models(store, config.detector, config.reid)
        store.set_meta(OUTPUT_KEY, config.output.model_dump())
        cameras = {camera.id: camera for camera in config.cameras}
        chosen = [cameras[source.camera_id] for source in sources]
        pipeline = Pipeline(
            [assembly.camera_record(c, s) for c, s in zip(chosen, sources, strict=True)],
            [assembly.camera_tracks(config, camera) for camera in chosen],
            detector=detector,
            embedder=embedder,
            associator=Associator(config.association, config.camera_links()),
            store=store,
        )
        live_videos = None
        if config.output.video and sources[0].live:
            infos = {source.camera_id: source.info for source in sources}
            folder.make_video_folder()
            live_videos = stack.enter_context(AnnotatedVideos(folder, infos, config.output))
        total = expected_frames(sources, max_frames)
        with FrameProgress(screen, "Tracking", total=total) as progress:
            complete = track_all(
                sources,
                pipeline,
                progress=progress,
                max_frames=max_frames,
                live_videos=live_videos,
            )
        if config.output.video and not sources[0].live:
            folder.make_video_folder()
            with (
                pipeline.timer.stage("draw"),
                FrameProgress(screen, "Drawing ", total=store.totals().frames) as progress,
            ):
                complete &= render_recordings(store, folder, config.output, progress=progress)
        _write_results(config, opened, folder, pipeline, store, complete=complete)
    return complete


def _write_results(
    config: RunConfig,
    opened: OpenSources,
    folder: RunFolder,
    pipeline: Pipeline,
    store: Store,
    *,
    complete: bool,
) -> None:
    warnings = opened.warnings()
    with pipeline.timer.stage("export"):
        write_tracks(store, folder.tracks, max_gap_s=config.output.max_gap_s)
        write_thumbnails(store, folder.thumbnails)
        write_report(store, folder.report, name=folder.path.name, warnings=warnings)
    summary = summarize(
        store,
        stage_seconds=pipeline.timer.seconds(),
        crops_embedded=pipeline.crops_embedded,
        warnings=warnings,
        complete=complete,
    )
    write_summary(folder.summary, summary)
    _print_results(folder, summary)


def _print_results(folder: RunFolder, summary: dict[str, Any]) -> None:
    console = terminal.console()
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    rows = {
        "frames": f"{summary['frames']}, {summary['frames_per_second']} per second",
        "vehicles": f"{summary['vehicles']} passes through a camera",
        "identities": f"{summary['identities']}, of which "
        f"{summary['identities_in_two_or_more_cameras']} in two or more cameras",
        "report": str(folder.report),
        "videos": f"{folder.mosaic} and {folder.videos}{'/'}" if folder.mosaic.exists() else "",
        "tracks": f"{folder.tracks}/",
        "store": str(folder.store),
    }
    for name, value in rows.items():
        if value:
            table.add_row(f"[bold]{name}[/]", value)
    console.print(table)
    for warning in summary["warnings"]:
        console.print(f"[yellow]warning:[/] {warning}", soft_wrap=True)


if __name__ == "__main__":
    app()
