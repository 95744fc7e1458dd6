"""The published sets from their configurations to their tables, on made-up folders."""

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from reid import evaluate
from reid.config import read_config
from reid.model import ModelSpec, ReIDModel, save
from tests.reid.pictures import write

CONFIGS = Path(__file__).parents[2] / "configs" / "reid"
APP = evaluate.typer.Typer()
APP.command()(evaluate.main)


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    spec = ModelSpec(backbone="light_vgg_m", gem=False, bn_neck=False, input_hw=(64, 64))
    path = tmp_path_factory.mktemp("weights") / "w.safetensors"
    save(ReIDModel(spec.build().eval(), spec), path)
    return path


def numbers(config: str, data: Path, *options: str | Path) -> dict:
    file = data / "numbers.json"
    arguments = ["--config", CONFIGS / config, "--data", data, "--json", file, *options]
    result = CliRunner().invoke(APP, [str(a) for a in arguments])
    assert result.exit_code == 0, result.output
    return json.loads(file.read_text())["retrieval"]


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_configuration_is_readable(path: Path):
    config = read_config(path)
    assert config.validation
    # Names say whether SCAN is in the network, but for the strong recipe and what only measures.
    unsaid = path.stem.endswith("strong") or path.stem in {"benchmark", "bodies"}
    assert config.model.scan == (unsaid or "scan" in path.stem)


def test_veri(tmp_path: Path, weights: Path):
    for folder, cameras in (("image_query", (1,)), ("image_test", (1, 2, 3))):
        for identity in (3, 5, 8):
            for camera in cameras:
                name = f"{identity:04d}_c{camera:03d}_00000100_0.jpg"
                write(tmp_path / folder / name, identity, camera)
    found = numbers("veri_light_vgg_m_scan.yaml", tmp_path, "--weights", weights)
    assert found["veri/cross_camera"]["queries"] == 3
    assert found["veri/cross_camera"]["rank-1"] == 1.0
    pair = ["--weights", weights, "--weights", weights]
    both = numbers(
        "veri_light_vgg_m.yaml", tmp_path, *pair, "--rerank", "--pictures", tmp_path / "p"
    )
    assert both["veri/cross_camera"]["mAP"] == 1.0
    assert (tmp_path / "p" / "veri_ranking.jpg").is_file()


def test_vehicle_id(tmp_path: Path, weights: Path):
    lists = tmp_path / "train_test_split"
    lists.mkdir()
    for size in (800, 1600, 2400):
        rows = [(f"{size}{i}{k}", i) for i in range(3) for k in range(3)]
        (lists / f"test_list_{size}.txt").write_text("".join(f"{n} {i}\n" for n, i in rows))
        for name, identity in rows:
            write(tmp_path / "image" / f"{name}.jpg", identity, int(name[-1]))
    found = numbers("vehicleid_light_vgg_m_scan.yaml", tmp_path, "--weights", weights)
    assert set(found) == {"small/vehicle_id", "medium/vehicle_id", "large/vehicle_id"}
    assert found["large/vehicle_id"]["queries"] == 10 * 6
    assert found["large/vehicle_id"]["rank-1"] > 0.6
