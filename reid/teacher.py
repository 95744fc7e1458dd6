"""Networks whose view of the crops a training stays close to (`reid.losses`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reid.config import IMAGENET
from reid.crops import resize
from reid.inference import apply_network, embed_images
from reid.initialisation import initial_network
from reid.model import ModelSpec, load

Teacher: TypeAlias = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Maps crops, uint8 (N, H, W, 3) BGR of one size, to features, float32 (N, E)."""


def load_teacher(weights: str, *, hw: tuple[int, int], device: torch.device) -> Teacher:
    """Return a teacher.

    Args:
        weights: "imagenet" for what EfficientNet-Lite0 knows of pictures in general (the means of
            its trunk's maps), or a weights file for the embeddings of its network.
        hw: Height and width of the crops it will see, in pixels.
        device: Where it computes.

    Raises:
        FileNotFoundError: If the file, or the package with the ImageNet weights, is missing.
        ValueError: If the file is unusable.
    """
    if weights == IMAGENET:
        spec = ModelSpec(input_hw=hw)
        trunk = initial_network(spec, IMAGENET).trunk.to(device).eval()

        def pooled(images: Tensor) -> Tensor:
            features: Tensor = trunk(images).mean(dim=(2, 3))
            return features

        return lambda images: apply_network(pooled, images, spec=spec, device=device)
    model = load(Path(weights), device=device)

    def embedded(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        if hw != model.spec.input_hw:
            images = np.stack([resize(image, model.spec.input_hw) for image in images])
        return embed_images(model.network, images, model.spec)

    return embedded
