"""Exported detectors outside PyTorch: inputs, outputs and inference.

An exported network takes `images`, float32 (B, 3, H, W), RGB in [0, 1], H and W multiples of 32,
and returns `boxes`, float32 (B, A, 4), xyxy in its input's pixels, and `scores`, float32 (B, A, C),
in [0, 1], before non-maximum suppression. Its metadata contain the class names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch

from detector.computing.runtimes import open_runtime
from detector.inference.heads import anchor_grid

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

KEYS: Final = ("names", "image_size", "end_to_end")
"""Of the metadata of an exported network."""


class Decoded(torch.nn.Module):
    """A fused network that returns decoded boxes and scores, which exporters can trace."""

    def __init__(self, module: nn.Module, *, end_to_end: bool) -> None:
        """Take over a module.

        Args:
            module: A fused ultralytics `DetectionModel`, its head in training mode.
            end_to_end: Whether to take the outputs that need no non-maximum suppression.
        """
        super().__init__()
        self.module = module
        self.end_to_end = end_to_end

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return boxes (B, A, 4) in pixels and scores (B, A, C) for images (B, 3, H, W)."""
        predictions = self.module(images)
        if "one2one" in predictions:
            predictions = predictions["one2one" if self.end_to_end else "one2many"]
        anchors, strides = anchor_grid(images.shape[3], predictions["feats"])
        logits = predictions["boxes"]
        bins = logits.shape[1] // 4
        if bins > 1:
            values = torch.arange(bins, dtype=torch.float32)
            spread = logits.unflatten(1, (4, bins)).softmax(2)
            distances = (spread * values[None, None, :, None]).sum(2)
        else:
            distances = logits
        distances = (distances * strides).transpose(1, 2)
        boxes = torch.cat([anchors - distances[..., :2], anchors + distances[..., 2:]], 2)
        return boxes, predictions["scores"].sigmoid().transpose(1, 2)


@dataclass(frozen=True, slots=True, eq=False)
class DecodedOutputs:
    """What an exported network says of a batch.

    Attributes:
        boxes: float32 (B, A, 4), xyxy in pixels of the input.
        scores: float32 (B, A, C), in [0, 1].
        end_to_end: Whether there is only one box per object.
    """

    boxes: Tensor
    scores: Tensor
    end_to_end: bool

    def best(self, index: int, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the best confidence (A,) among some classes of an image, and which, (A,)."""
        confidence, row = self.scores[index].index_select(1, outputs).max(dim=1)
        return confidence, row

    def decode(self, index: int, kept: Tensor) -> Tensor:
        """Return the boxes of some anchors of an image, float32 (N, 4)."""
        return self.boxes[index, kept]


class ExportedInference:
    """An exported network, run by the library that its file is made for.

    Args:
        path: An ONNX file (ONNX Runtime runs it) or an OpenVINO IR (`.xml`).
        half: Let OpenVINO compute in 16 bits where the CPU is made for it.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read, or the library is not installed.
    """

    def __init__(self, path: Path, *, half: bool) -> None:
        self._runtime = open_runtime(path, half=half)
        metadata = self._runtime.metadata
        if missing := [key for key in KEYS if key not in metadata]:
            raise ValueError(
                f"{path} lacks {', '.join(missing)} in its metadata (expected a file written by "
                "python -m detector.export)"
            )
        self.names: tuple[str, ...] = tuple(json.loads(metadata["names"]))
        self.end_to_end: bool = json.loads(metadata["end_to_end"])

    def run(self, images: Tensor) -> DecodedOutputs:
        """Run on (B, 3, H, W) in [0, 1], RGB, H and W multiples of 32."""
        boxes, scores = self._runtime.run(images.float().contiguous().numpy())
        return DecodedOutputs(torch.from_numpy(boxes), torch.from_numpy(scores), self.end_to_end)
