"""Writes networks for other runtimes: ONNX and OpenVINO files with metadata."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch

from detector.computing.runtimes import INPUT, METADATA, ONNX, import_optional

if TYPE_CHECKING:
    from torch import Tensor, nn

_OPSET: Final = 18
_MAX_BATCH: Final = 256


def write(
    module: nn.Module,
    out: Path,
    *,
    example: Tensor,
    outputs: Sequence[str],
    metadata: Mapping[str, str],
    free_size: bool,
) -> None:
    """Write a network as ONNX or, by the suffix, as OpenVINO with weights in float16.

    The file appears complete or not at all.

    Args:
        module: Maps float32 (B, 3, H, W) to the outputs; in evaluation mode.
        out: The file, ending in ".onnx" or ".xml".
        example: Images to trace it with, two or more.
        outputs: Names of its outputs.
        metadata: What the file shall say of itself.
        free_size: Whether height and width stay free; the batch always does.

    Raises:
        ValueError: If a library for it is not installed.
    """
    openvino = None if out.suffix == ONNX else import_optional("openvino")
    program = _traced(module, example, outputs, free_size=free_size)
    program.model.metadata_props.update(metadata)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        onnx = Path(folder) / "network.onnx"
        program.save(onnx)
        if openvino is None:
            onnx.replace(out)
            return
        # Read here rather than converted by OpenVINO's tool, which sends telemetry.
        model = openvino.Core().read_model(str(onnx))
        for key, value in metadata.items():
            model.set_rt_info(value, [METADATA, key])
        save_openvino(model, out)


def save_openvino(model: Any, out: Path) -> None:
    """Write a model of OpenVINO, weights in float16; its two files appear complete or not at all.

    Args:
        model: An `openvino.Model`.
        out: The file, ending in ".xml"; ".bin" comes with it.
    """
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        partial = Path(folder) / out.name
        import_optional("openvino").save_model(model, str(partial), compress_to_fp16=True)
        partial.with_suffix(".bin").replace(out.with_suffix(".bin"))
        partial.replace(out)


def _traced(
    module: nn.Module, example: Tensor, outputs: Sequence[str], *, free_size: bool
) -> torch.onnx.ONNXProgram:
    """Return a network as ONNX, in memory; see `write`."""
    import_optional("onnxscript")
    free = torch.export.Dim.DYNAMIC
    shape = {0: torch.export.Dim("batch", min=1, max=_MAX_BATCH)}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # Of the exporter's own dependencies; nothing that a user could act on.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module,
            (example,),
            dynamo=True,
            input_names=[INPUT],
            output_names=list(outputs),
            dynamic_shapes=(shape | ({2: free, 3: free} if free_size else {}),),
            opset_version=_OPSET,
            verbose=False,
        )
    assert program is not None  # with dynamo=True it never is
    return program
