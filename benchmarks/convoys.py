"""Vehicles that travel together: are planted convoys found in simulated traffic?

`python -m benchmarks.convoys [--seed N]… [--json FILE]`: traffic of the oracle world, in which some
vehicles are followed by another one all the way, at several densities and numbers of cameras.
Pairs as `app.convoys` ranks them, beside the usual convoy analysis, which ranks them by how many
cameras they passed together.

docs/benchmarks.md says what is measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import product
from typing import Annotated, Any, Final

import numpy as np
import typer
from rich.table import Table

from app import terminal
from benchmarks.environment import describe
from benchmarks.oracle_roads import Layout, RoadSettings, draw_roads
from benchmarks.oracle_traffic import Passage, TrafficSettings, draw_routes
from benchmarks.report import JsonFile, write_report
from detector.console.command_line import run_command
from detector.console.terminal import check_outputs, command_frame
from tracking.convoys.pairs import Companions, Passes, find_companions

NETWORKS: Final[tuple[tuple[Layout, int], ...]] = (("corridor", 6), ("grid", 9), ("grid", 25))
PER_HOUR: Final = (300, 1_000, 3_000, 9_000)
SEEDS: Final = (11, 12, 13)
WITHIN_S: Final = 10.0

LAG_S: Final = (1.0, 4.0)
"""How far a planted vehicle follows the other one, uniform for each pair."""

JITTER_S: Final = 1.0
"""Standard deviation of that from camera to camera: some overtake."""

MANY: Final = 4
"""Cameras from which on a convoy should be found."""

MISSED: Final = 0.1
"""Share of the passes that are missed, with errors."""

SPLIT: Final = 0.2
"""Share of the vehicles that change their number on the way, with errors."""

_CONVOYS: Final = 7
"""Marks the generator of convoys."""

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How well the planted pairs of some scenes were found; counts are sums over the scenes.

    Attributes:
        passes: Of moving vehicles.
        met: Pairs that passed a camera together.
        planted: Pairs that drove together, past two cameras or more.
        first: Of these, how many are among as many first ones of the list.
        usual: The same for a list by the number of cameras together, then by the mean gap.
        companion: Planted pairs in which the second vehicle is the first one that is listed as a
            companion of the other (`--identity`).
        companion_usual: The same for a list by number.
        companion_out: In which it also stands out among its companions.
        companion_wrong: Others that stand out there.
        out: Pairs that stand out among all.
        right: Of these, planted ones.
        many: Planted pairs past `MANY` cameras or more.
        many_out: Of these, how many stand out.
        none_out: Pairs that stand out in the same traffic without convoys.
    """

    passes: int
    met: int
    planted: int
    first: int
    usual: int
    companion: int
    companion_usual: int
    companion_out: int
    companion_wrong: int
    out: int
    right: int
    many: int
    many_out: int
    none_out: int


def draw(
    layout: Layout, cameras: int, *, per_hour: float, vehicles: int, convoys: int, seed: int
) -> tuple[Passes, dict[Pair, int]]:
    """Return traffic with convoys.

    Args:
        layout: Of the network.
        cameras: How many.
        per_hour: Vehicles that set out.
        vehicles: How many, without those that are planted.
        convoys: How many of them, which pass two cameras or more, are followed.
        seed: Of everything.

    Returns:
        All passes, and the planted pairs with the number of different cameras they passed.
    """
    roads = draw_roads(
        RoadSettings(layout=layout, cameras=cameras), np.random.default_rng([seed, 4])
    )
    rng = np.random.default_rng([seed, _CONVOYS])
    settings = TrafficSettings(vehicles=vehicles, per_hour=per_hour)
    routes = [route for _, route in draw_routes(roads, settings, seed=seed)]
    owners: list[int] = []
    rows: list[tuple[float, ...]] = []

    def add(owner: int, one: Passage, *, later_s: float = 0.0) -> None:
        zones = roads.cameras[one.camera].zones
        entry, leave = zones[one.entry_arm], zones[one.exit_arm]
        owners.append(owner)
        time = (one.first_s + one.last_s) / 2 + later_s
        rows.append((one.camera, time, leave.x - entry.x, leave.y - entry.y))

    for vehicle, route in enumerate(routes):
        for one in route:
            add(vehicle, one)
    several = [v for v, route in enumerate(routes) if len({p.camera for p in route}) > 1]
    planted: dict[Pair, int] = {}
    for vehicle in rng.permutation(several)[:convoys].tolist():
        follower = vehicles + len(planted)
        lag_s = rng.uniform(*LAG_S)
        for one in routes[vehicle]:
            add(follower, one, later_s=lag_s + JITTER_S * rng.normal())
        planted[vehicle, follower] = len({one.camera for one in routes[vehicle]})
    table = np.array(rows)
    passes = Passes(
        np.array(owners, np.int64), table[:, 0].astype(np.int64), table[:, 1], table[:, 2:]
    )
    return passes, planted


