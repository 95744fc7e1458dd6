from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from reid.embedder import Embedder, EmbedderSettings
from reid.model import ModelSpec, ReIDModel, save


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    spec = ModelSpec(input_hw=(32, 32))
    path: Path = tmp_path_factory.mktemp("weights") / "random.safetensors"
    save(ReIDModel(spec.build(), spec), path)
    return str(path)


@pytest.fixture(scope="module")
def embedder(weights: str) -> Embedder:
    return Embedder(EmbedderSettings(weights=weights, batch_size=2, device="cpu"))


@pytest.fixture
def images() -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, hw, dtype=np.uint8) for hw in ((40, 60, 3), (50, 30, 3))]


def boxes(*rows: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_unit_vectors_in_the_order_of_the_boxes(embedder: Embedder, images):
    first, second, third = (0, 0, 20, 20), (10, 5, 60, 40), (-5, 10, 30, 80)
    together = embedder(images, [boxes(first, second), boxes(third)])
    assert together.shape == (3, 512)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=1e-5)
    alone = [
        embedder(images[:1], [boxes(first)]),
        embedder(images[:1], [boxes(second)]),
        embedder(images[1:], [boxes(third)]),
    ]
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-5)


def test_the_same_twice(embedder: Embedder, images):
    xyxy = [boxes((0, 0, 20, 20)), boxes((1, 2, 25, 30), (3, 3, 9, 9))]
    np.testing.assert_array_equal(embedder(images, xyxy), embedder(images, xyxy))


def test_half_precision_is_close(weights: str, embedder: Embedder, images):
    half = Embedder(EmbedderSettings(weights=weights, device="cpu", precision="half"))
    xyxy = [boxes((0, 0, 20, 20)), boxes((1, 2, 25, 30))]
    cosine = (half(images, xyxy) * embedder(images, xyxy)).sum(axis=1)
    assert (cosine > 0.99).all()


@pytest.mark.parametrize("backbone", ["light_vgg16", "efficientnet_lite0"])
def test_weights_are_cast_once_and_not_with_each_batch(
    backbone: str, tmp_path: Path, images, monkeypatch: pytest.MonkeyPatch
):
    torch.manual_seed(0)
    spec = ModelSpec(backbone=backbone, input_hw=(32, 32))
    save(ReIDModel(spec.build(), spec), tmp_path / "w.safetensors")
    settings = EmbedderSettings(
        weights=str(tmp_path / "w.safetensors"), device="cpu", precision="half"
    )
    xyxy = [boxes((0, 0, 20, 20)), boxes((1, 2, 25, 30))]
    once = Embedder(settings)
    layers = [m for m in once._network._network.modules() if isinstance(m, torch.nn.Conv2d)]
    assert {layer.weight.dtype for layer in layers} == {torch.bfloat16}
    monkeypatch.setattr("reid.embedder.cast_once", lambda network, _dtype: network)
    np.testing.assert_array_equal(once(images, xyxy), Embedder(settings)(images, xyxy))


def test_nothing_in_nothing_out(embedder: Embedder, images):
    assert embedder([], []).shape == (0, 512)
    assert embedder(images, [boxes(), boxes()]).shape == (0, 512)
    assert embedder(images, [boxes(), boxes((0, 0, 5, 5))]).shape == (1, 512)


def test_bad_input_is_named(embedder: Embedder, images):
    with pytest.raises(ValueError, match="2 images came with boxes for 1"):
        embedder(images, [boxes()])
    with pytest.raises(ValueError, match=r"image 1: box 0, .* has no area"):
        embedder(images, [boxes(), boxes((5, 5, 5, 9))])
    with pytest.raises(ValueError, match=r"images\[0\] must be uint8"):
        embedder([images[0].astype(np.float32)], [boxes()])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="xyxy must be float32"):
        embedder(images[:1], [np.zeros((1, 4))])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weights": ""}, "weights must name a file"),
        ({"batch_size": 0}, "batch_size must be 1 or more, is 0"),
        ({"precision": "int8"}, "precision must be one of"),
    ],
)
def test_settings_are_checked(values: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        EmbedderSettings(**values)  # type: ignore[arg-type]


def test_missing_weights():
    with pytest.raises(FileNotFoundError, match="not found"):
        Embedder(EmbedderSettings(weights="nowhere.safetensors"))
