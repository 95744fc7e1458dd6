from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.data.dataset import Sample, Source
from detector.training.augment import random_view
from detector.training.batches import draw_batch, pool

SOURCE = Source(name="s", paths=("x",), scale=(1.0, 1.0))
NONE = np.zeros((0, 4), np.float32)


def white_box_on_black(height: int = 360, width: int = 640):
    """A picture with one white rectangle and the sample that labels it."""
    image = np.zeros((height, width, 3), np.uint8)
    image[120:240, 200:360] = 255
    xyxy = np.array([[200 / width, 120 / height, 360 / width, 240 / height]], np.float32)
    return image, Sample(b"", SOURCE, xyxy, np.array([2], np.int64), NONE)


@pytest.mark.parametrize("seed", range(12))
def test_boxes_stay_on_their_vehicles(seed):
    image, sample = white_box_on_black()
    view = random_view(image, sample, size=256, rng=np.random.default_rng(seed))
    assert view.image.shape == (256, 256, 3)
    assert view.image.dtype == np.uint8
    assert len(view.xyxy) + len(view.ignore) <= 1
    if len(view.xyxy):
        assert view.class_id.tolist() == [2]
        x1, y1, x2, y2 = view.xyxy[0].round().astype(int)
        inner = view.image[y1 + 6 : y2 - 6, x1 + 6 : x2 - 6].mean()
        mask = np.ones((256, 256), bool)
        mask[max(0, y1 - 6) : y2 + 6, max(0, x1 - 6) : x2 + 6] = False
        assert inner > view.image[mask].mean() + 40


@pytest.mark.parametrize("wide", [320, 640, 1920], ids=["enlarged", "as it is", "reduced"])
def test_boxes_lie_on_their_vehicles_to_a_fraction_of_a_pixel(wide, monkeypatch):
    monkeypatch.setattr("detector.training.augment._random_colors", lambda image, _: image)
    image = np.full((wide, wide, 3), 114, np.uint8)  # as the padding
    low, high = wide * 4 // 10, wide * 6 // 10
    image[low:high, low:high] = 255
    image = cv2.GaussianBlur(image, (0, 0), wide / 100)  # sharp edges jump to whole pixels
    xyxy = np.array([[low, low, high, high]], np.float32) / wide
    sample = Sample(b"", SOURCE, xyxy, np.array([0]), NONE)
    centres = np.arange(640) + 0.5
    for seed in range(12):  # mirrored or not
        view = random_view(image, sample, size=640, rng=np.random.default_rng(seed))
        weight = view.image[:, :, 0].astype(float) - 114
        middle = [(weight.sum(axis=a) * centres).sum() / weight.sum() for a in (0, 1)]
        assert (view.xyxy[0, :2] + view.xyxy[0, 2:]) / 2 == pytest.approx(middle, abs=0.05)


def test_a_vehicle_that_is_mostly_cut_off_becomes_a_region_to_ignore():
    image = np.zeros((640, 640, 3), np.uint8)
    boxes = np.array([[0, 0, 1, 0.05], [0.4, 0.4, 0.6, 0.6]], np.float32)
    sample = Sample(b"", SOURCE, boxes, np.array([0, 0]), np.array([[0, 0, 1, 1]], np.float32))
    seen = [
        random_view(image, sample, size=160, rng=np.random.default_rng(seed)) for seed in range(40)
    ]
    cut = [view for view in seen if len(view.xyxy) == 0]
    assert cut
    for view in seen:
        assert [0, 0, 160, 160] in view.ignore.tolist()
        assert view.xyxy.min(initial=0) >= 0
        assert view.xyxy.max(initial=0) <= 160


