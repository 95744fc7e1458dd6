from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.appearance.calibration import MAX_LOG_RATIO, Calibration, Curves

LINE = Calibration(distances=(0.5, 1.5), log_ratios=(5.0, -5.0))


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        pytest.param(0.0, 5.0, id="below the first knot"),
        pytest.param(0.75, 2.5, id="between"),
        pytest.param(1.0, 0.0, id="undecided"),
        pytest.param(2.0, -5.0, id="beyond the last"),
    ],
)
def test_log_ratio_is_linear_between_knots(distance: float, expected: float) -> None:
    assert LINE.log_ratio(np.array([distance])).tolist() == [expected]
    chance = 1 / (1 + np.exp(-expected))
    assert LINE.probability(np.array([distance])).tolist() == pytest.approx([chance])


def test_a_vehicle_that_is_far_from_everybody_is_not_far_from_its_own() -> None:
    usual, blurred = np.array([[1.3, 0.1]]), np.array([[1.5, 0.1]])
    one = Calibration(stranger_mean=1.3, stranger_std=0.1)
    distance = np.array([[1.1]])
    assert one.standardised(distance, usual, usual).tolist() == [[pytest.approx(1.1)]]
    # Two deviations below the mean from one side, four from the other.
    found = one.standardised(distance, usual, blurred)
    assert found.tolist() == [[pytest.approx(1.0)]]


def test_fitted_ratio_has_the_right_sign_and_is_capped() -> None:
    rng = np.random.default_rng(0)
    found = Calibration.fit(rng.normal(0.8, 0.1, 500), rng.normal(1.3, 0.1, 5000))
    near, middle, far = found.log_ratio(np.array([0.6, 1.05, 1.5])).tolist()
    assert 5 < near <= MAX_LOG_RATIO
    assert abs(middle) < 2
    assert far < -3.5


@given(
    st.lists(st.floats(0, 2), min_size=1, max_size=40),
    st.lists(st.floats(0, 2), min_size=1, max_size=40),
)
def test_a_greater_distance_never_speaks_more_for_one_vehicle(
    same: list[float], different: list[float]
) -> None:
    found = Calibration.fit(np.array(same), np.array(different))
    ratios = found.log_ratio(np.linspace(0, 2, 101))
    assert (np.diff(ratios) <= 1e-9).all()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"distances": ()}, "equally many", id="no knots"),
        pytest.param({"distances": (1.0, 0.5)}, "must ascend", id="order"),
        pytest.param({"log_ratios": (0.0, 1.0)}, "must not ascend", id="not monotone"),
        pytest.param({"log_ratios": (0.0, np.nan)}, "finite", id="not a number"),
    ],
)
def test_bad_knots_are_refused(fields: dict[str, tuple[float, ...]], message: str) -> None:
    knots = {"distances": (0.5, 1.5), "log_ratios": (1.0, 0.0)} | fields
    with pytest.raises(ValueError, match=message):
        Calibration(distances=knots["distances"], log_ratios=knots["log_ratios"])


@pytest.mark.parametrize(
    ("mean", "std"), [(1.4, 0.0), (1.4, -0.1), (1.4, np.nan), (1.4, np.inf), (np.nan, 0.1)]
)
def test_a_scale_that_nothing_can_be_measured_by_is_refused(mean: float, std: float) -> None:
    with pytest.raises(ValueError, match="stranger_std positive, are "):
        Calibration(stranger_mean=mean, stranger_std=std)


def test_without_pairs_nothing_is_fitted() -> None:
    with pytest.raises(ValueError, match="there are 0 and 1"):
        Calibration.fit(np.zeros(0), np.ones(1))


@pytest.mark.parametrize(
    ("crops", "expected"),
    [
        pytest.param((4, 4), 3.0, id="both seen whole"),
        pytest.param((2, 4), 1.0, id="one has just come into view"),
        pytest.param((4, 1), 1.0, id="the other one has"),
        pytest.param((np.inf, 4), 3.0, id="an identity of many sightings"),
    ],
)
def test_a_first_look_has_a_curve_of_its_own(crops: tuple[float, float], expected: float) -> None:
    whole, young = (Calibration(distances=(1.0,), log_ratios=(r,)) for r in (3.0, 1.0))
    scale = np.array([[1.39, 0.14]])
    seen = (np.array(crops[:1], np.float64), np.array(crops[1:], np.float64))
    distance = np.array([[0.8]])
    assert Curves(whole, young).log_ratio(distance, (scale, scale), seen).tolist() == [[expected]]
    assert Curves(whole).log_ratio(distance, (scale, scale), seen).tolist() == [[3.0]]
