"""Calibrates the distances of ReID weights: `python -m app.calibrate --config … --data …`.

Fits log-odds to tracklets of known vehicles, shows how accurate they are on vehicles that were held
out, and writes a copy of the weights that contains them. Runs with such weights use them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
import typer

from app import terminal
from app.atomic import keep_apart, write_text
from app.errors import ConfigError, OutputError
from app.evaluation.calibration import (
    as_json,
    fit,
    halves,
    standardise,
    whole_sides,
    young_sides,
)
from app.evaluation.reliability import Judged, draw, judge
from detector.computing.devices import choose_device
from detector.console.command_line import CommandLine
from detector.console.terminal import Device
from reid.config import read_config
from reid.data.datasets import encode
from reid.evaluate import embed_with, table_of
from reid.model import DEFAULT_WEIGHTS, load, with_calibration
from tracking.appearance.calibration import Calibration, Curves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reid.config import TrainConfig
    from reid.evaluation.metrics import Gallery
    from reid.training.validation import ValidationSet

SEED: Final = 0
"""Of the split of vehicles into halves that judge each other's curves."""

FALSE_MATCH_RATES: Final = (0.001, 0.01, 0.05)

WHOLE: Final = "whole"
YOUNG: Final = "first embedding"

EPILOG = """
**Example**

`python -m app.calibrate --weights new.safetensors --config configs/reid/strong.yaml --data DATA
--plot reliability.png --out new.safetensors`
"""

app = CommandLine(rich_markup_mode="markdown")


def scenes_of(sets: Sequence[ValidationSet], embedded: Mapping[str, Gallery]) -> list[Gallery]:
    """Return the crops of each source that several cameras see; only within one are vehicles met.

    Raises:
        ValueError: If there is none.
    """
    found = []
    for one in sets:
        rows = one.distinct_rows()
        items = embedded[one.config.name][rows]
        source = encode([one.crop_set.crops[row].camera.rpartition("/")[0] for row in rows])
        scenes = [items[np.flatnonzero(source == number)] for number in np.unique(source)]
        found += [scene for scene in scenes if len(np.unique(scene.camera)) > 1]
    if not found:
        raise ValueError("no validation set has vehicles in several cameras")
    return found


def calibrate(scenes: Sequence[Gallery], *, min_crops: int) -> tuple[Curves, dict[str, Judged]]:
    """Fit curves to all vehicles, and judge such curves by vehicles that they were not fitted to.

    Half of the vehicles of each scene judge what is fitted to the other half, and the other way
    round: no pair judges a curve that has seen its vehicles, and the curves that are returned rest
    on twice as many pairs as those that are judged.

    Args:
        scenes: Crops of each.
        min_crops: Of a whole tracklet.

    Returns:
        The curves, and by name how right each is, and the association's default in its place.

    Raises:
        ValueError: If there are too few vehicles in several cameras.
    """
    curves = fit(scenes, min_crops=min_crops)
    one, other = zip(*(halves(items, seed=SEED) for items in scenes), strict=True)
    folds = [
        (fit(known, min_crops=min_crops), unknown)
        for known, unknown in ((one, other), (other, one))
    ]
    judged = {}
    for name, of, sides_of in (
        (WHOLE, attrgetter("whole"), partial(whole_sides, min_crops=min_crops)),
        (YOUNG, attrgetter("young"), young_sides),
    ):
        unseen = [(of(fitted), [sides_of(items) for items in held]) for fitted, held in folds]
        default = Calibration()
        for key, shown, tried in (
            (name, of(curves), [fitted for fitted, _ in unseen]),
            (f"{name}, default", default, [default, default]),
        ):
            sides = [held for _, held in unseen]
            pairs = [standardise(s, c) for s, c in zip(sides, tried, strict=True)]
            judged[key] = judge(shown, list(zip(tried, pairs, strict=True)))
    return curves, judged


def keep_better(
    curves: Curves, judged: Mapping[str, Judged]
) -> tuple[Curves, dict[str, Judged], list[str]]:
    """Put the association's default in the place of curves that were less right than it.

    Few vehicles give a curve that is worse than one of other vehicles and another network.

    Returns:
        The curves, by name what was judged of each, and the names of those that were replaced.
    """
    worse = [n for n in (WHOLE, YOUNG) if judged[f"{n}, default"].error < judged[n].error]
    default = Calibration()
    kept = Curves(
        default if WHOLE in worse else curves.whole, default if YOUNG in worse else curves.young
    )
    return kept, {n: judged[f"{n}, default" if n in worse else n] for n in (WHOLE, YOUNG)}, worse