@pytest.mark.parametrize(
    ("background", "fewest", "most"), [(0.0, 20, 30), (1.0, 0, 0)], ids=["around", "away"]
)
def test_views_of_the_background_show_no_vehicle(background, fewest, most):
    image, sample = white_box_on_black()
    source = Source(name="s", paths=("x",), scale=(1.0, 1.0), background=background)
    away = Sample(b"", source, sample.xyxy, sample.class_id, NONE)
    views = [
        random_view(image, away, size=128, rng=np.random.default_rng(seed)) for seed in range(30)
    ]
    assert fewest <= sum(len(view.xyxy) for view in views) <= most


def test_a_view_of_the_background_where_there_is_none():
    image, _ = white_box_on_black()
    source = Source(name="s", paths=("x",), scale=(1.0, 1.0), background=1.0)
    full = Sample(b"", source, np.array([[0, 0, 1, 1]], np.float32), np.array([0]), NONE)
    view = random_view(image, full, size=64, rng=np.random.default_rng(0))
    assert view.image.shape == (64, 64, 3)


def test_an_image_without_vehicles():
    image, _ = white_box_on_black()
    empty = Sample(b"", SOURCE, NONE, np.zeros(0, np.int64), NONE)
    view = random_view(image, empty, size=64, rng=np.random.default_rng(0))
    assert view.xyxy.shape == (0, 4)
    assert view.ignore.shape == (0, 4)


def encoded_sample(labelled: bool):
    import cv2

    image, sample = white_box_on_black()
    source = Source(name=str(labelled), paths=("x",), labelled=labelled)
    _, encoded = cv2.imencode(".png", image)
    return Sample(encoded.tobytes(), source, sample.xyxy, sample.class_id, NONE)


def test_batches_depend_on_seed_and_step_only():
    pools = [pool([encoded_sample(labelled)], balance=0.0) for labelled in (True, False)]

    def draw(step: int, seed: int):
        return draw_batch(pools, step=step, batch=4, size=64, seed=seed)

    first, again, later, other = draw(3, 1), draw(3, 1), draw(4, 1), draw(3, 2)
    assert first.images.shape == (4, 3, 64, 64)
    assert np.array_equal(first.images, again.images)
    assert not np.array_equal(first.images, later.images)
    assert not np.array_equal(first.images, other.images)
    assert len(first.rows) == len(first.xyxy) == len(first.class_id)
    assert set(first.labelled.tolist()) <= {True, False}


def sample_of(*classes: int):
    boxes = np.tile(np.array([[0.1, 0.1, 0.2, 0.2]], np.float32), (len(classes), 1))
    return Sample(b"", SOURCE, boxes, np.array(classes, np.int64), NONE)


@pytest.mark.parametrize(
    ("images", "balance", "times"),
    [
        pytest.param([()], 0.5, [1], id="one, empty"),
        pytest.param([(0,), (0,), (), (2,)], 0.0, [1, 1, 1, 1], id="all alike"),
        # Trucks are in one image of four: sqrt(1 / 0.25) = 2; cars in all.
        pytest.param([(0,), (0,), (0,), (0, 3)], 1.0, [1, 1, 1, 2], id="a rare class"),
        pytest.param([(0,), (0,), (0,), (0, 3)], 0.25, [1, 1, 1, 1], id="not that rare"),
    ],
)
def test_images_with_rare_classes_are_drawn_more_often(images, balance, times):
    chances = pool([sample_of(*classes) for classes in images], balance=balance).chances
    assert chances.tolist() == pytest.approx((np.array(times) / sum(times)).tolist())


def test_rare_classes_get_into_view():
    image = np.zeros((640, 640, 3), np.uint8)
    corner, far = [0.02, 0.02, 0.06, 0.06], [0.94, 0.94, 0.98, 0.98]
    boxes = np.array([corner] * 9 + [far], np.float32)
    sample = Sample(b"", SOURCE, boxes, np.array([0] * 9 + [3]), NONE)
    views = [
        random_view(image, sample, size=160, rng=np.random.default_rng(seed)) for seed in range(80)
    ]
    assert sum(3 in view.class_id for view in views) >= 20
