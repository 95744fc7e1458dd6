"""Pooling of a feature map to one vector per image."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_LEAST_ACTIVATION = 1e-4
"""Keeps the root differentiable."""


class AveragePooling(nn.Module):
    """Mean over all positions, as in the SCAN paper."""

    def forward(self, features: Tensor) -> Tensor:
        """Return the mean of each channel; float (N, C, h, w) -> (N, C)."""
        return features.mean(dim=(2, 3))


class GeMPooling(nn.Module):
    """Generalised mean over all positions: between the mean (p = 1) and the maximum (p -> inf).

    Reference: Radenović, Tolias, Chum: "Fine-tuning CNN image retrieval with no human
    annotation", TPAMI 2019, Eq. 3; p is learned, one for all channels.

    Args:
        power: Start value of p; 3 is the paper's.
    """

    def __init__(self, power: float = 3.0) -> None:
        super().__init__()
        self.power = nn.Parameter(torch.tensor(power))

    def forward(self, features: Tensor) -> Tensor:
        """Return the generalised mean of each channel; float (N, C, h, w) -> (N, C)."""
        # Powers of half-precision activations overflow or vanish; the map is small by now.
        power = self.power.float().clamp(min=1.0)
        raised = features.float().clamp(min=_LEAST_ACTIVATION).pow(power).mean(dim=(2, 3))
        return raised.pow(1 / power).to(features.dtype)
