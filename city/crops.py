"""Renders crops for ReID training: `python -m city.crops --identities 500 --crops 8000`.

The same command continues after an interruption. The crops depend on the seed alone, not on the
number of processes.
"""

from __future__ import annotations

import math
import shutil
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import numpy as np
import typer
from rich.console import Console

from city.cutting import Batch, Cutter, plan_batches
from city.documents import identities_table
from city.lineup import draw_lineup
from city.output_folder import VERSION, OutputFolder, write_whole
from city.terminal import command_frame, progress_bars
from city.vehicles.catalogue import MODELS
from city.veri import choose_query_names, name_list, parse_name
from city.viewpoints import CAMERAS_PER_PLACE, build_places, draw_viewpoints
from city.workers import available_cores, run_tasks
from detector.console.command_line import run_command

if TYPE_CHECKING:
    from collections.abc import Sequence


FIRST_ID: Final = {"train": 1, "validation": 50_001}
"""Ids of the two splits never meet, so that sets of both may be used together."""
OWNED: Final = (
    *("image_train/*.jpg", "image_query/*.jpg", "image_test/*.jpg", "name_*.txt"),
    *("identities.csv", "README.md"),
)


class VehicleClass(StrEnum):
    """A class of `detector.types.CLASS_NAMES`."""

    CAR = "car"
    MOTORCYCLE = "motorcycle"
    BUS = "bus"
    TRUCK = "truck"


class Split(StrEnum):
    """What a set is for."""

    TRAIN = "train"
    VALIDATION = "validation"


def main(
    identities: Annotated[int, typer.Option(help="Number of vehicles.")],
    crops: Annotated[int, typer.Option(help="Number of images, two or more per vehicle.")],
    out: Annotated[Path, typer.Option(help="Folder for the crops.")],
    seed: Annotated[int, typer.Option(min=0, help="Another one gives another set.")] = 1,
    split: Annotated[
        Split, typer.Option(help="Validation shows body models and colours of its own.")
    ] = Split.TRAIN,
    cameras: Annotated[int, typer.Option(min=2, max=999, help="Virtual cameras.")] = 20,
    street_cameras: Annotated[
        int,
        typer.Option(min=0, help="Of these cameras, so many held in a hand, at eye level."),
    ] = 0,
    night_cameras: Annotated[
        int,
        typer.Option(min=0, help="Of those on poles, so many that see night as poor cameras do."),
    ] = 0,
    variants: Annotated[
        int, typer.Option(min=0, help="Body shapes of each model, beyond the catalogue's one.")
    ] = 0,
    classes: Annotated[
        list[VehicleClass] | None,
        typer.Option(
            "--class",
            help="Only this class; may be given several times.",
            show_default="all, as often as in a street",
        ),
    ] = None,
    first_id: Annotated[
        int | None, typer.Option(min=1, help="Id of the first vehicle.", show_default="1 or 50001")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes.", show_default="one per core")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what another run left in the folder.")
    ] = False,
) -> None:
    """Render images of vehicles as many cameras see them, in VeRi's naming and folders.

    A quarter of the vehicles have look-alikes: same model and paint, other plate, rims, stickers,
    damage. Training sets go to image_train/, validation sets to image_query/ and image_test/.
    """
    screen = Console(stderr=True)
    with command_frame(screen):
        lineup = draw_lineup(
            identities,
            seed=seed,
            split="training" if split is Split.TRAIN else "validation",
            first_id=first_id or FIRST_ID[split],
            variants=variants,
            classes=classes or (),
        )
        if crops < 2 * identities:
            raise ValueError(f"crops must be at least twice the identities, is {crops}")
        if street_cameras > cameras:
            raise ValueError(
                f"street-cameras are some of the {cameras} cameras, and cannot be {street_cameras}"
            )
        if street_cameras + night_cameras > cameras:
            raise ValueError(
                f"night-cameras are some of the {cameras - street_cameras} cameras on poles, and "
                f"cannot be {night_cameras}"
            )
        origin = {
            "set": f"{identities} {crops} {seed} {split} {cameras} {min(lineup)} {variants} "
            # Sets without these options are called what they were before there were any.
            f"{street_cameras}"
            + (f" {night_cameras}" if night_cameras else "")
            + "".join(f" {name}" for name in sorted(set(classes or ()))),
            "version of the package": VERSION,
        }
        folder = OutputFolder(out, origin=origin, owned=OWNED)
        folder.open(overwrite=overwrite)
        with screen.status("Building streets"):
            # Training and validation look at different streets, too.
            place_seed = 2 * seed + (split is Split.VALIDATION)
            places = build_places(math.ceil(cameras / CAMERAS_PER_PLACE), seed=place_seed)
            viewpoints = draw_viewpoints(
                cameras, places, seed=place_seed, street=street_cameras, night=night_cameras
            )
            images = out / ("image_train" if split is Split.TRAIN else "image_test")
            rng = np.random.default_rng([seed, 5])
            batches = plan_batches(list(lineup), viewpoints, crops=crops, rng=rng)
            cutter = Cutter(places, viewpoints, lineup, images, place_seed)
        _make(cutter, batches, folder, workers=workers or available_cores(), screen=screen)
        names = _names(batches, folder)
        _write_lists(folder.path, names, split=split)
        counts = Counter(parse_name(name)[0] for name in names)
        table = identities_table(
            lineup,
            ["variant", "crops"],
            {k: [who.individual.variant, counts[k]] for k, who in lineup.items()},
        )
        write_whole(out / "identities.csv", table.encode())
        text = _readme(cutter, names, split=split, seed=seed)
        write_whole(out / "README.md", text.encode())
        summary = (
            f"{len(names)} crops of {len(counts)} vehicles from {cameras} cameras "
            f"in {cutter.folder}"
        )
        screen.print(summary, markup=False, highlight=False, soft_wrap=True)


