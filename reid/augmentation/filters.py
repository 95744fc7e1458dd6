"""Resampling and blurring of a batch as matrices, each image with numbers of its own.

Moving a box, blurring and changing the resolution are linear and separable: for an image X with
rows and columns they are V X Hᵀ. So a batch in which every image is changed differently, and
some not at all (identity matrices), takes two batched products, which is what a GPU does best.
All matrices are float32 (B, n, n) and lie where their arguments do.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def apply(vertical: Tensor, horizontal: Tensor, images: Tensor) -> Tensor:
    """Return filtered images; (B, H, H), (B, W, W), (B, C, H, W) -> (B, C, H, W)."""
    return vertical[:, None] @ images @ horizontal[:, None].mT


def shift_matrix(before: Tensor, after: Tensor, *, size: int) -> Tensor:
    """Return how an axis is stretched so that its ends come to lie elsewhere.

    As `cv2.warpAffine` does it, with bilinear interpolation and the border repeated.

    Args:
        before: float32 (B,), how far the first end moves outwards, in pixels.
        after: float32 (B,), how far the last end does.
        size: n, pixels along the axis.
    """
    index = torch.arange(size, device=before.device)
    stretch = (size + before + after) / size
    return _tent((index + before[:, None]) / stretch[:, None], last=size - 1, size=size)


def resolution_matrix(small: Tensor, *, size: int) -> Tensor:
    """Return how an axis is brought down by averages and up again by interpolation.

    As `cv2.resize` does it with INTER_AREA and then INTER_LINEAR.

    Args:
        small: float32 (B,), whole numbers of pixels in between, 1 ... n; n changes nothing.
        size: n, pixels along the axis.
    """
    index = torch.arange(size, device=small.device)
    small = small[:, None]
    step = (size / small)[:, :, None]
    begin = index[:, None] * step  # of what a small pixel covers, (B, n, 1)
    overlap = torch.minimum(index + 1, begin + step) - torch.maximum(index, begin)
    down = overlap.clamp(min=0) / step
    up = _tent((index + 0.5) * small / size - 0.5, last=small - 1, size=size)
    return up @ down  # rows of `down` from `small` on meet columns of zeros


def blur_matrix(kernels: Tensor, *, size: int) -> Tensor:
    """Return how an axis is correlated with a kernel; mirrored about the pixels at the border.

    Args:
        kernels: float32 (B, 2 r + 1), r below n.
        size: n, pixels along the axis.
    """
    radius = kernels.shape[1] // 2
    index = torch.arange(size, device=kernels.device)
    offsets = torch.arange(-radius, radius + 1, device=kernels.device)
    source = (offsets[:, None] + index).abs()
    source = (size - 1) - ((size - 1) - source).abs()
    taps = F.one_hot(source, size).float()  # (2 r + 1, n, n)
    return torch.einsum("bk,kij->bij", kernels, taps)


def _tent(positions: Tensor, *, last: Tensor | int, size: int) -> Tensor:
    """Return bilinear weights of positions on an axis, cut off at 0 and `last`; (B, n) -> B n×n."""
    within = torch.minimum(positions.clamp(min=0), torch.as_tensor(last, device=positions.device))
    index = torch.arange(size, device=positions.device)
    return (1 - (within[:, :, None] - index).abs()).clamp(min=0)
