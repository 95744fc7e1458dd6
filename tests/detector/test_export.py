"""Exported detectors find the same vehicles."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

from detector import export
from detector.boxes import iou
from detector.yolo import DEFAULT_WEIGHTS, DetectorSettings, YoloDetector
from tests.detector.footage import two_pictures

pytest.importorskip("onnxscript", reason="the extra [export] is not installed")
pytest.importorskip("onnxruntime", reason="the extra [export] is not installed")
pytest.importorskip("openvino", reason="the extra [export] is not installed")

APP = export.typer.Typer()
APP.command()(export.main)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An ONNX file and an OpenVINO one, of the shipped detector."""
    folder = tmp_path_factory.mktemp("exported")
    for name in ("d.onnx", "d.xml"):
        result = CliRunner().invoke(APP, [str(folder / name)])
        assert result.exit_code == 0, result.output
        assert "MB" in result.output
    return folder


@pytest.mark.parametrize("name", ["d.onnx", "d.xml"])
def test_the_same_detections(folder, name):
    settings = {"confidence": 0.2, "half": False, "device": "cpu"}
    wanted = YoloDetector(DetectorSettings(**settings))(two_pictures())
    found = YoloDetector(DetectorSettings(weights=str(folder / name), **settings))(two_pictures())
    assert sum(len(d) for d in wanted) > 5
    for one, other in zip(wanted, found, strict=True):
        for these, those in ((one, other), (other, one)):
            # Those at the very threshold may be on either side of it.
            clear = these[these.confidence > 0.22]
            overlaps = iou(clear.xyxy, those.xyxy)
            twin = overlaps.argmax(axis=1)
            assert overlaps.max(axis=1).min() > 0.9
            assert np.abs(clear.confidence - those.confidence[twin]).max() < 0.02
            assert clear.class_id.tolist() == those.class_id[twin].tolist()


@pytest.mark.parametrize(
    ("weights", "out", "message"),
    [
        ("gone.safetensors", "a.onnx", "'gone.safetensors' not found"),
        (DEFAULT_WEIGHTS, "a.tflite", "must end in .onnx or .xml"),
        (DEFAULT_WEIGHTS, "missing/a.onnx", "missing is not a folder"),
    ],
    ids=["weights", "format", "folder"],
)
def test_bad_arguments_are_one_line(tmp_path, weights, out, message):
    result = CliRunner().invoke(APP, [str(tmp_path / out), "--weights", weights])
    assert result.exit_code == 2
    assert message in result.output


def test_the_second_file_of_openvino_is_looked_for_before_the_work(tmp_path):
    (tmp_path / "a.bin").mkdir()
    result = CliRunner().invoke(APP, [str(tmp_path / "a.xml")])
    assert result.exit_code == 2
    assert "a.bin must be a file, and is a folder" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.onnx", None, "not found"),
        ("bad.onnx", b"nothing", "is not a readable ONNX network"),
        ("bad.xml", b"nothing", "is not a readable OpenVINO network"),
    ],
)
def test_bad_files_are_refused(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises((FileNotFoundError, ValueError), match=message):
        YoloDetector(DetectorSettings(weights=str(path)))


def test_a_file_of_another_maker_is_refused(tmp_path):
    onnx = pytest.importorskip("onnx")
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    other = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    opset = [onnx.helper.make_opsetid("", 18)]
    model = onnx.helper.make_model(
        onnx.helper.make_graph([node], "g", [value], [other]), opset_imports=opset, ir_version=9
    )
    onnx.save(model, str(tmp_path / "other.onnx"))
    with pytest.raises(ValueError, match="lacks names, image_size, end_to_end in its metadata"):
        YoloDetector(DetectorSettings(weights=str(tmp_path / "other.onnx")))
