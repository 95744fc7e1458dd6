"""The search for a suspect: is the right vehicle found, and is it said where else it was seen?

`python -m benchmarks.search SCENE… [--runs DIR] [--json FILE]`: the query images of rendered
scenes, searched in runs of the product over these. What the product lists, vehicles with all of
their sightings, beside a list of single sightings by the same network.

docs/benchmarks.md says what is measured.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table

from app import terminal
from app.evaluation.ground_truth import read_truth
from app.running import models
from app.storage.store import Store
from benchmarks.environment import describe
from benchmarks.feedback import search_again
from benchmarks.mtmc_scenes import make_run
from benchmarks.report import JsonFile, write_report
from benchmarks.suspect_scores import Alarms, Certainty, Scores, alarms, certainties, summarize
from benchmarks.suspects import LISTINGS, Answer, ask, look_at, read_suspects, true_vehicles
from detector.console.command_line import run_command
from detector.console.terminal import check_outputs, command_frame

ALL: Final = "all"


def main(
    scenes: Annotated[
        list[Path], typer.Argument(help="Rendered scenes: recordings, cams.yaml, truth, queries.")
    ],
    runs: Annotated[
        Path, typer.Option(help="Folder of runs, by scene; those that are there are not run again.")
    ] = Path("build/mtmc"),
    json_file: JsonFile = None,
    verbose: terminal.Verbose = 0,
) -> None:
    """Search rendered scenes for their suspects, and say how well these are found."""
    with terminal.command_frame(verbose), command_frame():
        check_outputs([json_file])
        environment = describe()
        suspects = {scene: read_suspects(scene) for scene in scenes}
        together: dict[str, list[Answer]] = {name: [] for name in LISTINGS}
        refined: dict[str, list[Answer]] = {}
        found: dict[str, dict[str, Scores]] = {}
        for scene, wanted in suspects.items():
            make_run(scene, runs / scene.name)
            with Store.open(runs / scene.name) as run:
                vehicles = true_vehicles(run, read_truth(scene))
                detector, embedder = models.load_detector(run), models.load_embedder(run)
                looks = look_at(wanted, vehicles, detector=detector, embedder=embedder)
                answers = ask(run, looks, vehicles)
                again = search_again(run, looks, vehicles)
            for name, some in again.items():
                refined.setdefault(name, []).extend(some)
            found[scene.name] = {name: summarize(some) for name, some in answers.items()}
            for name, some in answers.items():
                together[name] += some
        sure = {name: certainties(some) for name, some in together.items()}
        told = {name: alarms(some) for name, some in together.items()}
        if len(scenes) > 1:
            found[ALL] = {name: summarize(some) for name, some in together.items()}
        terminal.console().print(_table(found))
        terminal.console().print(_certainty_table(sure))
        terminal.console().print(_alarm_table(told))
        again_scores = {name: summarize(some) for name, some in refined.items()}
        terminal.console().print(_again_table(again_scores))
        report = {
            "environment": environment,
            "scenes": {
                scene: {name: asdict(scores) for name, scores in listings.items()}
                for scene, listings in found.items()
            },
            "certainty": {name: [asdict(one) for one in some] for name, some in sure.items()},
            "again": {name: asdict(scores) for name, scores in again_scores.items()},
            "alarms": {name: [asdict(one) for one in some] for name, some in told.items()},
        }
        write_report(json_file, report)


def _table(found: dict[str, dict[str, Scores]]) -> Table:
    table = Table("scene", "ranking", title="query images of suspects")
    headings = ("present", "absent", "Top-1", "Top-5", "mAP", "Recall@10", "AUROC")
    for heading in headings:
        table.add_column(heading, justify="right")
    for scene, listings in found.items():
        for name, s in listings.items():
            apart = "–" if s.told_apart is None else f"{s.told_apart:.3f}"
            shares = (f"{value:.3f}" for value in (s.top1, s.top5, s.mean_ap, s.listed))
            table.add_row(scene, name, str(s.there), str(s.elsewhere), *shares, apart)
        table.add_section()
    return table


def _certainty_table(sure: dict[str, list[Certainty]]) -> Table:
    title = "first entry correct, by its lead in distance over the second"
    table = Table("ranking", title=title)
    for one in next(iter(sure.values())):
        table.add_column(f"from {one.least:g}", justify="right")
    for name, some in sure.items():
        table.add_row(name, *(f"{one.right} of {one.answers}" for one in some))
    return table


def _alarm_table(told: dict[str, list[Alarms]]) -> Table:
    title = "recall / false alarms per hundred listed, by distance threshold"
    table = Table("ranking", title=title)
    for one in next(iter(told.values())):
        table.add_column(f"{one.nearer_than:g}", justify="right")
    for name, some in told.items():
        table.add_row(name, *(f"{one.found:.2f} / {one.others:.1f}" for one in some))
    return table


def _again_table(found: dict[str, Scores]) -> Table:
    table = Table(
        "search", title="searched again, vehicles; the confirmed sightings left out of all"
    )
    for heading in ("suspects", "Top-1", "Top-5", "mAP", "Recall@10"):
        table.add_column(heading, justify="right")
    for name, s in found.items():
        shares = (f"{value:.3f}" for value in (s.top1, s.top5, s.mean_ap, s.listed))
        table.add_row(name, str(s.there), *shares)
    return table


if __name__ == "__main__":
    run_command(main)
