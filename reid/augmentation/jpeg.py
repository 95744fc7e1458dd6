"""The loss of a JPEG compression, computed on a batch wherever it lies.

Reference: ITU-T T.81 (JPEG), Annexes A.3.3 (DCT) and K.1 (quantisation tables), colours as in
ITU-T T.871 (JFIF) at half the resolution; qualities are those of libjpeg. No bits are written: the
entropy coding loses nothing.
"""

from __future__ import annotations

import math
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

_BLOCK: Final = 8
_MCU: Final = 2 * _BLOCK
"""Height and width that an image is filled up to multiples of, as chroma has half of them."""

_LUMA: Final = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA: Final = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
_BGR_TO_YCC: Final = (
    (0.114, 0.587, 0.299),
    (0.5, -0.331264, -0.168736),
    (-0.081312, -0.418688, 0.5),
)


def compress(images: Tensor, quality: Tensor) -> Tensor:
    """Return images as they come out of a JPEG file.

    Args:
        images: float32 (B, 3, H, W), BGR in [0, 255].
        quality: float32 (B,), 1 to 100.

    Returns:
        float32 (B, 3, H, W), not rounded; on average one or two grey levels from libjpeg's.
    """
    height, width = images.shape[2:]
    padding = (0, -width % _MCU, 0, -height % _MCU)
    to_ycc = torch.tensor(_BGR_TO_YCC, device=images.device)
    ycc = torch.einsum("yc,bchw->byhw", to_ycc, F.pad(images, padding, mode="replicate"))
    luma = _quantise(ycc[:, :1] - 128, _table(_LUMA, quality))
    chroma = _quantise(F.avg_pool2d(ycc[:, 1:], 2), _table(_CHROMA, quality))
    # libjpeg's "fancy" upsampling is this triangle filter.
    chroma = F.interpolate(chroma, scale_factor=2.0, mode="bilinear", align_corners=False)
    ycc = torch.cat([luma + 128, chroma], dim=1)
    to_bgr = torch.linalg.inv(torch.tensor(_BGR_TO_YCC)).to(images.device)  # on a GPU it would wait
    bgr = torch.einsum("cy,byhw->bchw", to_bgr, ycc)
    return bgr[:, :, :height, :width].clamp(0, 255)


def _table(base: tuple[tuple[int, ...], ...], quality: Tensor) -> Tensor:
    """Return the steps of the coefficients; (B,) -> (B, 1, 1, 8, 1, 8) beside their blocks."""
    scale = torch.where(quality < 50, torch.floor(5000 / quality), 200 - 2 * quality)
    steps = torch.tensor(base, dtype=torch.float32, device=quality.device)
    scaled = torch.floor((steps * scale[:, None, None] + 50) / 100).clamp(1, 255)
    return scaled[:, None, None, :, None, :]


def _quantise(planes: Tensor, table: Tensor) -> Tensor:
    """Return planes, (B, C, H, W), after rounding each 8×8 block's DCT to multiples of a table."""
    batch, channels, height, width = planes.shape
    blocks = planes.reshape(
        batch, channels, height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK
    )  # rows of blocks, row, columns of blocks, column
    basis = _dct_basis(planes.device)
    coefficients = torch.einsum("ui,bcyixj,vj->bcyuxv", basis, blocks, basis)
    rounded = (coefficients / table).round() * table
    back = torch.einsum("ui,bcyuxv,vj->bcyixj", basis, rounded, basis)
    return back.reshape(batch, channels, height, width)


def _dct_basis(device: torch.device) -> Tensor:
    """Return the orthonormal DCT of eight samples, frequency by sample; float32 (8, 8)."""
    index = torch.arange(_BLOCK, dtype=torch.float32, device=device)
    basis = torch.cos(math.pi / _BLOCK * (index + 0.5) * index[:, None]) * math.sqrt(2 / _BLOCK)
    basis[0] /= math.sqrt(2)
    return basis