def with_errors(
    passes: Passes, planted: dict[Pair, int], *, seed: int
) -> tuple[Passes, dict[Pair, int]]:
    """Return traffic as a run may have seen it: passes are missing, and numbers change.

    Of a planted vehicle that changes its number, the longer part counts, and the shorter one as
    another vehicle; pairs are returned with the cameras that both parts have.
    """
    rng = np.random.default_rng([seed, _CONVOYS, 1])
    seen = rng.random(len(passes)) >= MISSED
    vehicle, new = passes.vehicle.copy(), int(passes.vehicle.max()) + 1
    longest: dict[int, int] = {}
    for one in np.unique(vehicle).tolist():
        own = np.flatnonzero(passes.vehicle == one)
        own = own[np.argsort(passes.time[own])]
        longest[one] = one
        if len(own) > 1 and rng.random() < SPLIT:
            at = int(rng.integers(1, len(own)))
            vehicle[own[at:]] = new
            longest[one] = one if at >= len(own) - at else new
            new += 1
    told = {}
    for a, b in planted:
        pair = longest[a], longest[b]
        cameras = [set(passes.camera[seen & (vehicle == one)].tolist()) for one in pair]
        if len(both := cameras[0] & cameras[1]) > 1:
            told[min(pair), max(pair)] = len(both)
    kept = Passes(vehicle[seen], passes.camera[seen], passes.time[seen], passes.move[seen])
    return kept, told


def measure(
    layout: Layout,
    cameras: int,
    *,
    per_hour: float,
    vehicles: int,
    convoys: int,
    errors: bool,
    seeds: Iterable[int],
) -> Result:
    """Return how well the planted pairs are found, over several seeds."""
    counts = dict.fromkeys(Result.__slots__, 0)
    for seed in seeds:
        drawn = [
            draw(layout, cameras, per_hour=per_hour, vehicles=vehicles, convoys=n, seed=seed)
            for n in (convoys, 0)
        ]
        if errors:
            drawn = [with_errors(*one, seed=seed) for one in drawn]
        (passes, planted), (alone, _) = drawn
        ranking = find_companions(passes, within_s=WITHIN_S, top=len(passes) ** 2)
        out = [one for one in ranking.found if one.stands_out]
        none = find_companions(alone, within_s=WITHIN_S, top=len(passes))
        many = {pair for pair, passed in planted.items() if passed >= MANY}
        usual = sorted(ranking.found, key=_usual)
        counts["passes"] += len(passes)
        counts["met"] += ranking.met
        counts["planted"] += len(planted)
        counts["first"] += _right(ranking.found[: len(planted)], planted)
        counts["usual"] += _right(usual[: len(planted)], planted)
        counts["out"] += len(out)
        counts["right"] += _right(out, planted)
        counts["many"] += len(many)
        counts["many_out"] += _right(out, many)
        counts["none_out"] += sum(one.stands_out for one in none.found)
        for pair in planted:
            own = find_companions(passes, within_s=WITHIN_S, of=pair[0], top=len(passes)).found
            told = [one for one in own if one.stands_out]
            counts["companion"] += _right(own[:1], [pair])
            counts["companion_usual"] += _right(sorted(own, key=_usual)[:1], [pair])
            counts["companion_out"] += _right(told, [pair])
            counts["companion_wrong"] += len(told) - _right(told, [pair])
    return Result(**counts)


def _usual(one: Companions) -> tuple[int, float]:
    gaps = [abs(meeting.gap_s) for meeting in one.meetings]
    return -one.cameras, sum(gaps) / len(gaps)


def _right(found: Iterable[Companions], planted: Iterable[Pair]) -> int:
    wanted = set(planted)
    return sum(one.vehicles in wanted for one in found)


def main(
    seed: Annotated[list[int] | None, typer.Option(help="Of a scene; may be repeated.")] = None,
    vehicles: Annotated[int, typer.Option(min=10, help="In each scene.")] = 1_500,
    convoys: Annotated[int, typer.Option(min=1, help="Planted in each scene.")] = 20,
    errors: Annotated[
        bool, typer.Option("--errors", help="Some passes are missed, some vehicles split.")
    ] = False,
    json_file: JsonFile = None,
) -> None:
    """Plant convoys in simulated traffic, and say how well they are found."""
    with terminal.command_frame(), command_frame():
        check_outputs([json_file])
        report: dict[str, Any] = {"environment": describe(), "errors": errors}
        found = {
            (f"{layout} of {cameras}", per_hour): measure(
                layout,
                cameras,
                per_hour=per_hour,
                vehicles=vehicles,
                convoys=convoys,
                errors=errors,
                seeds=seed or SEEDS,
            )
            for (layout, cameras), per_hour in product(NETWORKS, PER_HOUR)
        }
        terminal.console().print(_table(found))
        report["scenes"] = [
            {"network": network, "per_hour": per_hour} | asdict(one)
            for (network, per_hour), one in found.items()
        ]
        write_report(json_file, report)


def _table(found: dict[tuple[str, int], Result]) -> Table:
    table = Table("cameras", title="planted convoys")
    headings = ("vehicles/h", "met", "planted", "companion first", "by count", "stands out")
    for heading in (*headings, "R-precision", "by count", "stand out", f"{MANY}+", "without"):
        table.add_column(heading, justify="right")
    for (network, per_hour), r in found.items():
        table.add_row(
            network,
            f"{per_hour:,}",
            f"{r.met:,}",
            str(r.planted),
            *(f"{n / r.planted:.2f}" for n in (r.companion, r.companion_usual)),
            f"{r.companion_out} + {r.companion_wrong}",
            *(f"{n / r.planted:.2f}" for n in (r.first, r.usual)),
            f"{r.right} + {r.out - r.right}",
            f"{r.many_out} of {r.many}",
            str(r.none_out),
        )
    return table


if __name__ == "__main__":
    run_command(main)
