"""Street furniture. A prop's origin stands on the ground; the road lies towards +y."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from city.draws import pick
from city.scenery.palette import Paint
from city.scenery.prints import POSTERS, Sign, poster_region, sign_region
from city.scenery.shapes import board, box, merge, placed, polygons, post, quad, tube

if TYPE_CHECKING:
    from numpy.random import Generator

    from city.scenery.assembly import Prop
    from city.scenery.shapes import Region
    from city.types import Mesh


def lamp_post(height_m: float, arm_m: float, *, paint: Paint) -> Prop:
    """Build a street lamp whose arm reaches over the road."""
    line = np.array(
        [(0, 0, height_m - 0.5), (0, 0.25 * arm_m, height_m - 0.1), (0, arm_m, height_m + 0.1)]
    )
    head = (0.0, arm_m + 0.25, height_m + 0.1)
    x, y, z = 0.12, 0.28, head[2] - 0.075
    under = [(-x, head[1] - y, z), (-x, head[1] + y, z), (x, head[1] + y, z), (x, head[1] - y, z)]
    glass = quad(under, uv=(0.5, 0.5))
    metal = [
        post(0.085, 0.0, height_m - 0.45, top_radius_m=0.055, swatch=paint.swatch, sides=7),
        post(0.13, 0.0, 0.9, swatch=paint.swatch, sides=7),
        tube(line, 0.045, swatch=paint.swatch),
        box((0.28, 0.75, 0.13), centre=head, swatch=paint.swatch),
    ]
    return {"metal": merge(metal), "lamps": glass}


def traffic_sign(sign: Sign, *, below: Sign | None = None) -> Prop:
    """Build a sign on a post that faces the oncoming traffic (-x)."""
    outline = {Sign.GIVE_WAY: 3, Sign.PRIORITY: 4, Sign.CROSSING: 4, Sign.PARKING: 4}
    top = 2.75
    printed = [
        _plate(
            outline.get(sign, 16), sign_region(sign), 0.34, top, point_down=sign is Sign.GIVE_WAY
        )
    ]
    if below is not None:
        printed.append(_plate(outline.get(below, 16), sign_region(below), 0.26, top - 0.64))
    return {
        "metal": post(0.035, 0.0, top + 0.2, swatch=Paint.GALVANISED.swatch, sides=5),
        "signs": merge(printed),
    }


def _plate(
    corners: int, uv: Region, radius_m: float, height_m: float, *, point_down: bool = False
) -> Mesh:
    """Make both faces of a plate with so many corners: 4 an upright square, 16 a disc."""
    turn = -math.pi / 2 if point_down else math.pi / 2 if corners != 4 else math.pi / 4
    angle = turn + np.arange(corners) * 2 * math.pi / corners
    across, up = np.cos(angle), np.sin(angle)
    left, top, right, bottom = uv
    reach = radius_m * (1.2 if corners <= 4 else 1.0)
    y, z = -across * reach, height_m + up * reach
    # Seen against +x, +y lies to the left.
    picture = np.column_stack(
        [
            (left + right) / 2 + across * (right - left) * 0.48,
            (top + bottom) / 2 - up * (bottom - top) * 0.48,
        ]
    )
    fan = [(0, k, k + 1) for k in range(1, corners - 1)]
    front = np.column_stack([np.full(corners, -0.05), y, z])
    back = np.add(front, (0.025, 0, 0))
    grey_left, grey_top, grey_right, grey_bottom = sign_region(Sign.BACK)
    grey = ((grey_left + grey_right) / 2, (grey_top + grey_bottom) / 2)
    return merge(
        [
            polygons(front, normals=(-1, 0, 0), uv=picture, indices=fan),
            polygons(back, normals=(1, 0, 0), uv=grey, indices=fan),
        ]
    )


def bench() -> Prop:
    """Build a bench that faces the road."""
    wood, metal = Paint.WOOD.swatch, Paint.DARK_METAL.swatch
    parts = [box((1.7, 0.12, 0.05), centre=(0, y, 0.45), swatch=wood) for y in (-0.16, 0.0, 0.16)]
    parts += [box((1.7, 0.05, 0.12), centre=(0, -0.26, z), swatch=wood) for z in (0.62, 0.82)]
    parts += [box((0.06, 0.45, 0.44), centre=(x, -0.02, 0.22), swatch=metal) for x in (-0.7, 0.7)]
    return {"matte": merge(parts)}


def litter_bin(paint: Paint) -> Prop:
    """Build a litter bin."""
    parts = [
        post(0.22, 0.12, 0.85, top_radius_m=0.26, swatch=paint.swatch, sides=8),
        post(0.28, 0.85, 0.92, swatch=Paint.BLACK.swatch, sides=8),
        post(0.05, 0.0, 0.2, swatch=Paint.DARK_METAL.swatch, sides=4),
    ]
    return {"matte": merge(parts)}


def bollard(paint: Paint) -> Prop:
    """Build a bollard with a pale band."""
    parts = [
        post(0.07, 0.0, 0.95, swatch=paint.swatch),
        post(0.075, 0.72, 0.84, swatch=Paint.WHITE_METAL.swatch),
    ]
    return {"metal": merge(parts)}


def cabinet(rng: Generator) -> Prop:
    """Build a switch cabinet of the telephone or power company."""
    size = rng.uniform((0.6, 0.3, 0.9), (1.6, 0.5, 1.5))
    paint = pick((Paint.PLASTIC_GREY, Paint.GREEN_METAL, Paint.CREAM), rng)
    body = box(size, centre=(0, 0, size[2] / 2 + 0.08), swatch=paint.swatch)
    plinth = box(
        (size[0] + 0.06, size[1] + 0.06, 0.1), centre=(0, 0, 0.05), swatch=Paint.CONCRETE.swatch
    )
    return {"matte": merge([body, plinth])}


def planter() -> Prop:
    """Build a concrete trough; the bush in it is added apart."""
    size = (1.3, 0.8, 0.55)
    soil = box((1.2, 0.7, 0.03), centre=(0, 0, 0.55), swatch=Paint.SOIL.swatch)
    return {
        "matte": merge([box(size, centre=(0, 0, 0.275), swatch=Paint.PALE_CONCRETE.swatch), soil])
    }


def hydrant() -> Prop:
    """Build a fire hydrant."""
    red = Paint.RED.swatch
    parts = [
        post(0.11, 0.0, 0.6, swatch=red, sides=8),
        post(0.13, 0.6, 0.74, top_radius_m=0.05, swatch=red, sides=8),
        box((0.36, 0.12, 0.12), centre=(0, 0, 0.45), swatch=red),
    ]
    return {"metal": merge(parts)}


def bicycle_stands(count: int) -> Prop:
    """Build a row of hoops for bicycles across x."""
    parts = []
    for k in range(count):
        hoop = np.array(
            [
                (0, -0.4, 0),
                (0, -0.4, 0.7),
                (0, -0.3, 0.8),
                (0, 0.3, 0.8),
                (0, 0.4, 0.7),
                (0, 0.4, 0),
            ]
        )
        parts.append(placed(tube(hoop, 0.03, swatch=Paint.GALVANISED.swatch, sides=4), k * 0.9, 0))
    return {"metal": merge(parts)}


def advertising_column(rng: Generator) -> Prop:
    """Build a lit poster case on a foot, posters to both directions of traffic."""
    first, second = rng.integers(POSTERS, size=2)
    case = box((0.2, 1.4, 2.1), centre=(0, 0, 1.75), swatch=Paint.DARK_METAL.swatch)
    foot = box((0.16, 0.5, 0.7), centre=(0, 0, 0.35), swatch=Paint.DARK_METAL.swatch)
    front = board(1.24, 1.9, bottom_m=0.82, uv=poster_region(int(first)), x_m=0.105)
    back = board(1.24, 1.9, bottom_m=0.82, uv=poster_region(int(second)), x_m=0.105)
    return {
        "metal": merge([case, foot]),
        "prints": merge([front, placed(back, 0, 0, heading=math.pi)]),
    }


def bus_shelter(rng: Generator) -> Prop:
    """Build a bus stop: a glazed shelter with a bench and a poster, and the stop's sign."""
    metal = Paint.DARK_METAL.swatch
    roof = box((4.2, 1.6, 0.09), centre=(0, 0, 2.5), swatch=metal)
    leg = post(0.05, 0.0, 2.5, swatch=metal, sides=4)
    legs = [placed(leg, x, -0.68) for x in (-2.0, -0.66, 0.66, 2.0)]
    seat = box((2.4, 0.35, 0.06), centre=(-0.4, -0.45, 0.48), swatch=Paint.WOOD.swatch)
    panes = [
        box((4.0, 0.03, 1.75), centre=(0, -0.68, 1.35), swatch=(0.5, 0.5)),
        box((0.03, 1.2, 1.75), centre=(-2.05, -0.08, 1.35), swatch=(0.5, 0.5)),
    ]
    poster = placed(
        board(1.15, 1.7, bottom_m=0.45, uv=poster_region(int(rng.integers(POSTERS))), x_m=0.08),
        2.05,
        0.0,
    )
    other = placed(poster, 4.1, 0.0, heading=math.pi)
    case = box((0.12, 1.25, 1.85), centre=(2.05, 0, 1.3), swatch=metal)
    sign = traffic_sign(Sign.BUS_STOP)
    return {
        "metal": merge([roof, *legs, case, placed(sign["metal"], 3.2, 0.55)]),
        "matte": seat,
        "panes": merge(panes),
        "prints": merge([poster, other]),
        "signs": placed(sign["signs"], 3.2, 0.55),
    }


