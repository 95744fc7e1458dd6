"""Training losses: triplets and distillation from a teacher.

Cross entropy is torch's own (`F.cross_entropy` with label smoothing).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def pairwise_distance(features: Tensor) -> Tensor:
    """Return the L2 distance of every pair; float (N, D) -> (N, N)."""
    squares = features.square().sum(dim=1)
    squared = squares[:, None] + squares[None, :] - 2 * features @ features.T
    # The root has no gradient at zero, which the diagonal and equal images would meet.
    return squared.clamp(min=1e-12).sqrt()


def batch_hard_triplet(
    features: Tensor, identity: Tensor, *, margin: float | None = None
) -> Tensor:
    """Return the mean triplet loss over the hardest positive and negative of every anchor.

    Reference: Hermans, Beyer, Leibe: "In defense of the triplet loss for person
    re-identification", arXiv 2017, Eq. 5 and the soft margin of Sect. 2.

    Args:
        features: float (N, D).
        identity: int64 (N,).
        margin: Of the hinge; None for the soft margin log(1 + exp(x)).

    Returns:
        A scalar; 0 where no anchor has both a positive and a negative.
    """
    distance = pairwise_distance(features)
    same = identity[:, None] == identity[None, :]
    positive = same & ~torch.eye(len(identity), dtype=torch.bool, device=same.device)
    usable = positive.any(dim=1) & (~same).any(dim=1)
    if not usable.any():
        return features.sum() * 0
    farthest = distance.masked_fill(~positive, -torch.inf).amax(dim=1)[usable]
    nearest = distance.masked_fill(same, torch.inf).amin(dim=1)[usable]
    violation = farthest - nearest
    if margin is None:
        return F.softplus(violation).mean()
    return F.relu(violation + margin).mean()


def relational_distillation(features: Tensor, teacher: Tensor) -> Tensor:
    """Return how much the pairwise similarities of student and teacher differ.

    Only cosine similarities are compared, so that the two may differ in length. It keeps what a
    pretrained network knows of real vehicles without asking for its very features.

    Reference: Tung, Mori: "Similarity-preserving knowledge distillation", ICCV 2019, Eq. 4; here
    with cosine similarities centred on the batch, as pooled ReLU features are all similar.

    Args:
        features: float (N, D), the student's.
        teacher: float (N, E), the teacher's, without gradient.

    Returns:
        Mean squared difference of the similarities, a scalar.
    """
    return F.mse_loss(_centred_similarity(features), _centred_similarity(teacher))


def _centred_similarity(features: Tensor) -> Tensor:
    unit = F.normalize(features - features.mean(dim=0, keepdim=True), dim=1)
    return unit @ unit.T
