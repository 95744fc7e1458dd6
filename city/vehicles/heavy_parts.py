"""Geometry of buses, trucks and semi-trailers."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from city.vehicles.catalogue import CARGO_OVERHANG_M
from city.vehicles.layout import VIEW_NAMES
from city.vehicles.loft import loft
from city.vehicles.patch import Patch, box, grid, tube
from city.vehicles.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from city.vehicles.layout import Layout, View
    from city.vehicles.loft import Fineness
    from city.vehicles.shapes import BusShape, TrailerShape, TruckShape

TWIN_M: Final = 0.56
"""Width of a pair of twin wheels."""
SINGLE_M: Final = 0.30
BOARD_M: Final = 0.06
"""Thickness of a flatbed's side boards."""


def bus_patches(shape: BusShape, layout: Layout, level: Fineness) -> list[Patch]:
    """Return the surface of a bus without its accessories."""
    body, dark = shape.body, layout.swatches["dark"]
    half = body.width / 2
    patches = loft(body, level, layout.views)
    top = 2 * shape.wheel_radius + 0.12
    patches.append(box((0.2, -0.7 * half, 0.24), (body.length - 0.2, 0.7 * half, top), dark))
    *twin, front = shape.axles
    patches += _wheels(twin, [front], half - 0.03, shape.wheel_radius, layout, level)
    reach = body.length + 0.10
    for side in (1, -1):
        y, z = side * (half + 0.06), 0.70 * max(z for _, z in body.top)
        plastic = layout.swatches["plastic"]
        patches.append(
            box((reach - 0.06, y - 0.11, z - 0.28), (reach + 0.05, y + 0.11, z + 0.1), plastic)
        )
        arm = np.array([[body.length - 0.3, side * half * 0.8, z + 0.42], [reach, y, z + 0.1]])
        patches.append(tube(arm, np.array([0.025, 0.025]), plastic, around=5))
    return patches


def truck_patches(shape: TruckShape, layout: Layout, level: Fineness) -> list[Patch]:
    """Return the surface of a rigid truck or a tractor without its accessories."""
    patches = loft(shape.cab, level, layout.views)
    patches += _chassis(shape, layout, level)
    half = shape.cab.width / 2 + CARGO_OVERHANG_M / 2
    views = layout.views
    if shape.cargo == "box":
        patches.append(_cargo_box(shape.cargo_x, half, shape.cargo_z, views, layout))
    elif shape.cargo == "tank":
        patches += _tank(shape.cargo_x, half, shape.cargo_z, views, layout, level)
    elif shape.cargo in ("flatbed", "tipper"):
        patches += _boards(shape.cargo_x, half, shape.cargo_z, views, layout)
    return patches


def trailer_patches(shape: TrailerShape, layout: Layout, level: Fineness) -> list[Patch]:
    """Return the surface of a semi-trailer."""
    views = {name: layout.views["trailer_" + name] for name in VIEW_NAMES}
    half, (floor, _) = shape.width / 2, shape.cargo_z
    dark, metal = layout.swatches["dark"], layout.swatches["metal"]
    span = (0.0, shape.length)
    patches = [box((0.1, -0.5, floor - 0.32), (shape.length - 0.3, 0.5, floor), dark)]
    patches += _wheels(shape.axles, [], half - 0.04, shape.wheel_radius, layout, level)
    if shape.cargo == "tank":
        patches += _tank(span, half, shape.cargo_z, views, layout, level)
    else:
        patches.append(_cargo_box(span, half, shape.cargo_z, views, layout))
    for side in (1, -1):
        legs = shape.length - 2.6
        patches.append(box((legs, side * 0.62, 0.25), (legs + 0.14, side * 0.78, floor), metal))
        guard = (shape.axles[-1] + 0.85, legs - 0.2)
        low, high = (guard[0], side * (half - 0.1), 0.5), (guard[1], side * (half - 0.04), 0.95)
        patches.append(box(low, high, metal))
    patches.append(
        box((0.0, -half + 0.1, 0.45), (0.08, half - 0.1, 0.6), layout.swatches["plastic"])
    )
    patches += _tail_lamps(half, 0.75, layout)
    return patches


