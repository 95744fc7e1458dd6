"""Exports a detector: `python -m detector.export OUT.onnx` (or `OUT.xml` for OpenVINO).

`detector: {weights: OUT.xml}` in `cams.yaml` then runs it. `detector.inference.exported` describes
the file's inputs and outputs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import torch
import typer

from detector import network
from detector.computing.interchange import write
from detector.computing.runtimes import EXPORTED, files_of
from detector.console.command_line import run_command
from detector.console.terminal import check_outputs, command_frame
from detector.inference.exported import Decoded
from detector.yolo import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    from detector.network import Network

_EXAMPLE_HW = (384, 640)
"""Of the images that a network is traced with; any other size may follow."""


def metadata_of(loaded: Network) -> dict[str, str]:
    """Return what an exported file says of itself."""
    return {
        "names": json.dumps(loaded.names),
        "image_size": str(loaded.image_size),
        "end_to_end": json.dumps(loaded.end_to_end),
    }


def export(loaded: Network, out: Path) -> None:
    """Write a network as ONNX or OpenVINO, by the suffix; batch, height and width stay free.

    Args:
        loaded: What to export; it is used up, see `network.inference_module`.
        out: The file.

    Raises:
        ValueError: If the libraries for it are not installed.
    """
    metadata = metadata_of(loaded)
    module = network.inference_module(loaded, torch.device("cpu"), dtype=torch.float32)
    decoded = Decoded(module, end_to_end=loaded.end_to_end).eval()
    # In training mode the head hands out its logits; see `detector.inference.heads.RawInference`.
    list(module.model)[-1].train()  # type: ignore[arg-type]  # a Sequential, which nn.Module hides
    write(
        decoded,
        out,
        example=torch.zeros(2, 3, *_EXAMPLE_HW),
        outputs=("boxes", "scores"),
        metadata=metadata,
        free_size=True,
    )


def main(
    out: Annotated[Path, typer.Argument(help="OUT.onnx for ONNX, OUT.xml for OpenVINO.")],
    weights: Annotated[
        str, typer.Option(help="Shipped name, file, or official checkpoint.")
    ] = DEFAULT_WEIGHTS,
) -> None:
    """Export a detector to ONNX or OpenVINO, by the file's suffix."""
    with command_frame():
        if out.suffix not in EXPORTED:
            raise ValueError(f"{out} must end in {' or '.join(EXPORTED)}")
        check_outputs(files_of(out))
        loaded = network.load(weights)
        export(loaded, out)
        size = sum(file.stat().st_size for file in files_of(out))
        typer.echo(f"{out}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    run_command(main)
