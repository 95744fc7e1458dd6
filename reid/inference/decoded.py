"""Networks applied to crops that are already decoded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from reid.model import ModelSpec, to_input
from reid.network.backbones import ReIDNetwork

_BATCH: Final = 32


@torch.inference_mode()
def apply_network(
    function: Callable[[Tensor], Tensor],
    images: NDArray[np.uint8],
    *,
    spec: ModelSpec,
    device: torch.device,
) -> NDArray[np.float32]:
    """Return a function's features of many crops, computed in batches.

    Args:
        function: Maps float (B, 3, H, W) to (B, D).
        images: uint8 (N, H, W, 3), BGR, N at least 1.
        spec: Gives mean and standard deviation.
        device: Where the function computes.

    Returns:
        float32 (N, D).
    """
    parts = []
    for start in range(0, len(images), _BATCH):
        batch = torch.from_numpy(images[start : start + _BATCH]).to(device)
        parts.append(function(to_input(batch, spec)).float().cpu().numpy())
    return np.concatenate(parts)


def embed_images(
    network: ReIDNetwork, images: NDArray[np.uint8], spec: ModelSpec
) -> NDArray[np.float32]:
    """Return unit-length embeddings of crops; uint8 (N, H, W, 3) BGR -> float32 (N, 512)."""

    def unit(batch: Tensor) -> Tensor:
        return F.normalize(network(batch).float(), dim=1)

    return apply_network(unit, images, spec=spec, device=network.fc.weight.device)
