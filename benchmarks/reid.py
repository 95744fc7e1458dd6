"""ReID networks side by side: `python -m benchmarks.reid --config … --data … [--osnet FILE]`.

Trained weights, several seeds of one recipe as one row (`--weights "SCAN=a.safetensors,b.…"`), the
ImageNet backbone before any training, a colour histogram, and OSNet x0.25 where its ONNX file is
given, with which all others are then compared query by query, on the validation sets of a
configuration; milliseconds per crop are measured in turn. How
fast one network is in every runtime is `benchmarks.reid_speed`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

import numpy as np
import torch
import typer
from rich.table import Table

from app import terminal
from app.atomic import write_text
from benchmarks.environment import describe
from benchmarks.reid_networks import Network, colour_histogram, osnet, trained, untrained
from benchmarks.report import JsonFile
from benchmarks.speed import Spread, seconds_in_turn
from detector.console.command_line import run_command
from detector.console.terminal import check_outputs, command_frame
from reid.config import ValidationConfig, read_config
from reid.evaluate import to_json
from reid.evaluation.metrics import RetrievalScores
from reid.model import DEFAULT_WEIGHTS
from reid.training.validation import ValidationSet, load_validation

METRICS: Final[Mapping[str, Callable[[RetrievalScores], float]]] = MappingProxyType(
    {
        "Top-1": lambda found: found.cmc(1),
        "Top-5": lambda found: found.cmc(5),
        "mAP": lambda found: found.mean_average_precision,
    }
)
OSNET: Final = "OSNet x0.25 (persons)"
"""The row that others are compared with query by query, where it is there."""

_TIMED_BATCH: Final = 8
_ROUNDS: Final = 15

Scores = dict[str, RetrievalScores]
"""By "<set>/<protocol>"."""


def parse_row(text: str) -> tuple[str, list[str]]:
    """Return a row's name and its weights.

    >>> parse_row("SCAN=a.safetensors,b.safetensors")
    ('SCAN', ['a.safetensors', 'b.safetensors'])
    >>> parse_row("runs/a/model.safetensors")
    ('runs/a/model', ['runs/a/model.safetensors'])
    """
    name, equals, files = text.partition("=")
    if not equals:
        return text.removesuffix(".safetensors"), [text]
    return name, files.split(",")


def contestants(weights: Sequence[str], osnet_file: Path | None) -> dict[str, list[Network]]:
    """Return the networks of each row, one for each seed.

    Raises:
        FileNotFoundError: If a file or the package with the ImageNet weights is missing.
        ValueError: If a file is unusable, or two rows have one name.
    """
    rows: dict[str, list[Network]] = {}
    for name, files in map(parse_row, weights):
        if name in rows:
            raise ValueError(f"two rows are called {name!r}")
        rows[name] = [trained(file) for file in files]
    first = next(iter(rows.values()))[0]
    rows["ImageNet, untrained"] = [untrained(first.hw)]
    rows["colour histogram"] = [colour_histogram()]
    if osnet_file is not None:
        rows[OSNET] = [osnet(osnet_file)]
    return rows


class Sets:
    """The validation sets, decoded at one size at a time.

    Args:
        configs: Which.
        root: What their paths are relative to.
    """

    def __init__(self, configs: Sequence[ValidationConfig], root: Path) -> None:
        self._configs = configs
        self._root = root
        self._hw: tuple[int, int] | None = None
        self._sets: list[ValidationSet] = []

    def scores(self, network: Network) -> Scores:
        """Return what a network scores.

        Raises:
            FileNotFoundError: If data are missing.
            ValueError: If they are unusable.
        """
        if network.hw != self._hw:
            self._sets = load_validation(self._configs, self._root, hw=network.hw)
            self._hw = network.hw
        return {
            name: found
            for one in self._sets
            for name, found in one.scores(one.embedded(network.embed)).items()
        }


def milliseconds_per_crop(rows: Mapping[str, Sequence[Network]]) -> dict[str, Spread]:
    """Return the times of each row's first network at a batch of eight, measured in turn."""
    runs = {name: _timed(networks[0]) for name, networks in rows.items()}
    seconds = seconds_in_turn(runs, rounds=_ROUNDS)
    return {
        name: Spread.of([1000 * s / _TIMED_BATCH for s in times]) for name, times in seconds.items()
    }


def _timed(network: Network) -> Callable[[], object]:
    crops = np.random.default_rng(0).integers(0, 256, (_TIMED_BATCH, *network.hw, 3), np.uint8)
    return lambda: network.embed(crops)


