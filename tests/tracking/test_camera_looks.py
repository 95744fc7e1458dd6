from __future__ import annotations

import numpy as np
import pytest

from tracking.camera_looks import LEAST_VEHICLES, PRIOR_VEHICLES, CameraLooks
from tracking.types import EMBEDDING_DIM

N = 200


def looks(rng: np.random.Generator, of_camera: float) -> tuple[np.ndarray, np.ndarray]:
    """Return vehicles seen by each of two cameras, and the cameras."""
    own = rng.normal(size=(N, EMBEDDING_DIM))
    shift = rng.normal(size=(2, EMBEDDING_DIM)) * of_camera
    seen = np.concatenate([own + shift[0], own + shift[1]])
    camera = np.repeat([0, 1], N)
    return (seen / np.linalg.norm(seen, axis=1, keepdims=True)).astype(np.float32), camera


@pytest.mark.parametrize("seen", [0, 1, LEAST_VEHICLES - 1], ids=["none", "one", "a few"])
def test_a_few_vehicles_say_nothing_about_a_camera(seen: int) -> None:
    vectors, camera = looks(np.random.default_rng(0), 1.0)
    means = CameraLooks()
    means.add(vectors[:seen], camera[:seen])
    assert np.array_equal(means.taken_off(vectors, camera), vectors)


def test_nothing_stays_nothing() -> None:
    found = CameraLooks().taken_off(np.zeros((0, EMBEDDING_DIM), np.float32), np.zeros(0, np.intp))
    assert found.shape == (0, EMBEDDING_DIM)


def test_one_vehicle_in_two_cameras_looks_more_alike() -> None:
    vectors, camera = looks(np.random.default_rng(0), 1.0)
    means = CameraLooks()
    means.add(vectors, camera)
    found = means.taken_off(vectors, camera)
    before, after = ((v[:N] * v[N:]).sum(axis=1).mean() for v in (vectors, found))
    assert before == pytest.approx(0.5, abs=0.1)
    assert after > 0.85
    assert np.linalg.norm(found, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_the_shift_is_the_mean_less_a_prior() -> None:
    # All vehicles of camera 0 look one way, those of camera 1 the other way: the mean of all is 0.
    look = np.zeros((2 * N, EMBEDDING_DIM), np.float32)
    look[:N, 0], look[N:, 0] = 1.0, -1.0
    means = CameraLooks()
    means.add(look, np.repeat([0, 1], N))
    one = np.zeros((1, EMBEDDING_DIM), np.float32)
    one[0, 1] = 1.0
    found = means.taken_off(one, np.array([0]))[0]
    assert found[0] / found[1] == pytest.approx(-N / (N + PRIOR_VEHICLES), abs=1e-4)
