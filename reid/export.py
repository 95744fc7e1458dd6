"""Exports a ReID network: `python -m reid.export OUT.onnx` (or `OUT.xml` for OpenVINO).

`reid: {weights: OUT.xml}` in `cams.yaml` then runs it. `reid.inference.exported` describes the
file's inputs and outputs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console

from detector.computing.interchange import write
from detector.computing.runtimes import EXPORTED, files_of
from detector.console.command_line import run_command
from detector.console.terminal import check_outputs, command_frame
from reid.inference.exported import UnitVectors, metadata_of
from reid.model import DEFAULT_WEIGHTS, ReIDModel, fold_batch_norm, load


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
    with command_frame():
        if out.suffix not in EXPORTED:
            raise ValueError(f"{out} must end in {' or '.join(EXPORTED)}")
        check_outputs(files_of(out))
        export(load(weights), out)
        size = sum(file.stat().st_size for file in files_of(out))
        Console().print(f"{out}: {size / 1e6:.1f} MB", markup=False, soft_wrap=True)


if __name__ == "__main__":
    run_command(main)
