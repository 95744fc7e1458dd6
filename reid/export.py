"""Export a ReID network: `python -m reid.export OUT.onnx` (or `OUT.xml` for OpenVINO).

`reid: {weights: OUT.xml}` in `cams.yaml` then runs it. How the file looks from outside is said in
`reid.exported`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import torch
import typer
from rich.console import Console

from detector.interchange import write
from detector.runtimes import EXPORTED, ONNX
from reid.exported import UnitVectors, metadata_of
from reid.model import DEFAULT_WEIGHTS, ReIDModel, fold_batch_norm, load

_USAGE_ERROR: Final = 2


def export(model: ReIDModel, out: Path) -> None:
    """Write a network as ONNX or OpenVINO, by the suffix; the size of the batch stays free.

    Args:
        model: What to export; its batch norms are folded in place.
        out: The file.

    Raises:
        ValueError: If the libraries for it are not installed.
    """
    network = fold_batch_norm(model.network.eval())
    write(
        UnitVectors(network, model.spec).eval(),
        out,
        example=torch.zeros(2, 3, *model.spec.input_hw),
        outputs=("embedding",),
        metadata=metadata_of(model),
        free_size=False,
    )


def main(
    out: Annotated[Path, typer.Argument(help="OUT.onnx for ONNX, OUT.xml for OpenVINO.")],
    weights: Annotated[str, typer.Option(help="A file or shipped weights.")] = DEFAULT_WEIGHTS,
) -> None:
    """Export a ReID network to ONNX or OpenVINO, by the file's suffix."""
    try:
        if out.suffix not in EXPORTED:
            raise ValueError(f"{out} must end in {' or '.join(EXPORTED)}")
        if not out.parent.is_dir():
            raise FileNotFoundError(f"{out.parent} is not a folder")
        export(load(weights), out)
    except (FileNotFoundError, ValueError) as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(_USAGE_ERROR) from error
    size = out.stat().st_size
    size += 0 if out.suffix == ONNX else out.with_suffix(".bin").stat().st_size
    Console().print(f"{out}: {size / 1e6:.1f} MB", markup=False, soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
