"""The command that compares detectors, on two frames of the sample footage."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from detector import evaluate
from detector.network import WEIGHTS_DIR
from detector.yolo import DEFAULT_WEIGHTS

FOOTAGE = Path(__file__).parents[2] / "sample_videos"
CONFIG = """
architecture: yolo11n.yaml
steps: 1
sources:
  - {{name: streets, paths: ["V*/frames"], held_out: 100, condition: day}}
  - {{name: blurred, paths: ["V*/frames"], held_out: 100, condition: blur, blur_px: {blur}}}
"""
APP = evaluate.typer.Typer()
APP.command()(evaluate.main)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    if not FOOTAGE.is_dir():
        pytest.skip("sample_videos/ is not part of an installed copy")
    root = tmp_path_factory.mktemp("data")
    for part in ("frames", "labels"):
        (root / "V1" / part).mkdir(parents=True)
    capture = cv2.VideoCapture(str(FOOTAGE / "camA3.mp4"))
    wanted = {100, 400}
    for index in range(1, 1 + max(wanted)):
        _, image = capture.read()
        if index in wanted:
            height, width = image.shape[:2]
            cv2.imwrite(str(root / "V1" / "frames" / f"{index}.jpg"), image)
            rows = [r.split(",") for r in (FOOTAGE / "gt/camA3.txt").read_text().splitlines()]
            boxes = [[float(v) for v in r[2:6]] for r in rows if int(r[0]) == index]
            lines = [
                f"0 {(x + w / 2) / width} {(y + h / 2) / height} {w / width} {h / height}"
                for x, y, w, h in boxes
            ]
            (root / "V1" / "labels" / f"{index}.txt").write_text("\n".join(lines))
    capture.release()
    return root


def run(*arguments: object):
    return CliRunner().invoke(APP, [str(a) for a in arguments])


def test_sources_conditions_figures_and_pictures(data, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(blur=6))
    result = run(
        "--config",
        config,
        "--data",
        data,
        "--json",
        tmp_path / "a.json",
        "--pictures",
        tmp_path / "p",
    )
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "a.json").read_text())
    assert set(figures) == {"streets", "blurred", "condition: day", "condition: blur"}
    sharp, blurred = (next(iter(figures[name].values())) for name in ("streets", "blurred"))
    assert sharp["vehicles"] == blurred["vehicles"] > 3
    assert sharp["AP50"] > 0.6
    assert sharp["AP50"] > blurred["AP50"]
    assert figures["condition: day"] == figures["streets"]
    assert len(list((tmp_path / "p").glob("*_pr.png"))) == 4
    assert len(list((tmp_path / "p").glob("*_mistakes.jpg"))) == 4


def test_weights_whose_files_have_one_name_are_both_measured(data, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(blur=6))
    files = [tmp_path / run / "latest.safetensors" for run in ("first", "second")]
    for file in files:
        file.parent.mkdir()
        file.symlink_to(WEIGHTS_DIR / DEFAULT_WEIGHTS)
    options = ("--source", "streets", "--max-images", 1, "--json", tmp_path / "a.json")
    weights = [part for file in files for part in ("--weights", file)]
    pictures = ("--pictures", tmp_path / "p")
    result = run("--config", config, "--data", data, *options, *weights, *pictures)
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "a.json").read_text())
    assert set(figures["streets"]) == {"first/latest", "second/latest"}
    assert len(list((tmp_path / "p").glob("streets_*_mistakes.jpg"))) == 2


@pytest.mark.parametrize(
    ("blur", "options", "message"),
    [
        (-1, (), "source blurred: blur_px must be 0 or more, is -1.0"),
        (0, ("--source", "moon"), "has no source moon"),
        (0, ("--weights", "gone.safetensors"), "'gone.safetensors' not found"),
        (0, (), "nothing to measure: no held-out image of streets, blurred with labels"),
        (0, (), "judge; held_out_groups of a source names what is held out"),
    ],
    ids=["blur", "source", "weights", "no images", "what to do then"],
)
def test_bad_input_is_one_line(tmp_path, blur, options, message):
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(blur=blur))
    result = run("--config", config, "--data", tmp_path, *options)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_weights_are_not_replaced_by_their_figures(tmp_path):
    config, weights = tmp_path / "config.yaml", tmp_path / "w.safetensors"
    config.write_text(CONFIG.format(blur=0))
    weights.write_bytes(b"weights")
    options = ("--weights", weights, "--json", weights)
    result = run("--config", config, "--data", tmp_path, *options)
    assert result.exit_code == 2
    assert "is read by this command" in result.output
    assert weights.read_bytes() == b"weights"
