import json
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from app import calibrate
from app.evaluation.calibration import Curves, from_json
from app.evaluation.reliability import judge
from reid.config import Source, ValidationConfig
from reid.evaluation.calibration import PairDistances
from reid.model import ModelSpec, ReIDModel, load, save
from reid.training.validation import load_validation
from tests.reid.pictures import write, write_khoa
from tracking.appearance.calibration import Calibration

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
    files = {"CONFIG": "config.yaml", "WEIGHTS": "w.safetensors"}
    options = tuple(str(folder / files[o]) if o in files else o for o in options)
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
    # Each half has three vehicles: three pairs of one, and three times two of two.
    measured = values["measured"]
    assert measured["on"] == ["two", "one"]
    assert measured["whole"]["same"] == 6
    assert measured["whole"]["different"] == 12
    assert measured["first embedding"]["same"] == 24
    assert 0 <= measured["first embedding, default"]["calibration error"] <= 1
    for name in measured["whole"]:
        # The table, in which a long heading may be broken, calls it the same.
        assert all(word in result.output for word in name.split())
    assert {"FMR", "TMR", "TMR at FMR 1.0%"} <= measured["whole"].keys()


@pytest.mark.parametrize(("out", "name"), [("best.safetensors", "best"), (None, "w")])
def test_the_picture_is_named_after_the_weights_that_are_written(
    folder: Path, tmp_path: Path, monkeypatch, out: str | None, name: str
):
    titles: list[str] = []
    monkeypatch.setattr(calibrate, "draw", lambda *_, title: titles.append(title))
    options = ["--out", str(tmp_path / out)] if out else []
    result = invoke(folder, "--plot", str(tmp_path / "r.png"), *options)
    assert result.exit_code == 0, result.output
    assert titles == [f"What distances of {name} mean"]


def test_a_curve_that_is_less_right_than_the_default_is_not_used():
    pairs = PairDistances(np.array([0.8, 0.9]), np.array([1.3, 1.4]))
    wrong = Calibration(distances=(0.8, 1.4), log_ratios=(-3.0, -3.0))
    right = Calibration()
    judged = {
        "whole": judge(wrong, [(wrong, pairs)]),
        "whole, default": judge(right, [(right, pairs)]),
        "first embedding": judge(right, [(right, pairs)]),
        "first embedding, default": judge(right, [(right, pairs)]),
    }
    curves = Curves(wrong, right)
    kept, used, worse = calibrate.keep_better(curves, judged)
    assert worse == ["whole"]
    assert kept == Curves(Calibration(), right)
    assert used["whole"] is judged["whole, default"]
    assert used["first embedding"] is judged["first embedding"]


def test_each_source_is_a_scene_and_queries_in_the_gallery_count_once(tmp_path: Path):
    for part, cameras in (("image_query", [1]), ("image_test", [1, 2])):
        for vehicle in (3, 4):
            for camera in cameras:
                name = f"{vehicle:04d}_c{camera:03d}_00000100_0.jpg"
                write(tmp_path / part / name, vehicle, camera)
    write_khoa(tmp_path / "khoa", {"val": [5]})
    veri, query = (Source(format="veri", path=f"image_{p}", scope="v") for p in ("test", "query"))
    khoa = Source(format="khoa_val", path="khoa")
    configs = [ValidationConfig(name="a", sources=(veri, khoa), query=(query,))]
    sets = load_validation(configs, tmp_path, hw=(32, 32))
    items = sets[0].embedded(lambda images: np.ones((len(images), 1), np.float32))
    assert len(items.identity) == 8
    scenes = calibrate.scenes_of(sets, {"a": items})
    assert sorted(len(scene.identity) for scene in scenes) == [2, 4]
    assert all(len(np.unique(scene.camera)) == 2 for scene in scenes)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        pytest.param(("--set", "three"), 2, "no validation set 'three'; known are two", id="set"),
        pytest.param(("--set", "one"), 2, "no validation set has vehicles in several", id="camera"),
        pytest.param(("--min-crops", "9"), 2, "tracklets of 9 or more crops", id="crops"),
        pytest.param(("--weights", "gone.safetensors"), 2, "not found", id="weights"),
        pytest.param(("--data", "nowhere"), 2, "is not a folder", id="data"),
        pytest.param(("--plot", "gone/r.png"), 5, "gone is not a folder", id="plot's folder"),
        pytest.param(("--plot", "a.png", "--json", "a.png"), 5, "two outputs", id="one place"),
        pytest.param(("--json", "CONFIG"), 5, "this command reads it", id="what is read"),
        pytest.param(("--json", "WEIGHTS"), 5, "this command reads it", id="weights that are read"),
        pytest.param(("--out", "w.pt"), 2, "a file *.safetensors is expected", id="format"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    folder: Path, options: tuple[str, ...], code: int, message: str
):
    result = invoke(folder, *options)
    assert result.exit_code == code
    assert message in " ".join(result.output.split())
