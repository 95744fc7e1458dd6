"""Crops and resizes boxes of images, on the CPU or a GPU."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from detector.boxes import clip
from detector.types import check_array


def pixel_boxes(xyxy: NDArray[np.float32], *, width: int, height: int) -> NDArray[np.int64]:
    """Return boxes rounded outwards to whole pixels and cut off at the image's borders.

    Args:
        xyxy: float32 (N, 4), absolute pixels, half-open.
        width: Of the image, in pixels.
        height: Of the image, in pixels.

    Returns:
        int64 (N, 4), each with an area.

    Raises:
        ValueError: If a box is not finite, or has no area inside the image.

    >>> pixel_boxes(np.array([[-3.5, 1.2, 4.1, 9]], np.float32), width=8, height=6).tolist()
    [[0, 1, 5, 6]]
    """
    check_array("xyxy", xyxy, dtype=np.float32, shape=(None, 4))
    clipped = clip(xyxy, width=width, height=height)
    empty = ~(clipped[:, 2:] > clipped[:, :2]).all(axis=1) | ~np.isfinite(xyxy).all(axis=1)
    if empty.any():
        row = int(np.flatnonzero(empty)[0])
        raise ValueError(
            f"box {row}, {xyxy[row].tolist()}, has no area inside an image of {width}x{height}"
        )
    outwards = np.concatenate([np.floor(clipped[:, :2]), np.ceil(clipped[:, 2:])], axis=1)
    return outwards.astype(np.int64)


def resize(image: NDArray[np.uint8], hw: tuple[int, int]) -> NDArray[np.uint8]:
    """Return an image at another size; averages where it shrinks, interpolates where it grows.

    Args:
        image: uint8 (h, w, 3).
        hw: New height and width, in pixels; the aspect is not kept.
    """
    shrinks = image.shape[0] >= hw[0] and image.shape[1] >= hw[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (hw[1], hw[0]), interpolation=method), np.uint8)


def cut_on_cpu(
    images: Sequence[NDArray[np.uint8]], boxes: Sequence[NDArray[np.int64]], *, hw: tuple[int, int]
) -> Tensor:
    """Return all crops; images and (n_i, 4) pixel boxes -> uint8 (sum n_i, H, W, 3), BGR."""
    crops = np.empty((sum(map(len, boxes)), *hw, 3), np.uint8)
    row = 0
    for image, image_boxes in zip(images, boxes, strict=True):
        for x1, y1, x2, y2 in image_boxes:
            crops[row] = resize(image[y1:y2, x1:x2], hw)
            row += 1
    return torch.from_numpy(crops)


def cut_on_device(
    images: Sequence[NDArray[np.uint8]],
    boxes: Sequence[NDArray[np.int64]],
    *,
    hw: tuple[int, int],
    device: torch.device,
) -> Tensor:
    """Return all crops, cut on a GPU; images and pixel boxes -> uint8 (sum n_i, H, W, 3), BGR.

    Each image is uploaded once; its crops are resized there with antialiasing, which equals
    `resize` within a few grey levels.
    """
    crops = torch.empty((sum(map(len, boxes)), *hw, 3), dtype=torch.uint8, device=device)
    row = 0
    for image, image_boxes in zip(images, boxes, strict=True):
        if not len(image_boxes):
            continue
        picture = torch.from_numpy(np.ascontiguousarray(image)).to(device).permute(2, 0, 1)
        for x1, y1, x2, y2 in image_boxes.tolist():
            crop = picture[None, :, y1:y2, x1:x2].float()
            resized = F.interpolate(
                crop, size=hw, mode="bilinear", antialias=True, align_corners=False
            )
            crops[row] = resized[0].round().clamp(0, 255).permute(1, 2, 0).to(torch.uint8)
            row += 1
    return crops
