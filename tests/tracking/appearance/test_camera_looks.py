from __future__ import annotations

import numpy as np
import pytest

from tracking.appearance.camera_looks import (
    ACROSS,
    AWAY,
    LEAST_VEHICLES,
    PRIOR_SIDE_VEHICLES,
    PRIOR_VEHICLES,
    TOWARDS,
    CameraLooks,
    side_of,
)
from tracking.types import EMBEDDING_DIM

N = 200


def looks(rng: np.random.Generator, of_camera: float) -> tuple[np.ndarray, np.ndarray]:
    """Return vehicles seen by each of two cameras, and the cameras."""
    own = rng.normal(size=(N, EMBEDDING_DIM))
    shift = rng.normal(size=(2, EMBEDDING_DIM)) * of_camera
    seen = np.concatenate([own + shift[0], own + shift[1]])
    camera = np.repeat([0, 1], N)
    return (seen / np.linalg.norm(seen, axis=1, keepdims=True)).astype(np.float32), camera


def one_side(n: int) -> np.ndarray:
    return np.full(n, ACROSS)


@pytest.mark.parametrize("seen", [0, 1, LEAST_VEHICLES - 1], ids=["none", "one", "a few"])
def test_a_few_vehicles_say_nothing_about_a_camera(seen: int) -> None:
    vectors, camera = looks(np.random.default_rng(0), 1.0)
    means = CameraLooks()
    means.add(vectors[:seen], camera[:seen], one_side(seen))
    assert np.array_equal(means.taken_off(vectors, camera, one_side(2 * N)), vectors)


def test_nothing_stays_nothing() -> None:
    found = CameraLooks().taken_off(
        np.zeros((0, EMBEDDING_DIM), np.float32), np.zeros(0, np.intp), one_side(0)
    )
    assert found.shape == (0, EMBEDDING_DIM)


def test_one_vehicle_in_two_cameras_looks_more_alike() -> None:
    vectors, camera = looks(np.random.default_rng(0), 1.0)
    means = CameraLooks()
    means.add(vectors, camera, one_side(2 * N))
    found = means.taken_off(vectors, camera, one_side(2 * N))
    before, after = ((v[:N] * v[N:]).sum(axis=1).mean() for v in (vectors, found))
    assert before == pytest.approx(0.5, abs=0.1)
    assert after > 0.85
    assert np.linalg.norm(found, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_the_shift_is_the_mean_less_a_prior() -> None:
    # All vehicles of camera 0 look one way, those of camera 1 the other way: the mean of all is 0.
    look = np.zeros((2 * N, EMBEDDING_DIM), np.float32)
    look[:N, 0], look[N:, 0] = 1.0, -1.0
    means = CameraLooks()
    means.add(look, np.repeat([0, 1], N), one_side(2 * N))
    one = np.zeros((1, EMBEDDING_DIM), np.float32)
    one[0, 1] = 1.0
    of_camera = N / (N + PRIOR_VEHICLES)
    # Of vehicles from in front nothing is known beyond that; of those that cross, all the rest.
    found = means.taken_off(one, np.array([0]), np.array([TOWARDS]))[0]
    assert found[0] / found[1] == pytest.approx(-of_camera, abs=1e-4)
    found = means.taken_off(one, np.array([0]), np.array([ACROSS]))[0]
    of_side = N * (1 - of_camera) / (N + PRIOR_SIDE_VEHICLES)
    assert found[0] / found[1] == pytest.approx(-of_camera - of_side, abs=1e-4)


def test_fronts_and_backs_of_one_vehicle_look_more_alike() -> None:
    # Camera 0 sees the first half from in front and the others from behind; camera 1 the reverse.
    rng = np.random.default_rng(0)
    own, shift = rng.normal(size=(N, EMBEDDING_DIM)), rng.normal(size=(2, EMBEDDING_DIM))
    side = np.where(np.arange(2 * N) % N < N // 2, TOWARDS, AWAY)
    side[N:] = np.where(side[N:] == TOWARDS, AWAY, TOWARDS)
    seen = np.tile(own, (2, 1)) + shift[(side == TOWARDS).astype(int)]
    vectors = (seen / np.linalg.norm(seen, axis=1, keepdims=True)).astype(np.float32)
    camera = np.repeat([0, 1], N)
    alike = []
    for known in (one_side(2 * N), side):
        means = CameraLooks()
        means.add(vectors, camera, known)
        found = means.taken_off(vectors, camera, known)
        alike.append((found[:N] * found[N:]).sum(axis=1).mean())
    assert alike[0] < 0.7
    assert alike[1] > 0.85


@pytest.mark.parametrize(
    ("headings", "side"),
    [
        pytest.param([(0, 1), (0.6, 0.8)], TOWARDS, id="down"),
        pytest.param([(0, -1), (1, 0)], AWAY, id="up, then along"),
        pytest.param([(1, 0), (1, 0)], ACROSS, id="along"),
        pytest.param([(0, 0), (0, 0)], ACROSS, id="stands"),
        pytest.param([(0, 0), (0, 1)], TOWARDS, id="sets out"),
        pytest.param([(0.6, 0.8), (0.6, -0.8)], ACROSS, id="comes and goes"),
    ],
)
def test_the_side_follows_from_the_heading(headings, side) -> None:
    assert side_of(np.array([headings], np.float64)).tolist() == [side]
