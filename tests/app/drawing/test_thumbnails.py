from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.drawing.thumbnails import MAX_PX, cut_thumbnail

BLUE = (200, 60, 20)


def street(xyxy: tuple[int, int, int, int], *, width: int = 640, height: int = 360) -> np.ndarray:
    image = np.full((height, width, 3), 90, np.uint8)
    x1, y1, x2, y2 = xyxy
    image[y1:y2, x1:x2] = BLUE
    return image


def cut(image: np.ndarray, xyxy: tuple[float, float, float, float]) -> np.ndarray:
    jpeg = cut_thumbnail(image, np.array(xyxy, np.float32))
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize(
    ("xyxy", "shape"),
    [
        # 8% on each side.
        pytest.param((100, 100, 200, 150), (58, 116), id="as it is"),
        pytest.param((0, 0, 100, 50), (54, 108), id="in the corner"),
        pytest.param((100, 50, 500, 250), (80, MAX_PX), id="made smaller, wide"),
        pytest.param((100, 20, 200, 320), (MAX_PX, 54), id="made smaller, high"),
        pytest.param((10.2, 10.2, 10.9, 10.9), (1, 1), id="a pixel"),
        pytest.param((10.6, 10.6, 10.7, 10.7), (1, 1), id="less than a pixel"),
        pytest.param((639.7, 100, 640, 150), (58, 1), id="all but gone at the right"),
        pytest.param((0, 0, 0.3, 50), (54, 1), id="all but gone at the left"),
        pytest.param((100, 359.7, 200, 360), (1, 116), id="all but gone below"),
    ],
)
def test_size(xyxy, shape):
    found = cut(street((0, 0, 640, 360)), xyxy).shape[:2]
    assert found == shape


def test_the_vehicle_is_in_the_middle_with_some_street_around_it():
    thumbnail = cut(street((100, 100, 200, 150)), (100, 100, 200, 150)).astype(int)
    assert np.abs(thumbnail[29, 58] - BLUE).max() < 8
    assert np.abs(thumbnail[29, 1] - 90).max() < 12
    assert np.abs(thumbnail[1, 58] - 90).max() < 12


@pytest.mark.parametrize("xyxy", [(700, 10, 800, 60), (-80, 10, -20, 60), (50, 400, 90, 420)])
def test_a_box_outside_the_picture_is_refused(xyxy):
    with pytest.raises(ValueError, match="must lie in the picture of 640x360"):
        cut(street((0, 0, 1, 1)), xyxy)


@given(
    x=st.floats(-50, 190), y=st.floats(-50, 90), width=st.floats(20, 300), height=st.floats(20, 200)
)
def test_any_box_that_touches_the_picture_gives_one_that_fits(x, y, width, height):
    image = street((0, 0, 1, 1), width=200, height=100)
    box = x, y, x + width, y + height
    if min(box[2], box[3]) >= 1:
        thumbnail = cut(image, box)
        assert 1 <= max(thumbnail.shape[:2]) <= MAX_PX
