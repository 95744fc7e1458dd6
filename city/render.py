"""Renders a scene: `python -m city.render --scene configs/city/demo.yaml --out DIR`.

The same command continues after an interruption: finished cameras are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console

from city.documents import calibration_yaml, cams_yaml, identities_csv, truth_json
from city.episode import play
from city.footage import Preview, Recording, owned_files, preview_times
from city.links import plan_links
from city.output_folder import VERSION, OutputFolder, digest, write_whole
from city.queries import Photographer, choose_queries
from city.readme import readme
from city.scene import load_scene
from city.sightings import Journeys, journeys
from city.terminal import command_frame, progress_bars
from city.workers import available_cores, run_tasks
from detector.console.command_line import run_command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from city.episode import Episode
    from city.scene import CameraSettings, Scene
    from city.workers import Run

DOCUMENTS = ("cams.yaml", "calibration.yaml", "identities.csv", "truth.json", "README.md")
OWNED = (*owned_files(), *DOCUMENTS, "queries/*")
_QUERIES = "queries"


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What one call of the command does.

    Attributes:
        scene: The scene.
        cameras: Those of its cameras that are wanted.
        folder: Where the files go.
        seconds: Length of the recordings, if not the scene's.
        workers: Number of processes.
        screen: For progress.
    """

    scene: Scene
    cameras: Sequence[CameraSettings]
    folder: OutputFolder
    seconds: float | None
    workers: int
    screen: Console


def main(
    scene: Annotated[Path, typer.Option(help="Scene file (YAML).")],
    out: Annotated[Path, typer.Option(help="Folder for the recordings.")],
    cameras: Annotated[
        str | None, typer.Option(help="Only these cameras, separated by commas.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.01, help="Only so many seconds of each camera.")
    ] = None,
    frame_rate: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=60, help="Frames per second of every camera, if not the scene's."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Other traffic on the same roads, before the same cameras."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes.", show_default="one per core")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Take a few stills instead.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what another run left in the folder.")
    ] = False,
) -> None:
    """Render what the cameras of a scene see, with the exact truth of every frame.

    Writes H.264 videos, cams.yaml for `python -m app.run`, truth in MOT format, calibration,
    identities, travel times and query images with their answers. Ctrl-C ends it at any time.
    """
    screen = Console(stderr=True)
    with command_frame(screen):
        loaded = load_scene(scene)
        if frame_rate is not None:
            loaded = loaded.at_frame_rate(frame_rate)
        if seed is not None:
            loaded = loaded.with_seed(seed)
        chosen = choose_cameras(loaded, cameras)
        origin = {
            "scene": digest(loaded.model_dump_json()),
            "length": str(seconds),
            "version of the package": VERSION,
        }
        folder = OutputFolder(out, origin=origin, owned=OWNED)
        folder.open(overwrite=overwrite)
        job = Job(loaded, chosen, folder, seconds, workers or available_cores(), screen)
        with screen.status("Simulating the traffic"):
            episode = play(loaded)
        if preview:
            _preview(job, episode)
        else:
            _record(job, episode)


def choose_cameras(scene: Scene, names: str | None) -> list[CameraSettings]:
    """Return the cameras of these names, in the scene's order; all of them if none are given.

    Raises:
        ValueError: If there is none of a name, or no name is given.
    """
    if names is None:
        return list(scene.cameras)
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    known = [camera.id for camera in scene.cameras]
    if not wanted:
        raise ValueError(
            f"--cameras: {names!r} names no camera; give one or more of {', '.join(known)}, "
            "separated by commas, or leave the option out for all"
        )
    if unknown := [name for name in wanted if name not in known]:
        raise ValueError(
            f"--cameras: {', '.join(unknown)}: not in the scene {scene.name!r}; it has "
            f"{', '.join(known)}"
        )
    return [camera for camera in scene.cameras if camera.id in wanted]


def _preview(job: Job, episode: Episode) -> None:
    steps = [len(preview_times(job.scene, camera)) for camera in job.cameras]
    work = Preview(job.scene, episode, job.folder.path)
    tasks = {camera.id: camera for camera in job.cameras}
    _spread(job, work, tasks, steps=steps, done=lambda _name, _notes: None)
    job.screen.print(
        f"{sum(steps)} stills in {job.folder.path / 'preview'}", markup=False, soft_wrap=True
    )


