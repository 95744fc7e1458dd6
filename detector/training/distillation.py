"""Distillation: what a student detector learns from a teacher of the same architecture.

Three targets: the teacher's feature maps layer by layer, its class scores, and its distributions
over box edges. In the first phase every layer of the student is fed with the teacher's own inputs
of that layer, so that all layers learn at once instead of waiting for those below them.

Reference:
    Layers taught with the teacher's inputs: Li et al., "Block-wisely Supervised Neural Architecture
    Search with Knowledge Distillation", CVPR 2020, Sect. 3.2. Box edges as distributions: Zheng et
    al., "Localization Distillation for Dense Object Detection", CVPR 2022, Eq. 4, here weighted by
    the teacher's confidence instead of a region mask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor, nn

_LEADS_ON: Final = ("Conv", "Upsample", "Concat")


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """Everything that a detection network computes for a batch.

    Attributes:
        layers: Output of each layer before the head, (B, C, H, W) each.
        boxes: (B, 4 * bins, A) logits of the distances to the four edges of a box.
        scores: (B, classes, A) logits.
        features: The head's inputs, by which anchors are laid out.
    """

    layers: list[Tensor]
    boxes: Tensor
    scores: Tensor
    features: list[Tensor]


def run_layers(
    module: nn.Module, images: Tensor, *, given: Mapping[int, Tensor] | None = None
) -> Outputs:
    """Run an ultralytics network layer by layer and keep every output.

    Args:
        module: A `DetectionModel` with a one-to-many head.
        images: (B, 3, H, W) in [0, 1], RGB.
        given: Outputs of some of another network's layers by index; the layers above take these
            instead of what the network's own layers computed.
    """
    *body, head = cast("Any", module).model
    own: list[Tensor] = []
    source: list[Tensor] = []
    for index, layer in enumerate(body):
        own.append(layer(_inputs(layer, source, images, index=index)))
        source.append(own[-1] if given is None else given.get(index, own[-1]))
    features = [source[i] for i in head.f]
    predictions = head.forward_head(features, **head.one2many)
    return Outputs(own, predictions["boxes"], predictions["scores"], features)


def _inputs(layer: Any, outputs: Sequence[Tensor], images: Tensor, *, index: int) -> Any:
    """Pick what a layer takes as input: the outputs that its attribute `f` names."""
    if index == 0:
        return images
    if isinstance(layer.f, int):
        return outputs[layer.f]
    return [outputs[i] for i in layer.f]


def stage_ends(module: nn.Module) -> list[int]:
    """Return the indices of the layers that are compared: the blocks before the head.

    Plain convolutions, up-sampling and concatenation only lead into the next block, so these cut
    the network into pieces of one to three layers, short enough to be learned one by one.
    """
    *body, _ = cast("Any", module).model
    return [i for i, layer in enumerate(body) if type(layer).__name__ not in _LEADS_ON]


def spread(features: Sequence[Tensor], layers: Sequence[int]) -> list[float]:
    """Return the mean variance of the channels of some layers' outputs."""
    chosen = (features[i].float() for i in layers)
    return [
        float((f - f.mean(dim=(0, 2, 3), keepdim=True)).square().mean().clamp_min(1e-6))
        for f in chosen
    ]


def feature_loss(
    student: Sequence[Tensor],
    teacher: Sequence[Tensor],
    *,
    layers: Sequence[int],
    spreads: Sequence[float],
) -> Tensor:
    """Return the mean over layers of the squared error relative to the teacher's variance.

    1 is what a layer reaches that only knows the mean of the teacher's channels.

    Args:
        student: Outputs of all layers.
        teacher: Likewise.
        layers: The layers to compare.
        spreads: Variance of the teacher's channels in each of them.
    """
    losses = [
        functional.mse_loss(student[i], teacher[i]).float() / variance
        for i, variance in zip(layers, spreads, strict=True)
    ]
    return torch.stack(losses).mean()


def score_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Return the cross-entropy of the student's class scores under the teacher's.

    Args:
        student: (B, classes, A) logits.
        teacher: (B, classes, A) probabilities of the same classes.

    Returns:
        A scalar, summed over anchors and divided by the teacher's total confidence, as the
        detection loss divides by that of its assignment. The teacher's own entropy is subtracted,
        so that 0 means agreement.
    """
    student, teacher = student.float(), teacher.float().clamp(1e-6, 1 - 1e-6)
    cross = functional.binary_cross_entropy_with_logits(student, teacher, reduction="sum")
    entropy = functional.binary_cross_entropy(teacher, teacher, reduction="sum")
    return (cross - entropy) / teacher.sum().clamp_min(1.0)


def edge_loss(student: Tensor, teacher: Tensor, weight: Tensor, *, bins: int) -> Tensor:
    """Return the divergence of the student's box edges from the teacher's.

    Args:
        student: (B, 4 * bins, A) logits.
        teacher: Likewise.
        weight: (B, A), how much each anchor counts: the teacher's confidence.
        bins: Number of bins of each distance's distribution.
    """
    batch, _, anchors = student.shape
    shape = (batch, 4, bins, anchors)
    log_student = student.float().view(shape).log_softmax(dim=2)
    log_teacher = teacher.float().view(shape).log_softmax(dim=2)
    divergence = (log_teacher.exp() * (log_teacher - log_student)).sum(dim=2).mean(dim=1)
    return (divergence * weight).sum() / weight.sum().clamp_min(1.0)
