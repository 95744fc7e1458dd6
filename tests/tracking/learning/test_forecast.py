from __future__ import annotations

import pytest

from tracking.decisions import End, ExitEstimate, Onward
from tracking.learning.forecast import Due, Forecast, choose_exit, foresee, worth_telling

BRIDGE = Onward("bridge", 0.6, tuple(range(10, 21)))
GATE = Onward("gate", 0.2, tuple(range(0, 101, 10)))


def exit_of(
    camera_id: str = "roof", end: End | None = None, onward: tuple[Onward, ...] = (BRIDGE, GATE)
) -> ExitEstimate:
    return ExitEstimate(camera_id=camera_id, end=end, size_px=100.0, count=20.0, onward=onward)


def test_at_the_moment_of_leaving_all_is_as_usual() -> None:
    found = foresee(exit_of(), {})
    assert found.none == pytest.approx(0.2)
    bridge, gate = found.due
    assert (bridge.camera_id, gate.camera_id) == ("bridge", "gate")
    assert (bridge.usual, bridge.probability) == pytest.approx((0.6, 0.6))
    assert bridge.window_s == pytest.approx((11, 15, 19))
    assert gate.window_s == pytest.approx((10, 50, 90))
    assert not bridge.over


def test_what_was_watched_since_makes_other_ways_likelier() -> None:
    # Half of those for the bridge would have come, and 15 % of those for the gate.
    found = foresee(exit_of(), {"bridge": [(-9.0, 15.0)], "gate": [(0.0, 15.0)]})
    left = 0.6 * 0.5 + 0.2 * 0.85 + 0.2
    assert found.none == pytest.approx(0.2 / left)
    bridge, gate = found.due
    assert bridge.probability == pytest.approx(0.3 / left)
    assert gate.probability == pytest.approx(0.17 / left)
    assert bridge.window_s == pytest.approx((15.5, 17.5, 19.5))
    assert gate.window_s == pytest.approx((23.5, 57.5, 91.5))
    assert bridge.usual == 0.6


def test_a_window_that_is_over_stays_as_it_was() -> None:
    bridge = foresee(exit_of(), {"bridge": [(0.0, 19.5)]}).due[0]
    assert bridge.over
    assert bridge.window_s == pytest.approx((11, 15, 19))
    assert bridge.probability == pytest.approx(0.03 / (0.03 + 0.2 + 0.2))


@pytest.mark.parametrize(
    ("spans", "missed"),
    [
        pytest.param([], 0.0, id="not at all"),
        pytest.param([(0.0, 10.0)], 0.0, id="too early for anybody"),
        pytest.param([(0.0, 12.0), (17.0, 50.0)], 0.5, id="with a break"),
        pytest.param([(0.0, 8.0), (9.0, 50.0)], 1.0, id="with a break that costs nothing"),
        pytest.param([(30.0, 50.0)], 0.0, id="too late"),
    ],
)
def test_only_what_was_watched_counts(spans: list[tuple[float, float]], missed: float) -> None:
    bridge = foresee(exit_of(), {"bridge": spans}).due[0]
    open_ = 0.6 * (1 - missed)
    assert bridge.probability == pytest.approx(open_ / (open_ + 0.4))
    assert bridge.over == (missed == 1.0)


@pytest.mark.parametrize("watched_s", [101.0, 1e9])
def test_who_came_nowhere_is_gone(watched_s: float) -> None:
    spans = [(0.0, watched_s)]
    found = foresee(exit_of(), {"bridge": spans, "gate": spans})
    assert found.none == 1
    assert [one.probability for one in found.due] == [0, 0]


def test_the_exit_is_the_nearest_one_by_place_and_heading() -> None:
    west = exit_of(end=(0.0, 50.0, -1.0, 0.0))
    east = exit_of(end=(100.0, 50.0, 1.0, 0.0))
    other = exit_of("gate", end=(100.0, 50.0, 1.0, 0.0))
    anywhere = exit_of()
    exits = [other, anywhere, west, east]
    assert choose_exit(exits, "roof", (90.0, 60.0, 1.0, 0.0)) is east
    # In the middle the heading decides.
    assert choose_exit(exits, "roof", (55.0, 50.0, -1.0, 0.0)) is west
    assert choose_exit(exits, "roof", None) is anywhere
    assert choose_exit(exits, "bridge", None) is None
    assert choose_exit(exits, "bridge", (0.0, 0.0, 0.0, 0.0)) is None


def due(camera_id: str, probability: float, *, usual: float = 0.1, over: bool = False) -> Due:
    return Due(camera_id, usual, probability, (1.0, 2.0, 3.0), over)


@pytest.mark.parametrize(
    ("cameras", "told"),
    [
        pytest.param([], "", id="none"),
        pytest.param([due("a", 0.2), due("b", 0.5)], "ba", id="the likeliest first"),
        pytest.param([due("a", 0.04), due("b", 0.05)], "b", id="not under 5 %"),
        pytest.param([due(name, 0.2) for name in "abcd"], "abc", id="at most three"),
        pytest.param(
            [due("a", 0.01, usual=0.6, over=True), due("b", 0.3)], "ba", id="due and not seen"
        ),
        pytest.param([due("a", 0.2, usual=0.4, over=True)], "", id="few are missed"),
    ],
)
def test_what_is_worth_telling(cameras: list[Due], told: str) -> None:
    found = worth_telling(Forecast(tuple(cameras), 0.1))
    assert "".join(one.camera_id for one in found) == told


@pytest.mark.parametrize("quantiles", [(1.0, 2.0), tuple(range(11, 0, -1))])
def test_quantiles_must_rise(quantiles: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="11 rising numbers"):
        Onward("bridge", 0.5, quantiles)
