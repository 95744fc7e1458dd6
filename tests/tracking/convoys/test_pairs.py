"""Who travels together, in traffic that is made up."""

from __future__ import annotations

import numpy as np
import pytest

from tracking.convoys.pairs import Passes, find_companions, meetings, ranked

EAST, WEST = (100.0, 0.0), (-100.0, 0.0)


def passes(*rows: tuple[int, int, float] | tuple[int, int, float, tuple[float, float]]) -> Passes:
    """Passes from (vehicle, camera, time[, move]) rows."""
    return Passes(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.float64),
        np.array([row[3] if len(row) > 3 else EAST for row in rows], np.float64).reshape(-1, 2),
    )


def joined(*parts: Passes) -> Passes:
    names = ("vehicle", "camera", "time", "move")
    return Passes(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def traffic(vehicles: int, *, cameras: int = 6, spread_s: float = 20.0, seed: int = 0) -> Passes:
    """Vehicles numbered from 1000 that pass all cameras, each taking its own time between two."""
    rng = np.random.default_rng(seed)
    start = np.sort(rng.uniform(0, 6.0 * vehicles, vehicles))
    time = start[:, None] + np.cumsum(rng.uniform(30, 30 + spread_s, (vehicles, cameras)), axis=1)
    return Passes(
        np.repeat(np.arange(1000, 1000 + vehicles), cameras),
        np.tile(np.arange(cameras), vehicles),
        time.ravel(),
        np.tile(EAST, (vehicles * cameras, 1)),
    )


def beside(others: Passes, vehicle: int, number: int, *lags: float) -> Passes:
    """The passes of another vehicle that follows one by these times."""
    own = np.flatnonzero(others.vehicle == vehicle)[: len(lags)]
    time = others.time[own] + np.array(lags)
    return Passes(np.full(len(own), number), others.camera[own], time, others.move[own])


def pairs(found: Passes, **options: object) -> list[tuple[int, int]]:
    return [one.vehicles for one in find_companions(found, within_s=10, **options).found]


def test_a_planted_convoy_is_first_and_stands_out_whoever_leads() -> None:
    others = traffic(300, spread_s=60.0)
    # They overtake each other on the way.
    ranking = find_companions(
        joined(others, beside(others, 1100, 7, 2.0, 1.0, -1.5, 2.5, -0.5, 1.0)), within_s=10
    )
    first = ranking.found[0]
    assert first.vehicles == (7, 1100)
    assert first.cameras == 6
    assert first.stands_out
    assert [round(one.gap_s, 1) for one in first.meetings] == [-2.0, -1.0, 1.5, -2.5, 0.5, -1.0]
    assert not any(one.stands_out for one in ranking.found[1:])


def test_independent_traffic_has_no_convoy() -> None:
    ranking = find_companions(traffic(400, seed=3), within_s=10)
    assert ranking.found
    assert not any(one.stands_out for one in ranking.found)


def test_vehicles_that_follow_each_other_on_a_road_are_no_convoy() -> None:
    # Nobody can overtake, and all take the same time.
    others = traffic(300, spread_s=0.1)
    ranking = find_companions(
        joined(others, beside(others, 1100, 7, 2.0, 1.0, 1.5, 2.5, 0.5, 1.0)), within_s=10
    )
    assert (7, 1100) in {one.vehicles for one in ranking.found[:100]}
    assert not any(one.stands_out for one in ranking.found)


def test_where_nobody_else_drives_nothing_stands_out() -> None:
    ranking = find_companions(passes((1, 0, 0), (2, 0, 1), (1, 1, 60), (2, 1, 62)), within_s=10)
    (one,) = ranking.found
    assert one.vehicles == (1, 2)
    assert one.probability > 0.3
    assert not one.stands_out
    assert ranking.met == 1


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([(1, 0, 0), (2, 0, 11), (1, 1, 60), (2, 1, 61)], id="too far apart once"),
        pytest.param(
            [(1, 0, 0, EAST), (2, 0, 1, WEST), (1, 1, 60, EAST), (2, 1, 61, WEST)], id="oncoming"
        ),
        pytest.param([(1, 0, 0), (2, 0, 1), (1, 0, 60), (2, 0, 61)], id="one camera"),
        pytest.param([(1, 0, 0), (2, 0, 1), (1, 1, 4_000), (2, 1, 4_001)], id="on another visit"),
        # Cameras see the same place, and one vehicle comes from there, the other from here.
        pytest.param([(1, 0, 0), (2, 0, 4), (1, 1, 2), (2, 1, 1)], id="in another order"),
        pytest.param(
            [(1, 0, 0), (1, 1, 2), (1, 2, 4), (2, 1, 3), (2, 2, 4), (2, 0, 5)],
            id="in another order, at the first of three cameras",
        ),
        pytest.param([(1, 0, 0), (1, 0, 1), (1, 1, 60), (1, 1, 61)], id="a vehicle by itself"),
        pytest.param([], id="nobody"),
    ],
)
def test_no_company(rows: list) -> None:
    assert pairs(passes(*rows)) == []


