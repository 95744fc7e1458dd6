"""INT8 quantization: an exported network (OpenVINO) made smaller and faster, to run on a CPU.

Weights and activations of its convolutions become 8-bit integers; the ranges of activations are
measured on images (post-training quantization). Any x86 CPU computes with them, and gives the same
results with and without instructions made for it (VNNI).

Reference: Jacob et al., "Quantization and training of neural networks for efficient
integer-arithmetic-only inference", CVPR 2018; Nagel et al., "Data-free quantization through weight
equalization and bias correction", ICCV 2019. Both as the library NNCF has them.
"""

from __future__ import annotations

import importlib
import logging
import os
from typing import TYPE_CHECKING, Any, Final

from detector.computing.interchange import save_openvino
from detector.computing.runtimes import BITS, METADATA, OPENVINO, import_optional

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_IN_FLOAT: Final = ("Sigmoid", "Softmax", "Subtract")
"""Kinds of layers that are left as they are: they decide about scores and the edges of boxes."""


def quantize(exported: Path, out: Path, images: Sequence[NDArray[np.float32]]) -> None:
    """Write an exported network in 8 bits; its metadata stay, and say so.

    Args:
        exported: An OpenVINO file of ours.
        out: The file, ending in ".xml"; ".bin" comes with it. They appear complete or not at all.
        images: What it takes, a batch each, from which ranges are measured.

    Raises:
        ValueError: If there are no images, or a library for it is not installed.
    """
    if not images:
        raise ValueError("no images to measure the ranges of activations with")
    if out.suffix != OPENVINO:
        raise ValueError(f"{out} must end in {OPENVINO}")
    openvino, nncf = libraries()
    model = openvino.Core().read_model(str(exported))
    # Joins x * sigmoid(x) into one operation, which the CPU then does along with the convolution.
    transformations = importlib.import_module("openvino._offline_transformations")
    transformations.apply_moc_transformations(model, cf=False)
    advanced = nncf.AdvancedQuantizationParameters(
        # One bit of weights is given up everywhere: without VNNI sums of two products overflow.
        overflow_fix=nncf.OverflowFix.ENABLE
    )
    small = nncf.quantize(
        model,
        nncf.Dataset(images),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(images),
        ignored_scope=nncf.IgnoredScope(types=list(_IN_FLOAT), validate=False),
        advanced_parameters=advanced,
    )
    small.set_rt_info("8", [METADATA, BITS])
    save_openvino(small, out)


def libraries() -> tuple[Any, Any]:
    """Import OpenVINO and NNCF, which would send usage events if it took this for a user's machine.

    Raises:
        ValueError: If one is not installed.
    """
    os.environ["NNCF_CI"] = "1"
    openvino, nncf = import_optional("openvino"), import_optional("nncf")
    # Its own function also sets the level of handlers that it shares with other loggers.
    logging.getLogger("nncf").setLevel(logging.ERROR)
    return openvino, nncf
