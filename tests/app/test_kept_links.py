"""What the proposal of links keeps of a configuration, and what it leaves open."""

from __future__ import annotations

from app.config import LinkConfig
from app.graph.link_proposal import (
    ONE_WAY_COUNT,
    as_yaml,
    keep_configured,
    leave_ways_back_open,
    propose_links,
)
from tracking.decisions import LinkEstimate


def test_links_of_which_nothing_was_learned_are_kept():
    def given(a: str, b: str, low: float) -> LinkConfig:
        return LinkConfig(from_camera=a, to_camera=b, travel_time_s=(low, 60.5))

    learned = [given("b", "a", 3)]
    configured = [given("a", "b", 5), given("b", "c", 7.5)]
    kept = keep_configured(learned, configured)
    assert kept == [learned[0], configured[1]]
    assert "travel_time_s: [7.5, 60.5]" in as_yaml(kept, [])
    assert keep_configured([], []) == []


def test_the_way_back_of_which_nothing_was_learned_is_kept():
    there = LinkConfig(from_camera="b", to_camera="a", travel_time_s=(3, 9), both_ways=False)
    window = LinkConfig(from_camera="a", to_camera="b", travel_time_s=(5, 60))
    back = window.model_copy(update={"both_ways": False})
    assert keep_configured([there], [window]) == [there, back]
    overlap = LinkConfig(from_camera="a", to_camera="b", overlap=True)
    assert keep_configured([there], [overlap]) == [overlap]


def seen(source: str, target: str, count: float) -> LinkEstimate:
    return LinkEstimate(
        from_camera=source,
        to_camera=target,
        count=count,
        share=0.4,
        mean_s=14.2,
        std_s=2.5,
        quantiles_s=(10.0, 12.0, 14.0, 16.0, 20.0),
        overlap=False,
    )


def proposed(learned: list[LinkEstimate], configured: list[LinkConfig]) -> list[tuple[str, bool]]:
    links = keep_configured(propose_links(learned), configured)
    found = leave_ways_back_open(links, learned, configured)
    return [(one.from_camera + one.to_camera, one.both_ways) for one in found]


def test_a_way_back_that_few_could_have_shown_is_left_open():
    few, many = seen("a", "b", ONE_WAY_COUNT - 1), seen("a", "b", ONE_WAY_COUNT)
    assert proposed([few], []) == [("ab", True)]
    assert proposed([many], []) == [("ab", False)]
    assert proposed([few, seen("b", "a", 4)], []) == [("ab", False), ("ba", False)]


def test_the_way_back_is_as_the_configuration_says():
    few = seen("a", "b", 5)
    window = LinkConfig(from_camera="a", to_camera="b", travel_time_s=(5, 60))
    one_way = window.model_copy(update={"both_ways": False})
    assert proposed([few], [window]) == [("ab", False), ("ba", False)]
    assert proposed([few], [one_way]) == [("ab", False)]
