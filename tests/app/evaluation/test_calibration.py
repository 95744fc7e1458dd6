import json

import numpy as np
import pytest

from app.evaluation.calibration import (
    Sides,
    as_json,
    fit,
    from_json,
    halves,
    standardise,
    whole_sides,
    young_sides,
)
from reid.evaluation.metrics import Gallery
from tracking.appearance.calibration import Calibration, Curves
from tracking.types import EMBEDDING_DIM


def gallery(*rows: tuple[int, int, int]) -> Gallery:
    """Crops of (axis, vehicle, camera): each embedding is a unit vector along its axis."""
    axis, vehicle, camera = np.array(rows, np.int64).T
    return Gallery(np.eye(EMBEDDING_DIM, dtype=np.float32)[axis], vehicle, camera)


def noisy(vehicles: int, *, cameras: int = 3, crops: int = 4, seed: int = 0) -> Gallery:
    """Crops that scatter around their vehicle, in every camera."""
    rng = np.random.default_rng(seed)
    centre = rng.normal(size=(vehicles, 1, 1, EMBEDDING_DIM))
    looks = centre + 0.8 * rng.normal(size=(vehicles, cameras, crops, EMBEDDING_DIM))
    looks /= np.linalg.norm(looks, axis=-1, keepdims=True)
    shape = looks.shape[:3]
    vehicle, camera = (
        np.broadcast_to(np.arange(n).reshape(at), shape)
        for n, at in (
            (vehicles, (-1, 1, 1)),
            (cameras, (1, -1, 1)),
        )
    )
    return Gallery(
        looks.reshape(-1, EMBEDDING_DIM).astype(np.float32), vehicle.ravel(), camera.ravel()
    )


def test_pairs_are_of_two_cameras_and_come_once():
    items = gallery((0, 7, 0), (0, 7, 1), (1, 8, 1), (1, 8, 0))
    sides = Sides(items, items)
    same, different = sides.same_and_different()
    assert np.argwhere(same).tolist() == [[0, 1], [2, 3]]
    assert np.argwhere(different).tolist() == [[0, 2], [1, 3]]
    np.testing.assert_allclose(sides.distances()[0], [0, 0, 2**0.5, 2**0.5], atol=1e-6)


def test_whole_tracklets_have_enough_crops():
    items = gallery((0, 7, 0), (1, 7, 0), (2, 7, 1), (3, 8, 1), (3, 8, 1))
    one = whole_sides(items, min_crops=2).one
    assert list(zip(one.identity, one.camera, strict=True)) == [(7, 0), (8, 1)]
    np.testing.assert_allclose(one.embeddings[0, :3], [0.5**0.5, 0.5**0.5, 0], rtol=1e-6)


def test_a_first_look_is_the_first_crop_and_the_mean_of_two():
    items = gallery((0, 7, 0), (5, 8, 1), (1, 7, 0), (2, 7, 0))
    sides = young_sides(items)
    found = [
        (v, np.flatnonzero(e).tolist())
        for v, e in zip(sides.one.identity.tolist(), sides.one.embeddings, strict=True)
    ]
    # Vehicle 8 has but one crop.
    assert found == [(7, [0]), (8, [5]), (7, [0, 1])]
    assert [np.flatnonzero(e).tolist() for e in sides.other.embeddings] == [[0, 1, 2], [5]]


@pytest.mark.parametrize("vehicles", [0, 1, 2, 9])
def test_halves_share_no_vehicle_and_leave_none_out(vehicles: int):
    items = gallery(*[(i, i, c) for i in range(vehicles) for c in (0, 1)] or [(0, 0, 0)])
    one, other = halves(items, seed=1)
    assert not set(one.identity) & set(other.identity)
    assert set(one.identity) | set(other.identity) == set(items.identity)
    assert 0 <= len(set(one.identity)) - len(set(other.identity)) <= 1


def test_of_one_scene_the_fit_is_that_of_the_association():
    items = noisy(30)
    whole = whole_sides(items, min_crops=1).one
    expected = Calibration.of_vehicles(whole.embeddings, whole.identity, whole.camera)
    found = fit([items], min_crops=1).whole
    assert found.stranger_mean == pytest.approx(expected.stranger_mean)
    np.testing.assert_allclose(found.distances, expected.distances, rtol=1e-5)
    np.testing.assert_allclose(found.log_ratios, expected.log_ratios, atol=1e-5)


def test_a_young_look_of_a_vehicle_is_further_from_it():
    curves = fit([noisy(40), noisy(40, seed=1)], min_crops=2)
    assert curves.young.stranger_mean == curves.whole.stranger_mean
    scene = noisy(20, seed=2)
    whole = standardise([whole_sides(scene, min_crops=2)], curves.whole)
    young = standardise([young_sides(scene)], curves.young)
    assert np.median(young.same) > np.median(whole.same) + 0.05
    # Both curves find nearly all, each on its own distances.
    for pairs, curve in ((whole, curves.whole), (young, curves.young)):
        assert (curve.log_ratio(pairs.same) > 0).mean() > 0.95
        assert (curve.log_ratio(pairs.different) < 0).mean() > 0.95


def test_without_strangers_nothing_is_fitted():
    with pytest.raises(ValueError, match="tracklets of 3 or more crops in different cameras"):
        fit([noisy(5, crops=2)], min_crops=3)


CURVES = Curves(
    whole=Calibration(distances=(0.5, 1.0), log_ratios=(3.0, -2.0)),
    young=Calibration(distances=(0.6, 1.1), log_ratios=(2.0, -1.0)),
)


def test_what_weights_carry_comes_back():
    for curves in (CURVES, Curves(CURVES.whole)):
        text = json.dumps(as_json(curves, {"on": ["a"]}))
        assert from_json(json.loads(text)) == curves


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"version": 2}, "version 2; 1 is expected", id="version"),
        pytest.param({"curves": []}, "unusable calibration", id="no curves"),
        pytest.param({"curves": [{"max_crops": None}]}, "stranger_mean", id="no knots"),
        pytest.param({"curves": 3}, "unusable calibration", id="no list"),
    ],
)
def test_other_values_are_refused(change: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        from_json(as_json(CURVES, {}) | change)
