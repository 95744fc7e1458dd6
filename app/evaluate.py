"""`python -m app.evaluate`: scores a run's identities against the ground truth."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from app import terminal
from app.atomic import keep_apart, write_text
from app.config_file import load_config
from app.errors import ConfigError
from app.evaluation.cityflow import write_cityflow
from app.evaluation.error_sheet import write_error_sheet
from app.evaluation.ground_truth import check_fit, read_both, read_online, read_run
from app.evaluation.scores import Evaluation, Scores, evaluate
from app.storage.run_folder import RunFolder
from app.storage.store import Store, store_path
from detector.console.command_line import CommandLine
from tracking.evaluation.multicamera import within

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.console import Console

    from app.evaluation.ground_truth import Tracks, Truth

_log = logging.getLogger(__name__)

_SHARES: Final = "idf1", "idp", "idr", "hota", "deta", "assa", "mota"

EPILOG = """
**Examples**

`python -m app.evaluate --run runs/monday --truth sample_videos`

`python -m app.evaluate --run runs/monday --truth sample_videos --json scores.json`

`python -m app.evaluate --run runs/monday --cityflow track1.txt` (writes a submission)

`python -m app.evaluate --run track1.txt --truth ground_truth_validation.txt`
"""

app = CommandLine(rich_markup_mode="markdown")


@app.command(epilog=EPILOG)
def main(
    run: Annotated[
        Path,
        typer.Option(
            help="Folder of a finished run; its tracks/CAMERA.txt (final identities) and its "
            "tracks_online/ (those known one second after each frame) are scored. Or a file in "
            "CityFlow's format, of any system."
        ),
    ],
    truth: Annotated[
        Path | None,
        typer.Option(
            help="Folder with gt/CAMERA.txt, CAMERA.txt or CAMERA/gt/gt.txt in the MOT "
            "format, one vehicle under the same number in all cameras; gt_all/CAMERA.txt may "
            "hold more vehicles. Or a file in CityFlow's format."
        ),
    ] = None,
    as_json: Annotated[
        Path | None, typer.Option("--json", help="Also write all numbers to this JSON file.")
    ] = None,
    cityflow: Annotated[
        Path | None,
        typer.Option(help="Also write the tracks to this file as a submission to AI City."),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            help="Where the image of the worst splits and merges goes; identity_errors.jpg in "
            "the run's folder if not given."
        ),
    ] = None,
    cams: Annotated[
        Path | None,
        typer.Option(help="Configuration whose regions of interest (roi) limit what counts."),
    ] = None,
    min_cameras: Annotated[
        int,
        typer.Option(
            min=1,
            help="In the score of all cameras, vehicles and identities that pass fewer cameras "
            "than this (where there are fewer, all of these) are left out. 2 is the rule of "
            "the AI City Challenge.",
        ),
    ] = 2,
    max_frames: Annotated[
        int | None, typer.Option(min=1, help="Score only this many frames of each camera.")
    ] = None,
    ignore_small: Annotated[
        bool,
        typer.Option(
            help="Leave out predicted boxes on vehicles that only gt_all knows (too small or too "
            "occluded to be required), instead of counting them as false."
        ),
    ] = True,
    verbose: terminal.Verbose = 0,
) -> None:
    """Score a run against the truth: IDF1, HOTA, MOTA, and identities split or merged.

    The measures are those of TrackEval, at IoU 0.5 (HOTA: 0.05 to 0.95).
    """
    with terminal.command_frame(verbose):
        screen = terminal.console()
        if truth is None and cityflow is None:
            raise ConfigError("give the truth with --truth, or --cityflow to write a submission")
        if truth is None and (as_json or sheet):
            raise ConfigError("--json and --sheet need scores: give the truth with --truth")
        if sheet is not None and not _has_store(run):
            raise ConfigError(f"{run}: has no store with images of vehicles; leave out --sheet")
        picture = sheet or (RunFolder(run).error_sheet if _has_store(run) else None)
        keep_apart((as_json, cityflow, picture), (cams, *_read(run, truth)))
        if cityflow is not None:
            numbers = write_cityflow(cityflow, read_run(run).until(max_frames).boxes)
            named = ", ".join(f"{number} = {name}" for name, number in numbers.items())
            screen.print(f"{cityflow}: cameras {named}", highlight=False)
            RunFolder(run).note([cityflow])
        if truth is None:
            return
        rules = Rules(cams, min_cameras, max_frames, ignore_small)
        final, online = _scores(truth, run, rules)
        screen.print(_table(final, online))
        if not final.together.measured:
            terminal.say(_nothing_to_score(final.together, rules.min_cameras))
        if as_json is not None:
            write_text(as_json, json.dumps(_as_json(final, online), indent=1) + "\n")
            RunFolder(run).note([as_json])
        _draw_errors(screen, run, final, picture)


def _read(run: Path, truth: Path | None) -> list[Path]:
    """Return the files that are read, and others of the run."""
    folders = [path for path in (run, truth) if path is not None and path.is_dir()]
    files = [path for path in (run, truth) if path is not None and path.is_file()]
    return [*files, *RunFolder(run).own_files(), *(f for d in folders for f in d.rglob("*.txt"))]


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts; see the options."""

    cams: Path | None
    min_cameras: int
    max_frames: int | None
    ignore_small: bool