def _make(
    cutter: Cutter,
    batches: Sequence[Batch],
    folder: OutputFolder,
    *,
    workers: int,
    screen: Console,
) -> None:
    """Make the crops of all batches that are not finished, with a bar."""
    missing = [batch for batch in batches if folder.finished(batch.id) is None]
    done = sum(len(b.identities) for b in batches) - sum(len(b.identities) for b in missing)
    with progress_bars(screen) as progress:
        bar = progress.add_task("crops", total=sum(len(b.identities) for b in batches))
        progress.advance(bar, done)
        for news in run_tasks(cutter, missing, workers=workers, error_log=folder.error_log):
            progress.advance(bar, news.steps)
            if news.done:
                folder.finish(missing[news.task].id, {"names": news.result})


def _names(batches: Sequence[Batch], folder: OutputFolder) -> list[str]:
    notes = [cast("dict[str, Any]", folder.finished(batch.id)) for batch in batches]
    return sorted(name for note in notes for name in note["names"])


def _write_lists(folder: Path, names: Sequence[str], *, split: Split) -> None:
    if split is Split.TRAIN:
        write_whole(folder / "name_train.txt", name_list(names).encode())
        return
    queries = choose_query_names(names)
    for name in queries:
        (folder / "image_query").mkdir(exist_ok=True)
        shutil.copyfile(folder / "image_test" / name, folder / "image_query" / name)
    write_whole(folder / "name_query.txt", name_list(queries).encode())
    # As in VeRi, the queries are in the gallery, too.
    write_whole(folder / "name_test.txt", name_list(names).encode())


def _readme(cutter: Cutter, names: Sequence[str], *, split: Split, seed: int) -> str:
    """Return what the set is, with counts and cameras."""
    groups = [actor.group for actor in cutter.lineup.values() if actor.group]
    per_camera = Counter(parse_name(name)[1] for name in names)
    classes = Counter(
        MODELS[actor.individual.model].detector_class for actor in cutter.lineup.values()
    )
    rows = [
        f"| c{v.number:03} | {v.geometry.size_wh[0]}×{v.geometry.size_wh[1]} "
        f"| {v.geometry.eye[2]:.1f} | {v.geometry.fov_deg:.0f} | {v.lighting.environment} "
        f"| {per_camera[v.number]} |"
        for v in cutter.viewpoints
    ]
    lines = [
        f"# Rendered crops for re-identification: {split} set, seed {seed}",
        "",
        f"{len(names)} crops of {len(cutter.lineup)} rendered vehicles, {len(groups)} of them in "
        f"{len(set(groups))} groups of look-alikes.",
        "Classes: " + ", ".join(f"{count} {name}" for name, count in classes.most_common()) + ".",
        "Names, folders and lists as in VeRi-776; `identities.csv` describes the vehicles.",
        "",
        "| camera | image | height in m | field of view in degrees | sky | crops |",
        "|---|---|---|---|---|---|",
        *rows,
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run_command(main)
