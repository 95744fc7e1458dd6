"""Attention over crops, by the shipped network and by one that is set by hand."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from reid import visualize
from reid.model import ModelSpec, ReIDModel, save
from tests.reid.pictures import paint, write

SPEC = ModelSpec(backbone="light_vgg_m", gem=False, bn_neck=False, input_hw=(64, 64))
APP = visualize.typer.Typer()
APP.command()(visualize.main)


@pytest.fixture(scope="module")
def model() -> ReIDModel:
    torch.manual_seed(0)
    return ReIDModel(SPEC.build().eval(), SPEC)


def images(count: int) -> np.ndarray:
    return np.stack([paint(i, 0, size=64) for i in range(count)])


def test_weights_have_the_ranges_of_the_paper(model):
    weights = visualize.attention(model, images(3))
    assert weights.spatial.shape[0] == weights.channel.shape[0] == 3
    assert weights.channel.shape[1] == 512
    assert weights.spatial.min() >= 0.5
    assert weights.spatial.max() < 1
    assert 0 < weights.channel.min() < weights.channel.max() < 1


def test_looking_leaves_no_hooks(model):
    visualize.attention(model, images(1))
    assert not any(module._forward_hooks for module in model.network.modules())


def test_a_network_without_scan_has_none():
    spec = ModelSpec(
        backbone="light_vgg_m", scan=False, gem=False, bn_neck=False, input_hw=(64, 64)
    )
    with pytest.raises(ValueError, match="light_vgg_m without SCAN has no attention"):
        visualize.attention(ReIDModel(spec.build().eval(), spec), images(1))


def test_heat_is_hottest_where_the_weight_is_highest():
    spatial = np.full((5, 5), 0.5, np.float32)
    spatial[2, 2] = 0.9
    heat = visualize.overlay(np.zeros((50, 50, 3), np.uint8), spatial, span=(0.5, 0.9))
    assert heat[25, 25, 2] > heat[25, 25, 0]  # red in the middle
    assert heat[2, 2, 0] > heat[2, 2, 2]  # blue at the corner


def test_the_chart_is_as_high_as_the_weights():
    chart = visualize.channel_chart(np.array([0.25, 0.25], np.float32), height=100)
    assert (chart[80] == (160, 120, 60)).all()
    assert (chart[60] == 255).all()


def test_the_command_draws_a_row_for_each_picture(model, tmp_path: Path):
    weights = tmp_path / "w.safetensors"
    save(model, weights)
    for i in range(3):
        write(tmp_path / "crops" / f"{i}.jpg", i, 0)
    out = tmp_path / "sheet.png"
    options = ["--out", str(out), "--weights", str(weights), "--most", "2"]
    result = CliRunner().invoke(APP, [str(tmp_path / "crops"), *options])
    assert result.exit_code == 0, result.output
    assert cv2.imread(str(out)).shape == (2 * 224, 2 * 224 + 320, 3)


@pytest.mark.parametrize(
    ("crops", "out", "message"),
    [
        ("gone.jpg", "a.png", "gone.jpg not found"),
        (".", "a.png", "there are no crops to read"),
        ("a.jpg", "a.gif", "must end in one of"),
        ("a.jpg", "missing/a.png", "missing is not a folder"),
        ("a.jpg", "empty/a.jpg", "is read by this command"),
    ],
    ids=["missing", "empty", "format", "folder", "over what is read"],
)
def test_bad_arguments_are_one_line(model, tmp_path: Path, crops: str, out: str, message: str):
    folder = tmp_path / "empty"
    folder.mkdir()
    write(folder / "a.jpg", 1, 0) if crops == "a.jpg" else None
    save(model, tmp_path / "w.safetensors")
    arguments = [str(folder / crops), "--out", str(tmp_path / out)]
    result = CliRunner().invoke(APP, [*arguments, "--weights", str(tmp_path / "w.safetensors")])
    assert result.exit_code == 2
    assert message in result.output.replace("\n", "")
