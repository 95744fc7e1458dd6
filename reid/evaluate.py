"""Evaluates ReID weights: `python -m reid.evaluate --config configs/reid/strong.yaml --data DIR`.

The validation sets of a training configuration, each under its protocol, and what distances mean.
Several weights are evaluated as one, their features concatenated (the paper's SCAN*).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from detector.computing.devices import choose_device
from detector.console.command_line import run_command
from detector.console.terminal import Device, check_outputs, command_frame
from detector.files.image_file import write_image
from reid.config import TrainConfig, read_config
from reid.evaluation.calibration import PairDistances, pair_distances
from reid.evaluation.metrics import Distances, Gallery, RetrievalScores, mean_per_camera, squared_l2
from reid.evaluation.pictures import ranking_sheet
from reid.evaluation.reranking import reranking
from reid.inference.decoded import embed_images
from reid.model import DEFAULT_WEIGHTS, ReIDModel, load
from reid.training.validation import ValidationSet, load_validation

_FALSE_MATCH_RATES: Final = (0.001, 0.01, 0.05)


def score_all(
    embedded: Mapping[str, Gallery], sets: Sequence[ValidationSet], distances: Distances
) -> tuple[dict[str, RetrievalScores], dict[str, PairDistances]]:
    """Return scores by "<set>/<protocol>", and distances between tracklets by set.

    Sets whose identities stay in one camera have no pairs across cameras and so no distances.

    Args:
        embedded: The embeddings of each set, by its name.
        sets: What to evaluate on.
        distances: What galleries are ranked by.
    """
    scores: dict[str, RetrievalScores] = {}
    pairs_of: dict[str, PairDistances] = {}
    for each in sets:
        items = embedded[each.config.name]
        scores |= each.scores(items, distances=distances)
        pairs = pair_distances(mean_per_camera(items[each.distinct_rows()]))
        if len(pairs.same) and len(pairs.different):
            pairs_of[each.config.name] = pairs
    return scores, pairs_of


def embed_with(
    models: Sequence[ReIDModel], config: TrainConfig, root: Path
) -> tuple[list[ValidationSet], dict[str, Gallery]]:
    """Return the validation sets, and their embeddings by name: those of all models concatenated.

    Raises:
        FileNotFoundError: If data are missing.
        ValueError: If they are unusable, or the configuration has no validation sets.
    """
    if not config.validation:
        raise ValueError("the configuration has no validation sets")
    parts: dict[str, list[Gallery]] = {}
    for model in models:
        sets = load_validation(config.validation, root, hw=model.spec.input_hw)
        for each in sets:
            items = each.embedded(partial(_embed, model))
            parts.setdefault(each.config.name, []).append(items)
    # Each part is a unit vector; dividing by the root of their number keeps the whole one.
    whole = {
        name: Gallery(
            np.hstack([g.embeddings for g in galleries]) / np.float32(np.sqrt(len(galleries))),
            galleries[0].identity,
            galleries[0].camera,
        )
        for name, galleries in parts.items()
    }
    return sets, whole


def _embed(model: ReIDModel, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return embed_images(model.network, images, model.spec)


def draw_rankings(
    sets: Sequence[ValidationSet], embedded: Mapping[str, Gallery], folder: Path
) -> list[Path]:
    """Write a sheet of queries and their nearest items, by L2, for each set; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for each in sets:
        query, gallery = each.sides(embedded[each.config.name])
        images = (each.images[-each.queries :], each.images[: -each.queries])
        if not each.queries:
            images = (each.images, each.images)
        path = folder / f"{each.config.name}_ranking.jpg"
        sheet = ranking_sheet(query, gallery, images)
        write_image(path, sheet)
        written.append(path)
    return written


def summarise(
    scores: Mapping[str, RetrievalScores], distances: Mapping[str, PairDistances]
) -> dict[str, dict[str, dict[str, float]]]:
    """Return all numbers as plain values, for JSON and tables."""
    retrieval = {
        name: {
            "queries": s.queries,
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
                (f"distance at FMR {rate:.1%}", pairs.threshold(rate)),
                (f"TMR at FMR {rate:.1%}", pairs.match_rate(pairs.threshold(rate))),
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
        cells = [str(row[c]) if isinstance(row[c], int) else f"{row[c]:.3f}" for c in columns]
        table.add_row(name, *cells)
    return table


def to_json(values: object) -> str:
    """Return values as JSON, which has no NaN: null where there is nothing to measure."""
    plain = json.loads(json.dumps(values), parse_constant=lambda _: None)
    return json.dumps(plain, indent=2, allow_nan=False) + "\n"


def main(
    config: Annotated[Path, typer.Option(help="YAML file whose validation sets are used.")],
    data: Annotated[Path, typer.Option(help="Folder that the configuration's paths start from.")],
    weights: Annotated[
        list[str], typer.Option(help="A file or shipped weights; several are concatenated.")
    ] = [DEFAULT_WEIGHTS],  # noqa: B006
    rerank: Annotated[bool, typer.Option("--rerank", help="k-reciprocal re-ranking.")] = False,
    pictures: Annotated[Path | None, typer.Option(help="Folder for sheets of rankings.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write the metrics to this file.")
    ] = None,
    device: Device = "auto",
) -> None:
    """Evaluate how well weights re-identify vehicles."""
    console = Console()
    distances = reranking() if rerank else squared_l2
    with command_frame():
        chosen = choose_device(device)
        check_outputs([json_file], inputs=[config, *map(Path, weights)], folder=pictures)
        models = [load(name, device=chosen) for name in weights]
        sets, embedded = embed_with(models, read_config(config), data)
        numbers = summarise(*score_all(embedded, sets, distances))
        name = " + ".join(weights) + (", re-ranked" if rerank else "")
        console.print(table_of(f"Retrieval, {name}", numbers["retrieval"]))
        if numbers["calibration"]:
            console.print(table_of("Distances between tracklets", numbers["calibration"]))
        for unmatched in (n for n, row in numbers["retrieval"].items() if not row["queries"]):
            console.print(f"{unmatched}: no query has its vehicle in the gallery", style="yellow")
        if json_file is not None:
            json_file.write_text(to_json({"weights": name, **numbers}))
        if pictures is not None:
            for path in draw_rankings(sets, embedded, pictures):
                console.print(str(path), markup=False, soft_wrap=True)


if __name__ == "__main__":
    run_command(main)
