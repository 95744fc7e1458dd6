"""Raw outputs of a YOLO head, before decoding: outputs, anchors, boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True, eq=False)
class RawOutputs:
    """What the head of a YOLO network says about each anchor, before decoding.

    Attributes:
        boxes: (B, 4 * bins, A), logits of the distributions of the distances from the anchor to the
            left, top, right and bottom edge in strides; with one bin, the distances themselves.
        scores: (B, classes, A), logits.
        anchors: float32 (A, 2), centres x, y in pixels.
        strides: float32 (A,), pixels.
        end_to_end: Whether there is only one box per object.
    """

    boxes: Tensor
    scores: Tensor
    anchors: Tensor
    strides: Tensor
    end_to_end: bool

    def best(self, index: int, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the best confidence (A,) among some classes of an image, and which, (A,)."""
        logits, row = self.scores[index].index_select(0, outputs).float().max(dim=0)
        return logits.sigmoid(), row

    def decode(self, index: int, kept: Tensor) -> Tensor:
        """Return the boxes of some anchors of one image, xyxy in pixels.

        Decoding in float32 after selecting keeps sub-pixel accuracy in 16-bit networks and costs
        next to nothing.

        Args:
            index: Which image of the batch.
            kept: int64 (N,), which anchors.

        Returns:
            float32 (N, 4).
        """
        logits = self.boxes[index].view(4, -1, self.boxes.shape[2])[..., kept].float()
        bins = logits.shape[1]
        if bins > 1:
            values = torch.arange(bins, dtype=torch.float32, device=logits.device)
            distances = (logits.softmax(dim=1) * values[None, :, None]).sum(dim=1)
        else:
            distances = logits[:, 0]
        distances = (distances * self.strides[kept]).T
        centers = self.anchors[kept]
        return torch.cat([centers - distances[:, :2], centers + distances[:, 2:]], dim=1)


class RawInference:
    """A fused network that returns raw outputs instead of decoded boxes."""

    def __init__(self, module: nn.Module, *, end_to_end: bool) -> None:
        """Take over a module.

        Args:
            module: A fused ultralytics `DetectionModel` in evaluation mode.
            end_to_end: Whether to take the outputs that need no non-maximum suppression.
        """
        self._module = module
        self._end_to_end = end_to_end
        # In training mode the head hands out its logits; fused, it has no normalisation or dropout
        # that would behave differently.
        cast("Any", module).model[-1].train()
        self._grids: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def run(self, images: Tensor) -> RawOutputs:
        """Run on (B, 3, H, W) in [0, 1], RGB, H and W multiples of 32."""
        predictions = self._module(images)
        if "one2one" in predictions:
            predictions = predictions["one2one" if self._end_to_end else "one2many"]
        anchors, strides = self._anchors(images, predictions["feats"])
        return RawOutputs(
            boxes=predictions["boxes"],
            scores=predictions["scores"],
            anchors=anchors,
            strides=strides,
            end_to_end=self._end_to_end,
        )

    def _anchors(self, images: Tensor, features: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Return centres and strides of all anchors, kept per image size."""
        size = (images.shape[2], images.shape[3])
        if size not in self._grids:
            self._grids[size] = anchor_grid(size[1], features)
        return self._grids[size]


def anchor_grid(width: int, features: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Return the centres (A, 2) and strides (A,) in pixels of all cells of feature maps.

    Args:
        width: Of the images in pixels.
        features: (B, C, h, w) each, in the order in which the anchors are laid out.
    """
    centers, strides = [], []
    for feature in features:
        rows, columns = feature.shape[2:]
        stride = width / columns
        y, x = torch.meshgrid(
            torch.arange(rows, device=feature.device) + 0.5,
            torch.arange(columns, device=feature.device) + 0.5,
            indexing="ij",
        )
        centers.append(torch.stack([x, y], dim=2).view(-1, 2) * stride)
        strides.append(torch.full((rows * columns,), stride, device=feature.device))
    return torch.cat(centers), torch.cat(strides)
