"""Export a detector: `python -m detector.export WEIGHTS OUT.onnx` (or `OUT.xml` for OpenVINO).

`detector: {weights: OUT.xml}` in `cams.yaml` then runs it. How the file looks from outside is said
in `detector.exported`.
"""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import torch
import typer

from detector import network
from detector.exported import EXPORTED, ONNX, Decoded

if TYPE_CHECKING:
    from detector.network import Network

_OPSET = 18
_EXAMPLE_HW = (384, 640)


def metadata_of(loaded: Network) -> dict[str, str]:
    """Return what an exported file says of itself."""
    return {
        "names": json.dumps(loaded.names),
        "image_size": str(loaded.image_size),
        "end_to_end": json.dumps(loaded.end_to_end),
    }


def export_onnx(loaded: Network, out: Path) -> None:
    """Write a network as ONNX; batch, height and width stay free.

    Args:
        loaded: What to export; it is used up, see `network.inference_module`.
        out: The file.

    Raises:
        ValueError: If the libraries for it are not installed.
    """
    metadata = metadata_of(loaded)
    module = network.inference_module(loaded, torch.device("cpu"), dtype=torch.float32)
    decoded = Decoded(module, end_to_end=loaded.end_to_end).eval()
    # In training mode the head hands out its logits; see `detector.heads.RawInference`.
    list(module.model)[-1].train()  # type: ignore[arg-type]  # a Sequential, which nn.Module hides
    free = torch.export.Dim.DYNAMIC
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # Of the exporter's own dependencies; nothing a user could act on.
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                decoded,
                (torch.zeros(2, 3, *_EXAMPLE_HW),),
                dynamo=True,
                input_names=["images"],
                output_names=["boxes", "scores"],
                dynamic_shapes={
                    "images": {0: torch.export.Dim("batch", min=1, max=64), 2: free, 3: free}
                },
                opset_version=_OPSET,
                verbose=False,
            )
    except ImportError as error:
        raise ValueError("exporting needs pip install -e '.[export]'") from error
    assert program is not None  # with dynamo=True it never is
    program.model.metadata_props.update(metadata)
    partial = out.with_suffix(".partial")
    program.save(partial)
    partial.replace(out)


def export_openvino(loaded: Network, out: Path) -> None:
    """Write a network as OpenVINO IR: `out` (.xml) and its `.bin`, weights in float16.

    Raises:
        ValueError: If the libraries for it are not installed.
    """
    metadata = metadata_of(loaded)
    try:
        import openvino
    except ImportError as error:
        raise ValueError("exporting needs pip install -e '.[export]'") from error
    with tempfile.TemporaryDirectory() as folder:
        onnx = Path(folder) / "network.onnx"
        export_onnx(loaded, onnx)
        model = openvino.Core().read_model(str(onnx))
        for key, value in metadata.items():
            model.set_rt_info(value, ["scantrack", key])
        openvino.save_model(model, str(out), compress_to_fp16=True)


def main(
    weights: Annotated[str, typer.Argument(help="Shipped name, file, or official checkpoint.")],
    out: Annotated[Path, typer.Argument(help="OUT.onnx for ONNX, OUT.xml for OpenVINO.")],
) -> None:
    """Export a detector to ONNX or OpenVINO, by the file's suffix."""
    try:
        if out.suffix not in EXPORTED:
            raise ValueError(f"{out} must end in {' or '.join(EXPORTED)}")
        if not out.parent.is_dir():
            raise FileNotFoundError(f"{out.parent} is not a folder")
        loaded = network.load(weights)
        (export_onnx if out.suffix == ONNX else export_openvino)(loaded, out)
    except (FileNotFoundError, ValueError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    size = out.stat().st_size
    if (values := out.with_suffix(".bin")).is_file() and out.suffix != ONNX:
        size += values.stat().st_size
    typer.echo(f"{out}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    typer.run(main)
