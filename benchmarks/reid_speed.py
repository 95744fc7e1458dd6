"""Milliseconds per crop of a ReID network, and SCAN's own share: `python -m benchmarks.reid_speed`.

PyTorch in 32 and 16 bits, ONNX Runtime and OpenVINO at three batches, each with SCAN and without,
and PyTorch on a GPU where there is one. All are measured in turn, so that they see the same
machine. Crops come at the network's own size: what is timed is the network, and copying its input.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import torch
import typer
from rich.table import Table

from app import terminal
from benchmarks.environment import describe
from benchmarks.report import JsonFile, write_report
from benchmarks.speed import Spread, seconds_in_turn
from detector.console.command_line import run_command
from detector.console.terminal import check_outputs, command_frame
from reid.embedder import Embedder, EmbedderSettings
from reid.export import export
from reid.model import DEFAULT_WEIGHTS, ReIDModel, load, save

BATCHES: Final = (1, 8, 32)


def without_scan(model: ReIDModel) -> ReIDModel:
    """Return the same network, less SCAN."""
    spec = replace(model.spec, scan=False)
    network = spec.build()
    weights = model.network.state_dict()
    network.load_state_dict({name: weights[name] for name in network.state_dict()})
    return ReIDModel(network.eval(), spec)


def runtimes(weights: Path, folder: Path) -> dict[str, EmbedderSettings]:
    """Return one network in every runtime; what it is exported to goes into the folder.

    Raises:
        FileNotFoundError: If there are no such weights.
        ValueError: If they are unusable, or the libraries are not installed.
    """
    exported = {suffix: folder / f"{weights.stem}{suffix}" for suffix in (".onnx", ".xml")}
    for file in exported.values():
        export(load(weights), file)
    plain = EmbedderSettings(
        weights=str(weights), batch_size=max(BATCHES), device="cpu", precision="float32"
    )
    openvino = replace(plain, weights=str(exported[".xml"]))
    found = {
        "torch float32": plain,
        "torch bfloat16": replace(plain, precision="half"),
        "ONNX Runtime float32": replace(plain, weights=str(exported[".onnx"])),
        "OpenVINO float32": openvino,
        "OpenVINO 16 bits": replace(openvino, precision="half"),
    }
    if torch.cuda.is_available():
        found["torch float32, GPU"] = replace(plain, device="cuda")
        found["torch float16, GPU"] = replace(plain, device="cuda", precision="half")
    return found


def measure(
    networks: Mapping[str, Embedder], *, hw: tuple[int, int], rounds: int
) -> dict[str, dict[int, list[float]]]:
    """Return milliseconds per crop of each network, by batch.

    Args:
        networks: What is measured.
        hw: Height and width of the crops, in pixels.
        rounds: Measurements of each.
    """
    noise = np.random.default_rng(0)
    found: dict[str, dict[int, list[float]]] = {name: {} for name in networks}
    for batch in BATCHES:
        crops = list(noise.integers(0, 256, (batch, *hw, 3), np.uint8))
        boxes = [np.array([[0, 0, hw[1], hw[0]]], np.float32)] * batch
        runs = {name: partial(embedder, crops, boxes) for name, embedder in networks.items()}
        for name, seconds in seconds_in_turn(runs, rounds=rounds).items():
            found[name][batch] = [1000 * s / batch for s in seconds]
    return found


def summarise(
    with_scan: Mapping[str, Mapping[int, list[float]]],
    without: Mapping[str, Mapping[int, list[float]]],
) -> dict[str, dict[str, Any]]:
    """Return medians and extremes by runtime and batch, ready for JSON.

    Args:
        with_scan: Milliseconds per crop by runtime and batch.
        without: Those of the same networks without SCAN; empty if there are none.

    >>> found = summarise({"a": {1: [4.0, 2.0, 2.5]}}, {"a": {1: [3.0, 2.0, 1.0]}})
    >>> found["a"]["1"]["ms_per_crop"]["median"], found["a"]["1"]["scan_share"]
    (2.5, 0.25)
    """
    found: dict[str, dict[str, Any]] = {}
    for runtime, by_batch in with_scan.items():
        found[runtime] = {}
        for batch, times in by_batch.items():
            entry: dict[str, Any] = {"ms_per_crop": asdict(Spread.of(times))}
            if without:
                others = without[runtime][batch]
                entry["ms_per_crop_without_scan"] = asdict(Spread.of(others))
                # Of neighbours in time: takes out what slows the machine for longer than that.
                ratios = [b / a for a, b in zip(times, others, strict=True)]
                entry["scan_share"] = round(1 - statistics.median(ratios), 4)
            found[runtime][str(batch)] = entry
    return found


def table_of(title: str, summary: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return the table: median and extremes, and SCAN's share of the time."""
    table = Table("", title=title, title_justify="left")
    for batch in BATCHES:
        table.add_column(f"batch {batch}, ms per crop", justify="right")
        table.add_column("SCAN", justify="right")
    for runtime, by_batch in summary.items():
        cells = []
        for batch in BATCHES:
            entry = by_batch[str(batch)]
            share = entry.get("scan_share")
            cells += [
                str(Spread(**entry["ms_per_crop"])),
                "" if share is None else f"{share:.1%}",
            ]
        table.add_row(runtime, *cells)
    return table


def compare(weights: str, *, rounds: int) -> dict[str, dict[str, Any]]:
    """Measure a network in every runtime, with SCAN and without.

    Raises:
        FileNotFoundError: If there are no such weights.
        ValueError: If they are unusable, or the libraries are not installed.
    """
    model = load(weights)
    variants = {"with": model} | ({"without": without_scan(model)} if model.spec.scan else {})
    networks: dict[str, Embedder] = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = {}
        for variant, one in variants.items():
            path = Path(folder) / f"{variant}.safetensors"
            save(one, path)
            settings[variant] = runtimes(path, Path(folder))
        # Side by side, so that each runtime is measured with SCAN and right after that without.
        for runtime in settings["with"]:
            for variant, chosen in settings.items():
                networks[f"{variant} {runtime}"] = Embedder(chosen[runtime])
        times = measure(networks, hw=model.spec.input_hw, rounds=rounds)
    sides = [
        {name.removeprefix(f"{v} "): t for name, t in times.items() if name.startswith(f"{v} ")}
        for v in ("with", "without")
    ]
    return summarise(*sides)


def main(
    weights: Annotated[str, typer.Option(help="A file or shipped weights.")] = DEFAULT_WEIGHTS,
    threads: Annotated[int, typer.Option(min=1, help="Of all runtimes on the CPU.")] = 1,
    rounds: Annotated[int, typer.Option(min=1, help="Measurements of each.")] = 15,
    json_file: JsonFile = None,
) -> None:
    """Measure how long a ReID network takes per crop, and SCAN's share of it."""
    torch.set_num_threads(threads)
    with terminal.command_frame(), command_frame():
        check_outputs([json_file])
        environment = describe()
        summary = compare(weights, rounds=rounds)
        terminal.console().print(table_of(f"{Path(weights).name}, {threads} thread(s)", summary))
        settings = {"weights": weights, "threads": threads}
        write_report(json_file, {"environment": environment, **settings, "speed": summary})


if __name__ == "__main__":
    run_command(main)
