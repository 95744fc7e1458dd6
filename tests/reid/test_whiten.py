import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from typer import Typer
from typer.testing import CliRunner

from reid import whiten
from reid.model import DEFAULT_WEIGHTS, ModelSpec, ReIDModel, find_weights, load
from reid.network.backbones import EMBEDDING_DIM
from tests.reid.pictures import write_folder

CONFIG = """
domains:
  - {name: clip, sources: [{format: folder, path: clip}], identities: 2, crops: 2}
"""


def test_scatter_is_the_pooled_covariance_about_each_vehicle_at_trace_one():
    rng = np.random.default_rng(0)
    identity = np.array([0, 0, 0, 1, 1, 2])
    embeddings = rng.normal(size=(6, 4)).astype(np.float32)
    slow = np.zeros((4, 4))
    for vehicle in (0, 1, 2):
        own = embeddings[identity == vehicle].astype(np.float64)
        for row in own - own.mean(axis=0):
            slow += np.outer(row, row)
    scatter = whiten.within_class_scatter(embeddings, identity)
    np.testing.assert_allclose(scatter, slow / np.trace(slow), atol=1e-6)
    # Where the vehicle is does not matter, only how its views differ.
    moved = embeddings + 5 * np.eye(4, dtype=np.float32)[identity]
    np.testing.assert_allclose(whiten.within_class_scatter(moved, identity), scatter, atol=1e-5)


def test_views_that_do_not_differ_have_no_scatter():
    with pytest.raises(ValueError, match="no identity has two images that differ"):
        whiten.within_class_scatter(np.eye(3, dtype=np.float32), np.arange(3))


def test_little_shrinkage_whitens_and_much_changes_nothing():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(6, 6))
    scatter = root @ root.T
    matrix = whiten.whitening(scatter, shrinkage=1e-9)
    after = matrix @ scatter @ matrix.T
    np.testing.assert_allclose(after / after[0, 0], np.eye(6), atol=1e-5)
    np.testing.assert_allclose(np.linalg.det(matrix), 1)
    np.testing.assert_allclose(whiten.whitening(scatter, shrinkage=1e6), np.eye(6), atol=1e-4)
    for shrinkage in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite and positive"):
            whiten.whitening(scatter, shrinkage=shrinkage)


@pytest.mark.parametrize("bn_neck", [True, False])
def test_the_network_computes_the_product(bn_neck):
    torch.manual_seed(0)
    spec = ModelSpec(input_hw=(32, 32), bn_neck=bn_neck)
    network = spec.build().eval()
    if network.neck is not None:
        torch.nn.init.uniform_(network.neck.weight, 0.5, 2)
        network.neck.running_mean = torch.randn(EMBEDDING_DIM)
        network.neck.running_var = torch.rand(EMBEDDING_DIM) + 0.5
    matrix = np.random.default_rng(2).normal(size=(EMBEDDING_DIM, EMBEDDING_DIM)) / 20
    images = torch.randn(3, 3, 32, 32)
    with torch.inference_mode():
        before = network(images)
        after = whiten.whitened(ReIDModel(network, spec, {"version": 1}), matrix)
        expected = before.double() @ torch.from_numpy(matrix).T
        torch.testing.assert_close(after.network(images).double(), expected, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(network(images), before)
    assert after.calibration is None


def test_command(tmp_path: Path):
    weights, out = tmp_path / "model.safetensors", tmp_path / "out.safetensors"
    shutil.copy(find_weights(DEFAULT_WEIGHTS), weights)
    write_folder(tmp_path / "clip", [1, 2], cameras=3)
    (tmp_path / "config.yaml").write_text(CONFIG)
    app = Typer()
    app.command()(whiten.main)
    options = ["--config", str(tmp_path / "config.yaml"), "--data", str(tmp_path)]
    result = CliRunner().invoke(app, [str(weights), str(out), *options])
    assert result.exit_code == 0, result.output
    model = load(out)
    assert model.calibration is None
    assert not torch.equal(model.network.fc.weight, load(weights).network.fc.weight)

    for arguments, message in (
        ([str(weights), str(weights)], "is read by this command"),
        ([str(weights), str(tmp_path / "out.txt")], "must end in .safetensors"),
        ([str(tmp_path / "none.safetensors"), str(out)], "not found"),
        ([str(weights), str(out), "--shrinkage", "0"], "finite and positive"),
    ):
        result = CliRunner().invoke(app, [*arguments, *options])
        assert result.exit_code == 2
        assert message in result.output.replace("\n", "")
