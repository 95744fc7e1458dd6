import pytest
import torch
from torch import nn

from reid.config import OptimiserConfig
from reid.network.backbones import efficientnet_lite0, light_vgg_m
from reid.training.optimisation import (
    AveragedNetwork,
    build_optimiser,
    freeze,
    parameter_groups,
    rate_factor,
    set_rates,
    trunk_layers,
)


@pytest.mark.parametrize(
    ("build", "count"), [(efficientnet_lite0, 18), (light_vgg_m, 12)], ids=["lite0", "vgg_m"]
)
def test_trunk_layers_are_single_blocks(build, count: int):
    assert len(trunk_layers(build(scan=True))) == count


def test_every_trained_parameter_is_in_one_group():
    network, heads = efficientnet_lite0(scan=True), nn.Linear(512, 3)
    freeze(network, OptimiserConfig(frozen_blocks=4))
    groups = parameter_groups(network, heads, OptimiserConfig())
    grouped = [id(p) for g in groups for p in g["params"]]  # type: ignore[attr-defined]
    trained = [p for p in [*network.parameters(), *heads.parameters()] if p.requires_grad]
    assert sorted(grouped) == sorted(id(p) for p in trained)


def test_rates_grow_along_the_trunk():
    config = OptimiserConfig(learning_rate=1.0, first_rate=0.1, trunk_rate=0.4)
    groups = parameter_groups(light_vgg_m(scan=False), nn.Linear(512, 3), config)
    weights = [g["lr"] for g in groups if g["weight_decay"]]
    # Five convolutions at depths 0, 3, 6, 8, 10 of 12 layers, then the new layers.
    expected = [0.1 * 4 ** (depth / 11) for depth in (0, 3, 6, 8, 10)] + [1.0]
    assert weights == pytest.approx(expected)


def test_the_spatial_branch_has_its_own_rate():
    network = efficientnet_lite0(scan=True)
    assert network.scan is not None
    spatial = {id(p) for p in network.scan.spatial.parameters()}
    config = OptimiserConfig(learning_rate=1.0, spatial_rate=0.02)
    rates = [
        (id(p) in spatial, g["lr"])
        for g in parameter_groups(network, nn.Linear(512, 3), config)
        for p in g["params"]  # type: ignore[attr-defined]
    ]
    assert {rate for own, rate in rates if own} == {0.02}
    assert 0.02 not in {rate for own, rate in rates if not own}


def test_biases_and_norms_are_not_decayed():
    groups = parameter_groups(efficientnet_lite0(scan=True), nn.Linear(512, 3), OptimiserConfig())
    for group in groups:
        for parameter in group["params"]:  # type: ignore[attr-defined]
            assert (parameter.ndim > 1) == (group["weight_decay"] > 0)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 0.25), (3, 1.0), (1999, 1.0), (2000, 0.8), (4100, 0.64)]
)
def test_staircase_of_the_paper(step: int, expected: float):
    config = OptimiserConfig(schedule="staircase", warmup_steps=4)
    assert rate_factor(step, steps=10_000, config=config) == pytest.approx(expected)


def test_rates_follow_the_factor():
    optimiser = build_optimiser(
        [{"params": [nn.Parameter(torch.zeros(2))], "lr": 0.2, "base_lr": 0.2}],
        OptimiserConfig(kind="sgd"),
    )
    set_rates(optimiser, 0.5)
    set_rates(optimiser, 0.5)
    assert optimiser.param_groups[0]["lr"] == pytest.approx(0.1)


def test_frozen_blocks_keep_weights_and_statistics():
    network = efficientnet_lite0(scan=False).train()
    freeze(network, OptimiserConfig(frozen_blocks=2))
    before = network.state_dict()["trunk.stem.1.running_mean"].clone()
    network(torch.randn(2, 3, 32, 32))
    torch.testing.assert_close(network.state_dict()["trunk.stem.1.running_mean"], before)
    assert not any(p.requires_grad for p in network.trunk.stem.parameters())


def test_frozen_norms_keep_their_statistics_and_learn():
    network = efficientnet_lite0(scan=False).train()
    freeze(network, OptimiserConfig(frozen_norms=True))
    before = {k: v.clone() for k, v in network.state_dict().items() if "running_mean" in k}
    network(torch.randn(2, 3, 32, 32))
    moved = [k for k, v in before.items() if not torch.equal(network.state_dict()[k], v)]
    assert moved == ["neck.running_mean"]
    assert all(p.requires_grad for p in network.trunk.parameters())


def test_average_follows_slowly():
    network = light_vgg_m(scan=False)
    average = AveragedNetwork(network, 0.9)
    with torch.no_grad():
        network.fc.bias.fill_(1.0)
        average.network.fc.bias.fill_(0.0)
    average.update(network, 0)  # decay (1 + 0) / (10 + 0) at the start
    assert average.network.fc.bias[0].item() == pytest.approx(0.9)
    average.update(network, 1000)  # decay 0.9
    assert average.network.fc.bias[0].item() == pytest.approx(0.91)


def test_frozen_depthwise_filters_stay():
    network = efficientnet_lite0(scan=False)
    freeze(network, OptimiserConfig(frozen_depthwise=True))
    frozen = [m for m in network.modules() if isinstance(m, nn.Conv2d) and m.groups > 1]
    assert len(frozen) == 16
    assert not any(p.requires_grad for m in frozen for p in m.parameters())
    assert network.trunk.head[0].weight.requires_grad
