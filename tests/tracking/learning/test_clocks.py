from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations

import pytest

from tracking.decisions import LinkEstimate
from tracking.learning.clocks import PRIOR_STD_S, VIEWS_STD_S, estimate_clocks
from tracking.maps.view_lags import ViewLag


def link(a: str, b: str, median_s: float, count: float = 50) -> LinkEstimate:
    quantiles = (median_s - 2, median_s - 1, median_s, median_s + 1, median_s + 2)
    return LinkEstimate(
        from_camera=a,
        to_camera=b,
        count=count,
        share=0.5,
        mean_s=median_s,
        std_s=1.5,
        quantiles_s=quantiles,
        overlap=median_s < 0,
    )


def both_ways(a: str, b: str, median_s: float, error_of_b: float) -> list[LinkEstimate]:
    """Return the links of a road as clocks show it, where b's is fast by so much."""
    return [link(a, b, median_s + error_of_b), link(b, a, median_s - error_of_b)]


def offsets(links: list[LinkEstimate], cameras: str) -> list[float]:
    return [clock.offset_s for clock in estimate_clocks(links, list(cameras))]


@pytest.mark.parametrize(
    ("links", "cameras", "expected"),
    [
        pytest.param([], "ab", [0, 0], id="nothing known"),
        pytest.param([link("a", "b", 12)], "ab", [0, 0], id="one way: cannot be told"),
        pytest.param(both_ways("a", "b", 10, 0), "ab", [0, 0], id="right"),
        pytest.param(
            [*both_ways("a", "b", 10, 3), *both_ways("a", "c", 8, 0)],
            "abc",
            [0, -3, 0],
            id="b is 3 s fast",
        ),
        pytest.param(
            [*both_ways("a", "b", -2, -3), *both_ways("a", "c", 8, 0)],
            "abc",
            [0, 3, 0],
            id="b is 3 s slow, and overlaps",
        ),
        pytest.param(
            [*both_ways("a", "b", 10, 3), *both_ways("b", "c", 10, -3), *both_ways("a", "c", 9, 0)],
            "abc",
            [0, -3, 0],
            id="a triangle",
        ),
    ],
)
def test_offsets(links: list[LinkEstimate], cameras: str, expected: list[float]) -> None:
    assert offsets(links, cameras) == pytest.approx(expected, abs=0.1)


def test_how_sure_it_is() -> None:
    found = estimate_clocks(both_ways("a", "b", 10, 3), ["a", "b", "c"])
    assert found[0].std_s < VIEWS_STD_S
    assert found[0].count == 100
    assert (found[2].offset_s, found[2].std_s, found[2].count) == (0.0, PRIOR_STD_S, 0.0)


def test_cameras_that_overlap_are_surer() -> None:
    apart, overlapping = (
        estimate_clocks(both_ways("a", "b", median_s, 0.5), ["a", "b"])[1].std_s
        for median_s in (3, -3)
    )
    assert overlapping < apart / 2


def late(
    one: LinkEstimate, median_s: float, *, spread_s: float = 1.0, count: float = 50
) -> LinkEstimate:
    """Return a link of which it is known how late vehicles are, with the quartiles so far apart."""
    quartiles = (median_s - spread_s / 2, median_s, median_s + spread_s / 2)
    return replace(one, late_s=quartiles, count=count)


def test_views_that_reach_farther_one_way_are_no_wrong_clock() -> None:
    there, back = link("a", "b", 16), link("b", "a", 9)
    assert offsets([there, back], "ab") == pytest.approx([1.75, -1.75], abs=0.1)
    assert offsets([late(there, 0.4), late(back, 0.4)], "ab") == pytest.approx([0, 0], abs=0.1)


def test_a_wrong_clock_shows_in_how_late_vehicles_are() -> None:
    """The clock of b is 2 s fast: who reaches it is late, who comes from it is early."""
    links = [late(link("a", "b", 18), 2.4), late(link("b", "a", 7), -1.6)]
    assert offsets(links, "ab") == pytest.approx([1, -1], abs=0.1)


def test_how_late_vehicles_are_must_be_known_both_ways() -> None:
    links = [late(link("a", "b", 13), 9.0), link("b", "a", 7)]
    assert offsets(links, "ab") == pytest.approx([1.5, -1.5], abs=0.1)


def test_a_pair_whose_views_say_how_its_clocks_differ_follows_them() -> None:
    """The demo without calibration, the clock of d 3 s fast: roads pull it to more."""
    links = [
        *both_ways("a", "b", 13, 2.8),
        *both_ways("b", "d", 0.5, 5.5),
        *both_ways("c", "d", -2.5, 3.2),
    ]
    clocks = estimate_clocks(links, list("abcd"), {("c", "d"): ViewLag(-3.0, 27)})
    assert clocks[3].offset_s == pytest.approx(-3.0, abs=0.5)
    assert clocks[3].offset_s < -2.5 * clocks[3].std_s
    assert all(abs(clock.offset_s) < 2 * clock.std_s for clock in clocks[:3])


def test_ways_between_cameras_that_share_a_view_tell_nothing_beside_it() -> None:
    lags = {("a", "b"): ViewLag(0.0, 20)}
    alone = estimate_clocks([], ["a", "b"], lags)
    found = estimate_clocks(both_ways("a", "b", -6, 4), ["a", "b"], lags)
    assert found == alone