def test_who_is_in_two_cameras_at_once_is_together_in_both() -> None:
    rows = [(1, 0, 0), (1, 1, 0), (2, 0, 1), (2, 1, 1)]
    for shuffled in (rows, rows[::-1]):
        assert pairs(passes(*shuffled)) == [(1, 2)]


def test_who_met_but_could_not_go_on_does_not_count() -> None:
    # 3 and 4 have no later camera at which they could be together or not.
    found = passes((1, 0, 0), (2, 0, 1), (1, 1, 60), (2, 1, 62), (3, 2, 0), (4, 2, 1))
    assert find_companions(found, within_s=10).met == 1


def test_two_visits_together_are_less_probable_than_one() -> None:
    others = traffic(200)
    once = beside(others, 1050, 7, 1.0, 1.0, 1.0)
    (own,) = (
        one
        for one in find_companions(joined(others, once), within_s=10).found
        if one.vehicles == (7, 1050)
    )
    later = 50_000.0
    again = [
        Passes(part.vehicle, part.camera, part.time + later, part.move)
        for part in (beside(others, 1050, 7, 1.0, 1.0, 1.0), beside(others, 1050, 1050, 0, 0, 0))
    ]
    twice = find_companions(joined(others, once, *again), within_s=10).found[0]
    assert twice.vehicles == (7, 1050)
    assert len(twice.meetings) == 6
    assert twice.cameras == 3
    assert twice.probability < own.probability / 2


def test_options_choose_pairs() -> None:
    others = traffic(300)
    found = joined(others, beside(others, 1100, 7, *[1.0] * 6), beside(others, 1200, 8, *[1.0] * 3))
    assert {(7, 1100), (8, 1200)} <= set(pairs(found, top=1_000))
    assert (8, 1200) not in pairs(found, least_cameras=4, top=1_000)
    assert pairs(found, top=1) == [(7, 1100)]
    assert pairs(found, of=8)[0] == (8, 1200)
    assert all(8 in pair for pair in pairs(found, of=8))
    before = found.time < found.time[found.vehicle == 7][2] + 1
    of_seven = find_companions(found, within_s=10, of=7, asked=before).found
    assert [one.cameras for one in of_seven if one.vehicles == (7, 1100)] == [3]


def test_meetings_name_passes_as_they_were_given() -> None:
    others = traffic(50)
    found = joined(others, beside(others, 1020, 7, 1.0, 1.0, 1.0))
    mixed = np.random.default_rng(1).permutation(len(found))
    shuffled = Passes(
        found.vehicle[mixed], found.camera[mixed], found.time[mixed], found.move[mixed]
    )
    (one,) = find_companions(shuffled, within_s=10, of=7, top=1).found
    assert {int(shuffled.vehicle[meeting.first]) for meeting in one.meetings} == {7}
    assert {int(shuffled.vehicle[meeting.second]) for meeting in one.meetings} == {1020}
    assert [int(shuffled.camera[meeting.first]) for meeting in one.meetings] == [0, 1, 2]
    before = find_companions(found, within_s=10, of=7, top=1).found[0]
    assert one.probability == pytest.approx(before.probability)


def test_meetings_are_those_of_all_pairs() -> None:
    rng = np.random.default_rng(5)
    number = 120
    found = Passes(
        rng.integers(0, 15, number),
        rng.integers(0, 3, number),
        rng.uniform(0, 300, number) + 1.7e9,
        rng.normal(size=(number, 2)),
    )
    first, second = meetings(found, within_s=10)
    expected = set()
    for a in range(number):
        for b in range(number):
            cosine = found.move[a] @ found.move[b]
            cosine /= np.linalg.norm(found.move[a]) * np.linalg.norm(found.move[b])
            if (
                found.vehicle[a] < found.vehicle[b]
                and found.camera[a] == found.camera[b]
                and abs(found.time[a] - found.time[b]) <= 10
                and cosine >= 0.5
            ):
                expected.add((a, b))
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == expected
    assert len(first) == len(expected)


def test_runs_are_ranked_together() -> None:
    found = []
    for seed in (1, 2):
        others = traffic(200, seed=seed)
        own = joined(others, beside(others, 1100, 7, *[1.0] * (2 + 2 * seed)))
        found.append(find_companions(own, within_s=10, of=7))
    both = ranked(found, top=100)
    assert both.found[0].vehicles == (7, 1100)
    assert both.found[0].source == 1
    assert {one.source for one in both.found} == {0, 1}
    assert len(ranked(found, top=1).found) == 1
    assert both.met == sum(one.met for one in found)
    assert both.found[0].expected == pytest.approx(both.found[0].probability * both.met)
    rates = [one.false_discovery_rate for one in both.found]
    assert rates == sorted(rates)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"within_s": 0}, "within_s"), ({"within_s": 5, "least_cameras": 1}, "least_cameras")],
)
def test_settings_that_mean_nothing_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        find_companions(passes(), **options)
