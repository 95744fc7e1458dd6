import pytest
import torch

from reid.scan import SCAN, ChannelAttention, SpatialAttention


def parameters(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_parameter_counts_of_table_4():
    assert parameters(SpatialAttention()) == 10 + 2 + 10
    # Two FC layers with biases (32,768 + 32 + 512) and the scale of one weight and one bias.
    assert parameters(ChannelAttention(512)) == 33_312 + 2
    assert parameters(SCAN(512)) == 33_336


@pytest.mark.parametrize("hw", [(1, 1), (2, 3), (5, 5), (13, 13), (14, 14), (7, 20)], ids=str)
@pytest.mark.parametrize("count", [1, 3])
def test_any_map_keeps_its_size(hw: tuple[int, int], count: int):
    features = torch.rand(count, 32, *hw)
    scan = SCAN(32)
    assert scan.spatial(features).shape == (count, 1, *hw)
    assert scan.channel(features).shape == (count, 32, 1, 1)
    assert scan(features).shape == features.shape


def test_spatial_attention_lies_between_a_half_and_one():
    attention = SpatialAttention()
    for seed in range(5):
        torch.manual_seed(seed)
        for parameter in attention.parameters():
            torch.nn.init.normal_(parameter)
        weights = attention(torch.randn(4, 8, 13, 13))
        assert weights.min() >= 0.5
        assert weights.max() < 1


def test_spatial_attention_starts_as_a_blur_of_the_mean_map():
    # A constant map of 1: inside, box filters keep 1 except where zero padding reaches.
    weights = SpatialAttention()(torch.ones(1, 4, 16, 16))
    assert weights[0, 0, 8, 8].item() == pytest.approx(torch.sigmoid(torch.tensor(1.0)).item())
    assert weights[0, 0, 0, 0] < weights[0, 0, 8, 8]


def test_a_standardised_map_makes_attention_independent_of_the_scale_of_features():
    torch.manual_seed(0)
    features = torch.rand(2, 16, 7, 7)
    attention = SpatialAttention(standardise=True)
    raw = SpatialAttention()
    with torch.no_grad():
        for layer in (attention, raw):  # where training has pushed the biases on EfficientNet
            layer.squeeze.bias.fill_(-0.06)
            layer.scale.bias.fill_(-0.06)
            layer.expand.bias.fill_(-0.06)
    weights = attention(features)
    torch.testing.assert_close(attention(100 * features), weights, atol=2e-2, rtol=0)
    assert weights.flatten(1).std(dim=1).min() > 0.02
    assert raw(0.1 * features).unique().tolist() == [0.5]  # dead, as it would stay


@pytest.mark.parametrize("hw", [(5, 5), (8, 8)], ids=str)
def test_a_standardised_map_leaves_every_relu_something_to_pass(hw):
    torch.manual_seed(1)
    weights = SpatialAttention(standardise=True)(torch.rand(32, 64, *hw))
    assert (weights.flatten(1).amax(dim=1) > 0.55).all()
    assert weights.flatten(1).std(dim=1).median() > 0.03


def test_a_constant_map_can_be_standardised():
    weights = SpatialAttention(standardise=True)(torch.ones(1, 4, 5, 5))
    assert torch.isfinite(weights).all()


def test_channel_attention_by_hand():
    attention = ChannelAttention(2, reduction=2)
    with torch.no_grad():
        attention.reduce.weight.copy_(torch.tensor([[1.0, 1.0]]))
        attention.reduce.bias.zero_()
        attention.restore.weight.copy_(torch.tensor([[1.0], [-1.0]]))
        attention.restore.bias.zero_()
        attention.scale.weight.fill_(2.0)
    # Means 1 and 2 -> hidden 3 -> (3, -3) -> scaled (6, -6).
    features = torch.tensor([[[[0.0, 2.0]], [[2.0, 2.0]]]])
    expected = torch.sigmoid(torch.tensor([6.0, -6.0]))
    torch.testing.assert_close(attention(features).flatten(), expected)


def test_fusion_is_the_product_of_map_and_both_attentions():
    torch.manual_seed(0)
    scan = SCAN(16)
    features = torch.rand(2, 16, 5, 4)
    expected = features * scan.spatial(features) * scan.channel(features)
    torch.testing.assert_close(scan(features), expected)


def test_gradients_reach_every_parameter():
    torch.manual_seed(0)
    scan = SCAN(32)
    scan(torch.rand(2, 32, 9, 9)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in scan.parameters())


@pytest.mark.parametrize(("channels", "reduction"), [(0, 16), (24, 16), (16, 0)])
def test_unusable_reduction_is_refused(channels: int, reduction: int):
    with pytest.raises(ValueError, match="channels must be a positive multiple"):
        ChannelAttention(channels, reduction)
