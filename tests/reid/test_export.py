"""Exported networks give the same vectors, and so the same rankings."""

from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from reid import export
from reid.embedder import Embedder, EmbedderSettings
from reid.inference.decoded import embed_images
from reid.inference.exported import ExportedNetwork
from reid.model import ModelSpec, ReIDModel
from tests.reid.pictures import paint

pytest.importorskip("onnxscript", reason="the extra [export] is not installed")
pytest.importorskip("onnxruntime", reason="the extra [export] is not installed")
pytest.importorskip("openvino", reason="the extra [export] is not installed")

APP = export.typer.Typer()
APP.command()(export.main)
COUNT = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """An ONNX file and an OpenVINO one, of the shipped network."""
    folder = tmp_path_factory.mktemp("exported")
    for name in ("r.onnx", "r.xml"):
        result = CliRunner().invoke(APP, [str(folder / name)])
        assert result.exit_code == 0, result.output
    return folder


def embed(weights: str | None = None, *, precision: str = "float32") -> np.ndarray:
    chosen = {} if weights is None else {"weights": weights}
    settings = EmbedderSettings(precision=precision, device="cpu", batch_size=7, **chosen)  # type: ignore[arg-type]
    images = [paint(i, i % 3, size=60 + 4 * i) for i in range(COUNT)]
    boxes = [np.array([[0, 0, im.shape[1], im.shape[0]]], np.float32) for im in images]
    return Embedder(settings)(images, boxes)


@pytest.mark.parametrize("name", ["r.onnx", "r.xml"])
def test_vectors_and_rankings_stay(folder: Path, name: str):
    wanted, found = embed(), embed(str(folder / name))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    # OpenVINO's file holds its weights in float16.
    largest, tie = (1e-4, 5e-3) if name.endswith("onnx") else (1e-2, 2e-2)
    assert np.abs(found - wanted).max() < largest
    for a, b in ((wanted, wanted), (found, found)):
        assert a.shape == b.shape == (COUNT, 512)
    distance = [2 - 2 * vectors @ vectors.T for vectors in (wanted, found)]
    gaps = np.sort(distance[0], axis=1)
    clear = np.diff(gaps, axis=1)[:, 1] > tie  # the nearest is not one
    nearest = [np.argsort(d, axis=1)[:, 1] for d in distance]
    assert clear.sum() > COUNT // 2
    np.testing.assert_array_equal(nearest[0][clear], nearest[1][clear])


@pytest.mark.parametrize("name", ["r.onnx", "r.xml"])
def test_calibration_and_a_larger_map_go_along(tmp_path: Path, name: str):
    torch.manual_seed(0)
    spec = ModelSpec(input_hw=(32, 64), last_stride=1)
    model = ReIDModel(spec.build().eval(), spec, {"curves": [0.5]})
    crops = torch.randint(0, 256, (3, 32, 64, 3), dtype=torch.uint8)
    wanted = embed_images(model.network, crops.numpy(), spec)
    export.export(model, tmp_path / name)
    exported = ExportedNetwork(tmp_path / name, half=False)
    assert exported.calibration == {"curves": [0.5]}
    assert exported.spec == spec
    np.testing.assert_allclose(exported.embed(crops), wanted, atol=1e-2)


def test_sixteen_bits_stay_close(folder: Path):
    wanted, found = embed(), embed(str(folder / "r.xml"), precision="half")
    cosine = (wanted * found).sum(axis=1)
    # Stripes are nothing that the network knows, and its vectors of them are fragile.
    assert np.median(cosine) > 0.98
    assert cosine.min() > 0.9


@pytest.mark.parametrize(
    ("out", "options", "message"),
    [
        ("a.onnx", ("--weights", "gone.safetensors"), "'gone.safetensors' not found"),
        ("a.pt", (), "must end in .onnx or .xml"),
        ("missing/a.onnx", (), "missing is not a folder"),
    ],
    ids=["weights", "format", "folder"],
)
def test_bad_arguments_are_one_line(tmp_path: Path, out: str, options, message: str):
    result = CliRunner().invoke(APP, [str(tmp_path / out), *options])
    assert result.exit_code == 2
    assert message in result.output


def test_a_file_that_is_missing_or_no_network_is_refused(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="not found"):
        embed(str(tmp_path / "gone.onnx"))
    (tmp_path / "bad.onnx").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="is not a readable ONNX network"):
        embed(str(tmp_path / "bad.onnx"))
