import logging

import numpy as np
import pytest
import torch

from reid.augmentation.augment import AugmentSettings, augment
from reid.config import DomainConfig, Source
from reid.training.batches import batch_source
from reid.training.domains import Domain, load_domain
from tests.reid.pictures import write_folder

CPU = torch.device("cpu")
SETTINGS = AugmentSettings()
STILL = AugmentSettings(
    **dict.fromkeys(("flip", "shift", "gain", "gamma", "saturation"), 0.0),
    **dict.fromkeys(("low_resolution", "blur", "noise", "jpeg", "erase"), 0.0),
)


@pytest.fixture(scope="module")
def domains(tmp_path_factory: pytest.TempPathFactory) -> list[Domain]:
    """Two domains of three and four vehicles with two crops each."""
    root = tmp_path_factory.mktemp("crops")
    loaded = []
    for name, vehicles in (("a", range(3)), ("b", range(10, 14))):
        write_folder(root / name, vehicles)
        config = DomainConfig(
            name=name, sources=(Source(format="folder", path=name),), identities=2, crops=2
        )
        loaded.append(load_domain(config, root, hw=(32, 40)))
    return loaded


@pytest.mark.parametrize("where", ["host", "device"])
def test_batches_follow_from_the_generator(domains: list[Domain], where: str):
    source = batch_source(domains, SETTINGS, where=where, device=CPU)
    first, second, other = (source(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(first.images, second.images)
    assert not torch.equal(first.images, other.images)
    assert first.images.shape == (8, 32, 40, 3)
    assert first.images.dtype == torch.uint8
    assert [part.domain for part in first.parts] == domains
    assert [len(part.rows) for part in first.parts] == [4, 4]


@pytest.mark.parametrize("where", ["host", "device"])
@pytest.mark.parametrize("count", [1, 2])
def test_each_picture_is_the_one_that_its_row_says(domains: list[Domain], where: str, count: int):
    batch = batch_source(domains[:count], STILL, where=where, device=CPU)(np.random.default_rng(3))
    wanted = np.concatenate([part.domain.images[part.rows] for part in batch.parts])
    np.testing.assert_array_equal(batch.images.numpy(), wanted)


def test_the_host_changes_picture_by_picture(domains: list[Domain]):
    batch = batch_source(domains, SETTINGS, where="host", device=CPU)(np.random.default_rng(7))
    rng, wanted = np.random.default_rng(7), []
    for domain in domains:
        rows = domain.sampler.draw(rng)
        wanted += [augment(domain.images[row], SETTINGS, rng) for row in rows]
    np.testing.assert_array_equal(batch.images.numpy(), np.stack(wanted))


@pytest.mark.parametrize(
    ("free", "device", "wanted"),
    [(10**9, "cuda:0", "cuda:0"), (1000, "cuda:0", "host"), (10**9, "cpu", "host")],
    ids=["GPU with room", "GPU without", "CPU"],
)
def test_auto_uses_a_gpu_with_room(
    domains: list[Domain],
    free: int,
    device: str,
    wanted: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (free, 10**10))
    monkeypatch.setattr("reid.training.batches._on_device", lambda *_: None)
    with caplog.at_level(logging.INFO):
        batch_source(domains, SETTINGS, where="auto", device=torch.device(device))
    assert caplog.messages == [f"batches are made on the {wanted}"]
