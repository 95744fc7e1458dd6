"""`python -m app.evaluate`: how good are a run's identities, measured against the truth?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from app import terminal
from app.atomic import write_text
from app.config_file import load_config
from app.evaluation import Evaluation, Scores, check_fit, evaluate, read_run, read_truth

if TYPE_CHECKING:
    from numpy.typing import NDArray

EPILOG = """
**Examples**

`python -m app.evaluate --run runs/monday --truth sample_videos`

`python -m app.evaluate --run runs/monday --truth sample_videos --json scores.json`
"""

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command(epilog=EPILOG)
def main(
    run: Annotated[
        Path, typer.Option(help="Folder of a finished run; its tracks/<camera>.txt are scored.")
    ],
    truth: Annotated[
        Path,
        typer.Option(
            help="Folder with gt/<camera>.txt or <camera>.txt in the MOT format; one vehicle has "
            "the same number in all cameras. gt_all/<camera>.txt may hold more vehicles."
        ),
    ],
    as_json: Annotated[
        Path | None, typer.Option("--json", help="Also write all numbers to this JSON file.")
    ] = None,
    cams: Annotated[
        Path | None,
        typer.Option(help="Configuration whose regions of interest (roi) limit what counts."),
    ] = None,
    min_cameras: Annotated[
        int,
        typer.Option(
            min=1,
            help="In the score of all cameras together, vehicles and identities that pass fewer "
            "cameras are left out. 2 is the rule of the AI City Challenge.",
        ),
    ] = 2,
    max_frames: Annotated[
        int | None, typer.Option(min=1, help="Score only this many frames of each camera.")
    ] = None,
    ignore_small: Annotated[
        bool,
        typer.Option(
            help="Leave out predicted boxes on vehicles that only gt_all knows (too small or too "
            "hidden to be asked for), instead of counting them as false."
        ),
    ] = True,
    verbose: terminal.Verbose = 0,
) -> None:
    """Score a run against the truth: IDF1, HOTA, MOTA, and identities split or merged.

    The measures are those of TrackEval, at IoU 0.5 (HOTA: 0.05 to 0.95).
    """
    with terminal.command_frame(verbose):
        known, found = read_truth(truth), read_run(run)
        if max_frames is not None:
            found = {camera: boxes[boxes.frame <= max_frames] for camera, boxes in found.items()}
        check_fit(known, found, max_frames=max_frames)
        result = evaluate(
            known,
            found,
            regions=_regions(cams),
            min_cameras=min_cameras,
            max_frames=max_frames,
            ignore_uncounted=ignore_small,
        )
        terminal.console().print(_table(result))
        if as_json is not None:
            write_text(as_json, json.dumps(_as_json(result), indent=1) + "\n")


def _regions(cams: Path | None) -> dict[str, NDArray[np.float64]]:
    cameras = load_config(cams).cameras if cams is not None else []
    return {camera.id: np.array(camera.roi) for camera in cameras if camera.roi is not None}


def _table(result: Evaluation) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column("Camera")
    for name in ("IDF1", "IDP", "IDR", "HOTA", "DetA", "AssA", "MOTA", "IDSW", "Split", "Merged"):
        table.add_column(name, justify="right")
    for camera, scores in result.cameras.items():
        table.add_row(camera, *_cells(scores))
    table.add_section()
    table.add_row("all together", *_cells(result.together), style="bold")
    return table


def _cells(scores: Scores) -> list[str]:
    numbers = _numbers(scores)
    shares = ("idf1", "idp", "idr", "hota", "deta", "assa", "mota")
    counts = (numbers["idsw"], len(scores.errors.split), len(scores.errors.merged))
    return [f"{numbers[name]:.3f}" for name in shares] + [str(count) for count in counts]


def _numbers(scores: Scores) -> dict[str, float]:
    return {
        "idf1": scores.identity.idf1,
        "idp": scores.identity.idp,
        "idr": scores.identity.idr,
        "hota": scores.hota.hota,
        "deta": scores.hota.deta,
        "assa": scores.hota.assa,
        "mota": scores.clear.mota,
        "idsw": scores.clear.id_switches,
        "fp": scores.clear.fp,
        "fn": scores.clear.fn,
        "truth_boxes": scores.truth_boxes,
        "predicted_boxes": scores.predicted_boxes,
    }


def _as_json(result: Evaluation) -> dict[str, Any]:
    def one(scores: Scores) -> dict[str, Any]:
        errors = {"split": scores.errors.split, "merged": scores.errors.merged}
        return _numbers(scores) | errors

    return {
        "cameras": {camera: one(scores) for camera, scores in result.cameras.items()},
        "together": one(result.together),
    }


if __name__ == "__main__":
    app()