def _scores(truth: Path, run: Path, rules: Rules) -> tuple[Evaluation, Evaluation | None]:
    """Return the scores of the final and of the online identities, the latter if kept."""
    known, final = read_both(truth, run)
    regions = {} if rules.cams is None else _regions(rules.cams, known)
    online = read_online(run) if run.is_dir() else None

    def score(tracks: Tracks) -> Evaluation:
        check_fit(known, tracks, max_frames=rules.max_frames)
        return evaluate(
            known,
            tracks,
            regions=regions,
            min_cameras=rules.min_cameras,
            max_frames=rules.max_frames,
            ignore_uncounted=rules.ignore_small,
        )

    return score(final), None if online is None else score(online)


def _has_store(run: Path) -> bool:
    return run.is_dir() and store_path(run).is_file()


def _draw_errors(screen: Console, run: Path, final: Evaluation, picture: Path | None) -> None:
    """Draw the worst errors, if an image is wanted."""
    if picture is None:
        return
    with Store.open(run) as store:
        if write_error_sheet(store, final.together.errors, picture):
            screen.print(f"the worst splits and merges: {picture}", highlight=False)
            RunFolder(run).note([picture])


def _regions(cams: Path, truth: Truth) -> dict[str, NDArray[np.float64]]:
    """Return the regions of interest, (V, 2) pixels, of the truth's cameras that have one."""
    cameras = {camera.id: camera for camera in load_config(cams).cameras}
    unknown = ", ".join(sorted(truth.counted.keys() - cameras))
    if unknown:
        raise ConfigError(
            f"{cams}: the truth's cameras {unknown} are not in it; known: {', '.join(cameras)}"
        )
    regions = {}
    for camera_id, boxes in truth.counted.items():
        roi = cameras[camera_id].roi
        if roi is not None:
            regions[camera_id] = np.array(roi)
            if len(boxes) and not len(within(boxes, regions[camera_id])):
                _log.warning(
                    "camera %s: none of the truth's boxes is in the region of interest", camera_id
                )
    return regions


def _table(final: Evaluation, online: Evaluation | None) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column("Camera")
    for name in ("IDF1", "IDP", "IDR", "HOTA", "DetA", "AssA", "MOTA", "IDSW", "Split", "Merged"):
        table.add_column(name, justify="right")
    for camera, scores in final.cameras.items():
        table.add_row(camera, *_cells(scores))
    table.add_section()
    table.add_row("all cameras", *_cells(final.together), style="bold")
    if online is not None:
        table.add_row("online", *_cells(online.together))
    return table


def _nothing_to_score(scores: Scores, min_cameras: int) -> str:
    """Say why there is no joint score, and that what the run claims is wrong all the same."""
    kind = f" that passes {min_cameras} cameras or more" if min_cameras > 1 else ""
    false = (
        f"; {n} boxes of such identities in the run are false"
        if (n := scores.predicted_boxes)
        else ""
    )
    return f"all cameras: nothing to score, the truth has no vehicle{kind}{false}"


def _cells(scores: Scores) -> list[str]:
    numbers = _numbers(scores)
    counts = (numbers["idsw"], len(scores.errors.split), len(scores.errors.merged))
    shares = ["–" if (n := numbers[name]) is None else f"{n:.3f}" for name in _SHARES]
    return shares + [str(count) for count in counts]


def _numbers(scores: Scores) -> dict[str, float | None]:
    """Return measures by name; shares are None where there is nothing to score."""
    shares = {
        "idf1": scores.identity.idf1,
        "idp": scores.identity.idp,
        "idr": scores.identity.idr,
        "hota": scores.hota.hota,
        "deta": scores.hota.deta,
        "assa": scores.hota.assa,
        "mota": scores.clear.mota,
    }
    return {name: share if scores.measured else None for name, share in shares.items()} | {
        "idsw": scores.clear.id_switches,
        "fp": scores.clear.fp,
        "fn": scores.clear.fn,
        "truth_boxes": scores.truth_boxes,
        "predicted_boxes": scores.predicted_boxes,
    }


def _as_json(final: Evaluation, online: Evaluation | None) -> dict[str, Any]:
    def one(scores: Scores) -> dict[str, Any]:
        errors = {"split": scores.errors.split, "merged": scores.errors.merged}
        return _numbers(scores) | {
            kind: [{"id": e.name, "boxes": e.boxes, "wrong_boxes": e.wrong_boxes} for e in found]
            for kind, found in errors.items()
        }

    known = {"online": one(online.together)} if online is not None else {}
    return {
        "cameras": {camera: one(scores) for camera, scores in final.cameras.items()},
        "together": one(final.together),
    } | known


if __name__ == "__main__":
    app()