def fence(length_m: float, *, picket: bool) -> Prop:
    """Build a fence along x: white pickets, or wire mesh between posts."""
    height = 1.1 if picket else 2.0
    paint = Paint.WHITE_METAL if picket else Paint.GALVANISED
    count = max(2, round(length_m / 2.4) + 1)
    posts = [
        placed(post(0.04, 0.0, height + 0.05, swatch=paint.swatch, sides=4), x, 0)
        for x in np.linspace(-length_m / 2, length_m / 2, count)
    ]
    half = length_m / 2
    corners = [(-half, 0, 0.05), (half, 0, 0.05), (half, 0, height), (-half, 0, height)]
    repeats = length_m / (1.2 if picket else 1.0)
    up = 1.0 if picket else height
    mesh = quad(corners, uv=[(0, up), (repeats, up), (repeats, 0), (0, 0)], normal=(0, 1, 0))
    return {"metal": merge(posts), "pickets" if picket else "wire": mesh}


def utility_pole() -> Prop:
    """Build a wooden pole with a cross arm and insulators; wires are strung apart."""
    parts = [
        post(0.15, 0.0, 9.0, top_radius_m=0.10, swatch=Paint.BARK.swatch),
        box((0.1, 2.0, 0.12), centre=(0, 0, 8.5), swatch=Paint.BARK.swatch),
        post(0.16, 6.6, 7.4, swatch=Paint.GALVANISED.swatch),
    ]
    parts += [
        placed(post(0.05, 8.55, 8.75, swatch=Paint.RUST.swatch, sides=4), 0, y)
        for y in (-0.9, 0.0, 0.9)
    ]
    return {"matte": merge(parts)}


