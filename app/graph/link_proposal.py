"""Proposes the edit to `cams.yaml` that starts the next run with what this one learned."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import yaml

from app.config import LinkConfig
from tracking.travel.links import OVERLAP_GAP_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.graph.camera_graph import CameraGraph
    from app.storage.records import Camera
    from tracking.decisions import ClockEstimate, LinkEstimate

TAIL: Final = 0.5
"""How far a proposed window goes beyond the 5 % and 95 % quantiles, as a share of their distance to
the median: a tenth of the vehicles were outside of these."""

LEAST_TAIL_S: Final = 2.0
"""And at least so far: as long as a vehicle is now and then seen late at the edge of an image."""

ONE_WAY_COUNT: Final = 30
"""Matches in one direction, with none learned of the other, from which a link is proposed as
one-way. That makes the way back next to impossible: a short run must not."""

LEAST_OFFSET_S: Final = 0.5
"""Smaller clock errors are within what the association tolerates anyway."""

CERTAIN_STDS: Final = 3.0
"""A clock is said to be wrong where its error is this many times its uncertainty,"""

DOUBTFUL_STDS: Final = 2.0
"""and perhaps to be wrong where it is so many times."""


@dataclass(frozen=True, slots=True)
class ClockProposal:
    """What a camera's `clock_offset_s` should be.

    Attributes:
        camera_id: The camera.
        before: What it was in the run, in seconds.
        after: What it should be.
    """

    camera_id: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class GroundProposal:
    """How a camera sees the ground, as `cams.yaml` takes it.

    Attributes:
        camera_id: The camera.
        ground_map: Name of its map; None for the map of the calibrated cameras that has none.
        homography: 3 x 3, rows first: from pixels (x, y, 1) to metres.
        std_m: `ground_std_m`, where the map's name does not say that it was learned.
    """

    camera_id: str
    ground_map: str | None
    homography: tuple[tuple[float, float, float], ...]
    std_m: float = 0.0


def propose_links(links: Sequence[LinkEstimate]) -> list[LinkConfig]:
    """Return the links as `cams.yaml` takes them, by camera.

    Cameras that see the same place, whichever way vehicles go, need one entry; all others one for
    each way, whose window may begin below zero.
    """
    by_way = {(link.from_camera, link.to_camera): link for link in links}
    proposed = []
    for (a, b), link in sorted(by_way.items()):
        back = by_way.get((b, a))
        if not link.overlap or (back is not None and not back.overlap):
            proposed.append(
                LinkConfig(
                    from_camera=a, to_camera=b, travel_time_s=window_s(link), both_ways=False
                )
            )
        elif back is None or a < b:
            latest = max(window_s(one)[1] for one in (link, back) if one is not None)
            # What is not longer than this the association allows anyway.
            longer = (0.0, latest) if latest > OVERLAP_GAP_S else None
            proposed.append(
                LinkConfig(from_camera=a, to_camera=b, travel_time_s=longer, overlap=True)
            )
    return proposed


def in_true_time(
    links: Sequence[LinkEstimate], clocks: Sequence[ClockProposal]
) -> list[LinkEstimate]:
    """Return links as the next run will see them, once its clocks are corrected.

    What was learned is in the time of the clocks of this run: where one is slow by 3 s, vehicles
    seem to reach it 3 s too early, and to take 3 s too long to the next camera.
    """
    change = {one.camera_id: one.after - one.before for one in clocks}
    shifted = []
    for link in links:
        longer_s = change.get(link.to_camera, 0.0) - change.get(link.from_camera, 0.0)
        a, b, c, d, e = (quantile + longer_s for quantile in link.quantiles_s)
        shifted.append(
            replace(
                link,
                mean_s=link.mean_s + longer_s,
                quantiles_s=(a, b, c, d, e),
                # As `estimate_links` has it: a slow clock makes any two cameras seem to overlap.
                overlap=c < 0 if longer_s else link.overlap,
            )
        )
    return shifted


def keep_configured(
    proposed: Sequence[LinkConfig], configured: Sequence[LinkConfig]
) -> list[LinkConfig]:
    """Return proposed links, and those of the configuration of which nothing was learned.

    A run that was too short to learn a link says nothing against it, nor against the way back of
    one that it has learned. An overlap is one for both: it stays as a whole.
    """
    learned = _ways(proposed)
    links, kept = list(proposed), []
    for link in configured:
        ways = _ways([link])
        missing = ways - learned
        if missing == ways:
            kept.append(link)
        elif missing and link.overlap:
            links = [one for one in links if not _ways([one]) & ways]
            kept.append(link)
        elif missing:
            ((source, target),) = missing
            way_back = {"from_camera": source, "to_camera": target, "both_ways": False}
            kept.append(link.model_copy(update=way_back))
    return [*links, *kept]


def leave_ways_back_open(
    links: Sequence[LinkConfig],
    learned: Sequence[LinkEstimate],
    configured: Sequence[LinkConfig],
) -> list[LinkConfig]:
    """Return links, of which those hold for both ways whose way back was merely not seen.

    Args:
        links: To be proposed.
        learned: What they were proposed by.
        configured: Those of the configuration: what it says is one-way stays so.
    """
    few = {(one.from_camera, one.to_camera) for one in learned if one.count < ONE_WAY_COUNT}
    known = _ways(links) | {(b, a) for a, b in _ways(configured)}
    return [
        link.model_copy(update={"both_ways": True})
        if (link.from_camera, link.to_camera) in few
        and (link.to_camera, link.from_camera) not in known
        else link
        for link in links
    ]


def _ways(links: Iterable[LinkConfig]) -> set[tuple[str, str]]:
    return {(one.from_camera, one.to_camera) for link in links for one in link.directions()}


def window_s(link: LinkEstimate) -> tuple[float, float]:
    """Return the window of travel times that holds nearly all vehicles of a link."""
    low, _, median, _, high = link.quantiles_s
    earliest = low - max(TAIL * (median - low), LEAST_TAIL_S)
    if low >= 0:
        # Cameras that do not overlap cannot see a vehicle at the same time.
        earliest = max(earliest, 0.0)
    return float(math.floor(earliest)), float(
        math.ceil(high + max(TAIL * (high - median), LEAST_TAIL_S))
    )


def propose_clocks(cameras: Sequence[Camera], graph: CameraGraph) -> list[ClockProposal]:
    """Return the cameras whose clocks are wrong, and by how much."""
    return [
        ClockProposal(
            camera.camera_id,
            camera.clock_offset_s,
            round(camera.clock_offset_s + clock.offset_s, 1),
        )
        for camera in cameras
        if (clock := graph.clock(camera.camera_id)) is not None and is_wrong(clock)
    ]


def propose_ground(graph: CameraGraph, clocks: Sequence[ClockProposal]) -> list[GroundProposal]:
    """Return what was learned of the ground that the next run may begin with.

    Nothing of cameras with overlapping views, directly or over others, with one whose clock is
    wrong: two views then lie as they do because of it.
    """
    bent = _bent(graph, {one.camera_id for one in clocks})
    numbers = sorted({one.map_number for one in graph.ground if not one.made})
    # Maps of an earlier run may have been taken over, and keep their names.
    free = (name for n in count(1) if (name := f"learned {n}") not in graph.maps)
    learned = dict(zip(numbers, free, strict=False))
    made = dict(enumerate((None, *graph.maps)))
    return [
        GroundProposal(
            one.camera_id,
            made[one.map_number] if one.made else learned[one.map_number],
            one.homography,
            one.std_m if one.made else 0.0,
        )
        for one in graph.ground
        if one.camera_id not in bent
    ]


def _bent(graph: CameraGraph, wrong: set[str]) -> set[str]:
    """Return cameras whose clock is wrong, and those that were laid over one of them."""
    learned = {one.camera_id for one in graph.ground}
    views = [(view.first_camera, view.second_camera) for view in graph.views]
    both_ways = [*views, *((b, a) for a, b in views)]
    bent = set(wrong)
    for _ in learned:
        bent |= {b for a, b in both_ways if a in bent and b in learned}
    return bent


def is_wrong(clock: ClockEstimate) -> bool:
    """Return whether a clock is wrong by more than can be chance."""
    return abs(clock.offset_s) > max(LEAST_OFFSET_S, CERTAIN_STDS * clock.std_s)


def is_doubtful(clock: ClockEstimate) -> bool:
    """Return whether a clock may be wrong: somebody should look, and nothing is proposed."""
    offset_s = abs(clock.offset_s)
    return not is_wrong(clock) and offset_s > max(LEAST_OFFSET_S, DOUBTFUL_STDS * clock.std_s)


def as_yaml(
    links: Sequence[LinkConfig],
    clocks: Sequence[ClockProposal],
    ground: Sequence[GroundProposal] = (),
) -> str:
    """Return the edit to `cams.yaml` as text: it is YAML, and tells where each part goes."""
    lines = []
    if clocks or ground:
        lines += ["# Into the entries of these cameras, together with the links below:", "cameras:"]
        lines += [f"  - {_flow_of(_clock_tree(one))}  # was {one.before:g}" for one in clocks]
        for one in ground:
            where = "" if one.ground_map else "  # on the map of the calibrated cameras"
            lines.append(f"  - {_flow_of(_ground_tree(one))}{where}")
    lines.append("links:" if links else "links: []")
    lines += [f"  - {_flow_of(_link_tree(link))}" for link in links]
    return "\n".join(lines) + "\n"


def _clock_tree(clock: ClockProposal) -> dict[str, Any]:
    return {"id": clock.camera_id, "clock_offset_s": _plain(clock.after)}


def _ground_tree(ground: GroundProposal) -> dict[str, Any]:
    tree: dict[str, Any] = {"id": ground.camera_id}
    if ground.ground_map is not None:
        tree["ground_map"] = ground.ground_map
    if ground.std_m:
        tree["ground_std_m"] = round(ground.std_m, 2)
    # Metres of a map may be counted from the equator.
    tree["ground_homography"] = [
        [float(f"{number:.12g}") for number in row] for row in ground.homography
    ]
    return tree


def _link_tree(link: LinkConfig) -> dict[str, Any]:
    tree: dict[str, Any] = {"from": link.from_camera, "to": link.to_camera}
    if link.overlap:
        tree["overlap"] = True
    if link.travel_time_s is not None:
        tree["travel_time_s"] = [_plain(t) for t in link.travel_time_s]
    if not link.overlap:
        tree["both_ways"] = link.both_ways
    return tree


def _plain(number: float) -> float:
    """Return a whole number without a point, as people write it."""
    return int(number) if number == int(number) else number


def _flow_of(tree: dict[str, Any]) -> str:
    text = yaml.safe_dump(tree, default_flow_style=True, sort_keys=False, width=math.inf)
    return str(text).strip()