def test_what_disturbs_one_road_is_not_spread_over_all_clocks() -> None:
    """The clock of b is 3 s fast, and lights hold those who go from a to b for 3 s."""
    links = [
        late(link("a", "b", 19), 8.6, spread_s=3.0),
        late(link("b", "a", 7), -2.9),
        late(link("b", "c", 5), -2.9),
        late(link("c", "b", 7), 2.9),
    ]
    a, b, c = estimate_clocks(links, list("abc"))
    assert b.offset_s == pytest.approx(-3.0, abs=0.3)
    assert abs(b.offset_s) > 3 * b.std_s
    assert abs(a.offset_s) < a.std_s
    assert abs(c.offset_s) < c.std_s < 1


def test_nobody_is_early_but_many_are_late() -> None:
    early, delayed, same = (
        estimate_clocks([late(link("a", "b", 12), by_s, spread_s=spread_s)], ["a", "b"])[1]
        for by_s, spread_s in ((-3.0, 2.0), (3.0, 2.0), (3.0, 0.2))
    )
    assert early.offset_s > 3 * early.std_s
    assert abs(delayed.offset_s) < 2 * delayed.std_s
    # Lights hold some longer than others.
    assert same.offset_s < -3 * same.std_s


def test_one_direction_tells_how_late_vehicles_are() -> None:
    links = [
        late(link("a", "b", 12), -3.2),
        late(link("c", "a", 12), -0.2),
        late(link("a", "c", 12), -0.2),
    ]
    assert offsets(links, "abc") == pytest.approx([0, 3, 0], abs=0.2)


def test_where_another_clock_may_be_the_wrong_one_it_is_less_sure() -> None:
    """The clocks of a and b differ; that of c, which tells which is wrong, is ever less known."""
    lags = {("a", "b"): ViewLag(3.0, 20)}
    ways = [
        [late(link(*way, 12), -0.2, spread_s=spread_s, count=4) for way in ("ac", "ca")]
        for spread_s in (1.0, 3.0)
    ]
    sure, unsure = (estimate_clocks(links, list("abc"), lags) for links in ways)
    assert [clock.offset_s for clock in sure] == pytest.approx([0, 3, 0], abs=0.3)
    assert sure[1].std_s < unsure[1].std_s
    # Nothing tells any more.
    half = estimate_clocks([late(ways[0][0], 0.0, spread_s=30)], list("abc"), lags)
    assert [clock.offset_s for clock in half[:2]] == pytest.approx([-1.5, 1.5], abs=0.2)


def by_views(cameras: str, lags: Mapping[str, float]) -> dict[str, float]:
    """Return the offsets of clocks that views alone tell of, by pairs such as "ab"."""
    told = {(a, b): ViewLag(lag_s, 20) for (a, b), lag_s in lags.items()}
    return {c.camera_id: c.offset_s for c in estimate_clocks([], list(cameras), told)}


@pytest.mark.parametrize("order", ["".join(order) for order in permutations("abc")])
def test_whichever_of_three_clocks_is_right_their_differences_stay(order: str) -> None:
    """Any one of the three may be the right one."""
    found = by_views(order, {"ab": 3.0, "bc": 3.0})
    assert found == pytest.approx({"a": -3, "b": 0, "c": 3}, abs=0.1)


@pytest.mark.parametrize(
    ("lags", "expected"),
    [
        pytest.param({"ab": 0.0, "bc": 3.0, "cd": 0.0, "de": 0.0}, [-3, -3, 0, 0, 0], id="row"),
        pytest.param(
            {"ab": 0.0, "bc": 3.0, "cd": 0.0, "de": 0.0, "ae": 3.0}, [-3, -3, 0, 0, 0], id="ring"
        ),
        # Nothing tells which two are wrong.
        pytest.param({"ab": 0.0, "bc": 3.0, "cd": 0.0}, [-1.5, -1.5, 1.5, 1.5], id="two of four"),
        pytest.param(
            {"ab": 0.0, "bc": 0.0, "cd": 3.0, "de": 0.0, "ef": 0.0, "fg": 0.0},
            [-3, -3, -3, 0, 0, 0, 0],
            id="three of seven",
        ),
        # Only a and b have the same time.
        pytest.param(
            {"ab": 0.0, "ac": 3.0, "ad": 2.0, "bc": 3.0, "bd": 2.0, "cd": -1.0},
            [0, 0, 3, 2],
            id="not all of one recorder",
        ),
    ],
)
def test_cameras_of_one_recorder_are_wrong_together(
    lags: dict[str, float], expected: list[float]
) -> None:
    cameras = "abcdefg"[: len(expected)]
    found = by_views(cameras, lags)
    assert list(found.values()) == pytest.approx(expected, abs=0.3)
    assert by_views(cameras[::-1], lags) == pytest.approx(found, abs=1e-3)


def test_of_two_halves_no_clock_is_surer_than_the_others() -> None:
    lags = {pair: ViewLag(lag_s, 20) for pair, lag_s in ((("a", "b"), 0.0), (("c", "d"), 0.0))}
    clocks = estimate_clocks([], list("abcd"), {**lags, ("b", "c"): ViewLag(3.0, 20)})
    assert [clock.offset_s for clock in clocks] == pytest.approx([-1.5, -1.5, 1.5, 1.5], abs=0.1)
    assert all(abs(clock.offset_s) > 3 * clock.std_s for clock in clocks)
