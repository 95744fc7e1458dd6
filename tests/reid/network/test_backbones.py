from typing import Final

import pytest
import torch

from reid.network.backbones import BACKBONES, light_vgg16, light_vgg16_conv4, light_vgg_m

PARAMETERS: Final = {
    "light_vgg_m": 6_791_296,
    "light_vgg16": 14_977_344,
    "light_vgg16_conv4": 7_897_920,
    # 3,371,008 of the trunk, 655,872 of the FC, 1 of GeM, 1,024 of the neck.
    "efficientnet_lite0": 4_027_905,
}
SCAN_PARAMETERS: Final = {
    "light_vgg_m": 33_336,
    "light_vgg16": 33_336,
    "light_vgg16_conv4": 33_336,
    "efficientnet_lite0": 206_184,
}


@pytest.mark.parametrize("name", BACKBONES)
def test_parameter_counts(name: str):
    plain = sum(p.numel() for p in BACKBONES[name](scan=False).parameters())
    refined = sum(p.numel() for p in BACKBONES[name](scan=True).parameters())
    assert plain == PARAMETERS[name]
    assert refined - plain == SCAN_PARAMETERS[name]


@pytest.mark.parametrize(
    ("build", "size", "expected"),
    [
        (light_vgg_m, 224, (512, 13, 13)),
        (light_vgg16, 224, (512, 14, 14)),
        (light_vgg16_conv4, 224, (512, 28, 28)),
    ],
)
def test_feature_maps_of_a_224_pixel_input(build, size: int, expected: tuple[int, ...]):
    network = build(scan=False).eval()
    with torch.inference_mode():
        assert network.trunk(torch.zeros(1, 3, size, size)).shape == (1, *expected)


@pytest.mark.parametrize(
    ("name", "published", "larger"),
    [
        ("light_vgg_m", 13, 24),
        ("light_vgg16", 14, 27),
        ("light_vgg16_conv4", 28, 55),
        ("efficientnet_lite0", 7, 14),
    ],
)
def test_a_last_stride_of_one_enlarges_the_map_and_takes_the_same_weights(
    name: str, published: int, larger: int
):
    network, finer = BACKBONES[name](scan=True), BACKBONES[name](scan=True, last_stride=1)
    finer.load_state_dict(network.state_dict())
    image = torch.zeros(1, 3, 224, 224, device="meta")
    for built, side in ((network, published), (finer, larger)):
        assert built.to("meta").eval().trunk(image).shape[2:] == (side, side)


@pytest.mark.parametrize("name", ["light_vgg_m", "efficientnet_lite0"])
@pytest.mark.parametrize("hw", [(64, 64), (65, 97)], ids=str)
@pytest.mark.parametrize("scan", [False, True])
def test_any_input_size_gives_512_numbers(name: str, hw: tuple[int, int], scan: bool):
    network = BACKBONES[name](scan=scan).eval()
    with torch.inference_mode():
        embedding = network.embed(torch.rand(2, 3, *hw))
        assert embedding.metric.shape == embedding.feature.shape == (2, 512)
        torch.testing.assert_close(network(torch.rand(1, 3, *hw)).shape, torch.Size([1, 512]))
    assert torch.isfinite(embedding.feature).all()


def test_without_a_neck_both_features_are_the_same_tensor():
    embedding = light_vgg_m(scan=True).embed(torch.rand(1, 3, 64, 64))
    assert embedding.metric is embedding.feature
