import numpy as np
import pytest
import torch

from reid.crops import cut_on_cpu, cut_on_device, pixel_boxes, resize


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ([1, 2, 3, 4], [1, 2, 3, 4]),
        ([1.9, 2.1, 3.1, 4.0], [1, 2, 4, 4]),
        ([-5, -5, 100, 100], [0, 0, 8, 6]),
        ([7.5, 5.5, 7.6, 5.6], [7, 5, 8, 6]),
    ],
    ids=["whole", "outwards", "clipped", "inside one pixel"],
)
def test_boxes_become_whole_pixels(box: list[float], expected: list[int]):
    assert pixel_boxes(np.array([box], np.float32), width=8, height=6).tolist() == [expected]


@pytest.mark.parametrize(
    "box",
    [[3, 3, 3, 5], [5, 2, 1, 4], [8, 0, 9, 6], [-4, 0, 0, 6], [0, 0, np.nan, 3]],
    ids=["no width", "reversed", "right of it", "left of it", "not a number"],
)
def test_boxes_without_area_are_named(box: list[float]):
    xyxy = np.array([[0, 0, 2, 2], box], np.float32)
    with pytest.raises(ValueError, match=r"box 1, .* has no area inside an image of 8x6"):
        pixel_boxes(xyxy, width=8, height=6)


def test_no_boxes():
    assert pixel_boxes(np.zeros((0, 4), np.float32), width=8, height=6).shape == (0, 4)


def test_shrinking_averages():
    checkerboard = np.zeros((4, 4, 3), np.uint8)
    checkerboard[::2, ::2] = checkerboard[1::2, 1::2] = 200
    assert np.unique(resize(checkerboard, (2, 2))).tolist() == [100]


def test_crops_come_in_order():
    images = [np.full((8, 8, 3), value, np.uint8) for value in (10, 20)]
    images[0][:, 4:] = 15
    boxes = [np.array([[0, 0, 4, 8], [4, 0, 8, 8]]), np.array([[1, 1, 5, 6]])]
    crops = cut_on_cpu(images, boxes, hw=(4, 6))
    assert crops.shape == (3, 4, 6, 3)
    assert [int(crop.float().mean()) for crop in crops] == [10, 15, 20]


def test_device_and_cpu_cut_alike():
    rng = np.random.default_rng(0)
    smooth = resize(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8), (60, 80))
    boxes = [np.array([[3, 4, 70, 50], [0, 0, 20, 10]]), np.zeros((0, 4), np.int64)]
    images = [smooth, smooth]
    on_cpu = cut_on_cpu(images, boxes, hw=(24, 24))
    on_device = cut_on_device(images, boxes, hw=(24, 24), device=torch.device("cpu"))
    difference = (on_cpu.int() - on_device.int()).abs()
    assert difference.float().mean() < 2
    assert difference.max() < 25
