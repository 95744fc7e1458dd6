import io
import json

import pytest
from rich.console import Console

from benchmarks.child import Usage
from benchmarks.speed import (
    Measurement,
    Spread,
    ratio,
    seconds_in_turn,
    speed_table,
    stage_table,
    summarise,
)


def measurement(seconds: float, *, crops: float | None = None) -> Measurement:
    """100 frames, four fifths of the time spent on detecting, in a process twice as long."""
    return Measurement(
        frames=100,
        seconds=seconds,
        stages={"detect": 0.8 * seconds, "track": 0.2 * seconds},
        usage=Usage(seconds=2 * seconds, cpu_seconds=3 * seconds, peak_bytes=512 * 2**20),
        crops_per_stream_second=crops,
    )


def test_speeds_of_one_measurement():
    one = measurement(4.0)
    assert (one.run_fps, one.process_fps, one.cpu_ms_per_frame) == (25.0, 12.5, 120.0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([2.0], (2.0, 2.0, 2.0), id="one"),
        pytest.param([3.0, 9.0, 1.0], (3.0, 1.0, 9.0), id="odd"),
        pytest.param([1.0, 2.0, 3.0, 10.0], (2.5, 1.0, 10.0), id="even"),
    ],
)
def test_spread(values, expected):
    spread = Spread.of(values)
    assert (spread.median, spread.least, spread.greatest) == expected


def test_a_spread_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no median"):
        Spread.of([])


def test_each_run_is_compared_with_its_neighbour():
    # Both are slowed down by ten the second time: ours stays twice as fast.
    ours, peer = [measurement(1.0), measurement(10.0)], [measurement(2.0), measurement(20.0)]
    assert ratio(ours, peer, lambda m: m.run_fps) == Spread(median=2.0, least=2.0, greatest=2.0)


def test_unequal_numbers_of_runs_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        ratio([measurement(1.0)], [], lambda m: m.run_fps)


def test_summary_and_tables():
    summary = summarise([measurement(1.0, crops=14.2)] * 3, [measurement(2.0)] * 3)
    assert json.loads(json.dumps(summary)) == summary
    assert summary["ratio"]["run"]["median"] == 2.0
    assert summary["ours"]["stage_shares"]["detect"] == pytest.approx(0.8)
    assert summary["peer"]["crops_embedded_per_stream_second"] is None
    screen = Console(width=120, record=True, file=io.StringIO())
    screen.print(speed_table(summary), stage_table(summary))
    text = screen.export_text()
    for cell in ("100.00 (100.00 to 100.00)", "2.00 (2.00 to 2.00)", "512.0", "14.2", "80.0%"):
        assert cell in text


def test_calls_come_in_turn_and_warm_up_uncounted():
    calls: list[str] = []
    runs = {name: lambda name=name: calls.append(name) for name in "ab"}
    found = seconds_in_turn(runs, rounds=3)
    assert "".join(calls) == "ab" * 5
    assert {name: len(seconds) for name, seconds in found.items()} == {"a": 3, "b": 3}
