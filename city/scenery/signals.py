"""Traffic lights at the stop lines of signalled junctions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from city.scenery.palette import Paint
from city.scenery.shapes import box, merge, placed, polygons, post, tube

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.network import RoadNetwork, Signal
    from city.scenery.assembly import Assembly, Prop
    from city.scenery.site import Site
    from city.types import Mesh

_COLOURS: Final = ((232, 34, 26), (240, 160, 24), (44, 214, 120))
"""Red, amber, green, lit; unlit glass has a seventh of it."""
_POST_M: Final = 3.5
_ARM_HEIGHT_M: Final = 6.1
"""Heads over the road leave five metres of clear height below them."""
_HEAD_M: Final = (0.2, 0.34, 0.95)
_FROM_KERB_M: Final = 0.75


def signal_texture() -> NDArray[np.uint8]:
    """Return the lenses' colours: lit in the upper row, dark below; uint8 (16, 24, 4)."""
    cells = np.zeros((2, 3, 4), np.uint8)
    for k, colour in enumerate(_COLOURS):
        cells[0, k] = (*colour, 255)
        cells[1, k] = (*(v // 7 for v in colour), 0)
    return np.ascontiguousarray(cells.repeat(8, axis=0).repeat(8, axis=1))


def signal_head(*, green: bool) -> Prop:
    """Build a head of three lenses that faces the oncoming traffic (-x), its middle at z = 0."""
    body = [
        box(_HEAD_M, centre=(0, 0, 0), swatch=Paint.BLACK.swatch),
        box((0.02, 0.56, 1.2), centre=(0.11, 0, 0), swatch=Paint.BLACK.swatch),
    ]
    lenses = []
    for k, z in enumerate((0.3, 0.0, -0.3)):
        lit = k == (2 if green else 0)
        body.append(box((0.2, 0.26, 0.02), centre=(-0.18, 0, z + 0.14), swatch=Paint.BLACK.swatch))
        lenses.append(_lens(z, uv=((k + 0.5) / 3, 0.25 if lit else 0.75)))
    return {"matte": merge(body), "signals": merge(lenses)}


def place_signals(assembly: Assembly, site: Site, network: RoadNetwork) -> None:
    """Set a mast beside each signalled approach, with an arm where it has several lanes."""
    approaches: dict[str, list[Signal]] = {}
    for signal in network.signals:
        approaches.setdefault(signal.edge_id, []).append(signal)
    widths = {(q.edge_id, q.index): q.width_m for q in network.lanes if not q.internal}
    for signals in approaches.values():
        rightmost = min(signals, key=lambda s: s.lane_index)
        edge_width = sum(w for (e, _), w in widths.items() if e == rightmost.edge_id)
        beyond = sum(
            w for (e, k), w in widths.items() if e == rightmost.edge_id and k < rightmost.lane_index
        )
        half = widths[rightmost.edge_id, rightmost.lane_index] / 2
        right = half + beyond + _FROM_KERB_M
        x = rightmost.x + math.sin(rightmost.heading) * right
        y = rightmost.y - math.cos(rightmost.heading) * right
        if not site.take_spot(x, y, radius_m=0.25, road_m=0.2):
            continue
        green = abs(math.cos(rightmost.heading)) > 0.7
        arm_m = edge_width - beyond - half if len(signals) > 1 else 0.0
        assembly.add(_mast(right, arm_m, green=green), x, y, heading=rightmost.heading)


def _mast(right_m: float, arm_m: float, *, green: bool) -> Prop:
    """Build a mast; its arm reaches `arm_m` beyond the middle of the rightmost lane."""
    head = signal_head(green=green)
    places = [(0.0, _POST_M - 0.55)]
    metal = [post(0.07, 0.0, _POST_M, swatch=Paint.DARK_METAL.swatch)]
    if arm_m > 0:
        reach = right_m + min(arm_m, 3.5)
        top = np.array([(0, 0, 0), (0, 0, _ARM_HEIGHT_M - 0.2), (0, reach, _ARM_HEIGHT_M)])
        metal = [tube(top, (0.11, 0.09, 0.06), swatch=Paint.DARK_METAL.swatch, sides=6)]
        places = [(0.0, 2.9), (reach - 0.2, _ARM_HEIGHT_M - 0.35)]
    return {
        "metal": merge(metal),
        "matte": merge([placed(head["matte"], -0.22, y, z=z) for y, z in places]),
        "signals": merge([placed(head["signals"], -0.22, y, z=z) for y, z in places]),
    }


def _lens(z: float, *, uv: tuple[float, float]) -> Mesh:
    """Make a disc on the front of a head."""
    angle = np.arange(10) * 2 * np.pi / 10
    points = np.column_stack([np.full(10, -0.105), -np.cos(angle) * 0.11, z + np.sin(angle) * 0.11])
    fan = [(0, k, k + 1) for k in range(1, 9)]
    return polygons(points, normals=(-1, 0, 0), uv=uv, indices=fan)
