"""Road markings: lines along the lanes, stop lines, crossings, arrows and parking bays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from city.ground.arrows import draw_arrow
from city.ground.canvas import Canvas, Tile
from city.ground.neighbours import Side, neighbours, turns
from city.ground.polyline import cut, length_m, offset
from city.ground.surfaces import FAST_ROADS, YARDS
from city.network import LaneUse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.ground.style import GroundStyle
    from city.network import Bay, Junction, Lane, RoadNetwork

_PAINT: Final = 255
_SOLID_BEFORE_JUNCTION_M: Final = 22.0
"""Lane changes are forbidden this close to a signalled junction."""
_CROSSING_M: Final = (0.8, 3.6)
"""A crossing reaches from here to here beyond the stop lines."""
_ARROWS_BEFORE_M: Final = (9.0, 27.0)


@dataclass(frozen=True, slots=True)
class LinePattern:
    """A broken line: lengths of dash and gap, and the width, in metres."""

    dash_m: float
    gap_m: float
    width_m: float


_STREET_LINE: Final = LinePattern(3.0, 6.0, 0.12)
_MOTORWAY_LINE: Final = LinePattern(6.0, 9.0, 0.15)
_GIVE_WAY_LINE: Final = LinePattern(0.5, 0.35, 0.45)


@dataclass(frozen=True, slots=True, eq=False)
class Paint:
    """Where paint lies, float32 (height, width), 0 to 1 each."""

    white: NDArray[np.float32]
    yellow: NDArray[np.float32]


def trace_markings(network: RoadNetwork, tile: Tile, *, style: GroundStyle) -> Paint:
    """Draw all markings of a tile, as new."""
    white, yellow = Canvas(tile), Canvas(tile)
    centre = yellow if style.yellow_centre else white
    junctions = {j.junction_id: j for j in network.junctions}
    round_abouts = {
        q.to_junction for q in network.lanes if q.road_type == "roundabout" and not q.internal
    }
    for lane in network.lanes:
        if lane.internal or lane.use is LaneUse.PARKING or lane.road_type in YARDS:
            continue
        _lines_along(white, centre, lane, network, signalled=_leads_to_signals(lane, junctions))
        if lane.to_junction in round_abouts and lane.road_type != "roundabout":
            _broken(white, _across(lane, lane.length_m - 0.3), _GIVE_WAY_LINE)
    _signalled_ends(white, network, junctions, style=style)
    for bay in network.bays:
        _bay(white, bay)
    return Paint(white=white.cover, yellow=yellow.cover)


def _leads_to_signals(lane: Lane, junctions: dict[str, Junction]) -> bool:
    return lane.to_junction in junctions and junctions[lane.to_junction].signalled


def _lines_along(
    white: Canvas, centre: Canvas, lane: Lane, network: RoadNetwork, *, signalled: bool
) -> None:
    beside = neighbours(network, lane)
    fast = lane.road_type in FAST_ROADS
    edge_width = 0.22 if fast else 0.12
    left = offset(lane.shape, lane.width_m / 2)
    if beside.left is Side.SAME:
        solid_m = _SOLID_BEFORE_JUNCTION_M if signalled else 0.0
        pattern = _MOTORWAY_LINE if fast else _STREET_LINE
        _broken(white, left, pattern, solid_at_end_m=solid_m)
    elif beside.left is Side.OPPOSITE:
        centre.strip(offset(lane.shape, lane.width_m / 2 - 0.12), 0.13, _PAINT)
    elif fast:
        white.strip(offset(lane.shape, lane.width_m / 2 - 0.1), edge_width, _PAINT)
    if beside.right is Side.NOTHING and (fast or lane.is_leftmost is False):
        white.strip(offset(lane.shape, 0.22 - lane.width_m / 2), edge_width, _PAINT)


def _broken(
    canvas: Canvas,
    line: NDArray[np.float64],
    pattern: LinePattern,
    *,
    solid_at_end_m: float = 0.0,
) -> None:
    total = length_m(line)
    broken_to = max(0.0, total - solid_at_end_m)
    for start in np.arange(0.0, broken_to, pattern.dash_m + pattern.gap_m):
        canvas.strip(cut(line, start, min(start + pattern.dash_m, total)), pattern.width_m, _PAINT)
    if solid_at_end_m > 0:
        canvas.strip(cut(line, broken_to, total), pattern.width_m, _PAINT)


def _across(lane: Lane, along_m: float) -> NDArray[np.float64]:
    """Return the line across a lane at a distance from its start, left to right."""
    x, y, heading = lane.point_at(along_m)
    left = np.array([-np.sin(heading), np.cos(heading)]) * lane.width_m / 2
    return np.asarray(np.array([x, y]) + np.outer((1.0, -1.0), left), dtype=np.float64)


def _signalled_ends(
    white: Canvas,
    network: RoadNetwork,
    junctions: dict[str, Junction],
    *,
    style: GroundStyle,
) -> None:
    """Draw stop lines and arrows where lanes end at signals, and crossings over all arms."""
    for lane in network.lanes:
        if lane.internal:
            continue
        if _leads_to_signals(lane, junctions):
            if lane.use is LaneUse.TRAFFIC:
                white.strip(_across(lane, lane.length_m - 0.6), 0.4, _PAINT)
                _arrows(white, lane, network)
            _crossing(white, lane, at_end=True, bars=style.zebra)
        if lane.from_junction in junctions and junctions[lane.from_junction].signalled:
            _crossing(white, lane, at_end=False, bars=style.zebra)


def _crossing(white: Canvas, lane: Lane, *, at_end: bool, bars: bool) -> None:
    """Draw one lane's part of the crossing that lies just inside the junction."""
    ends = [lane.length_m + d for d in _CROSSING_M] if at_end else [-d for d in _CROSSING_M]
    near, far = _across(lane, ends[0]), _across(lane, ends[1])
    if not bars:
        white.strip(near, 0.22, _PAINT)
        white.strip(far, 0.22, _PAINT)
        return
    count = max(1, round(lane.width_m / 1.1))
    for share in (np.arange(count) + 0.5) / count:
        bar = np.array([near[0] + (near[1] - near[0]) * share, far[0] + (far[1] - far[0]) * share])
        white.strip(bar, 0.5, _PAINT)


def _arrows(white: Canvas, lane: Lane, network: RoadNetwork) -> None:
    directions = turns(network, lane)
    if not directions:
        return
    for before_m in _ARROWS_BEFORE_M:
        if lane.length_m > before_m + 12:
            x, y, heading = lane.point_at(lane.length_m - before_m)
            draw_arrow(white, np.array([x, y]), heading, directions=directions)


def _bay(white: Canvas, bay: Bay) -> None:
    """Mark a parking place: side lines across car parks, a broken frame along the kerb."""
    forward = np.array([np.cos(bay.heading), np.sin(bay.heading)])
    left = np.array([-forward[1], forward[0]])
    middle = np.array([bay.x, bay.y])
    long, wide = forward * bay.length_m / 2, left * bay.width_m / 2
    if bay.perpendicular:
        for side in (-1, 1):
            white.strip(np.array([middle - long, middle + long]) + side * wide, 0.11, _PAINT)
        return
    for end in (-1, 1):
        white.strip(np.array([middle - wide, middle + wide]) + end * long, 0.1, _PAINT)
    for end in (-1, 1):
        corner = middle + end * long + wide
        white.strip(np.array([corner, corner - end * forward * 1.1]), 0.1, _PAINT)
