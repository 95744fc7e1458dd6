"""Association across cameras: accuracy and speed, part by part, compared with a baseline.

`python -m benchmarks.mtmc oracle`: the association alone, on simulated traffic with ground truth.
`python -m benchmarks.mtmc scenes DIR…`: the whole product, on rendered scenes.
`python -m benchmarks.mtmc next [DIR…]`: on either, how good is the forecast of the next camera?
`python -m benchmarks.mtmc speed`: seconds per 1,000 tracklets as the gallery grows, and the longest
update.

docs/benchmarks.md says what is measured, and how the comparison is kept fair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from app import terminal
from benchmarks import environment, mtmc_next, mtmc_oracle, mtmc_scenes, mtmc_speed
from benchmarks.oracle_looks import DIFFICULTIES, Difficulty
from benchmarks.report import JsonFile, write_report
from detector.console.command_line import CommandLine
from detector.console.terminal import check_outputs, command_frame

SEEDS: Final = (11, 12, 13)
"""Of the scenes that are reported; none was tuned on."""

ALL: Final = "all"

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)

Folders = Annotated[
    list[Path], typer.Argument(help="Rendered scenes: recordings, cams.yaml and truth.")
]
Runs = Annotated[
    Path, typer.Option(help="Folder of runs, by scene; those that are there are not run again.")
]
RUNS: Final = Path("build/mtmc")

app = CommandLine()


@app.command()
def oracle(
    difficulty: Annotated[
        list[str] | None, typer.Option(help="easy, mid or hard; all if not given.")
    ] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Of a scene; may be repeated.")] = None,
    vehicles: Annotated[int, typer.Option(min=10, help="In each scene.")] = 300,
    track_errors: Annotated[
        bool, typer.Option(help="Missed, fragmented and swapped tracks instead of true ones.")
    ] = False,
    return_share: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of the vehicles that return after leaving."),
    ] = mtmc_oracle.RETURN_SHARE,
    json_file: JsonFile = None,
) -> None:
    """Measure the association alone: the contribution of each part."""
    wanted = [name for name in DIFFICULTIES if difficulty is None or name in difficulty]
    if difficulty is not None and len(wanted) < len(set(difficulty)):
        raise typer.BadParameter(f"--difficulty must be of {', '.join(DIFFICULTIES)}")
    with terminal.command_frame(), command_frame():
        check_outputs([json_file])
        report: dict[str, Any] = {
            "environment": environment.describe(),
            "return_share": return_share,
            "difficulties": {},
        }
        for name in wanted:
            runs = _oracle_runs(
                name,
                seed or SEEDS,
                vehicles=vehicles,
                track_errors=track_errors,
                return_share=return_share,
            )
            results = mtmc_oracle.medians([run["results"] for run in runs])
            retrieval = sorted(run["retrieval"]["mAP"] for run in runs)[len(runs) // 2]
            title = f"{name}: mAP {retrieval:.2f}, median of {len(runs)} scenes"
            terminal.console().print(_oracle_table(title, results))
            report["difficulties"][name] = {
                "median": results,
                "runs": [_plain(run) for run in runs],
            }
        write_report(json_file, report)


def _oracle_runs(
    difficulty: Difficulty,
    seeds: Sequence[int],
    *,
    vehicles: int,
    track_errors: bool,
    return_share: float,
) -> list[dict[str, Any]]:
    fitted = mtmc_oracle.fit(difficulty, vehicles=vehicles)
    runs = []
    for layout, seed in product(mtmc_oracle.LAYOUTS, seeds):
        earlier, scene = (
            mtmc_oracle.draw(
                mtmc_oracle.settings_of(
                    layout,
                    difficulty,
                    seed=seed,
                    vehicles=vehicles,
                    return_share=return_share,
                    day=day,
                ),
                track_errors=track_errors,
            )
            for day in (1, 0)
        )
        retrieval = mtmc_oracle.difficulty_of(scene)
        results = mtmc_oracle.measure(scene, fitted, earlier=earlier)
        runs.append(
            {"layout": layout, "seed": seed, "retrieval": retrieval, "results": results}
            | {"peer_threshold": fitted.peer_threshold}
        )
    return runs


def _plain(run: Mapping[str, Any]) -> dict[str, Any]:
    return {**run, "results": {name: asdict(result) for name, result in run["results"].items()}}


def _oracle_table(title: str, results: Mapping[str, Mapping[str, float | None]]) -> Table:
    table = Table("engine", title=title)
    for heading in ("IDF1", "IDP", "IDR", "online", "pair P", "pair R", "split", "merged", "ms"):
        table.add_column(heading, justify="right")
    for name, r in results.items():
        shares = ("idf1", "idp", "idr", "online_idf1", "pair_precision", "pair_recall")
        cells = [_number(r[key], 3) for key in shares]
        cells += [_number(r["split"], 0), _number(r["merged"], 0), _number(r["ms_per_tracklet"], 1)]
        table.add_row(mtmc_oracle.LABELS.get(name, name), *cells)
    return table


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


@app.command()
def scenes(
    folders: Folders,
    runs: Runs = RUNS,
    weights: Annotated[
        str, typer.Option(help="Weights of the detector, for the baseline.")
    ] = "scantrack-yolo11n.safetensors",
    max_frames: Annotated[int | None, typer.Option(min=1, help="Of each camera.")] = None,
    peer: Annotated[bool, typer.Option(help="Also run the baseline.")] = True,
    uncalibrated: Annotated[
        bool,
        typer.Option("--uncalibrated", help="Run without calibration and without links."),
    ] = False,
    earlier: Annotated[
        Path | None,
        typer.Option(
            help="Folder of earlier footage of the same cameras, by scene, for --learn-from."
        ),
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Measure the whole product on rendered scenes: final and online IDF1, and a baseline's."""
    with terminal.command_frame(), command_frame():
        check_outputs([json_file])
        report: dict[str, Any] = {"environment": environment.describe(), "scenes": {}}
        table = Table("scene", "system", title="all cameras, AI City rule")
        for heading in ("IDF1", "IDP", "IDR", "HOTA"):
            table.add_column(heading, justify="right")
        for folder in folders:
            run = runs / (f"{folder.name}_uncalibrated" if uncalibrated else folder.name)
            learn_from = None
            if earlier is not None:
                learn_from, run = (
                    run.with_name(f"{run.name}_{day}") for day in ("earlier", "later")
                )
                mtmc_scenes.make_run(earlier / folder.name, learn_from, uncalibrated=uncalibrated)
            results = mtmc_scenes.product(
                folder,
                run,
                max_frames=max_frames,
                uncalibrated=uncalibrated,
                learn_from=learn_from,
            )
            if peer:
                results |= mtmc_scenes.peer(
                    folder, runs / f"{folder.name}_peer", weights=weights, max_frames=max_frames
                )
            report["scenes"][folder.name] = results
            for system, r in results.items():
                cells = [f"{r[key]:.3f}" for key in ("idf1", "idp", "idr", "hota")]
                table.add_row(folder.name, system, *cells)
            table.add_section()
        terminal.console().print(table)
        write_report(json_file, report)