def _wheels(
    twin: Sequence[float],
    single: Sequence[float],
    half: float,
    radius: float,
    layout: Layout,
    level: Fineness,
) -> list[Patch]:
    """Return twin wheels on some axles and single ones on others; axles are given by their x."""
    patches = []
    for axles, width, bulge in ((twin, TWIN_M, -0.12), (single, SINGLE_M, 0.06)):
        for x, side in product(axles, (1, -1)):
            patches += wheel(
                (x, side * half, radius),
                side,
                layout,
                radius=radius,
                width=width,
                around=level.around,
                bulge=bulge,
            )
    return patches


def _chassis(shape: TruckShape, layout: Layout, level: Fineness) -> list[Patch]:
    """Return frame, wheels, tanks, guards, lamps and mirrors."""
    cab, radius = shape.cab, shape.wheel_radius
    dark, metal, plastic = (layout.swatches[n] for n in ("dark", "metal", "plastic"))
    half = cab.width / 2
    patches = [
        box((0.05, -0.45, 0.55 * radius + 0.25), (shape.length - 0.4, 0.45, 2 * radius), dark),
        box((cab.start + 0.1, -0.7 * half, 0.3), (shape.length - 0.15, 0.7 * half, 1.15), dark),
        box((0.0, -half + 0.05, 0.45), (0.06, half - 0.05, 0.58), plastic),
    ]
    *twin, front = shape.axles
    patches += _wheels(twin, [front], half - 0.02, radius, layout, level)
    patches += _tail_lamps(half, 0.8, layout)
    room = (shape.axles[-2] + radius + 0.15, min(cab.start + 0.2, shape.axles[-1] - radius - 0.1))
    for side in (1, -1):
        if room[1] - room[0] > 0.5:
            end = min(room[1], room[0] + 1.4)
            path = np.array(
                [[room[0], side * (half - 0.3), 0.72], [end, side * (half - 0.3), 0.72]]
            )
            path = path[[0, 0, 1, 1]] + np.array([[0.001], [0], [0], [-0.001]]) * [1, 0, 0]
            patches.append(
                tube(path, np.array([0.0, 0.27, 0.27, 0.0]), metal, around=level.around // 2)
            )
        for axle in shape.axles[:-1]:
            low, high = (
                (axle - radius, side * (half - 0.5), 2 * radius + 0.03),
                (axle + radius, side * half, 2 * radius + 0.06),
            )
            patches.append(box(low, high, plastic))
        patches += _cab_mirror(shape, layout, side)
    return patches


def _cab_mirror(shape: TruckShape, layout: Layout, side: int) -> list[Patch]:
    cab, plastic = shape.cab, layout.swatches["plastic"]
    x = shape.length - 0.22
    y, z = side * (cab.width / 2 + 0.10), cab.belt[1] + 0.32
    housing = box((x - 0.06, y - 0.1, z - 0.3), (x + 0.07, y + 0.1, z + 0.26), plastic)
    arm = np.array([[x - 0.1, side * cab.width * 0.44, z + 0.3], [x, y, z + 0.22]])
    return [housing, tube(arm, np.array([0.025, 0.025]), plastic, around=5)]


def _tail_lamps(half: float, z: float, layout: Layout) -> list[Patch]:
    lamp = layout.swatches["red_lamp"]
    return [
        box((-0.01, side * (half - 0.42), z), (0.05, side * (half - 0.06), z + 0.13), lamp)
        for side in (1, -1)
    ]


def _cargo_box(
    span: tuple[float, float],
    half: float,
    heights: tuple[float, float],
    views: Mapping[str, View],
    layout: Layout,
) -> Patch:
    faces = {
        (0, -1): views["rear"],
        (0, 1): views["front"],
        (1, -1): views["right"],
        (1, 1): views["left"],
        (2, 1): views["top"],
    }
    low, high = (span[0], -half, heights[0]), (span[1], half, heights[1])
    return box(low, high, layout.swatches["dark"], faces=faces)


def _boards(
    span: tuple[float, float],
    half: float,
    heights: tuple[float, float],
    views: Mapping[str, View],
    layout: Layout,
) -> list[Patch]:
    """Return a floor and four boards around it, dark inside."""
    (x0, x1), (z0, z1) = span, heights
    inside, floor = layout.swatches["cargo_dark"], layout.swatches["cargo"]
    t = BOARD_M
    boards = [
        ((x0, half - t, z0), (x1, half, z1), (1, 1), "left"),
        ((x0, -half, z0), (x1, -half + t, z1), (1, -1), "right"),
        ((x0, -half, z0), (x0 + t, half, z1), (0, -1), "rear"),
        ((x1 - t, -half, z0), (x1, half, z1 + 0.25), (0, 1), "front"),
    ]
    patches = [
        box(low, high, inside, faces={face: views[name]}) for low, high, face, name in boards
    ]
    patches.append(box((x0, -half, z0 - 0.1), (x1, half, z0 + 0.02), floor))
    return patches


def _tank(
    span: tuple[float, float],
    half: float,
    heights: tuple[float, float],
    views: Mapping[str, View],
    layout: Layout,
    level: Fineness,
) -> list[Patch]:
    """Return an elliptic tank: two half shells, textured from the sides, and domed ends."""
    (x0, x1), (z0, z1) = span, heights
    centre_z, radius_z = (z0 + z1) / 2, (z1 - z0) / 2
    dome = np.array([0.0, 0.75, 1.0, 1.0, 0.75, 0.0])
    x = np.array([x0, x0 + 0.06, x0 + 0.28, x1 - 0.28, x1 - 0.06, x1])
    count = level.around // 2
    patches = []
    for side, name in ((1, "left"), (-1, "right")):
        angle = np.pi * np.arange(count + 1) / count
        ring = np.stack([side * half * np.sin(angle), radius_z * np.cos(angle)], -1)
        position = np.empty((len(x), count + 1, 3))
        position[..., 0] = x[:, None]
        position[..., 1:] = dome[:, None, None] * ring
        position[..., 2] += centre_z
        normal = np.empty_like(position)
        normal[..., 0] = np.array([-2.0, -1.2, -0.2, 0.2, 1.2, 2.0])[:, None]
        normal[..., 1:] = ring / ring[:, :].max()
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
        flat = position.reshape(-1, 3)
        uv = views[name].project(flat)
        patches.append(Patch(flat, normal.reshape(-1, 3), uv, grid(len(x), count + 1)))
    saddle = box((x0 + 0.5, -0.6, z0 - 0.25), (x1 - 0.5, 0.6, z0 + 0.2), layout.swatches["dark"])
    return [*patches, saddle, *_catwalk(span, half, heights, layout)]


def _catwalk(
    span: tuple[float, float], half: float, heights: tuple[float, float], layout: Layout
) -> list[Patch]:
    """Return what makes a tank accessible: a ladder behind, a walk on top, rails at its foot."""
    (x0, x1), (z0, z1), metal = span, heights, layout.swatches["metal"]
    patches = [box((x0 + 0.5, -0.28, z1 - 0.02), (x1 - 0.5, 0.28, z1 + 0.05), metal)]
    for side in (1, -1):
        low, high = (x0 + 0.2, side * (half - 0.22), z0), (x1 - 0.2, side * half, z0 + 0.22)
        patches.append(box(low, high, layout.swatches["dark"]))
        rail = (x0 - 0.04, side * 0.19, z0 - 0.1), (x0, side * 0.23, z1)
        patches.append(box(*rail, metal))
    for z in np.arange(z0 + 0.1, z1, 0.3):
        patches.append(box((x0 - 0.04, -0.2, z), (x0 - 0.01, 0.2, z + 0.04), metal))
    return patches
