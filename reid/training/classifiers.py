"""Classifiers of the training identities; needed in training only."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reid.network.backbones import EMBEDDING_DIM


class CosineClassifier(nn.Module):
    """Classifies by the cosine similarity of a feature and the weight vector of each identity.

    It separates what is compared at run time, L2 distances of unit-length embeddings. With the mean
    features of the identities as their weight vectors (`place`) it is useful from the first step
    on; a linear one needs to see each identity dozens of times, which few steps over thousands of
    identities don't offer.

    Reference: Wang et al., "NormFace: L2 hypersphere embedding for face verification", ACM MM 2017,
    Eq. 5, with a fixed scale; the margin is that of Wang et al., "CosFace: large margin cosine loss
    for deep face recognition", CVPR 2018, Eq. 4.

    Args:
        identities: Number of identities.
        scale: What cosines are multiplied with, positive.
        margin: By how much the cosine to the correct identity must exceed those to all others.
    """

    def __init__(self, identities: int, *, scale: float, margin: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(identities, EMBEDDING_DIM))
        nn.init.normal_(self.weight, std=EMBEDDING_DIM**-0.5)
        self._scale = scale
        self._margin = margin

    def forward(self, feature: Tensor) -> Tensor:
        """Return the logits; float (N, 512) -> (N, identities)."""
        return self._scale * F.linear(F.normalize(feature), F.normalize(self.weight))

    def handicap(self, logits: Tensor, identity: Tensor) -> Tensor:
        """Return the logits with the margin subtracted from those of the correct identities.

        Args:
            logits: float (N, identities), of `forward`.
            identity: int64 (N,).
        """
        own = F.one_hot(identity, logits.shape[1])
        return logits - self._scale * self._margin * own

    @torch.no_grad()
    def place(self, features: Tensor, identity: Tensor) -> None:
        """Initialise the weight vector of each identity with the mean of its features.

        Args:
            features: float (N, 512), unit length.
            identity: int64 (N,), every identity at least once.
        """
        sums = torch.zeros_like(self.weight).index_add_(0, identity, features)
        self.weight.copy_(F.normalize(sums))


class DomainHeads(nn.Module):
    """The classifiers of one domain.

    Args:
        identities: Number of identities.
        attributes: For each attribute the number of its values.
        cosine_scale: Of a `CosineClassifier` of the identities; 0 for a linear one.
        cosine_margin: Of the former.
    """

    def __init__(
        self,
        identities: int,
        attributes: Mapping[str, int],
        *,
        cosine_scale: float = 0.0,
        cosine_margin: float = 0.0,
    ) -> None:
        super().__init__()
        self.identity: nn.Module
        if cosine_scale:
            self.identity = CosineClassifier(identities, scale=cosine_scale, margin=cosine_margin)
        else:
            self.identity = linear = nn.Linear(EMBEDDING_DIM, identities, bias=False)
            nn.init.normal_(linear.weight, std=0.001)  # as in Luo et al.'s BN neck
        self.attributes = nn.ModuleDict(
            {name: nn.Linear(EMBEDDING_DIM, count) for name, count in attributes.items()}
        )
