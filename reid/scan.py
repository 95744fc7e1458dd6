"""SCAN: spatial and channel attention over a convolutional feature map.

Reference: Teng, Liu, Zhang, Huang: "SCAN: Spatial and Channel Attention Network for Vehicle
Re-Identification", PCM 2018, Sect. 3.1 (spatial branch), 3.2 (channel branch), Fig. 3.

Where the paper leaves something open, its own number decides: SCAN adds 0.033 M parameters to a
512-channel map (Table 4). The two fully connected layers of the channel branch alone are 33,312,
so every convolution of the module can only work on single-channel maps.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_EPSILON = 1e-3
"""Added to the deviation of a map, which is 0 where the map is the same everywhere."""
_BINOMIAL = torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]) / 16
_CONTRAST = 3.0


class SpatialAttention(nn.Module):
    """Weigh every position of a feature map, in [0.5, 1): the spatial branch, 22 parameters.

    Mean over channels (Eq. 1), 3×3 convolution with stride 2, ReLU, upsampling back to h×w, 1×1
    convolution, ReLU, 3×3 deconvolution, ReLU, sigmoid. The last ReLU is what makes the paper's
    "range between 0.5 and 1".

    Departures from the paper: upsampling goes to exactly (h, w) rather than by two, so that odd
    maps (13×13 from a 224-pixel input) return to their own size. Weights start as box filters
    without bias: on a single channel, a random start would leave the ReLUs dead in half the cases.

    Args:
        standardise: Take mean and deviation out of each image's single-channel map first; not in
            the paper. A VGG's map has values of about one, that of EfficientNet's 1280 channels of
            a few hundredths: there the first thousand steps of training push the biases below all
            of them, the ReLUs die, and the branch says 0.5 everywhere for ever.
    """

    def __init__(self, *, standardise: bool = False) -> None:
        super().__init__()
        self.standardise = standardise
        self.squeeze = nn.Conv2d(1, 1, kernel_size=3, stride=2, padding=1)
        self.scale = nn.Conv2d(1, 1, kernel_size=1)
        self.expand = nn.ConvTranspose2d(1, 1, kernel_size=3, padding=1)
        for layer in (self.squeeze, self.scale, self.expand):
            nn.init.constant_(layer.weight, 1 / layer.weight.numel())
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # these layers have a bias
        if standardise:
            # A box filter leaves little of a map whose mean is zero; this one keeps its contrast.
            with torch.no_grad():
                for layer in (self.squeeze, self.expand):
                    layer.weight.copy_(_BINOMIAL * _CONTRAST)

    def forward(self, features: Tensor) -> Tensor:
        """Return the weights of all positions; float (N, C, h, w) -> (N, 1, h, w)."""
        pooled = features.mean(dim=1, keepdim=True)
        if self.standardise:
            deviation, mean = torch.std_mean(pooled, dim=(2, 3), keepdim=True, correction=0)
            pooled = (pooled - mean) / (deviation + _EPSILON)
        coarse = F.relu(self.squeeze(pooled))
        upsampled = F.interpolate(
            coarse, size=features.shape[-2:], mode="bilinear", align_corners=False
        )
        scaled = F.relu(self.scale(upsampled))
        return torch.sigmoid(F.relu(self.expand(scaled)))


class ChannelAttention(nn.Module):
    """Weigh every channel of a feature map, in (0, 1): the channel branch.

    Mean over positions (Eq. 2), fully connected layer to c/r, ReLU, fully connected layer to c,
    1×1 convolution that scales the output, sigmoid; 33,314 parameters for 512 channels and r = 16.

    Departures from the paper: its final deconvolution "to the size of the input map" only spreads
    one weight per channel over all positions, which broadcasting does without work or parameters.

    Args:
        channels: Channels c of the feature map.
        reduction: r; the paper's example is 16.

    Raises:
        ValueError: If `channels` is not a positive multiple of `reduction`.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        if channels < 1 or reduction < 1 or channels % reduction:
            raise ValueError(
                f"channels must be a positive multiple of reduction ({reduction}), is {channels}"
            )
        self.reduce = nn.Linear(channels, channels // reduction)
        self.restore = nn.Linear(channels // reduction, channels)
        self.scale = nn.Conv1d(1, 1, kernel_size=1)
        nn.init.ones_(self.scale.weight)
        nn.init.zeros_(self.scale.bias)  # type: ignore[arg-type]  # this layer has a bias

    def forward(self, features: Tensor) -> Tensor:
        """Return the weights of all channels; float (N, C, h, w) -> (N, C, 1, 1)."""
        pooled = features.mean(dim=(2, 3))
        weights: Tensor = self.restore(F.relu(self.reduce(pooled)))
        # The "reshape" of Fig. 3: the C weights of one image as a single-channel signal.
        scaled: Tensor = self.scale(weights.unsqueeze(1)).squeeze(1)
        return torch.sigmoid(scaled)[:, :, None, None]


class SCAN(nn.Module):
    """Refine a feature map f by both attentions: f · S · C, the same shape as f.

    The paper only says that the branches "fuse weights with the original feature maps"; we
    multiply, as harmonious attention does (Li et al., CVPR 2018, the paper's reference 10). Both
    branches see the unrefined map. 33,336 parameters for 512 channels: Table 4's 0.033 M.

    Args:
        channels: Channels c of the feature map.
        standardise: See `SpatialAttention`.
    """

    def __init__(self, channels: int, *, standardise: bool = False) -> None:
        super().__init__()
        self.spatial = SpatialAttention(standardise=standardise)
        self.channel = ChannelAttention(channels)

    def forward(self, features: Tensor) -> Tensor:
        """Return the refined map; float (N, C, h, w) -> (N, C, h, w)."""
        refined: Tensor = features * self.spatial(features) * self.channel(features)
        return refined
