import json
from pathlib import Path

import pytest
import torch
from typer import Typer
from typer.testing import CliRunner

from benchmarks import reid_speed
from reid.embedder import Embedder
from reid.model import ModelSpec, ReIDModel, save

pytest.importorskip("onnxscript", reason="the extra [export] is not installed")
pytest.importorskip("onnxruntime", reason="the extra [export] is not installed")
pytest.importorskip("openvino", reason="the extra [export] is not installed")

APP = Typer()
APP.command()(reid_speed.main)
CPU = {
    "torch float32",
    "torch bfloat16",
    "ONNX Runtime float32",
    "OpenVINO float32",
    "OpenVINO 16 bits",
}


@pytest.fixture(autouse=True)
def _threads():
    """The command sets the threads of the whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_less_scan_is_the_same_network_without_it():
    torch.manual_seed(0)
    spec = ModelSpec(input_hw=(32, 32))
    model = ReIDModel(spec.build().eval(), spec)
    plain = reid_speed.without_scan(model)
    assert not plain.spec.scan
    assert plain.network.scan is None
    assert torch.equal(plain.network.fc.weight, model.network.fc.weight)


def test_without_scan_there_is_no_share_of_it():
    found = reid_speed.summarise({"a": {1: [2.0, 3.0]}}, {})
    assert list(found["a"]["1"]) == ["ms_per_crop"]


def test_every_runtime_has_its_times(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(reid_speed, "BATCHES", (1, 2))
    spec = ModelSpec(input_hw=(32, 32))
    weights, numbers = tmp_path / "w.safetensors", tmp_path / "s.json"
    save(ReIDModel(spec.build().eval(), spec), weights)
    options = ["--weights", str(weights), "--rounds", "1", "--json", str(numbers)]
    result = CliRunner().invoke(APP, options)
    assert result.exit_code == 0, result.output
    found = json.loads(numbers.read_text())
    assert found["threads"] == 1
    assert set(found["speed"]) >= CPU
    for by_batch in found["speed"].values():
        assert list(by_batch) == ["1", "2"]
        for entry in by_batch.values():
            assert entry["ms_per_crop"]["median"] > 0
            assert entry["scan_share"] < 1


def test_a_gpu_is_measured_where_there_is_one(
    gpu: torch.device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reid_speed, "BATCHES", (1, 2))
    monkeypatch.setattr(reid_speed, "export", lambda *_: None)
    spec = ModelSpec(input_hw=(32, 32))
    save(ReIDModel(spec.build(), spec), tmp_path / "w.safetensors")
    settings = reid_speed.runtimes(tmp_path / "w.safetensors", tmp_path)
    networks = {name: Embedder(one) for name, one in settings.items() if name.endswith("GPU")}
    found = reid_speed.measure(networks, hw=(32, 32), rounds=1)
    assert list(found) == ["torch float32, GPU", "torch float16, GPU"]
    assert all(list(by_batch) == [1, 2] for by_batch in found.values())


def test_missing_weights_are_one_line():
    result = CliRunner().invoke(APP, ["--weights", "gone.safetensors"])
    assert result.exit_code == 2
    assert "not found" in result.output
