"""Pictures by day that are turned into nights."""

from __future__ import annotations

import numpy as np
import pytest

from detector.data.dataset import Sample, Source
from detector.training.augment import random_view
from detector.training.batches import draw_batch, pool
from detector.training.nightfall import nightfall

NONE = np.zeros((0, 4), np.float32)
BOX = np.array([[40.0, 60.0, 100.0, 110.0]])


def street(height: int = 160, width: int = 240) -> np.ndarray:
    """A bright street with some texture."""
    rng = np.random.default_rng(0)
    return rng.integers(120, 200, (height, width, 3)).astype(np.uint8)


def many(xyxy: np.ndarray, count: int = 30) -> list[np.ndarray]:
    return [nightfall(street(), xyxy, np.random.default_rng(seed)) for seed in range(count)]


def test_a_night_is_a_picture_of_the_same_kind_and_follows_from_the_generator_alone():
    image = street()
    before = image.copy()
    one, again = (nightfall(image, BOX, np.random.default_rng(7)) for _ in range(2))
    assert one.shape == image.shape
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(image, before)


def test_it_is_darker_than_by_day_with_and_without_vehicles():
    by_day = np.median(street())
    for boxes in (BOX, NONE):
        by_night = [np.median(night) for night in many(boxes)]
        assert np.mean(by_night) < 0.6 * by_day
        assert max(by_night) < 0.9 * by_day


def test_lamps_shine_where_the_vehicle_is():
    inside, outside = [], []
    for night in many(BOX):
        inside.append(int(night[60:110, 40:100].max()))
        outside.append(int(night[:30, 150:].max()))
    assert np.median(inside) > np.median(outside) + 60


def test_other_lights_shine_too_but_not_on_vehicles():
    covered = np.array([[0.0, 0.0, 240.0, 160.0]])
    bright = {"none": [], "everywhere": []}
    for seed in range(30):
        for name, boxes in (("none", NONE), ("everywhere", covered)):
            night = nightfall(street(), boxes, np.random.default_rng(seed))
            bright[name].append(int((night[:50] > 240).any(axis=2).sum()))
    assert sum(count > 0 for count in bright["none"]) > 10
    # The lamps of a vehicle that fills the picture are in its lower half.
    assert np.median(bright["everywhere"]) == 0


def test_head_lamps_have_halos_beyond_the_vehicle():
    plain, lit = many(NONE), many(BOX)
    around = [float(night[60:110, 104:130].mean()) for night in lit]
    without = [float(night[60:110, 104:130].mean()) for night in plain]
    assert np.mean(around) > np.mean(without) + 2


@pytest.mark.parametrize(
    "boxes", [[[-50.0, 10, 5, 60]], [[230.0, 100, 400, 300]], [[3.0, 3, 4, 4]]]
)
def test_boxes_may_be_tiny_or_reach_beyond_the_picture(boxes):
    assert nightfall(street(), np.array(boxes), np.random.default_rng(1)).shape == (160, 240, 3)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (2, 300)])
def test_pictures_may_be_tiny(shape):
    image = np.full((*shape, 3), 150, np.uint8)
    box = np.array([[0.0, 0.0, shape[1], shape[0]]])
    assert nightfall(image, box, np.random.default_rng(1)).shape == image.shape


def sample(**keys: object) -> Sample:
    source = Source(name="s", paths=("x",), scale=(1.0, 1.0), **keys)
    return Sample(b"", source, np.array([[0.4, 0.4, 0.6, 0.6]], np.float32), np.array([0]), NONE)


def test_so_many_views_of_a_source_are_nights_as_it_says():
    image = street(640, 640)
    rng = np.random.default_rng(3)
    nights = [random_view(image, sample(night=0.3), size=64, rng=rng).night for _ in range(300)]
    assert 60 < sum(nights) < 120


def test_where_none_are_wanted_views_are_what_they_were_before_there_were_any():
    image = street(640, 640)
    rng = np.random.default_rng(3)
    random_view(image, sample(), size=64, rng=rng)
    after = rng.random()
    rng = np.random.default_rng(3)
    random_view(image, sample(night=1e-12), size=64, rng=rng)
    assert after != rng.random()  # a number was drawn for the night, and only there


def test_the_teachers_outputs_are_not_learnt_on_nights(monkeypatch):
    monkeypatch.setattr("detector.training.batches.read_image", lambda _: street(640, 640))
    by_day, by_night = (
        draw_batch(
            [pool([sample(taught=True, night=share)], balance=0)], step=0, batch=4, size=64, seed=1
        )
        for share in (0.0, 1.0)
    )
    assert by_day.taught.all()
    assert not by_night.taught.any()


def test_a_share_out_of_range_and_nights_without_labels_are_refused():
    with pytest.raises(ValueError, match=r"source s: night must be in \[0, 1\], is 1.5"):
        sample(night=1.5)
    with pytest.raises(ValueError, match="source s: night needs labels"):
        sample(night=0.5, labelled=False)
