import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from app import calibrate
from app.calibration import from_json
from reid.model import ModelSpec, ReIDModel, load, save
from tests.reid.pictures import write

CONFIG = """
domains:
  - {name: none, sources: [{format: folder, path: two}], identities: 2, crops: 2}
validation:
  - {name: two, sources: [{format: folder, path: two}]}
  - {name: one, sources: [{format: folder, path: one}]}
"""
SPEC = ModelSpec(input_hw=(32, 32))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six vehicles in two cameras, three in one, an untrained network, and a configuration."""
    root = tmp_path_factory.mktemp("calibrate")
    for name, vehicles, cameras in (("two", range(6), 2), ("one", range(6, 9), 1)):
        for vehicle in vehicles:
            for camera in range(cameras):
                for crop in range(2):
                    path = root / name / f"v{vehicle}" / f"cam{camera}_{crop}.jpg"
                    write(path, vehicle, 2 * camera + crop)
    (root / "config.yaml").write_text(CONFIG)
    torch.manual_seed(0)
    save(ReIDModel(SPEC.build().eval(), SPEC), root / "w.safetensors", half=True)
    return root


def invoke(folder: Path, *options: str):
    arguments = ["--config", str(folder / "config.yaml"), "--data", str(folder)]
    if "--weights" not in options:
        arguments += ["--weights", str(folder / "w.safetensors")]
    return CliRunner().invoke(calibrate.app, [*arguments, *options])


def test_weights_get_their_calibration(folder: Path, tmp_path: Path):
    out, plot, numbers = (tmp_path / name for name in ("c.safetensors", "r.png", "c.json"))
    result = invoke(folder, "--out", str(out), "--plot", str(plot), "--json", str(numbers))
    assert result.exit_code == 0, result.output
    values = json.loads(numbers.read_text())
    assert load(out).calibration == values
    assert load(folder / "w.safetensors").calibration is None
    assert plot.stat().st_size > 10_000
    curves = from_json(values)
    assert curves.whole.distances
    # Three vehicles are kept out: three pairs of one, and three times two of two.
    measured = values["measured"]
    assert measured["on"] == ["two", "one"]
    assert measured["whole tracklets"]["pairs of one"] == 3
    assert measured["whole tracklets"]["pairs of two"] == 6
    assert measured["first look"]["pairs of one"] == 12
    assert 0 <= measured["first look, default"]["calibration error"] <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(("--set", "three"), "no validation set 'three'; known are two, one", id="set"),
        pytest.param(("--set", "one"), "no validation set has vehicles in several", id="cameras"),
        pytest.param(("--min-crops", "9"), "tracklets of 9 or more crops", id="crops"),
        pytest.param(("--weights", "gone.safetensors"), "not found", id="weights"),
        pytest.param(("--data", "nowhere"), "is not a folder", id="data"),
    ],
)
def test_what_cannot_be_done_is_one_line(folder: Path, options: tuple[str, ...], message: str):
    result = invoke(folder, *options)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
