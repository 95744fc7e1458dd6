"""Exported ReID networks outside PyTorch: inputs, outputs and inference.

An exported network takes `images`, float32 (B, 3, H, W), RGB in [0, 255], of the one size that its
metadata name, and returns `embedding`, float32 (B, 512), unit length.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from detector.computing.runtimes import open_runtime
from reid.model import ModelSpec, ReIDModel, parse_calibration, parse_spec
from reid.network.backbones import ReIDNetwork

SPEC_KEY: Final = "reid"
"""Of the metadata: the network's specification as JSON."""

CALIBRATION_KEY: Final = "reid_calibration"
"""Of the metadata: what distances mean, as JSON, where it is known."""


class UnitVectors(nn.Module):
    """A network with its normalisation before it and the unit length after it.

    Args:
        network: In evaluation mode.
        spec: Gives mean and standard deviation.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: ReIDNetwork, spec: ModelSpec) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(spec.mean)[:, None, None])
        self.register_buffer("std", torch.tensor(spec.std)[:, None, None])

    def forward(self, images: Tensor) -> Tensor:
        """Return unit-length embeddings; float (B, 3, H, W), RGB in [0, 255] -> (B, 512)."""
        return F.normalize(self.network((images - self.mean) / self.std), dim=1)


def metadata_of(model: ReIDModel) -> dict[str, str]:
    """Return what an exported file says of itself."""
    metadata = {SPEC_KEY: json.dumps(asdict(model.spec))}
    if model.calibration is not None:
        metadata[CALIBRATION_KEY] = json.dumps(model.calibration)
    return metadata


class ExportedNetwork:
    """An exported network.

    Args:
        path: An ONNX or OpenVINO file that `reid.export` wrote.
        half: Let OpenVINO compute in 16 bits where the CPU is made for it.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read, or is none of ours.
    """

    def __init__(self, path: Path, *, half: bool) -> None:
        self.device = torch.device("cpu")
        self._runtime = open_runtime(path, half=half)
        if SPEC_KEY not in self._runtime.metadata:
            raise ValueError(
                f"{path} lacks {SPEC_KEY} in its metadata (expected a file written by "
                "python -m reid.export)"
            )
        self.spec = parse_spec(self._runtime.metadata[SPEC_KEY], path)
        self.calibration: Mapping[str, Any] | None = None
        if CALIBRATION_KEY in self._runtime.metadata:
            text = self._runtime.metadata[CALIBRATION_KEY]
            self.calibration = parse_calibration(text, path)

    def embed(self, crops: Tensor) -> NDArray[np.float32]:
        """Return unit-length embeddings; uint8 (N, H, W, 3), BGR, of its input size -> (N, 512)."""
        images = crops.flip(-1).permute(0, 3, 1, 2).float().contiguous()
        (embedding,) = self._runtime.run(images.numpy())
        return embedding