def container(rng: Generator) -> Prop:
    """Build a shipping container, 20 or 40 feet long, along x."""
    paints = (Paint.RUST, Paint.BLUE, Paint.GREEN_METAL, Paint.ORANGE, Paint.TURQUOISE, Paint.RED)
    swatch = pick(paints, rng).swatch
    length = 6.1 if rng.random() < 0.6 else 12.2
    parts = [box((length, 2.36, 2.5), centre=(0, 0, 1.3), swatch=swatch, open_below=True)]
    for x in np.arange(-length / 2 + 0.3, length / 2, 0.6):
        parts += [box((0.2, 0.05, 2.3), centre=(x, y, 1.3), swatch=swatch) for y in (-1.2, 1.2)]
    return {"metal": merge(parts)}


def waste_containers(count: int) -> Prop:
    """Build a row of wheeled waste containers along x."""
    paints = (Paint.GREEN_METAL, Paint.PLASTIC_GREY, Paint.BLUE, Paint.YELLOW)
    parts = []
    for k in range(count):
        swatch = paints[k % len(paints)].swatch
        parts.append(box((1.2, 0.95, 1.1), centre=(k * 1.35, 0, 0.65), swatch=swatch))
        parts.append(box((1.26, 1.0, 0.12), centre=(k * 1.35, 0, 1.25), swatch=Paint.BLACK.swatch))
    return {"matte": merge(parts)}
