"""Detectors in 8 bits: making one, and the one that ships."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from detector import quantize
from detector.boxes import iou
from detector.computing.quantization import libraries
from detector.computing.runtimes import open_runtime
from detector.data.dataset import Source
from detector.network import WEIGHTS_DIR
from detector.yolo import DEFAULT_WEIGHTS, EIGHT_BITS, DetectorSettings, YoloDetector
from tests.detector.footage import two_pictures

pytest.importorskip("openvino", reason="the extra [export] is not installed")

CONFIG = """
sources:
  - {name: few, paths: ["few/images"]}
  - {name: many, paths: ["many/images"]}
  - {name: gone, paths: ["gone/images"]}
"""
APP = quantize.typer.Typer()
APP.command()(quantize.main)


@pytest.fixture
def data(tmp_path):
    """Three training pictures of one source and eight of another."""
    rng = np.random.default_rng(0)
    for name, count in (("few", 3), ("many", 8)):
        folder = tmp_path / name / "images"
        folder.mkdir(parents=True)
        for number in range(count):
            picture = rng.integers(0, 255, (40 + number, 64, 3), np.uint8)
            cv2.imwrite(str(folder / f"{number}.png"), picture)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def run(data: Path, out: Path, *options: object):
    arguments = [out, "--config", data / "config.yaml", "--data", data, *options]
    return CliRunner().invoke(APP, [str(a) for a in arguments])


def test_a_network_in_8_bits(data, random_weights):
    pytest.importorskip("nncf", reason="the extra [export] is not installed")
    out = data / "small.xml"
    result = run(data, out, "--weights", random_weights, "--images", 6)
    assert result.exit_code == 0, result.output
    assert "ranges of 6 images" in result.output
    made = open_runtime(out, half=True).metadata
    assert made["bits"] == "8"
    assert made["image_size"] == "64"
    assert 'type="FakeQuantize"' in out.read_text()
    assert not list(data.glob("tmp*"))
    # Nothing tells anybody that it was used.
    assert os.environ["NNCF_CI"] == "1"
    YoloDetector(DetectorSettings(weights=str(out), image_size=64))(
        [np.zeros((40, 64, 3), np.uint8)]
    )


def test_pictures_are_drawn_from_all_sources(data):
    sources = [Source(name=n, paths=(f"{n}/images",)) for n in ("gone", "many", "few")]
    drawn = quantize.draw(sources, [data], images=9)
    of = [sample.source.name for sample in drawn]
    assert (of.count("few"), of.count("many")) == (3, 6)
    names = [sample.image.stem for sample in drawn if sample.source.name == "many"]
    assert (names[0], names[-1]) == ("0", "7")
    assert len(quantize.draw(sources, [data], images=100)) == 11


@pytest.mark.parametrize(
    ("out", "options", "message"),
    [
        ("small.onnx", (), "must end in .xml"),
        ("gone/small.xml", (), "is not a folder"),
        ("small.xml", ("--source", "moon"), "has no source moon"),
        ("small.xml", ("--source", "gone"), "no training images of gone"),
        ("small.xml", ("--weights", "gone.safetensors"), "'gone.safetensors' not found"),
    ],
    ids=["format", "folder", "source", "no pictures", "weights"],
)
def test_bad_arguments_are_one_line(data, out, options, message):
    result = run(data, data / out, *options)
    assert result.exit_code == 2
    assert message in result.output.replace("\n", "")
    assert not (data / "small.xml").exists()


def test_without_the_library_it_says_what_to_install(data, random_weights, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "nncf", None)
    result = run(data, data / "small.xml", "--weights", random_weights)
    assert result.exit_code == 2
    assert "nncf is not installed: pip install -e '.[export]'" in result.output.replace("\n", "")


def test_the_libraries_hide_no_warnings_of_others(caplog):
    pytest.importorskip("nncf", reason="the extra [export] is not installed")
    libraries()
    logging.getLogger("detector.files.video_file").warning("shown")
    assert caplog.messages == ["shown"]


def test_what_ships_finds_the_same_vehicles():
    file = WEIGHTS_DIR / EIGHT_BITS
    assert file.stat().st_size + file.with_suffix(".bin").stat().st_size < 5_000_000
    plain = {"confidence": 0.2, "half": False, "device": "cpu"}
    wanted = YoloDetector(DetectorSettings(weights=DEFAULT_WEIGHTS, **plain))(two_pictures())
    found = YoloDetector(DetectorSettings(weights=EIGHT_BITS, **plain))(two_pictures())
    assert sum(len(d) for d in wanted) > 5
    for one, other in zip(wanted, found, strict=True):
        for these, those in ((one, other), (other, one)):
            sure = these[these.confidence > 0.4]
            overlaps = iou(sure.xyxy, those.xyxy)
            assert overlaps.max(axis=1).min() > 0.8
            twin = overlaps.argmax(axis=1)
            assert np.abs(sure.confidence - those.confidence[twin]).max() < 0.15
            assert (sure.class_id == those.class_id[twin]).mean() > 0.8


@pytest.mark.parametrize(
    ("kept", "message"),
    [(None, "small.bin must be beside it"), (1000, "OpenVINO network: (?!Exception from)")],
    ids=["gone", "cut off"],
)
def test_what_is_wrong_with_the_second_file_is_said(tmp_path, kept, message):
    file = WEIGHTS_DIR / EIGHT_BITS
    small = tmp_path / "small.xml"
    small.write_bytes(file.read_bytes())
    if kept is not None:
        small.with_suffix(".bin").write_bytes(file.with_suffix(".bin").read_bytes()[:kept])
    with pytest.raises(ValueError, match=message) as caught:
        open_runtime(small, half=True)
    assert "\n" not in str(caught.value)


@pytest.fixture
def same_threads_afterwards():
    """Set the number of threads back after a test that changes it."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("same_threads_afterwards")
def test_neither_company_nor_threads_change_what_is_found():
    pictures = [image[:360, :500] for image in two_pictures()]
    together = YoloDetector(DetectorSettings(weights=EIGHT_BITS, device="cpu"))(pictures)
    torch.set_num_threads(1)
    detector = YoloDetector(DetectorSettings(weights=EIGHT_BITS, device="cpu"))
    for picture, wanted in zip(pictures, together, strict=True):
        (found,) = detector([picture])
        assert np.array_equal(found.xyxy, wanted.xyxy)
        assert np.array_equal(found.confidence, wanted.confidence)
