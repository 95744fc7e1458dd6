from __future__ import annotations

import pytest
import torch

from detector import network
from detector.types import CLASS_NAMES


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory):
    """A file of ours with a network that has learnt nothing."""
    path = tmp_path_factory.mktemp("weights") / "random.safetensors"
    network.save(network.build("yolo11n.yaml", CLASS_NAMES, image_size=64), path)
    return path


@pytest.fixture(scope="session")
def eager_weights(tmp_path_factory):
    """A network that sees something everywhere, of which much are riders on motorcycles."""
    torch.manual_seed(0)  # of some networks the best box is another one in 16 bits
    built = network.build("yolo11n.yaml", ["person", *CLASS_NAMES], image_size=64)
    with torch.no_grad():
        for branch in built.module.model[-1].cv3:
            branch[-1].bias.fill_(-0.5)
    path = tmp_path_factory.mktemp("weights") / "eager.safetensors"
    network.save(built, path)
    return str(path)