@app.command("next")
def next_cameras(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(help="Rendered scenes; simulated traffic if none is given."),
    ] = None,
    runs: Runs = RUNS,
    seed: Annotated[
        list[int] | None, typer.Option(help="Of simulated scenes; may be repeated.")
    ] = None,
    vehicles: Annotated[int, typer.Option(min=10, help="In each simulated scene.")] = 150,
    json_file: JsonFile = None,
) -> None:
    """Measure the forecast of the next camera and the arrival time."""
    with terminal.command_frame(), command_frame():
        check_outputs([json_file])
        report: dict[str, Any] = {"environment": environment.describe()}
        if folders:
            asked = {folder.name: mtmc_next.ask(folder, runs / folder.name) for folder in folders}
        else:
            asked = {
                f"{layout} {number}": {
                    mtmc_next.BY_THEN: mtmc_next.ask_drawn(layout, seed=number, vehicles=vehicles)
                }
                for layout, number in product(mtmc_oracle.LAYOUTS, seed or SEEDS)
            }
        if len(asked) > 1:
            names = next(iter(asked.values()))
            asked[ALL] = {
                name: [one for scene in asked.values() for one in scene[name]] for name in names
            }
        found = {
            scene: {name: mtmc_next.score(some) for name, some in by_name.items()}
            for scene, by_name in asked.items()
        }
        terminal.console().print(_next_table(found))
        report["scenes"] = {
            scene: {name: asdict(scores) for name, scores in by_name.items()}
            for scene, by_name in found.items()
        }
        write_report(json_file, report)


def _next_table(found: Mapping[str, Mapping[str, mtmc_next.Scores]]) -> Table:
    table = Table("scene", "learned from", title="next camera")
    headings = ("departures", "forecast", "top-1", "baseline", "listed")
    for heading in (*headings, "interval coverage", "interval, s", "P(none), seen / gone"):
        table.add_column(heading, justify="right")
    for scene, by_name in found.items():
        for name, s in by_name.items():
            shares = (_number(share, 3) for share in (s.first, s.usual, s.listed, s.in_window))
            none = f"{_number(s.none_seen, 2)} / {_number(s.none_gone, 2)}"
            window = _number(s.window_s, 1)
            learned = mtmc_next.LABELS.get(name, name)
            table.add_row(scene, learned, str(s.departures), str(s.told), *shares, window, none)
        table.add_section()
    return table


@app.command()
def speed(
    size: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Identities in the gallery; may be repeated. 1k to 1M if none."),
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Measure seconds per 1,000 tracklets as the gallery grows, and the longest update."""
    with terminal.command_frame(), command_frame():
        check_outputs([json_file])
        report: dict[str, Any] = {"environment": environment.describe(), "speed": []}
        for identities in sorted(size or SIZES):
            found = mtmc_speed.measure(identities)
            report["speed"].append(asdict(found))
            terminal.console().print(
                f"{found.identities:9,} identities, {found.tracklets:9,} tracklets: "
                f"{found.seconds:6.2f} s per 1,000 tracklets, {found.cpu_seconds:.2f} s of CPU "
                f"({found.median_cpu_seconds:.2f} s by the median part); longest update "
                f"{found.longest_update_s:.3f} s of CPU, 99 % below {found.p99_update_s:.3f} s",
                highlight=False,
            )
        write_report(json_file, report)


if __name__ == "__main__":
    app()
