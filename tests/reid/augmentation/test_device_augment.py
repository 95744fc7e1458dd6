"""Batches changed at once, against single pictures changed by `reid.augmentation.augment`."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from reid.augmentation.augment import AugmentSettings, augment
from reid.augmentation.device_augment import augment_batch

OFF = AugmentSettings(
    **dict.fromkeys(("flip", "shift", "gain", "gamma", "saturation"), 0.0),
    **dict.fromkeys(("low_resolution", "blur", "noise", "jpeg", "erase"), 0.0),
)
COUNT = 200


def photograph(size: int = 48) -> np.ndarray:
    """Something with colours, edges and texture, darker on the left; uint8 (size, size, 3)."""
    rng = np.random.default_rng(0)
    image = np.full((size, size, 3), (150, 110, 90), np.float64)
    image[size // 3 : 2 * size // 3, size // 4 : 3 * size // 4] = (40, 60, 180)
    image += rng.normal(0, 12, image.shape) + np.linspace(-40, 30, size)[None, :, None]
    return np.clip(image, 0, 255).astype(np.uint8)


def changed_on_device(settings: AugmentSettings, *, count: int = COUNT, seed: int = 0):
    images = torch.from_numpy(photograph()).expand(count, -1, -1, -1)
    return augment_batch(images, settings, np.random.default_rng(seed)).numpy()


def changed_on_host(settings: AugmentSettings, *, count: int = COUNT):
    rng = np.random.default_rng(1)
    return np.stack([augment(photograph(), settings, rng) for _ in range(count)])


def statistics_of(images: np.ndarray) -> dict[str, tuple[float, float]]:
    """Mean and spread of what pictures look like: levels, contrast, balance, detail, place."""
    pictures = images.astype(np.float64)
    levels = pictures.mean(axis=(1, 2))
    detail = [cv2.Laplacian(image, cv2.CV_64F).std() for image in images]
    each = {
        "level": levels.mean(axis=1),
        "balance": levels[:, 2] - levels[:, 0],
        "contrast": pictures.std(axis=(1, 2, 3)),
        "detail": np.array(detail),
        "left to right": pictures[:, :, :10].mean(axis=(1, 2, 3))
        - pictures[:, :, -10:].mean(axis=(1, 2, 3)),
    }
    return {name: (float(v.mean()), float(v.std())) for name, v in each.items()}


@pytest.mark.parametrize("count", [0, 1, 5])
def test_shape_type_and_input_stay(count: int):
    images = torch.from_numpy(photograph()).repeat(count, 1, 1, 1)
    before = images.clone()
    changed = augment_batch(images, AugmentSettings(), np.random.default_rng(0))
    assert changed.shape == (count, 48, 48, 3)
    assert changed.dtype == torch.uint8
    assert torch.equal(images, before)


def test_everything_off_changes_nothing():
    np.testing.assert_array_equal(changed_on_device(OFF, count=2)[1], photograph())


def test_a_flip_is_a_mirror_image():
    changed = changed_on_device(replace(OFF, flip=1.0), count=1)
    np.testing.assert_array_equal(changed[0], photograph()[:, ::-1])


def test_numbers_follow_from_the_generator():
    first, second, other = (
        changed_on_device(AugmentSettings(), count=4, seed=s) for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()
    assert (first[0] != first[1]).any()


@pytest.mark.parametrize(
    "strength",
    [
        {"flip": 0.5},
        {"shift": 0.08},
        {"gain": 0.3},
        {"gamma": 0.25},
        {"saturation": 0.35},
        {"blur": 1.0},
        {"low_resolution": 1.0},
        {"noise": 6.0},
        {"jpeg": 1.0},
        {"erase": 1.0},
        None,
    ],
    ids=lambda s: next(iter(s)) if s else "all",
)
def test_batches_look_as_those_of_the_host(strength: dict[str, float] | None):
    settings = AugmentSettings() if strength is None else replace(OFF, **strength)
    wanted = statistics_of(changed_on_host(settings))
    found = statistics_of(changed_on_device(settings))
    for name, (mean, spread) in wanted.items():
        # Four standard errors of the difference of two means, and what the host rounds down.
        tolerance = 4 * spread * np.sqrt(2 / COUNT) + 1
        assert found[name][0] == pytest.approx(mean, abs=tolerance), name
        assert found[name][1] == pytest.approx(spread, rel=0.3, abs=1), name


def test_erasing_covers_one_rectangle_of_the_stated_area():
    images = torch.full((100, 50, 50, 3), 7, dtype=torch.uint8)
    changed = augment_batch(images, replace(OFF, erase=1.0), np.random.default_rng(0)).numpy()
    for erased in (changed != 7).any(axis=3):
        area = erased.any(axis=1).sum() * erased.any(axis=0).sum()
        assert erased.sum() == area
        assert 0.015 < area / 2500 < 0.27
