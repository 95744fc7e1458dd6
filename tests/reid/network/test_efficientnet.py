import pytest
import torch
import torch.nn.functional as F

from reid.network.efficientnet import EfficientNetLite0, _SameConv2d, translate_published


@pytest.mark.parametrize(("last_stride", "size", "expected"), [(2, 64, 2), (1, 64, 4), (2, 65, 3)])
def test_map_size(last_stride: int, size: int, expected: int):
    network = EfficientNetLite0(last_stride).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, size, size)).shape == (1, 1280, expected, expected)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "before", "after"),
    [(8, 3, 1, 1, 1), (8, 3, 2, 0, 1), (7, 3, 2, 1, 1), (8, 5, 2, 1, 2), (5, 1, 1, 0, 0)],
)
def test_same_padding_is_tensorflows(size: int, kernel: int, stride: int, before: int, after: int):
    torch.manual_seed(0)
    convolution = _SameConv2d(2, 3, kernel, stride, bias=False)
    image = torch.rand(1, 2, size, size)
    padded = F.pad(image, (before, after, before, after))
    torch.testing.assert_close(
        convolution(image), F.conv2d(padded, convolution.weight, stride=stride)
    )


def test_last_stride_is_checked():
    with pytest.raises(ValueError, match="last_stride must be 1 or 2, is 3"):
        EfficientNetLite0(3)


def test_published_names_are_translated():
    published = {
        name: torch.zeros(1)
        for name in (
            "_conv_stem.weight",
            "_bn0.running_mean",
            "_blocks.0._depthwise_conv.weight",
            "_blocks.15._bn2.bias",
            "_bn1.num_batches_tracked",
            "_fc.weight",
        )
    }
    assert list(translate_published(published)) == [
        "stem.0.weight",
        "stem.1.running_mean",
        "blocks.0.depthwise.0.weight",
        "blocks.15.project.1.bias",
        "head.1.num_batches_tracked",
    ]
    assert set(translate_published(published)) <= set(EfficientNetLite0().state_dict())


@pytest.mark.parametrize("name", ["conv1.weight", "_blocks.0._se.weight", "_blocks"])
def test_foreign_names_are_refused(name: str):
    with pytest.raises(ValueError, match="is not a layer of EfficientNet-Lite0"):
        translate_published({name: torch.zeros(1)})


def test_depthwise_convolutions_with_stride_train_in_32_bits():
    layer = _SameConv2d(4, 4, 5, 2, groups=4, bias=False)
    features = torch.randn(2, 4, 9, 9)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer.train()(features).dtype == torch.float32
        assert layer.eval()(features).dtype == torch.bfloat16
    torch.testing.assert_close(
        layer.eval()(features), layer.train()(features.bfloat16().float()), atol=0.05, rtol=0.05
    )