def score_table(name: str, rows: Mapping[str, Sequence[Scores]]) -> Table:
    """Return the table of one set and protocol; several seeds as mean and extremes."""
    queries = next(iter(rows.values()))[0][name].queries
    table = Table("", title=f"{name}, {queries} queries", title_justify="left")
    for metric in METRICS:
        table.add_column(metric, justify="right")
    if OSNET in rows:
        table.add_column("AP above OSNet's", justify="right")
    for network, seeds in rows.items():
        found = [seed[name] for seed in seeds]
        cells = [shown([of(one) for one in found]) for of in METRICS.values()]
        if OSNET in rows and network != OSNET:
            mean, error = lead(found, rows[OSNET][0][name])
            cells.append(f"{mean:.3f} ± {error:.3f}")
        table.add_row(network, *cells)
    return table


def lead(seeds: Sequence[RetrievalScores], other: RetrievalScores) -> tuple[float, float]:
    """Return by how much the average precision is greater than another network's, query by query.

    Args:
        seeds: A network's scores; those of several seeds are averaged.
        other: The other network's, of the same queries in the same order.

    Returns:
        Mean of the differences over the queries, and its standard error, which says whether so few
        vehicles can tell the two apart: clustered by vehicle, for queries of one are alike (Liang,
        Zeger, "Longitudinal data analysis using generalized linear models", Biometrika 1986).
    """
    own = np.mean([seed.average_precision for seed in seeds], axis=0)
    difference = own - other.average_precision
    known = np.isfinite(difference)  # queries without a match have no precision
    difference, mean = difference[known], float(difference[known].mean())
    _, vehicle = np.unique(other.identity[known], return_inverse=True)
    sums = np.bincount(vehicle, weights=difference - mean)
    if len(sums) < 2:
        return mean, math.nan
    spread = float(np.square(sums).sum()) * len(sums) / (len(sums) - 1)
    return mean, math.sqrt(spread) / len(difference)


def shown(values: Sequence[float]) -> str:
    """Return a value, or the mean of several with their extremes.

    >>> shown([0.5]), shown([0.5, 0.7])
    ('0.500', '0.600 (0.500 to 0.700)')
    """
    mean = f"{statistics.fmean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.3f} to {max(values):.3f})"


def as_json(
    rows: Mapping[str, Sequence[Scores]], times: Mapping[str, Spread]
) -> dict[str, dict[str, Any]]:
    """Return all numbers by network; those of the seeds in lists."""
    return {
        name: {
            "ms_per_crop": times[name].median,
            "scores": {
                each: {
                    "queries": [seed[each].queries for seed in seeds],
                    **{key: [of(seed[each]) for seed in seeds] for key, of in METRICS.items()},
                }
                for each in seeds[0]
            },
        }
        for name, seeds in rows.items()
    }


def main(
    config: Annotated[Path, typer.Option(help="YAML file whose validation sets are used.")],
    data: Annotated[Path, typer.Option(help="Folder that the configuration's paths start from.")],
    weights: Annotated[
        list[str] | None,
        typer.Option(help="Weights, or NAME=FILE,FILE,… for seeds of one recipe; repeatable."),
    ] = None,
    osnet_file: Annotated[Path | None, typer.Option("--osnet", help="OSNet as ONNX.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Of all networks.")] = 1,
    json_file: JsonFile = None,
) -> None:
    """Compare ReID networks on the same crops."""
    torch.set_num_threads(threads)
    console = terminal.console()
    with terminal.command_frame(), command_frame():
        check_outputs([json_file])
        # Before: its load is that of other programs.
        environment = describe()
        networks = contestants(weights or [DEFAULT_WEIGHTS], osnet_file)
        sets = Sets(read_config(config).validation, data)
        rows = {name: [sets.scores(n) for n in seeds] for name, seeds in networks.items()}
        times = milliseconds_per_crop(networks)
        for name in next(iter(rows.values()))[0]:
            console.print(score_table(name, rows))
        speed = Table("", "ms per crop", title=f"Batch of {_TIMED_BATCH}, {threads} thread(s)")
        for name, spread in times.items():
            speed.add_row(name, str(spread))
        console.print(speed)
        if json_file is not None:
            found = {
                "environment": environment,
                "config": str(config),
                "networks": as_json(rows, times),
            }
            write_text(json_file, to_json(found))


if __name__ == "__main__":
    run_command(main)
