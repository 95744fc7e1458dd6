"""The simulated GPU refuses what CUDA refuses; else no test with it could fail.

Where there is a real GPU the same is asked of it, so that the simulation is held against reality.
"""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.gpu_tensor import COUNT, GPUTensor, waits
from tests.simulated_gpu import simulated_gpu

ON_TWO_DEVICES = "same device"


@pytest.fixture
def there(gpu):
    return torch.arange(12.0).view(3, 4).to(gpu)


@pytest.mark.parametrize(
    "mixed",
    [
        pytest.param(lambda there: there + torch.ones(3, 4), id="sum"),
        pytest.param(lambda there: torch.ones(3, 4) * there, id="product"),
        pytest.param(lambda there: there @ torch.ones(4, 2), id="matrix product"),
        pytest.param(lambda there: torch.cat([there, torch.ones(1, 4)]), id="cat"),
        pytest.param(lambda there: torch.where(there > 2, there, torch.ones(3, 4)), id="where"),
        pytest.param(lambda there: F.mse_loss(there, torch.ones(3, 4)), id="loss"),
        pytest.param(lambda there: torch.ones(4).add_(there[0]), id="in place on the host"),
        pytest.param(lambda there: torch.tensor(1.0).add_(there[0, 0]), id="into a number"),
        pytest.param(lambda there: there.index_select(0, torch.tensor([1])), id="index_select"),
        pytest.param(
            lambda there: there.index_add_(0, torch.tensor([1]), there[:1]), id="index_add"
        ),
        pytest.param(
            lambda there: there.masked_fill(torch.ones(3, 4).bool(), 0.0), id="masked_fill"
        ),
        pytest.param(lambda there: nn.Linear(4, 2)(there), id="layer on the host"),
        pytest.param(lambda there: F.batch_norm(there, torch.zeros(4), torch.ones(4)), id="norm"),
    ],
)
def test_tensors_of_two_devices_are_refused(there, mixed):
    with pytest.raises(RuntimeError, match=ON_TWO_DEVICES):
        mixed(there)


def test_two_gpus_are_two_devices():
    with simulated_gpu():
        first, second = (torch.ones(3, device=f"cuda:{i}") for i in range(2))
        with pytest.raises(RuntimeError, match="found at least two devices, cuda:1 and cuda:0"):
            first + second
        assert (first + second.to("cuda:0")).tolist() == [2, 2, 2]
        with pytest.raises(RuntimeError, match="invalid device ordinal"):
            torch.ones(3, device=f"cuda:{COUNT}")


def test_indices_may_lie_on_the_host_but_not_the_other_way_round(there):
    assert there[torch.tensor([2, 0])][:, 0].tolist() == [8, 0]
    there[torch.tensor([0])] = 5.0
    there[1] = torch.ones(4)  # a copy, which may go from device to device
    assert there[:, 0].tolist() == [5, 1, 8]
    with pytest.raises(RuntimeError, match="indices should be either on cpu or on the same device"):
        torch.ones(3)[torch.tensor([1]).to(there.device)]
    with pytest.raises(RuntimeError, match=ON_TWO_DEVICES):
        there[torch.tensor([0])] = torch.ones(1, 4)


def test_single_numbers_of_the_host_may_take_part(there):
    assert (there * torch.tensor(2.0)).sum().item() == 132
    assert there.clamp(max=torch.tensor(1.0)).sum().item() == 11
    with pytest.raises(RuntimeError, match=ON_TWO_DEVICES):
        torch.stack([there[0, 0], torch.tensor(1.0)])


def test_no_array_is_made_of_it(there):
    for make in (lambda: there.numpy(), lambda: np.asarray(there), lambda: np.array([there])):
        with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
            make()
    assert there.cpu().numpy().sum() == 66


def test_generators_draw_on_their_own_device(gpu):
    assert torch.rand(3, generator=torch.Generator(gpu).manual_seed(1), device=gpu).is_cuda
    with pytest.raises(RuntimeError, match="Expected a 'cuda' device type for generator"):
        torch.rand(3, generator=torch.Generator(), device=gpu)
    with pytest.raises(RuntimeError, match="Expected a 'cpu' device type for generator"):
        torch.rand(3, generator=torch.Generator(gpu))


def test_what_follows_from_its_tensors_lies_on_it(gpu, there):
    made = [
        torch.zeros(2, device=gpu),
        torch.tensor([1, 2], device=there.device),
        there.new_zeros(()),
        torch.zeros_like(there),
        F.one_hot(there.long()[0], 8),  # makes its result in C++
        F.interpolate(there[None, None], size=(5, 5), mode="bilinear"),
    ]
    assert {str(tensor.device) for tensor in made} == {"cuda:0"}
    assert there.device != torch.device("cuda")  # its number is part of it
    assert torch.zeros(2).device.type == there.new_zeros(2, device="cpu").device.type == "cpu"


@torch.no_grad()
def test_binary_cross_entropy_is_refused_in_autocast(there):
    with torch.autocast("cuda"), pytest.raises(RuntimeError, match="unsafe to autocast"):
        F.binary_cross_entropy(there.sigmoid(), there.sigmoid())


def test_a_layer_learns_there_as_on_the_host(gpu):
    torch.manual_seed(0)
    host = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2))
    there = deepcopy(host)
    first = there[0].weight
    there.to(gpu, memory_format=torch.channels_last)
    assert there[0].weight is first
    assert isinstance(first, nn.Parameter)
    images = torch.rand(2, 3, 4, 4)
    for network, given in ((host, images), (there, images.to(gpu))):
        optimiser = torch.optim.AdamW(network.parameters(), lr=0.1)
        for _ in range(2):
            optimiser.zero_grad()
            network(given).square().mean().backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
    twin = deepcopy(there)
    assert {str(p.grad.device) for p in there.parameters()} == {"cuda:0"}
    for expected, found, copied in zip(
        host.parameters(), there.parameters(), twin.parameters(), strict=True
    ):
        torch.testing.assert_close(found.detach().cpu(), expected.detach(), rtol=0.02, atol=0.02)
        torch.testing.assert_close(copied.detach().cpu(), found.detach().cpu())
        assert copied.device == found.device


def test_files_of_its_tensors_want_map_location(tmp_path):
    path = tmp_path / "file.pt"
    with simulated_gpu() as gpu:
        torch.save({"there": torch.ones(3, device=gpu), "here": torch.zeros(2)}, path)
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
            torch.load(path, weights_only=True)
    loaded = torch.load(path, weights_only=True, map_location="cpu")
    assert [tensor.tolist() for tensor in loaded.values()] == [[1, 1, 1], [0, 0]]


def test_waits_are_counted():
    with simulated_gpu() as gpu:
        there = torch.ones(4).to(gpu)
        (there * 2).sum().item()
        there[there > 0].cpu()
        assert waits == {
            "upload": 1, "download": 1, "aten._local_scalar_dense": 1, "aten.index": 1
        }  # fmt: skip


def test_nothing_is_left_of_it():
    before = torch.Generator, torch.autocast, torch.cuda.is_available()
    with simulated_gpu() as gpu:
        tensor = torch.ones(2, device=gpu)
    assert isinstance(tensor, GPUTensor)
    assert (torch.Generator, torch.autocast, torch.cuda.is_available()) == before
    assert type(torch.ones(2) + 1) is torch.Tensor
