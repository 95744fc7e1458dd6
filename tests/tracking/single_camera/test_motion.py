from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.single_camera import motion

BOX = np.array([100, 200, 160, 240], np.float32)


def moved(xyxy: np.ndarray, dx: float, dy: float) -> np.ndarray:
    return (xyxy + np.array([dx, dy, dx, dy])).astype(np.float32)


def test_a_new_belief_is_the_box_at_rest():
    state = motion.initiate(BOX)
    assert state.mean.tolist() == [130, 220, 60, 40, 0, 0, 0, 0]
    assert np.sqrt(state.covariance[0, 0]) == pytest.approx(40 / 20)
    assert np.sqrt(state.covariance[4, 4]) == pytest.approx(40 * motion.INITIAL_SPEED_STD)
    assert motion.boxes([state]).tolist() == [BOX.tolist()]


def test_boxes_of_no_states():
    assert motion.boxes([]).shape == (0, 4)
    assert motion.boxes([]).dtype == np.float32


@pytest.mark.parametrize("dt_s", [0.04, 0.1, 0.2, 1.0], ids="{:g} s".format)
def test_the_second_sighting_gives_the_speed(dt_s):
    state = motion.initiate(BOX)
    state = motion.update(motion.predict(state, dt_s), moved(BOX, 30 * dt_s, -20 * dt_s))
    later = motion.predict(state, dt_s)
    assert later.mean[0] - state.mean[0] == pytest.approx(30 * dt_s, abs=2)
    assert later.mean[1] - state.mean[1] == pytest.approx(-20 * dt_s, abs=2)


def test_speed_is_per_second_whatever_the_frame_rate():
    state = motion.initiate(BOX)
    steps = [0.1, 0.033, 0.25, 0.1, 0.5, 0.04, 0.1, 0.2]
    time = 0.0
    for dt_s in steps:
        time += dt_s
        state = motion.update(motion.predict(state, dt_s), moved(BOX, 50 * time, 0))
    assert state.mean[4] == pytest.approx(50, rel=0.02)
    assert state.mean[5] == pytest.approx(0, abs=1)


@given(st.floats(0.01, 2.0), st.floats(0.1, 0.9))
def test_two_short_steps_are_one_long_step(dt_s, share):
    state = motion.update(motion.predict(motion.initiate(BOX), 0.1), moved(BOX, 5, 3))
    once = motion.predict(state, dt_s)
    twice = motion.predict(motion.predict(state, share * dt_s), (1 - share) * dt_s)
    np.testing.assert_allclose(once.mean, twice.mean, rtol=1e-6)
    # The covariance of the speed agrees exactly; the height that scales the noise has not changed.
    np.testing.assert_allclose(once.covariance[:2, :2], twice.covariance[:2, :2], rtol=1e-6)


def test_uncertainty_grows_with_time_and_shrinks_with_sightings():
    state = motion.initiate(BOX)
    variances = []
    for step in range(5):
        state = motion.predict(state, 0.1)
        before = state.covariance[0, 0]
        state = motion.update(state, moved(BOX, step, 0))
        assert state.covariance[0, 0] < before
        variances.append(before)
    assert variances == sorted(variances, reverse=True)
    assert motion.predict(state, 3.0).covariance[0, 0] > motion.predict(state, 1.0).covariance[0, 0]


@given(
    st.lists(st.tuples(st.floats(0, 3), st.floats(0.5, 300), st.floats(0.5, 300)), max_size=8),
    st.floats(0, 60),
)
def test_no_box_ever_has_a_negative_size(sightings, dt_s):
    state = motion.initiate(BOX)
    for gap_s, width, height in sightings:
        box = np.array([50, 50, 50 + width, 50 + height], np.float32)
        state = motion.update(motion.predict(state, gap_s), box)
    state = motion.predict(state, dt_s)
    assert (state.mean[2:4] >= motion.MIN_SIZE_PX).all()
    assert np.isfinite(state.mean).all()
    np.testing.assert_allclose(state.covariance, state.covariance.T, rtol=1e-6, atol=1e-6)


def test_a_box_without_area_is_taken_as_one_pixel():
    state = motion.initiate(np.array([5, 5, 5, 5], np.float32))
    assert state.mean[2:4].tolist() == [1, 1]
    assert np.isfinite(motion.update(motion.predict(state, 0.1), BOX).mean).all()


def test_a_vehicle_out_of_sight_stops_growing():
    state = motion.initiate(BOX)
    for step in range(1, 11):
        grown = np.array([100, 200, 160 + 6 * step, 240 + 4 * step], np.float32)
        state = motion.update(motion.predict(state, 0.1), grown)
    rate = state.mean[7]
    assert rate > 20
    lost = motion.predict(state, 10.0)
    assert lost.mean[3] - state.mean[3] == pytest.approx(rate * motion.GROWTH_TIME_S, rel=0.01)


def test_time_does_not_run_backwards():
    with pytest.raises(ValueError, match="dt_s must not be negative, is -1"):
        motion.predict(motion.initiate(BOX), -1)


def test_predicting_nothing_changes_nothing():
    state = motion.initiate(BOX)
    assert np.array_equal(motion.predict(state, 0.0).covariance, state.covariance)


def test_arguments_are_left_alone():
    state = motion.initiate(BOX)
    mean, covariance = state.mean.copy(), state.covariance.copy()
    motion.update(motion.predict(state, 1.0), moved(BOX, 9, 9))
    assert np.array_equal(state.mean, mean)
    assert np.array_equal(state.covariance, covariance)


def test_offsets_count_standard_deviations():
    state = motion.initiate(BOX)
    # Variance of each coordinate: 2 px of the track and 2 px of the detection, squared and summed.
    boxes = np.stack([BOX, moved(BOX, 4, 0), moved(BOX, 4, -4), [98, 200, 162, 240]])
    (offsets,) = motion.squared_offsets([state], boxes.astype(np.float32))
    assert offsets.tolist() == [
        [0, 0, 0, 0],
        [pytest.approx(2), 0, 0, 0],
        [pytest.approx(2), pytest.approx(2), 0, 0],
        [0, 0, pytest.approx(2), 0],
    ]


@pytest.mark.parametrize(("states", "boxes"), [(0, 0), (0, 2), (2, 0)])
def test_offsets_of_nothing(states, boxes):
    found = motion.squared_offsets([motion.initiate(BOX)] * states, np.tile(BOX, (boxes, 1)))
    assert found.shape == (states, boxes, 4)