def _record(job: Job, episode: Episode) -> None:
    work = Recording(job.scene, episode, job.folder.path, job.seconds)
    missing = [c for c in job.cameras if job.folder.finished(_part(c.id)) is None]
    # The longest first, so that no worker is left with it at the end.
    missing.sort(key=lambda c: -len(work.times(c)) * c.size[0] * c.size[1])
    _spread(
        job,
        work,
        {camera.id: camera for camera in missing},
        steps=[len(work.times(camera)) for camera in missing],
        done=lambda name, notes: job.folder.finish(_part(name), notes),
    )
    notes = {c.id: job.folder.finished(_part(c.id)) for c in job.scene.cameras}
    finished: dict[str, Any] = {name: note for name, note in notes.items() if note is not None}
    ways = journeys(
        {
            name: {int(vehicle): spans for vehicle, spans in note["seen"].items()}
            for name, note in finished.items()
        }
    )
    _take_queries(job, episode, ways, cameras=list(finished))
    _write_documents(job, episode, ways, finished)
    _summarize(job, ways, finished)


def _part(camera_id: str) -> str:
    return f"camera-{camera_id}"


def _spread(
    job: Job,
    work: Callable[[], Run[Any, Any]],
    tasks: Mapping[str, Any],
    *,
    steps: Sequence[int],
    done: Callable[[str, Any], None],
) -> None:
    """Do tasks in worker processes, with a bar for each and one for all.

    Args:
        job: The call of the command.
        work: Makes what does the tasks, see `run_tasks`.
        tasks: By name.
        steps: Of each task.
        done: Called with the name and the result of each.
    """
    if not tasks:
        return
    with progress_bars(job.screen) as progress:
        names = list(tasks)
        width = max(len(name) for name in [*names, "all"])
        bars = [
            progress.add_task(f"{name:{width}}", total=n)
            for name, n in zip(names, steps, strict=True)
        ]
        several = len(tasks) > 1
        whole = progress.add_task(f"{'all':{width}}", total=sum(steps), visible=several)
        log = job.folder.error_log
        for news in run_tasks(work, list(tasks.values()), workers=job.workers, error_log=log):
            progress.advance(bars[news.task], news.steps)
            progress.advance(whole, news.steps)
            if news.done:
                done(names[news.task], news.result)


def _take_queries(job: Job, episode: Episode, ways: Journeys, *, cameras: Sequence[str]) -> None:
    """Render the query images, unless those of the same cameras are there."""
    before = job.folder.finished(_QUERIES)
    if before is not None and before["cameras"] == cameras:
        return
    queries = choose_queries(episode.actors, ways, job.scene)
    work = Photographer(job.scene, episode, job.folder.path, ways)
    for old in (job.folder.path / _QUERIES).glob("*"):
        old.unlink()
    _spread(
        job,
        work,
        {_QUERIES: queries},
        steps=[len(queries)],
        done=lambda name, _result: job.folder.finish(name, {"cameras": cameras}),
    )


def _write_documents(job: Job, episode: Episode, ways: Journeys, finished: dict[str, Any]) -> None:
    scene, actors = job.scene, episode.actors
    cameras = [camera for camera in scene.cameras if camera.id in finished]
    fastest = max(lane.speed_mps for lane in episode.network.lanes)
    links = plan_links({c.id: c.geometry for c in cameras}, speed_limit_mps=fastest)
    frames = {name: cast("int", notes["frames"]) for name, notes in finished.items()}
    boxes = {name: cast("int", notes["boxes"]) for name, notes in finished.items()}
    texts = (
        cams_yaml(cameras, scene, links),
        calibration_yaml(cameras, scene, frames),
        identities_csv(actors, ways, scene),
        truth_json(cameras, scene, actors, ways),
        readme(cameras, scene, actors, ways, boxes=boxes),
    )
    for name, text in zip(DOCUMENTS, texts, strict=True):
        write_whole(job.folder.path / name, text.encode())


def _summarize(job: Job, ways: Journeys, finished: dict[str, Any]) -> None:
    folder = job.folder.path
    size_mb = sum((folder / f"{name}.mp4").stat().st_size for name in finished) / 1e6
    frames = sum(notes["frames"] for notes in finished.values())
    seconds = sum(notes["seconds"] for notes in finished.values())
    lines = (
        f"{len(finished)} cameras, {frames} frames, {size_mb:.1f} MB, "
        f"{seconds / max(frames, 1):.3f} s per frame and worker",
        f"{len(ways)} vehicles seen, {sum(n['boxes'] for n in finished.values())} boxes in gt/",
        f"track them with: python -m app.run --cams {folder / 'cams.yaml'}",
    )
    for line in lines:
        job.screen.print(line, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    run_command(main)
