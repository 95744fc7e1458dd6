from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid.data.datasets import Crop, CropSet
from reid.data.sampler import IdentitySampler


def crop_set(cameras_of: dict[str, str], attributes: dict[str, str] | None = None) -> CropSet:
    """Identities by name, one crop per letter of their cameras."""
    colour = attributes or {}
    return CropSet.of(
        [
            Crop(Path("x"), name, camera, (("colour", colour[name]),) if name in colour else ())
            for name, cameras in cameras_of.items()
            for camera in cameras
        ]
    )


@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=8),
    identities=st.integers(1, 10),
    crops=st.integers(1, 5),
    share=st.floats(0, 1),
    seed=st.integers(0, 1000),
)
def test_a_batch_has_p_identities_with_k_crops_each(sizes, identities, crops, share, seed):
    names = {f"v{i}": "a" * size for i, size in enumerate(sizes)}
    alike = dict.fromkeys(list(names)[::2], "red")
    sampler = IdentitySampler(crop_set(names, alike), identities, crops, share)
    rows = sampler.draw(np.random.default_rng(seed))
    drawn = sampler.crop_set.identity[rows].reshape(-1, crops)
    assert len(drawn) == min(identities, len(sizes))
    assert (drawn == drawn[:, :1]).all()
    assert len(set(drawn[:, 0])) == len(drawn)


def test_crops_come_from_as_many_cameras_as_possible():
    sampler = IdentitySampler(crop_set({"v": "aaaaaaaabc"}), 1, 3)
    for seed in range(20):
        rows = sampler.draw(np.random.default_rng(seed))
        assert len(set(sampler.crop_set.camera[rows])) == 3


def test_too_few_crops_are_given_again():
    rows = IdentitySampler(crop_set({"v": "ab"}), 1, 5).draw(np.random.default_rng(0))
    assert sorted(np.bincount(rows)) == [2, 3]


def test_look_alikes_come_along():
    colours = {"v0": "red", "v1": "blue", "v2": "red", "v3": "blue"}
    sampler = IdentitySampler(crop_set(dict.fromkeys(colours, "a"), colours), 2, 1, 1.0)
    for seed in range(20):
        first, second = sampler.draw(np.random.default_rng(seed))
        assert first % 2 == second % 2


def test_the_same_generator_draws_the_same():
    sampler = IdentitySampler(crop_set({f"v{i}": "abc" for i in range(9)}), 4, 2)
    first, second = (sampler.draw(np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("names", "values", "message"),
    [
        ({}, (1, 1, 0.0), "there are no crops"),
        ({"v": "a"}, (0, 1, 0.0), "identities and crops must be 1 or more"),
        ({"v": "a"}, (1, 1, 1.5), "lookalike_share must be in"),
    ],
)
def test_bad_settings_are_named(names, values, message):
    with pytest.raises(ValueError, match=message):
        IdentitySampler(crop_set(names), *values)
