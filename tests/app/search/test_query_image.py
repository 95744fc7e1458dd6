"""The vehicle that a picture is about, also where the picture is nothing but the vehicle."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from app.search.query_image import find_vehicle, read_picture
from detector import boxes
from detector.types import Detections
from detector.yolo import DetectorSettings, YoloDetector
from tests.app.fakes import ColourDetector

QUERIES = Path(__file__).parents[3] / "sample_videos" / "queries"


def found(*boxes_and_confidence: tuple[Sequence[float], float]) -> Detections:
    xyxy = np.array([box for box, _ in boxes_and_confidence], np.float32).reshape(-1, 4)
    confidence = np.array([sure for _, sure in boxes_and_confidence], np.float32)
    return Detections(xyxy, confidence, np.zeros(len(xyxy), np.int64))


class NeedsSurroundings(ColourDetector):
    """Sees a part of what fills a picture, or nothing, and all of it within a border."""

    def __init__(self, part: Detections, *, whole: float) -> None:
        super().__init__({1: whole})
        self._part = part

    def _find(self, image: np.ndarray) -> Detections:
        return self._part if (image[0, 0] == (255, 0, 0)).all() else super()._find(image)


def blue(width: int, height: int) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = 255
    return image


@pytest.mark.parametrize(
    "part", [found(), found(((80, 0, 200, 100), 0.4))], ids=["nothing", "part"]
)
@pytest.mark.parametrize("scale", [1, 30])
def test_a_vehicle_that_fills_its_picture_is_looked_for_within_a_border(
    part: Detections, scale: int
) -> None:
    image = blue(200 * scale, 100 * scale)
    big = Detections(part.xyxy * scale, part.confidence, part.class_id)
    detector = NeedsSurroundings(big, whole=0.8)
    xyxy, description = find_vehicle(image, detector, name="crop.png")
    assert xyxy == pytest.approx([0, 0, 200 * scale, 100 * scale], abs=scale)
    assert "(confidence 0.80)" in description


def test_the_surer_of_the_two_looks_counts() -> None:
    detector = NeedsSurroundings(found(((0, 0, 190, 100), 0.9)), whole=0.8)
    xyxy, description = find_vehicle(blue(200, 100), detector, name="crop.png")
    assert xyxy.tolist() == [0, 0, 190, 100]
    assert "(confidence 0.90)" in description


def test_a_vehicle_with_surroundings_is_not_looked_for_again() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[40:80, 50:120, 0] = 255
    detector = ColourDetector()
    xyxy, _ = find_vehicle(image, detector, name="street.png")
    assert xyxy.tolist() == [50, 40, 120, 80]
    assert detector.batches == [1]


@pytest.mark.skipif(not QUERIES.is_dir(), reason="sample_videos/ is not part of an installed copy")
def test_a_suspect_that_was_cut_out_is_found_as_a_whole() -> None:
    """The shipped detector took parts of such vehicles for them, and others looked as near."""
    detector = YoloDetector(DetectorSettings())
    for name in ("q02.jpg", "q03.jpg", "q08.jpg"):
        picture = read_picture(QUERIES / name).image
        x1, y1, x2, y2 = find_vehicle(picture, detector, name=name)[0].round().astype(int)
        crop = np.ascontiguousarray(picture[y1:y2, x1:x2])
        xyxy, _ = find_vehicle(crop, detector, name=name)
        height, width = crop.shape[:2]
        whole = np.array([[0, 0, width, height]], np.float32)
        assert boxes.iou(xyxy[None], whole)[0, 0] > 0.85, name
