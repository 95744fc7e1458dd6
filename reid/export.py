"""Make trained weights ready to ship: `python -m reid.export`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from reid.model import ReIDModel, load, save


def export(weights: Path, out: Path, *, licence: str, description: str) -> None:
    """Write weights in half precision, with what a user must know of them.

    Args:
        weights: What a training wrote.
        out: The file to ship.
        licence: SPDX name of the weights' licence.
        description: One line: trained on what.

    Raises:
        FileNotFoundError: If the weights or the folder of `out` are missing.
        ValueError: If the weights are unusable.
    """
    if not out.parent.is_dir():
        raise FileNotFoundError(f"{out.parent} is not a folder")
    model = load(weights)
    spec = replace(model.spec, licence=licence, description=description)
    save(ReIDModel(model.network, spec), out, half=True)


def main(
    weights: Annotated[Path, typer.Argument(help="What a training wrote.")],
    out: Annotated[Path, typer.Argument(help="The file to ship, *.safetensors.")],
    licence: Annotated[str, typer.Option(help="SPDX name of the weights' licence.")],
    description: Annotated[str, typer.Option(help="One line: trained on what.")],
) -> None:
    """Make trained weights ready to ship."""
    try:
        export(weights, out, licence=licence, description=description)
    except (FileNotFoundError, ValueError) as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False)
        raise typer.Exit(2) from error
    Console().print(f"{out}: {out.stat().st_size / 1e6:.1f} MB", markup=False)


if __name__ == "__main__":
    typer.run(main)
