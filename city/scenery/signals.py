"""Traffic lights at the stop lines of signalled junctions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from city.scenery.palette import Paint
from city.scenery.shapes import box, merge, placed, polygons, post, tube
from city.scenery.types import StaticMesh, SurfaceKind, SwitchedLamp
from city.signals import Aspect, lamp_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.network import RoadNetwork, Signal
    from city.scenery.assembly import Assembly, Prop
    from city.scenery.site import Site
    from city.types import Mesh

_LENSES: Final = {
    Aspect.RED: (0.3, (232, 34, 26)),
    Aspect.AMBER: (0.0, (240, 160, 24)),
    Aspect.GREEN: (-0.3, (44, 214, 120)),
}
"""Height in the head, metres, and colour when lit."""
_UNLIT: Final = 7
"""Dark glass has this fraction of the colour."""
_POST_M: Final = 3.5
_ARM_HEIGHT_M: Final = 6.1
"""Heads over the road leave five metres of clear height below them."""
_HEAD_M: Final = (0.2, 0.34, 0.95)
_FROM_KERB_M: Final = 0.75


def signal_head() -> Prop:
    """Build a head that faces the oncoming traffic (-x), its middle at z = 0, without lenses."""
    body = [
        box(_HEAD_M, centre=(0, 0, 0), swatch=Paint.BLACK.swatch),
        box((0.02, 0.56, 1.2), centre=(0.11, 0, 0), swatch=Paint.BLACK.swatch),
    ]
    for z, _ in _LENSES.values():
        body.append(box((0.2, 0.26, 0.02), centre=(-0.18, 0, z + 0.14), swatch=Paint.BLACK.swatch))
    return {"matte": merge(body)}


def signal_lens(aspect: Aspect) -> Mesh:
    """Make the disc on the front of a head that shows an aspect."""
    z, _ = _LENSES[aspect]
    angle = np.arange(10) * 2 * np.pi / 10
    points = np.column_stack([np.full(10, -0.105), -np.cos(angle) * 0.11, z + np.sin(angle) * 0.11])
    fan = [(0, k, k + 1) for k in range(1, 9)]
    return polygons(points, normals=(-1, 0, 0), uv=(0.5, 0.5), indices=fan)


def place_signals(assembly: Assembly, site: Site, network: RoadNetwork) -> list[StaticMesh]:
    """Set a mast beside each signalled approach, with an arm where it has several lanes.

    Returns:
        The lenses, dark; each names the lamp that it shows, see `city.signals.lamp_id`.
    """
    approaches: dict[str, list[Signal]] = {}
    for signal in network.signals:
        approaches.setdefault(signal.edge_id, []).append(signal)
    widths = {(q.edge_id, q.index): q.width_m for q in network.lanes if not q.internal}
    lenses: list[StaticMesh] = []
    for edge_id, signals in approaches.items():
        rightmost = min(signals, key=lambda s: s.lane_index)
        edge_width = sum(w for (e, _), w in widths.items() if e == edge_id)
        beyond = sum(w for (e, k), w in widths.items() if e == edge_id and k < rightmost.lane_index)
        half = widths[edge_id, rightmost.lane_index] / 2
        right = half + beyond + _FROM_KERB_M
        x = rightmost.x + math.sin(rightmost.heading) * right
        y = rightmost.y - math.cos(rightmost.heading) * right
        if not site.take_spot(x, y, radius_m=0.25, road_m=0.2):
            continue
        reach_m = right + min(edge_width - beyond - half, 3.5) if len(signals) > 1 else 0.0
        places = _head_places(reach_m)
        assembly.add(_mast(reach_m, places), x, y, heading=rightmost.heading)
        for place in places:
            lenses += _lenses(edge_id, place, (x, y, rightmost.heading))
    return lenses


def _head_places(reach_m: float) -> NDArray[np.float64]:
    """Return where the heads of a mast hang, in its coordinates: float64 (H, 3), metres."""
    if reach_m > 0:
        over_road = (-0.22, reach_m - 0.2, _ARM_HEIGHT_M - 0.35)
        return np.array([(-0.22, 0.0, 2.9), over_road])
    return np.array([(-0.22, 0.0, _POST_M - 0.55)])


def _mast(reach_m: float, places: NDArray[np.float64]) -> Prop:
    """Build a mast with its heads; above 0, its arm reaches so far to the left."""
    head = signal_head()
    metal = post(0.07, 0.0, _POST_M, swatch=Paint.DARK_METAL.swatch)
    if reach_m > 0:
        top = np.array([(0, 0, 0), (0, 0, _ARM_HEIGHT_M - 0.2), (0, reach_m, _ARM_HEIGHT_M)])
        metal = tube(top, (0.11, 0.09, 0.06), swatch=Paint.DARK_METAL.swatch, sides=6)
    return {
        "metal": metal,
        "matte": merge([placed(head["matte"], x, y, z=z) for x, y, z in places.tolist()]),
    }


def _lenses(
    edge_id: str, place: NDArray[np.float64], mast: tuple[float, float, float]
) -> list[StaticMesh]:
    """Return the three lenses of one head; `mast` is where its mast stands, and its heading."""
    x, y, heading = mast
    found = []
    for aspect, (_, srgb) in _LENSES.items():
        in_head = placed(signal_lens(aspect), place[0], place[1], z=place[2])
        dark = (*(value // _UNLIT for value in srgb), 255)
        found.append(
            StaticMesh(
                mesh=placed(in_head, x, y, heading=heading),
                texture=np.full((4, 4, 4), dark, np.uint8),
                kind=SurfaceKind.MATTE,
                casts_shadow=False,
                lamp=SwitchedLamp(lamp_id(edge_id, aspect), srgb),
            )
        )
    return found
