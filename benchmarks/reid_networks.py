"""Networks compared by `benchmarks.reid`: ours, and public alternatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from reid.config import IMAGENET
from reid.inference.decoded import apply_network, embed_images
from reid.inference.osnet import OSNET_HW, load_osnet
from reid.model import ModelSpec, fold_batch_norm, load
from reid.training.initialisation import initial_network

_HISTOGRAM_HW: Final = (96, 96)


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Something that turns crops into unit vectors.

    Attributes:
        embed: Maps decoded crops, uint8 (N, H, W, 3) BGR, to float32 (N, D).
        hw: Height and width that it takes, in pixels.
    """

    embed: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    hw: tuple[int, int]


def trained(weights: str) -> Network:
    """Return a network of ours.

    Raises:
        FileNotFoundError: If there are no such weights.
        ValueError: If they are unusable.
    """
    model = load(weights)
    network = fold_batch_norm(model.network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # channels_last alone is documented but not in the overloads
    return Network(lambda images: embed_images(network, images, model.spec), model.spec.input_hw)


def untrained(hw: tuple[int, int]) -> Network:
    """Return the mean ImageNet features, without SCAN or any training of ours.

    Raises:
        FileNotFoundError: If the package with the ImageNet weights is missing.
    """
    spec = replace(ModelSpec(), input_hw=hw)
    network = fold_batch_norm(initial_network(spec, IMAGENET).eval())
    trunk = network.trunk.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # as above

    def embed(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        device = torch.device("cpu")
        return unit(
            apply_network(lambda b: trunk(b).mean(dim=(2, 3)), images, spec=spec, device=device)
        )

    return Network(embed, hw)


def osnet(path: Path) -> Network:
    """Return OSNet, exported by others as ONNX, on as many threads as PyTorch uses.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If ONNX Runtime is not installed, or the file holds no such network.
    """
    embed = load_osnet(path)
    return Network(lambda images: unit(embed(images)), OSNET_HW)


def colour_histogram() -> Network:
    """Return the square roots of HSV histograms of the upper and the lower half."""

    def histogram(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
        halves = hsv[: len(hsv) // 2], hsv[len(hsv) // 2 :]
        counts = [
            cv2.calcHist([h], [0, 1, 2], None, [12, 4, 4], [0, 180, 0, 256, 0, 256]).ravel()
            for h in halves
        ]
        return np.sqrt(np.concatenate(counts))

    return Network(lambda images: unit(np.stack([histogram(i) for i in images])), _HISTOGRAM_HW)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vectors at length one; (N, D) -> (N, D)."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12))
