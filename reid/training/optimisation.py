"""Optimisation: layer-wise learning rates, schedules and averaged weights."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable

import torch
from torch import nn

from reid.config import OptimiserConfig
from reid.network.backbones import ReIDNetwork


def trunk_layers(network: ReIDNetwork) -> list[nn.Module]:
    """Return the trunk's layers from input to output, single blocks rather than groups of them."""
    layers: list[nn.Module] = []
    for child in network.trunk.children():
        convolution_and_norm = isinstance(child, nn.Sequential) and not any(
            isinstance(grandchild, nn.Conv2d) for grandchild in child
        )
        layers += list(child) if convolution_and_norm else [child]  # type: ignore[call-overload]  # a Sequential
    return layers


def freeze(network: ReIDNetwork, config: OptimiserConfig) -> None:
    """Keep the trunk's first layers as they are, and what else a configuration says.

    Call again after each `train()`: frozen norms must use their stored statistics.
    """
    for layer in trunk_layers(network)[: config.frozen_blocks]:
        layer.eval().requires_grad_(False)
    for module in network.trunk.modules():
        if config.frozen_norms and isinstance(module, nn.BatchNorm2d):
            module.eval()
        if config.frozen_depthwise and isinstance(module, nn.Conv2d) and module.groups > 1:
            module.requires_grad_(False)


def parameter_groups(
    network: ReIDNetwork, heads: nn.Module, config: OptimiserConfig
) -> list[dict[str, object]]:
    """Return groups with layer-wise rates: new layers learn fast, early trunk layers slowly.

    The trunk's rates grow geometrically from `first_rate` to `trunk_rate` (Howard, Ruder, ACL
    2018, Sect. 3.2). Biases, norms and single numbers are not decayed. The 22 numbers of SCAN's
    spatial branch have a rate of their own.
    """
    layers = trunk_layers(network)
    growth = (config.trunk_rate / config.first_rate) ** (1 / max(1, len(layers) - 1))
    groups: list[dict[str, object]] = []
    in_trunk: set[int] = set()
    for depth, layer in enumerate(layers):
        parameters = list(layer.parameters())
        in_trunk |= {id(p) for p in parameters}
        groups += _split_by_decay(parameters, config.first_rate * growth**depth, config)
    spatial = [] if network.scan is None else list(network.scan.spatial.parameters())
    groups += _split_by_decay(spatial, config.spatial_rate, config)
    grouped = in_trunk | {id(p) for p in spatial}
    new = [p for p in [*network.parameters(), *heads.parameters()] if id(p) not in grouped]
    return groups + _split_by_decay(new, 1.0, config)


def _split_by_decay(
    parameters: Iterable[nn.Parameter], share: float, config: OptimiserConfig
) -> list[dict[str, object]]:
    trained = [p for p in parameters if p.requires_grad]
    rate = config.learning_rate * share
    decayed = {
        "params": [p for p in trained if p.ndim > 1],
        "weight_decay": config.weight_decay,
    }
    undecayed = {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0}
    return [{**g, "lr": rate, "base_lr": rate} for g in (decayed, undecayed) if g["params"]]


def build_optimiser(
    groups: list[dict[str, object]], config: OptimiserConfig
) -> torch.optim.Optimizer:
    """Return the optimiser of a configuration over some parameter groups."""
    if config.kind == "sgd":
        return torch.optim.SGD(groups, lr=config.learning_rate, momentum=0.9)
    return torch.optim.AdamW(groups, lr=config.learning_rate)


def rate_factor(step: int, *, steps: int, config: OptimiserConfig) -> float:
    """Return what to multiply all rates with at a step (from 0), in [0, 1].

    >>> config = OptimiserConfig(warmup_steps=10, schedule="cosine")
    >>> [round(rate_factor(s, steps=110, config=config), 2) for s in (0, 9, 10, 60, 110)]
    [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    if step < config.warmup_steps:
        return (step + 1) / config.warmup_steps
    if config.schedule == "staircase":
        return config.decay_factor ** (step // config.decay_steps)
    progress = (step - config.warmup_steps) / max(1, steps - config.warmup_steps)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def set_rates(optimiser: torch.optim.Optimizer, factor: float) -> None:
    """Set every group's rate to its base rate times a factor."""
    for group in optimiser.param_groups:
        group["lr"] = group["base_lr"] * factor


class AveragedNetwork:
    """An exponential moving average of a network's weights and statistics.

    Args:
        network: The network that is trained.
        decay: Of the average; smaller during the first steps, so that it forgets the start.
    """

    def __init__(self, network: ReIDNetwork, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._decay = decay

    @torch.no_grad()
    def update(self, network: ReIDNetwork, step: int) -> None:
        """Take the network after a step (from 0) into the average."""
        decay = min(self._decay, (1 + step) / (10 + step))
        current = network.state_dict()
        for name, average in self.network.state_dict().items():
            if average.is_floating_point():
                average.lerp_(current[name], 1 - decay)
            else:
                average.copy_(current[name])