def numbers(judged: Mapping[str, Judged]) -> dict[str, dict[str, float]]:
    """Return what is known of each curve as plain values, for JSON and tables.

    FMR and TMR are the false and the true match rate, where nothing else is said at even odds.
    """
    return {
        name: {
            "same": len(one.pairs.same),
            "different": len(one.pairs.different),
            "calibration error": round(one.error, 4),
            "even odds at": round(one.even_odds_distance, 4),
            "FMR": round(one.false_match_rate, 5),
            "TMR": round(one.match_rate, 4),
        }
        | {
            f"TMR at FMR {rate:.1%}": round(one.pairs.match_rate(one.pairs.threshold(rate)), 4)
            for rate in FALSE_MATCH_RATES
        }
        for name, one in judged.items()
    }


@app.command(epilog=EPILOG)
def main(
    config: Annotated[Path, typer.Option(help="YAML file whose validation sets are used.")],
    data: Annotated[Path, typer.Option(help="Folder that the configuration's paths start from.")],
    weights: Annotated[str, typer.Option(help="A file or shipped weights.")] = DEFAULT_WEIGHTS,
    chosen: Annotated[
        list[str] | None,
        typer.Option("--set", help="Use only this validation set; may be repeated."),
    ] = None,
    min_crops: Annotated[int, typer.Option(min=1, help="Minimum number for a whole tracklet.")] = 2,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the weights with their calibration here; may be the same file."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Where the reliability diagram goes, *.png.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write curves here.")] = None,
    device: Device = "auto",
    verbose: terminal.Verbose = 0,
) -> None:
    """Measure what distances of ReID vectors mean, and write it into their weights.

    All vehicles of validation sets with several cameras fit the curves; all numbers are of curves
    that were fitted to half of them, on the other half.
    """
    with terminal.command_frame(verbose):
        _check_places(plot, out)
        keep_apart((plot, json_file, out), (config,))
        keep_apart((plot, json_file), (Path(weights),))  # `out` may be the same
        try:
            model = load(weights, device=choose_device(device))
            settings = _only(read_config(config), chosen)
            scenes = scenes_of(*embed_with([model], settings, data))
            curves, judged = calibrate(scenes, min_crops=min_crops)
        except (FileNotFoundError, ValueError) as error:
            raise ConfigError(str(error)) from error
        found = numbers(judged)
        terminal.console().print(table_of(f"Distances of {Path(weights).name}", found))
        curves, used, worse = keep_better(curves, judged)
        for name in worse:
            terminal.say(f"{name}: the default is more accurate on unseen vehicles, and is kept")
        sources = [each.name for each in settings.validation]
        values = as_json(
            curves, {"on": sources, "min_crops": min_crops, "default kept": worse, **found}
        )
        if plot is not None:
            # Of the weights as they are called from now on: those that were read may be a draft.
            draw(used, plot, title=f"What distances of {Path(out or weights).stem} mean")
        if json_file is not None:
            write_text(json_file, json.dumps(values, indent=2) + "\n")
        if out is not None:
            with_calibration(weights, out, values)
        for written in filter(None, (plot, json_file, out)):
            terminal.say(f"wrote {written}")


def _check_places(plot: Path | None, out: Path | None) -> None:
    """Raise before the work begins for what could not be written after it."""
    for path, suffix in ((plot, ".png"), (out, ".safetensors")):
        if path is not None and path.suffix != suffix:
            raise ConfigError(f"{path}: a file *{suffix} is expected")
        if path is not None and not path.parent.is_dir():
            raise OutputError(f"{path}: {path.parent} is not a folder")


def _only(config: TrainConfig, chosen: Sequence[str] | None) -> TrainConfig:
    """Return a configuration with the chosen validation sets alone."""
    known = [each.name for each in config.validation]
    if unknown := sorted(set(chosen or ()) - set(known)):
        raise ValueError(f"no validation set {unknown[0]!r}; known are {', '.join(known)}")
    kept = tuple(each for each in config.validation if not chosen or each.name in chosen)
    return replace(config, validation=kept)


if __name__ == "__main__":
    app()
