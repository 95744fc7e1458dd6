"""Measure ReID weights: `python -m reid.evaluate --config configs/reid/strong.yaml --data DIR`.

The validation sets of a training configuration, each under its protocol, and what distances mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from reid.calibration import PairDistances, pair_distances
from reid.config import TrainConfig, read_config
from reid.inference import embed_images
from reid.metrics import RetrievalScores, mean_per_camera
from reid.model import DEFAULT_WEIGHTS, load
from reid.validation import EmbedImages, ValidationSet, load_validation

_FALSE_MATCH_RATES: Final = (0.001, 0.01, 0.05)
_USAGE_ERROR: Final = 2


def evaluate(
    sets: list[ValidationSet], embed: EmbedImages
) -> tuple[dict[str, RetrievalScores], dict[str, PairDistances]]:
    """Return scores by "<set>/<protocol>", and distances between tracklets by set.

    Sets whose identities stay in one camera have no pairs across cameras and so no distances.
    """
    scores: dict[str, RetrievalScores] = {}
    distances: dict[str, PairDistances] = {}
    for validation_set in sets:
        gallery = validation_set.embedded(embed)
        scores |= validation_set.scores(gallery)
        pairs = pair_distances(mean_per_camera(gallery))
        if len(pairs.same) and len(pairs.different):
            distances[validation_set.config.name] = pairs
    return scores, distances


def summarise(
    scores: Mapping[str, RetrievalScores], distances: Mapping[str, PairDistances]
) -> dict[str, dict[str, dict[str, float]]]:
    """Return all numbers as plain values, for JSON and tables."""
    retrieval = {
        name: {
            "queries": float(s.queries),
            "rank-1": s.cmc(1),
            "rank-5": s.cmc(5),
            "mAP": s.mean_average_precision,
        }
        for name, s in scores.items()
    }
    calibration = {
        name: {
            key: value
            for rate in _FALSE_MATCH_RATES
            for key, value in (
                (f"distance at {rate:.1%} false", pairs.threshold(rate)),
                (f"found at {rate:.1%} false", pairs.match_rate(pairs.threshold(rate))),
            )
        }
        for name, pairs in distances.items()
    }
    return {"retrieval": retrieval, "calibration": calibration}


def table_of(title: str, rows: Mapping[str, Mapping[str, float]]) -> Table:
    """Return numbers as a table; a column per key, a row per name."""
    table = Table(title=title, title_justify="left")
    table.add_column("")
    columns = list(next(iter(rows.values()), {}))
    for column in columns:
        table.add_column(column, justify="right")
    for name, row in rows.items():
        cells = [f"{row[c]:.0f}" if c == "queries" else f"{row[c]:.3f}" for c in columns]
        table.add_row(name, *cells)
    return table


def evaluate_weights(
    config: TrainConfig, root: Path, weights: str
) -> dict[str, dict[str, dict[str, float]]]:
    """Return the numbers of some weights on the validation sets of a configuration.

    Raises:
        FileNotFoundError: If weights or data are missing.
        ValueError: If they are unusable, or the configuration has no validation sets.
    """
    if not config.validation:
        raise ValueError("the configuration has no validation sets")
    model = load(weights)
    sets = load_validation(config.validation, root, hw=model.spec.input_hw)
    return summarise(
        *evaluate(sets, lambda images: embed_images(model.network, images, model.spec))
    )


def main(
    config: Annotated[Path, typer.Option(help="YAML file whose validation sets are used.")],
    data: Annotated[Path, typer.Option(help="Folder that the configuration's paths start from.")],
    weights: Annotated[str, typer.Option(help="A file or shipped weights.")] = DEFAULT_WEIGHTS,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write it here.")] = None,
) -> None:
    """Measure how well weights find the same vehicle again."""
    console = Console()
    try:
        numbers = evaluate_weights(read_config(config), data, weights)
    except (FileNotFoundError, ValueError) as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(_USAGE_ERROR) from error
    console.print(table_of(f"Retrieval, {weights}", numbers["retrieval"]))
    console.print(table_of("Distances between tracklets", numbers["calibration"]))
    if json_file is not None:
        json_file.write_text(json.dumps({"weights": weights, **numbers}, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
