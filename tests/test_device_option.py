"""Commands that compute with networks offer `--device`, all in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
import typer
import yaml
from typer.testing import CliRunner

import detector.evaluate
import detector.label
import detector.train
import reid.evaluate
import reid.train
import reid.visualize
import reid.whiten
from app import calibrate, query
from reid.model import DEFAULT_WEIGHTS, ModelSpec, ReIDModel, load, save
from tests.app.footage import write_video
from tests.reid.pictures import write

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = (
    detector.evaluate, detector.label, detector.train,
    reid.evaluate, reid.train, reid.visualize, reid.whiten,
    calibrate, query,
)  # fmt: skip
CONFIG = {
    "domains": [
        {"name": "d", "identities": 2, "crops": 2, "sources": [{"format": "folder", "path": "two"}]}
    ],
    "validation": [{"name": "two", "sources": [{"format": "folder", "path": "two"}]}],
}
DETECTOR_CONFIG = {"sources": [{"name": "s", "paths": ["*"]}]}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What commands read: crops, an untrained network, a video and configurations."""
    root: Path = tmp_path_factory.mktemp("root")
    for vehicle in range(6):
        for crop in range(4):
            write(root / "two" / f"v{vehicle}" / f"cam{crop // 2}_{crop}.jpg", vehicle, crop)
    write_video(root / "a.mp4", range(0, 500, 100))
    (root / "reid.yaml").write_text(yaml.safe_dump(CONFIG))
    (root / "detector.yaml").write_text(yaml.safe_dump(DETECTOR_CONFIG))
    torch.manual_seed(0)
    spec = ModelSpec(input_hw=(32, 32))
    save(ReIDModel(spec.build().eval(), spec), root / "w.safetensors")
    return root


def invoke(module: Any, *arguments: object) -> Any:
    app = typer.Typer()
    app.command()(module.main)
    return CliRunner().invoke(app, [str(one) for one in arguments])


def arguments_of(module: Any, root: Path, out: Path) -> list[object]:
    weights = root / "w.safetensors"
    data = ["--config", root / "reid.yaml", "--data", root]
    detector_data = ["--config", root / "detector.yaml", "--data", root]
    return {
        detector.evaluate: detector_data,
        detector.label: [root / "a.mp4", "--teacher", weights, "--out", out],
        detector.train: [*detector_data, "--out", out],
        reid.evaluate: [*data, "--weights", weights],
        reid.train: [*data, "--out", out],
        reid.visualize: [
            root / "two" / "v1",
            "--weights",
            weights,
            "--out",
            out.with_suffix(".png"),
        ],
        # Views do not differ enough to a network that has learnt nothing.
        reid.whiten: [DEFAULT_WEIGHTS, out.with_suffix(".safetensors"), *data],
        calibrate: [*data, "--weights", weights],
    }[module]


def test_all_offer_it_in_the_same_words() -> None:
    for module in COMMANDS:
        app = typer.Typer()
        app.command()(module.main)
        command = typer.main.get_command(app)
        (option,) = (one for one in command.params if "--device" in one.opts)
        assert option.default == "auto", module
        assert option.help == "Where networks compute: auto, cpu, cuda or cuda:N.", module


@pytest.mark.parametrize("module", COMMANDS[:-1], ids=lambda module: module.__name__)
@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("gpu", "device must be auto, cpu, cuda or cuda:N, is 'gpu'"),
        ("cuda:99", "device 'cuda:99' is not there: "),
    ],
)
def test_a_device_that_is_not_there_is_one_line(
    root: Path, tmp_path: Path, module: Any, device: str, message: str
) -> None:
    given = arguments_of(module, root, tmp_path / "out")
    result = invoke(module, *given, "--device", device)
    assert result.exit_code == 2, result.output
    assert result.output.startswith(f"error: {message}")
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize(
    "module",
    [reid.evaluate, reid.visualize, reid.whiten, calibrate],
    ids=lambda module: module.__name__,
)
@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_networks_compute_where_it_is_asked_for(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gpu: torch.device,
    module: Any,
    device: str,
) -> None:
    loaded = []

    def spied(*arguments: Any, **options: Any) -> ReIDModel:
        loaded.append(load(*arguments, **options))
        return loaded[-1]

    monkeypatch.setattr(module, "load", spied)
    given = arguments_of(module, root, tmp_path / "out")
    result = invoke(module, *given, "--device", device)
    assert result.exit_code == 0, result.output
    assert [one.network.fc.weight.device.type for one in loaded] == [
        gpu.type if device == "auto" else device
    ]
