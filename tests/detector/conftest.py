from __future__ import annotations

import pytest

from detector import network
from detector.types import CLASS_NAMES


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory):
    """A file of ours with a network that has learnt nothing."""
    path = tmp_path_factory.mktemp("weights") / "random.safetensors"
    network.save(network.build("yolo11n.yaml", CLASS_NAMES, image_size=64), path)
    return path
