from __future__ import annotations

import numpy as np
import pytest
import torch

from detector import network
from detector.inference.exported import DecodedOutputs
from detector.types import Detections
from detector.yolo import DetectorSettings, YoloDetector, letterbox


@pytest.fixture(scope="module")
def detector(eager_weights):
    return YoloDetector(
        DetectorSettings(weights=eager_weights, image_size=64, device="cpu", half=False)
    )


def picture(height: int, width: int, seed: int = 0):
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)


@pytest.mark.parametrize(
    ("shapes", "canvas", "scales"),
    [
        pytest.param([(360, 640)], (384, 640), [1.0], id="one, padded below"),
        pytest.param([(540, 960)], (384, 640), [2 / 3], id="scaled down"),
        pytest.param([(90, 160)], (384, 640), [4.0], id="scaled up"),
        pytest.param([(640, 640)], (640, 640), [1.0], id="square"),
        pytest.param([(360, 640), (640, 480)], (640, 640), [1.0, 1.0], id="wide and tall"),
        pytest.param([(1, 2000)], (32, 640), [0.32], id="a line"),
    ],
)
def test_letterbox(shapes, canvas, scales):
    batch, found = letterbox([picture(*shape) for shape in shapes], size=640)
    assert batch.shape == (len(shapes), *canvas, 3)
    assert found == pytest.approx(scales)


def test_letterbox_turns_bgr_into_rgb_and_pads_with_grey():
    blue = np.zeros((32, 64, 3), np.uint8)
    blue[..., 0] = 255
    (image,), _ = letterbox([blue[:16]], size=64)
    assert image[0, 0].tolist() == [0, 0, 255]
    assert image[16, 0].tolist() == [114, 114, 114]


def test_no_images(detector):
    assert detector([]) == []


def test_an_image_without_vehicles(random_weights):
    unsure = YoloDetector(DetectorSettings(weights=str(random_weights), confidence=0.9))
    assert [len(found) for found in unsure([picture(64, 64), picture(8, 8)])] == [0, 0]


def test_one_image_gives_sorted_boxes_within_it(detector):
    (found,) = detector([picture(48, 100)])
    assert isinstance(found, Detections)
    assert 0 < len(found) <= 300
    assert (np.diff(found.confidence) <= 0).all()
    assert found.confidence.min() >= 0.1
    assert found.xyxy.min() >= 0
    assert found.xyxy[:, 2].max() <= 100
    assert found.xyxy[:, 3].max() <= 48
    assert (found.xyxy[:, 2:] > found.xyxy[:, :2]).all()
    assert set(found.class_id.tolist()) <= {0, 1, 2, 3}


def test_many_images_give_the_same_as_one_by_one(detector):
    images = [picture(48, 96, seed) for seed in range(3)]
    for together, alone in zip(detector(images), (detector([i])[0] for i in images), strict=True):
        assert len(together) == len(alone)
        np.testing.assert_allclose(together.xyxy, alone.xyxy, atol=0.05)
        np.testing.assert_allclose(together.confidence, alone.confidence, atol=1e-3)


def test_images_of_different_sizes_go_together(detector):
    found = detector([picture(48, 96), picture(96, 48), picture(10, 200)])
    assert [bool(len(d)) for d in found] == [True] * 3
    assert found[1].xyxy[:, 2].max() <= 48


def test_twice_the_same(detector):
    images = [picture(48, 96, 5), picture(64, 64, 6)]
    for first, second in zip(detector(images), detector(images), strict=True):
        assert np.array_equal(first.xyxy, second.xyxy)
        assert np.array_equal(first.confidence, second.confidence)


def test_number_of_detections_is_limited(eager_weights):
    settings = DetectorSettings(
        weights=eager_weights,
        image_size=64,
        max_detections=3,
        device="cpu",
        confidence=0.0,
        iou=1.0,
    )
    assert len(YoloDetector(settings)([picture(64, 64)])[0]) == 3


def test_sixteen_bits_find_the_same(eager_weights, monkeypatch):
    images = [picture(64, 96)]
    exact = YoloDetector(DetectorSettings(weights=eager_weights, image_size=96, half=False))(images)
    monkeypatch.setattr("detector.yolo._has_bfloat16", lambda: True)
    rough = YoloDetector(DetectorSettings(weights=eager_weights, image_size=96, half=True))(images)
    best = exact[0].xyxy[0]
    assert np.abs(rough[0].xyxy - best).max(axis=1).min() < 2


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(np.zeros((8, 8, 3), np.float32), id="float"),
        pytest.param(np.zeros((8, 8), np.uint8), id="grey"),
        pytest.param(np.zeros((0, 8, 3), np.uint8), id="no pixels"),
    ],
)
def test_images_must_be_pictures(detector, image):
    with pytest.raises(ValueError, match="image must"):
        detector([image])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"confidence": 1.5}, r"confidence must be in \[0, 1\], is 1.5"),
        ({"iou": -0.1}, r"iou must be in \[0, 1\], is -0.1"),
        ({"image_size": 600}, "image_size must be a multiple of 32 from 32 to 8192, is 600"),
        ({"image_size": 0}, "image_size must be"),
        ({"image_size": 99_200}, "to 8192, is 99200"),
        ({"max_detections": 0}, "max_detections must be positive, is 0"),
        ({"weights": ""}, "weights must name a file"),
    ],
)
def test_settings_are_checked(values, message):
    with pytest.raises(ValueError, match=message):
        DetectorSettings(**values)


def test_weights_without_vehicles(tmp_path):
    path = tmp_path / "pets.safetensors"
    network.save(network.build("yolo11n.yaml", ["cat", "dog"]), path)
    with pytest.raises(ValueError, match=r"know no vehicle class .*found cat, dog"):
        YoloDetector(DetectorSettings(weights=str(path)))


class OneRider:
    """Says that there is a motorcycle at 0.5, and a person on it."""

    end_to_end = True

    def run(self, images):
        boxes = torch.tensor([[[10.0, 20, 30, 50], [12, 5, 28, 40]]]).repeat(len(images), 1, 1)
        scores = torch.tensor([[[0.1, 0.5], [0.6, 0.0]]]).repeat(len(images), 1, 1)
        return DecodedOutputs(boxes, scores, end_to_end=True)


def test_riders_belong_to_motorcycles_and_are_no_detections(tmp_path):
    path = tmp_path / "coco.safetensors"
    network.save(network.build("yolo11n.yaml", ["person", "motorcycle"], image_size=64), path)
    coco = YoloDetector(DetectorSettings(weights=str(path), image_size=64, device="cpu"))
    coco._network = OneRider()
    for found in coco([picture(64, 64), picture(64, 64)]):
        assert found.xyxy.tolist() == [[10, 5, 30, 50]]
        assert found.confidence.tolist() == [0.5]
        assert found.class_id.tolist() == [1]


def test_unknown_device(random_weights):
    with pytest.raises(ValueError, match="device must be auto, cpu, cuda or cuda:N, is 'mps'"):
        YoloDetector(DetectorSettings(weights=str(random_weights), device="mps"))
