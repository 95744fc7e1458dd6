"""Loss on labelled boxes: ultralytics' own, without regions to ignore."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

import torch
from torch import nn
from torch.nn import functional

from detector.inference.heads import anchor_grid

if TYPE_CHECKING:
    from torch import Tensor

    from detector.training.batches import Batch
    from detector.training.distillation import Outputs

GAINS: Final = {"box": 7.5, "cls": 0.5, "dfl": 1.5}
"""Weights of box, class and edge terms: the defaults of ultralytics."""


class SupervisedLoss:
    """Task-aligned detection loss over the labelled images of a batch."""

    def __init__(self, module: nn.Module) -> None:
        """Set up the criterion for a network, on the device where the network is."""
        model = cast("Any", module)
        model.args = SimpleNamespace(**GAINS)
        self._criterion = model.init_criterion()
        self._cross_entropy = _MaskedCrossEntropy()
        self._criterion.bce = self._cross_entropy

    def __call__(self, outputs: Outputs, batch: Batch, *, ignored: Tensor) -> Tensor:
        """Return the loss, a scalar; 0 if no image of the batch is labelled.

        Args:
            outputs: What the network made of the batch.
            batch: Its labels.
            ignored: bool (B, A), anchors that must not be learned as background.
        """
        kept = batch.labelled.nonzero().squeeze(1)
        if not len(kept):
            return 0.0 * outputs.scores.sum()  # keeps its place in the graph
        mine = batch.labelled[batch.rows]
        place = torch.cumsum(batch.labelled, 0) - 1
        xyxy = batch.xyxy[mine] / batch.images.shape[-1]
        targets = {
            "batch_idx": place[batch.rows[mine]].float(),
            "cls": batch.class_id[mine].float(),
            "bboxes": torch.cat([(xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]], 1),
        }
        predictions = {
            "boxes": outputs.boxes[kept].float(),
            "scores": outputs.scores[kept].float(),
            "feats": outputs.features,
        }
        self._cross_entropy.ignored = ignored[kept]
        total, _ = self._criterion(predictions, targets)
        return cast("Tensor", total.sum() / len(kept))


class _MaskedCrossEntropy(nn.Module):
    """Binary cross-entropy per anchor and class that is 0 at ignored anchors without a target."""

    def __init__(self) -> None:
        super().__init__()
        self.ignored: Tensor = torch.zeros(0, dtype=torch.bool)

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of (B, A, classes) logits."""
        loss = functional.binary_cross_entropy_with_logits(scores, targets, reduction="none")
        silent = self.ignored & (targets.sum(dim=2) == 0)
        return loss.masked_fill(silent[:, :, None], 0.0)


def anchors_in_regions(batch: Batch, features: list[Tensor]) -> Tensor:
    """Return which anchors lie in a region to ignore, bool (B, A).

    Args:
        batch: Whose regions are meant.
        features: The head's inputs (B, C, H, W), finest first, as anchors are laid out.
    """
    points, _ = anchor_grid(batch.images.shape[-1], features)
    low, high = batch.ignore[:, None, :2], batch.ignore[:, None, 2:]
    inside = ((points >= low) & (points < high)).all(dim=2)
    hits = torch.zeros(len(batch.images), len(points), device=points.device)
    return hits.index_add_(0, batch.ignore_rows, inside.float()) > 0
