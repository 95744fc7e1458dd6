"""The networks: a convolutional trunk, SCAN after it, pooling and a 512-D fully connected layer.

Reference: Sect. 3.3 and Fig. 4 of the SCAN paper; `light_vgg_m` and `light_vgg16` are
VGG_CNN_M_1024 (Chatfield et al., BMVC 2014) and VGG16 (Simonyan, Zisserman, ICLR 2015) with all
their fully connected layers replaced by one 512-D layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from torch import Tensor, nn

from reid.network.efficientnet import HEAD_CHANNELS, EfficientNetLite0
from reid.network.pooling import AveragePooling, GeMPooling
from reid.scan import SCAN

EMBEDDING_DIM: Final = 512
"""Length of the feature (Sect. 3.3)."""


class Embedding(NamedTuple):
    """The feature before and after the BN neck; the same tensor twice without a neck.

    Attributes:
        metric: float (N, 512), what a metric loss works on.
        feature: float (N, 512), what a classifier sees and what is compared at run time.
    """

    metric: Tensor
    feature: Tensor


class ReIDNetwork(nn.Module):
    """A trunk, optionally SCAN, pooling, a 512-D layer and optionally a BN neck.

    Args:
        trunk: Maps (N, 3, H, W) to a non-negative feature map (N, channels, h, w).
        channels: Channels of that map.
        scan: Whether SCAN refines the map.
        gem: Generalised-mean pooling rather than the paper's average.
        standardise: See `reid.scan.SpatialAttention`.
        bn_neck: Batch norm without shift after the 512-D layer (Luo et al., "Bag of tricks and a
            strong baseline for deep person re-identification", CVPRW 2019, Fig. 5).
    """

    def __init__(
        self,
        trunk: nn.Module,
        channels: int,
        *,
        scan: bool,
        gem: bool,
        bn_neck: bool,
        standardise: bool = False,
    ) -> None:
        super().__init__()
        self.trunk = trunk
        self.scan = SCAN(channels, standardise=standardise) if scan else None
        self.pooling: nn.Module = GeMPooling() if gem else AveragePooling()
        self.fc = nn.Linear(channels, EMBEDDING_DIM)
        self.neck = nn.BatchNorm1d(EMBEDDING_DIM) if bn_neck else None
        if self.neck is not None:
            self.neck.bias.requires_grad_(False)  # keeps the feature centred, as the paper does

    def embed(self, images: Tensor) -> Embedding:
        """Return the features before and after the neck; float (N, 3, H, W) -> 2 × (N, 512)."""
        features = self.trunk(images)
        if self.scan is not None:
            features = self.scan(features)
        metric: Tensor = self.fc(self.pooling(features))
        return Embedding(metric, metric if self.neck is None else self.neck(metric))

    def forward(self, images: Tensor) -> Tensor:
        """Return the feature to compare by L2, not yet normalised; (N, 3, H, W) -> (N, 512)."""
        return self.embed(images).feature


PLAIN: Final = MappingProxyType({"gem": False, "bn_neck": False})
"""Parts of the paper's networks unless said otherwise; `scan` must be said."""

MODERN: Final = MappingProxyType({"gem": True, "bn_neck": True})
"""Parts of the modern ones."""


def _vgg_m_trunk(last_stride: int) -> nn.Sequential:
    # Pooling rounds up as Caffe does: 224 pixels make the 13×13 map of the original. Its local
    # response normalisation is left out: it has no parameters, is slow on CPUs and was dropped
    # by all successors.
    def pool(stride: int) -> nn.MaxPool2d:
        return nn.MaxPool2d(kernel_size=3, stride=stride, ceil_mode=True)

    def relu() -> nn.ReLU:
        return nn.ReLU(inplace=True)

    return nn.Sequential(
        *(nn.Conv2d(3, 96, kernel_size=7, stride=2), relu(), pool(2)),
        *(nn.Conv2d(96, 256, kernel_size=5, stride=2, padding=1), relu(), pool(last_stride)),
        *(nn.Conv2d(256, 512, kernel_size=3, padding=1), relu()),
        *(nn.Conv2d(512, 512, kernel_size=3, padding=1), relu()),
        *(nn.Conv2d(512, 512, kernel_size=3, padding=1), relu()),
    )


def _vgg16_trunk(groups: tuple[tuple[int, ...], ...], last_stride: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = 3
    for number, group in enumerate(groups):
        if number:
            stride = last_stride if number == len(groups) - 1 else 2
            layers.append(nn.MaxPool2d(kernel_size=2, stride=stride))
        for width in group:
            layers += [nn.Conv2d(channels, width, kernel_size=3, padding=1), nn.ReLU(inplace=True)]
            channels = width
    return nn.Sequential(*layers)


def _initialise_vgg(network: ReIDNetwork) -> ReIDNetwork:
    """Start from He's normal distribution: these networks have no batch norm to rescue them."""
    for module in network.trunk.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)  # type: ignore[arg-type]  # these layers have a bias
    return network


def light_vgg_m(*, last_stride: int = 2, **parts: bool) -> ReIDNetwork:
    """Return the paper's small network: 6,791,296 parameters without SCAN (Table 4: 6.8 M)."""
    return _initialise_vgg(ReIDNetwork(_vgg_m_trunk(last_stride), EMBEDDING_DIM, **PLAIN | parts))


def light_vgg16(*, last_stride: int = 2, **parts: bool) -> ReIDNetwork:
    """Return VGG16 up to conv5_3, where the text puts SCAN: 14,977,344 parameters without it.

    Table 4 says 7.9 M, which contradicts the text; see `light_vgg16_conv4`.
    """
    groups = ((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3)
    trunk = _vgg16_trunk(groups, last_stride)
    return _initialise_vgg(ReIDNetwork(trunk, EMBEDDING_DIM, **PLAIN | parts))


def light_vgg16_conv4(*, last_stride: int = 2, **parts: bool) -> ReIDNetwork:
    """Return VGG16 up to conv4_3: 7,897,920 parameters without SCAN, exactly Table 4's 7.9 M."""
    trunk = _vgg16_trunk(((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3), last_stride)
    return _initialise_vgg(ReIDNetwork(trunk, EMBEDDING_DIM, **PLAIN | parts))


def efficientnet_lite0(*, last_stride: int = 2, **parts: bool) -> ReIDNetwork:
    """Return EfficientNet-Lite0 with SCAN after its head: the modern backbone."""
    trunk = EfficientNetLite0(last_stride)
    return ReIDNetwork(trunk, HEAD_CHANNELS, **MODERN | parts)


BACKBONES: Final[Mapping[str, Callable[..., ReIDNetwork]]] = MappingProxyType(
    {
        "light_vgg_m": light_vgg_m,
        "light_vgg16": light_vgg16,
        "light_vgg16_conv4": light_vgg16_conv4,
        "efficientnet_lite0": efficientnet_lite0,
    }
)
"""All networks by the name that configurations and weights files use.

Each takes `last_stride`: of its last downsampling, 2 as published, or 1 for a feature map about
twice as high and wide. No parameter depends on it.
"""
