from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import multivariate_normal

from tests.tracking.corridor import passing
from tracking.appearance.camera_looks import CameraLooks
from tracking.appearance.cohort import Cohort
from tracking.association.returns import NEAREST
from tracking.chains.successions import ALONE
from tracking.chains.visits import LEAST_CHAINS, VisitLooks, _calibration, _halves, learn_visits
from tracking.sightings import Sightings
from tracking.types import EMBEDDING_DIM

N_OWN = 6
"""Directions in which made-up vehicles differ."""


def by_hand(axes: int, spread: float) -> VisitLooks:
    own = np.eye(EMBEDDING_DIM, axes, dtype=np.float32)
    return VisitLooks(own, np.zeros(axes), np.full(axes, spread))


def seen(
    rng: np.random.Generator, vehicles: int, sightings: int, *, own: float
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Draw sightings that vary by 1 in 16 directions; vehicles by `own` in a few of these."""
    looks = np.zeros((vehicles * sightings, EMBEDDING_DIM))
    looks[:, :16] = rng.normal(size=(len(looks), 16))
    looks[:, :N_OWN] += np.repeat(own * rng.normal(size=(vehicles, N_OWN)), sightings, axis=0)
    return looks.astype(np.float32), np.repeat(np.arange(vehicles), sightings)


def test_scores_are_the_log_ratio_of_two_normal_distributions() -> None:
    spread, n, m = 1.7, 3, 2
    visits = by_hand(1, spread)
    place, count = np.array([[0.8], [1.1]]), np.array([n, m], np.float64)
    found = visits.scores(place, count, np.array([0]), np.array([1]))
    alone = np.diag([spread + 1 / n, spread + 1 / m])
    one = multivariate_normal.logpdf(place[:, 0], cov=alone + spread * (1 - np.eye(2)))
    two = multivariate_normal.logpdf(place[:, 0], cov=alone)
    assert found[0] == pytest.approx(one - two)


def test_the_directions_in_which_vehicles_differ_are_learned() -> None:
    visits = VisitLooks.learn(*seen(np.random.default_rng(1), 120, 5, own=2.0))
    assert visits is not None
    assert visits.spread.shape == (visits.axes.shape[1],)
    # The sightings before anything was known hold it back.
    *others, least = np.sort(visits.spread)[: -N_OWN + 1]
    assert least > 1.5 > 5 * max(others, default=0.0)


def test_more_sightings_say_more() -> None:
    rng = np.random.default_rng(2)
    visits = VisitLooks.learn(*seen(rng, 120, 6, own=1.2))
    assert visits is not None
    looks, _ = seen(rng, 100, 12, own=1.2)
    right = {}
    for size in (1, 6):
        parts = looks.reshape(200, 6, EMBEDDING_DIM)[:, :size].sum(axis=1)
        count = np.full(200, float(size))
        place = visits.placed(visits.projected(parts), count)
        former, later = np.arange(0, 200, 2), np.arange(1, 200, 2)
        row, column = np.divmod(np.arange(100 * 100), 100)
        score = visits.scores(place, count, former[row], later[column]).reshape(100, 100)
        right[size] = np.mean(score.argmax(axis=0) == np.arange(100))
        # Whoever could be told is among the nearest.
        near = visits.nearness(place, count, later)[former]
        told = np.diag(score) > 8
        assert ((near > np.diag(near)).sum(axis=0) < NEAREST)[told].all()
    assert right[6] > 0.6 > 0.2 > right[1]


def test_looks_that_tell_nothing_say_nothing() -> None:
    looks, chain = seen(np.random.default_rng(3), 120, 4, own=0.0)
    visits = VisitLooks.learn(looks, chain)
    # What it seemed to learn does not hold for the chains that were held out.
    assert visits is None or visits.log_ratio(np.array([30.0]))[0] < 2


def test_look_alikes_make_it_careful() -> None:
    rng = np.random.default_rng(4)
    # Of 120 vehicles six look the same each, or all are different.
    alike, _ = seen(rng, 20, 24, own=3.0)
    different, vehicle = seen(rng, 120, 4, own=3.0)
    careful, sure = VisitLooks.learn(alike, vehicle), VisitLooks.learn(different, vehicle)
    assert careful is not None
    assert sure is not None
    assert careful.log_ratio(np.array([15.0]))[0] < 5 < 7 < sure.log_ratio(np.array([15.0]))[0]


@pytest.mark.parametrize("varied", [0, 30])
def test_looks_that_hardly_vary_are_no_error(varied: int) -> None:
    looks, chain = seen(np.random.default_rng(7), 120, 2, own=2.0)
    looks[varied:] = looks[0]
    VisitLooks.learn(looks, chain)


@pytest.mark.parametrize("kinds", [2, 3])
def test_vehicles_of_a_few_looks_are_no_error(kinds: int) -> None:
    # They lie on a line, or in a plane.
    chain = np.repeat(np.arange(120), 2)
    VisitLooks.learn(np.eye(kinds, EMBEDDING_DIM, dtype=np.float32)[chain % kinds], chain)


def test_chains_that_all_fall_into_one_part_are_no_error() -> None:
    # Of four one after the other only the last is seen twice.
    size = np.tile([1, 1, 1, 2], LEAST_CHAINS)
    looks, _ = seen(np.random.default_rng(8), int(size.sum()), 1, own=2.0)
    visits = VisitLooks.learn(looks, np.repeat(np.arange(len(size)), size))
    assert visits is None or np.isfinite(visits.offset + visits.slope)


def test_returns_do_not_vouch_for_what_they_were_made_by(monkeypatch: pytest.MonkeyPatch) -> None:
    chains: list[list[int]] = []
    monkeypatch.setattr(
        VisitLooks, "learn", lambda looks, chain: chains.append(np.unique(chain).tolist())
    )
    looks = np.eye(EMBEDDING_DIM)
    times = [(0, 5, True), (20, 25, True), (84, 90, True), (95, 99, True), (120, 121, False)]
    tracklets = [
        passing("c0", i, np.array([first, last], np.float64), looks[i], ended=ended)
        for i, (first, last, ended) in enumerate(times)
    ]
    sightings = Sightings.of(tracklets, lambda _: 0, Cohort(1.39, 0.14), CameraLooks())
    learn_visits(sightings, np.array([ALONE, 0, 0, 1, 2]))
    # The third follows the first after a minute, the fourth the second; the last is in view still.
    assert chains == [[0, 2, 3]]


def test_few_chains_teach_nothing() -> None:
    rng = np.random.default_rng(5)
    assert VisitLooks.learn(*seen(rng, LEAST_CHAINS - 1, 5, own=2.0)) is None
    # Single sightings are no chains.
    assert VisitLooks.learn(*seen(rng, 5 * LEAST_CHAINS, 1, own=2.0)) is None
    assert VisitLooks.learn(np.zeros((0, EMBEDDING_DIM), np.float32), np.zeros(0, np.intp)) is None


def test_what_speaks_for_two_vehicles_is_no_return_and_nothing_is_surer_than_was_seen() -> None:
    visits = VisitLooks(
        np.eye(EMBEDDING_DIM, 1, dtype=np.float32), np.zeros(1), np.ones(1), 1.0, 0.5, 8.0
    )
    assert visits.log_ratio(np.array([-3.0, 0.0, 4.0, 90.0])).tolist() == [-np.inf, -np.inf, 3, 8]


def test_halves_of_chains_in_order_of_time() -> None:
    points = np.array([[1.0], [10.0], [2.0], [4.0], [20.0], [100.0]])
    total, count, owner = _halves(points, np.array([0, 1, 0, 0, 1, 2]))
    assert total.ravel().tolist() == [1, 6, 10, 20]
    assert count.tolist() == [1, 2, 1, 1]
    assert owner.tolist() == [0, 0, 1, 1]


def test_calibration_finds_what_scores_were_drawn_by() -> None:
    rng = np.random.default_rng(6)
    score = rng.uniform(-5, 20, 40_000)
    prior = 0.02
    chance = 1 / (1 + np.exp(-(0.5 + 0.4 * score + np.log(prior))))
    same = rng.random(len(score)) < chance
    offset, slope = _calibration(score, same)
    # Odds of one vehicle are those of the pairs at hand, of which more are than by the prior.
    shift = np.log(prior) - np.log(same.mean() / (1 - same.mean()))
    assert slope == pytest.approx(0.4, abs=0.03)
    assert offset == pytest.approx(0.5 + shift, abs=0.3)


def test_halves_that_are_all_told_apart_give_finite_numbers() -> None:
    score = np.concatenate([np.full(60, 30.0), np.full(5000, -50.0)])
    found = _calibration(score, score > 0)
    assert np.isfinite(found).all()
    assert found[1] > 0
