from __future__ import annotations

from dataclasses import replace

import pytest

from tracking.clocks import PRIOR_STD_S, VIEWS_STD_S, estimate_clocks
from tracking.decisions import LinkEstimate


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


def late(one: LinkEstimate, median_s: float) -> LinkEstimate:
    return replace(one, late_s=(median_s - 0.5, median_s, median_s + 0.5))


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
