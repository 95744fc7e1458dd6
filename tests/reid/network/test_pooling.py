import pytest
import torch

from reid.network.pooling import AveragePooling, GeMPooling


def test_average_by_hand():
    features = torch.tensor([[[[1.0, 3.0]], [[0.0, 0.0]]]])
    assert AveragePooling()(features).tolist() == [[2.0, 0.0]]


def test_generalised_mean_by_hand():
    # Cube root of (1 + 8 + 27) / 3.
    features = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    assert GeMPooling()(features).item() == pytest.approx(12 ** (1 / 3))


def test_generalised_mean_with_power_one_is_the_average():
    features = torch.rand(2, 3, 4, 5) + 0.1
    torch.testing.assert_close(GeMPooling(power=1.0)(features), AveragePooling()(features))


def test_dead_channels_have_a_gradient():
    features = torch.zeros(1, 1, 2, 2, requires_grad=True)
    pooling = GeMPooling()
    pooling(features).sum().backward()
    assert pooling.power.grad is not None
    assert torch.isfinite(pooling.power.grad)
