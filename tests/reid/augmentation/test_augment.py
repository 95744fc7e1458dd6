import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid.augmentation.augment import (
    AugmentSettings,
    add_noise,
    augment,
    blur,
    compress,
    erase,
    jitter_colour,
    lower_resolution,
    shift_box,
)
from tests.reid.pictures import paint

OFF = AugmentSettings(
    **dict.fromkeys(("flip", "shift", "gain", "gamma", "saturation"), 0.0),
    **dict.fromkeys(("low_resolution", "blur", "noise", "jpeg", "erase"), 0.0),
)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), height=st.integers(8, 50), width=st.integers(8, 50))
def test_size_and_type_stay_and_the_input_is_untouched(seed: int, height: int, width: int):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    before = image.copy()
    changed = augment(image, AugmentSettings(), np.random.default_rng(seed))
    assert changed.shape == image.shape
    assert changed.dtype == np.uint8
    assert changed.flags.c_contiguous
    np.testing.assert_array_equal(image, before)


def test_everything_off_changes_nothing():
    image = paint(1, 0)
    np.testing.assert_array_equal(augment(image, OFF, np.random.default_rng(0)), image)


def test_the_same_generator_changes_the_same():
    first, second = (
        augment(paint(1, 0), AugmentSettings(), np.random.default_rng(3)) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_gain_alone_scales_grey_levels():
    image = np.full((4, 4, 3), 100, np.uint8)
    changed = jitter_colour(image, AugmentSettings(gamma=0, saturation=0), np.random.default_rng(0))
    assert len(np.unique(changed.reshape(-1, 3), axis=0)) == 1
    assert (np.abs(changed.astype(int) - 100) <= 100 * (1.3 * 1.15 - 1) + 1).all()


@pytest.mark.parametrize("change", [blur, lower_resolution], ids=lambda f: f.__name__)
@pytest.mark.parametrize("seed", range(4))
def test_detail_is_lost(change, seed: int):
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    assert change(image, np.random.default_rng(seed)).std() < image.std()


def test_erasing_covers_one_rectangle_of_the_stated_area():
    for seed in range(20):
        image = np.full((50, 50, 3), 7, np.uint8)
        erased = (erase(image, np.random.default_rng(seed)) != 7).any(axis=2)
        rows, columns = np.flatnonzero(erased.any(axis=1)), np.flatnonzero(erased.any(axis=0))
        area = len(rows) * len(columns)
        assert erased.sum() == area
        assert 0.015 < area / 2500 < 0.27


def test_noise_and_jpeg_stay_close_to_the_picture():
    image = np.full((32, 32, 3), 128, np.uint8)
    for change in (lambda rng: add_noise(image, 6.0, rng), lambda rng: compress(image, rng)):
        assert abs(float(change(np.random.default_rng(0)).mean()) - 128) < 2


def test_shifting_keeps_a_plain_picture():
    image = np.full((20, 30, 3), 9, np.uint8)
    np.testing.assert_array_equal(shift_box(image, 0.2, np.random.default_rng(0)), image)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"flip": 1.2}, "flip must be a probability"),
        ({"gain": 1.0}, "gain must be a share"),
        ({"noise": -1.0}, "noise must not be negative"),
    ],
)
def test_settings_are_checked(values: dict[str, float], message: str):
    with pytest.raises(ValueError, match=message):
        AugmentSettings(**values)
