"""Matrices against OpenCV's functions of the same numbers."""

import cv2
import numpy as np
import pytest
import torch

from reid.augmentation import filters

SIZE = (24, 40)
PICTURE = np.random.default_rng(0).integers(0, 256, (*SIZE, 3)).astype(np.float32)
IDENTITY = tuple(torch.eye(size)[None] for size in SIZE)


def filtered(vertical: torch.Tensor, horizontal: torch.Tensor) -> np.ndarray:
    images = torch.from_numpy(PICTURE).permute(2, 0, 1)[None]
    return filters.apply(vertical, horizontal, images)[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize(
    "matrix",
    [
        filters.shift_matrix(torch.zeros(1), torch.zeros(1), size=24),
        filters.resolution_matrix(torch.tensor([24.0]), size=24),
        filters.blur_matrix(torch.tensor([[0.0, 1.0, 0.0]]), size=24),
    ],
    ids=["shift", "resolution", "blur"],
)
def test_numbers_that_change_nothing_give_the_identity(matrix: torch.Tensor):
    torch.testing.assert_close(matrix, torch.eye(24)[None], rtol=0, atol=1e-6)


def test_shift_by_hand():
    # Four pixels, both ends one to the left: the last is repeated.
    matrix = filters.shift_matrix(torch.tensor([1.0]), torch.tensor([-1.0]), size=4)
    row = torch.tensor([10.0, 20, 30, 40])
    torch.testing.assert_close(matrix[0] @ row, torch.tensor([20.0, 30, 40, 40]))


@pytest.mark.parametrize("ends", [(3.0, 2.0), (-2.5, 1.25), (1.0, -3.0)], ids=str)
def test_shift_is_opencvs_warp(ends: tuple[float, float]):
    before, after = ends
    height, width = SIZE
    stretch = np.array([[(width + before + after) / width, 0, -before], [0, 1, 0]])
    wanted = cv2.warpAffine(PICTURE, stretch, (width, height), borderMode=cv2.BORDER_REPLICATE)
    matrix = filters.shift_matrix(torch.tensor([before]), torch.tensor([after]), size=width)
    # OpenCV rounds positions to 1/32 pixel.
    np.testing.assert_allclose(filtered(IDENTITY[0], matrix), wanted, atol=255 / 32)


@pytest.mark.parametrize("small", [(5, 8), (11, 31), (23, 40), (4, 4)], ids=str)
def test_resolution_is_opencvs_resize(small: tuple[int, int]):
    down = cv2.resize(PICTURE, small[::-1], interpolation=cv2.INTER_AREA)
    wanted = cv2.resize(down, SIZE[::-1], interpolation=cv2.INTER_LINEAR)
    matrices = [
        filters.resolution_matrix(torch.tensor([float(s)]), size=n)
        for s, n in zip(small, SIZE, strict=True)
    ]
    np.testing.assert_allclose(filtered(*matrices), wanted, atol=0.01)


@pytest.mark.parametrize(
    "kernel", [(0.25, 0.5, 0.25), (0.2, 0.2, 0.2, 0.2, 0.2), (0.5, 0.5, 0.0)], ids=str
)
def test_blur_is_opencvs_filter(kernel: tuple[float, ...]):
    row = np.array(kernel, np.float32)
    wanted = cv2.sepFilter2D(PICTURE, -1, row, row, borderType=cv2.BORDER_REFLECT_101)
    matrices = [filters.blur_matrix(torch.from_numpy(row)[None], size=n) for n in SIZE]
    np.testing.assert_allclose(filtered(*matrices), wanted, atol=0.01)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_picture_has_its_own_matrix(count: int):
    shifts = torch.arange(float(count))
    matrices = filters.shift_matrix(shifts, -shifts, size=SIZE[1])
    images = torch.from_numpy(PICTURE).permute(2, 0, 1).expand(count, -1, -1, -1)
    changed = filters.apply(IDENTITY[0].expand(count, -1, -1), matrices, images)
    assert changed.shape == (count, 3, *SIZE)
    for shift, picture in enumerate(changed):
        torch.testing.assert_close(
            picture[:, :, : SIZE[1] - shift], images[0][:, :, shift:], rtol=0, atol=1e-3
        )
