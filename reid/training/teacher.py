"""Teacher networks of a training (`reid.training.losses`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.computing.devices import emulates_bfloat16
from reid.config import IMAGENET
from reid.crops import resize
from reid.inference.decoded import apply_network, embed_images
from reid.inference.osnet import OSNET_HW, load_osnet
from reid.model import ModelSpec, cast_once, fold_batch_norm, load
from reid.training.initialisation import initial_network

Teacher: TypeAlias = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Maps crops, uint8 (N, H, W, 3) BGR of one size, to features, float32 (N, E)."""


def load_teachers(
    weights: Sequence[str], *, hw: tuple[int, int], device: torch.device, half: bool = False
) -> Teacher:
    """Return several networks as one teacher.

    Each one's features are centred on the crops it is given, normalised to unit length and
    concatenated: the similarity of two crops is then the mean of the networks' similarities. What
    all crops of a source have in common, such as the night, would otherwise count as similarity,
    and more for one network than another.

    Args:
        weights: For each network "imagenet" for what EfficientNet-Lite0 knows of images in
            general (the means of its trunk's maps), a weights file for the embeddings of its
            network, or an ONNX file of OSNet.
        hw: Height and width of the crops they will see, in pixels.
        device: Where they compute.
        half: Whether networks of weights files compute in bfloat16, where that is not emulated.

    Raises:
        FileNotFoundError: If a file, or the package with the ImageNet weights, is missing.
        ValueError: If a file is unusable, or there is no network at all.
    """
    if not weights:
        raise ValueError("teacher_weights must name at least one network")
    half = half and not emulates_bfloat16(device)
    teachers = [_load(name, hw=hw, device=device, half=half) for name in weights]

    def together(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.concatenate([_centred_unit(teacher(images)) for teacher in teachers], axis=1)

    return together


def _centred_unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = features - features.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(lengths, 1e-12), np.float32)


def _load(weights: str, *, hw: tuple[int, int], device: torch.device, half: bool) -> Teacher:
    if weights == IMAGENET:
        return _imagenet(hw, device)
    if weights.endswith(".onnx"):
        return _resized(load_osnet(Path(weights)), OSNET_HW)
    model = load(Path(weights), device=device)
    network = fold_batch_norm(model.network)
    if half:
        network = cast_once(network, torch.bfloat16)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # channels_last alone is documented but not in the overloads

    def embed(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            return embed_images(network, images, model.spec)

    return _resized(embed, model.spec.input_hw)


def _imagenet(hw: tuple[int, int], device: torch.device) -> Teacher:
    spec = ModelSpec(input_hw=hw)
    trunk = initial_network(spec, IMAGENET).trunk.to(device).eval()

    def pooled(images: Tensor) -> Tensor:
        features: Tensor = trunk(images).mean(dim=(2, 3))
        return features

    return lambda images: apply_network(pooled, images, spec=spec, device=device)


def _resized(teacher: Teacher, hw: tuple[int, int]) -> Teacher:
    """Return a teacher of crops of any size, given one of crops of a certain size."""

    def seen(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        if images.shape[1:3] != hw:
            images = np.stack([resize(image, hw) for image in images])
        return teacher(images)

    return seen
