"""Speeds of systems on the same work: measurements, spread, ratio, tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

from rich.table import Table

from benchmarks.child import Usage

SIDES: Final = {"ours": "ours", "peer": "ultralytics"}
"""Key in a summary, and name in a table."""

_WARM_UP: Final = 2
"""Rounds that are not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One run of one of the two.

    Attributes:
        frames: Of all cameras.
        seconds: From the first frame on.
        stages: Seconds of each stage.
        usage: Of the whole process.
        crops_per_stream_second: Crops that went through a ReID network of their own; None for the
            baseline, which takes the features of its detector.
    """

    frames: int
    seconds: float
    stages: dict[str, float]
    usage: Usage
    crops_per_stream_second: float | None = None

    @property
    def run_fps(self) -> float:
        """Frames per second from the first frame on."""
        return self.frames / self.seconds

    @property
    def process_fps(self) -> float:
        """Frames per second from the start of the process to its end."""
        return self.frames / self.usage.seconds

    @property
    def cpu_ms_per_frame(self) -> float:
        """Milliseconds of all cores that the whole process took for each frame."""
        return 1000 * self.usage.cpu_seconds / self.frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The middle one and the extremes of a few values."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of at least one value.

        >>> Spread.of([3.0, 1.0, 2.0])
        Spread(median=2.0, least=1.0, greatest=3.0)
        """
        return cls(median=median(values), least=min(values), greatest=max(values))

    def __str__(self) -> str:
        """Return e.g. "12.30 (11.80 to 12.90)"."""
        return f"{self.median:.2f} ({self.least:.2f} to {self.greatest:.2f})"


def seconds_in_turn(
    runs: Mapping[str, Callable[[], object]], *, rounds: int
) -> dict[str, list[float]]:
    """Return the seconds of each call, measured in turn, after rounds to warm up.

    What slows down the machine for longer than a round slows down all of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(_WARM_UP + rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if turn >= _WARM_UP:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(
    ours: Sequence[Measurement], peer: Sequence[Measurement], speed: Callable[[Measurement], float]
) -> Spread:
    """Return our speed-up; each run is compared with the baseline's run right after it.

    Comparing neighbours takes out what slows down the machine for longer than one run.
    """
    return Spread.of([speed(a) / speed(b) for a, b in zip(ours, peer, strict=True)])


def summarise(ours: Sequence[Measurement], peer: Sequence[Measurement]) -> dict[str, Any]:
    """Return speeds, shares of stages and ratios of as many runs of each, ready for JSON."""
    return {
        "ours": _summary(ours),
        "peer": _summary(peer),
        "ratio": {
            "run": asdict(ratio(ours, peer, lambda m: m.run_fps)),
            "process": asdict(ratio(ours, peer, lambda m: m.process_fps)),
        },
    }


def _summary(measured: Sequence[Measurement]) -> dict[str, Any]:
    return {
        "frames": measured[0].frames,
        "run_fps": asdict(Spread.of([m.run_fps for m in measured])),
        "process_fps": asdict(Spread.of([m.process_fps for m in measured])),
        "cpu_ms_per_frame": asdict(Spread.of([m.cpu_ms_per_frame for m in measured])),
        "peak_mib": round(max(m.usage.peak_bytes for m in measured) / 2**20, 1),
        "crops_embedded_per_stream_second": measured[0].crops_per_stream_second,
        "stage_shares": {
            stage: median(m.stages[stage] / m.seconds for m in measured)
            for stage in measured[0].stages
        },
        "runs": [asdict(m) for m in measured],
    }


def speed_table(summary: dict[str, Any]) -> Table:
    """Return the table of what the whole runs took: median, least and greatest."""
    table = Table("", *SIDES.values(), "ratio", title="Whole runs")
    rows = {"run": "frames/s from the first frame", "process": "frames/s of the process"}
    for key, title in rows.items():
        speeds = [str(Spread(**summary[side][f"{key}_fps"])) for side in SIDES]
        table.add_row(title, *speeds, str(Spread(**summary["ratio"][key])))
    spent = [str(Spread(**summary[side]["cpu_ms_per_frame"])) for side in SIDES]
    table.add_row("CPU ms per frame", *spent)
    table.add_row("peak memory, MiB", *(str(summary[side]["peak_mib"]) for side in SIDES))
    table.add_row("frames", *(str(summary[side]["frames"]) for side in SIDES))
    crops = [summary[side]["crops_embedded_per_stream_second"] for side in SIDES]
    table.add_row("crops embedded per second", *("" if c is None else str(c) for c in crops))
    return table


def stage_table(summary: dict[str, Any]) -> Table:
    """Return the table of stages: the share of each, and milliseconds per frame."""
    table = Table("", "stage", "share", "ms per frame", title="Where the time goes")
    for side, name in SIDES.items():
        ms_per_frame = 1000 / summary[side]["run_fps"]["median"]
        for stage, share in summary[side]["stage_shares"].items():
            table.add_row(name, stage, f"{share:.1%}", f"{share * ms_per_frame:.2f}")
        table.add_section()
    return table
