"""Geometry of two-wheelers with riders and of people on foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from city.vehicles.patch import Patch, box, ellipsoid, tube
from city.vehicles.wheels import wheel

if TYPE_CHECKING:
    from city.vehicles.layout import Layout
    from city.vehicles.loft import Fineness
    from city.vehicles.shapes import CycleShape, PersonShape

Point = tuple[float, float, float]
HEAD_M: Final = 0.115
"""Half the width of a head, half the height being a third more."""
NECK_M: Final = 0.14
"""From the shoulders of a rider to the middle of the head."""
JACKET_GIRTH: Final = 1.5


def person_patches(shape: PersonShape, layout: Layout, level: Fineness) -> list[Patch]:
    """Return somebody in mid-stride, arms swinging against the legs."""
    h, g, reach = shape.height, shape.girth, shape.stride / 2
    x = reach + 0.12
    parts = _Limbs(layout, level)
    hip, shoulder = 0.50 * h, 0.81 * h
    patches = [parts.trunk((x, 0, hip - 0.02 * h), (x + 0.02, 0, shoulder), 0.155 * g * h / 1.72)]
    for side in (1, -1):
        foot = x + side * reach
        knee = (x + 0.55 * side * reach + 0.04, side * 0.095 * g, 0.28 * h)
        ankle = (foot, side * 0.09, 0.055 * h)
        patches.append(parts.leg((x, side * 0.085 * g, hip), knee, ankle, girth=g))
        patches.append(parts.shoe(ankle))
        top = (x + 0.01, side * 0.20 * g**0.7 * h / 1.72, shoulder - 0.03 * h)
        elbow = (x - 0.5 * side * reach, side * 0.25 * g**0.7 * h / 1.72, 0.61 * h)
        hand = (x - 0.75 * side * reach + 0.08, side * 0.24 * g**0.7 * h / 1.72, 0.47 * h)
        patches += parts.arm(top, elbow, hand, girth=g)
    patches += parts.head((x + 0.04, 0.0, h - HEAD_M * 1.32))
    return patches


def cycle_patches(shape: CycleShape, layout: Layout, level: Fineness) -> list[Patch]:
    """Return a two-wheeler with its rider."""
    patches = _cycle_wheels(shape, layout, level)
    build = {
        "scooter": _scooter,
        "naked": _motorbike,
        "sport": _motorbike,
        "bicycle": _bicycle,
    }[shape.style]
    patches += build(shape, layout, level)
    return patches + _rider(shape, layout, level)


def _cycle_wheels(shape: CycleShape, layout: Layout, level: Fineness) -> list[Patch]:
    width = {"bicycle": 0.045, "scooter": 0.13}.get(shape.style, 0.16)
    radius = shape.wheel_radius
    patches = []
    for x in (radius, shape.length - radius):
        for side in (1, -1):
            centre = (x, side * width / 2, radius)
            patches += wheel(
                centre,
                side,
                layout,
                radius=radius,
                width=width,
                around=level.around,
                bulge=0.0,
            )
    return patches


def _rider(shape: CycleShape, layout: Layout, level: Fineness) -> list[Patch]:
    """Return the rider: feet on the pegs, hands at the bar, leaning as the machine asks.

    Jacket and trousers make a motorcyclist stouter than a cyclist.
    """
    parts = _Limbs(layout, level)
    (seat_x, seat_z), (grip_x, grip_z) = shape.seat, shape.grip
    lean = {"scooter": 0.08, "naked": 0.20, "sport": 0.34, "bicycle": 0.36}[shape.style]
    bike = shape.style == "bicycle"
    girth = 1.0 if bike else JACKET_GIRTH
    hip = (seat_x, 0.0, seat_z + 0.06)
    head_z = seat_z + 0.82 - HEAD_M * 1.4
    shoulder = (seat_x + lean, 0.0, head_z - NECK_M)
    patches = [parts.trunk(hip, shoulder, 0.165 * girth**0.5)]
    for side in (1, -1):
        low = 0.14 if bike and side > 0 else 0.30
        peg = (seat_x + (0.25 if bike else 0.32), side * 0.14, low)
        if shape.style == "scooter":
            peg = (seat_x + 0.42, side * 0.12, 0.30)
        knee_z = seat_z - (0.02 if low > 0.2 else 0.14)
        knee = (seat_x + 0.40, side * 0.18, knee_z)
        patches.append(parts.leg((hip[0], side * 0.09, hip[2]), knee, peg, girth=girth))
        patches.append(parts.shoe(peg))
        top = (shoulder[0], side * 0.20, shoulder[2] - 0.04)
        hand = (grip_x - 0.02, side * 0.30, grip_z + 0.02)
        elbow = ((top[0] + hand[0]) / 2 - 0.04, side * 0.33, (top[2] + hand[2]) / 2 - 0.05)
        patches += parts.arm(top, elbow, hand, girth=girth)
    return patches + parts.head((shoulder[0] + 0.06, 0.0, head_z), helmet=True)


def _scooter(shape: CycleShape, layout: Layout, level: Fineness) -> list[Patch]:
    s, n = layout.swatches, max(6, level.around // 2)
    r, length = shape.wheel_radius, shape.length
    (seat_x, seat_z), (grip_x, grip_z) = shape.seat, shape.grip
    tail = np.array(
        [[0.12, 0, 0.66], [0.3, 0, 0.60], [seat_x + 0.05, 0, 0.52], [seat_x + 0.3, 0, 0.40]]
    )
    apron = np.array(
        [[grip_x + 0.12, 0, 0.26], [grip_x + 0.08, 0, 0.60], [grip_x, 0, grip_z - 0.06]]
    )
    fork = np.array([[length - r, 0, r], [grip_x + 0.1, 0, 0.45]])
    pipe = np.array([[seat_x - 0.02, -0.13, 0.20], [0.12, -0.16, 0.30]])
    return [
        tube(tail, np.array([0.06, 0.17, 0.20, 0.10]), s["paint"], around=n),
        ellipsoid((seat_x - 0.05, 0, seat_z - 0.04), (0.40, 0.17, 0.10), s["seat"], around=n),
        box((r - 0.02, -0.13, 0.18), (seat_x + 0.1, 0.13, 0.48), s["dark"]),
        box((seat_x + 0.1, -0.19, 0.20), (grip_x + 0.14, 0.19, 0.29), s["plastic"]),
        tube(apron, np.array([0.24, 0.23, 0.12]), s["paint"], around=n, flatten=0.35),
        tube(fork, np.array([0.05, 0.06]), s["dark"], around=6),
        tube(pipe, np.array([0.03, 0.055]), s["metal"], around=6),
        ellipsoid((length - r, 0, 2 * r - 0.05), (0.24, 0.10, 0.08), s["paint"], around=n),
        ellipsoid((grip_x, 0, grip_z - 0.02), (0.14, 0.18, 0.11), s["paint"], around=n),
        *_controls(shape, layout, level, lamp=(grip_x + 0.09, grip_z - 0.04)),
    ]


def _motorbike(shape: CycleShape, layout: Layout, level: Fineness) -> list[Patch]:
    s, n = layout.swatches, max(6, level.around // 2)
    r, length = shape.wheel_radius, shape.length
    (seat_x, seat_z), (grip_x, grip_z) = shape.seat, shape.grip
    fork = np.array([[length - r, 0.0, r], [grip_x, 0.0, grip_z - 0.05]])
    arm = np.array([[r, 0.0, r], [seat_x + 0.1, 0.0, r + 0.12]])
    pipe = np.array([[seat_x + 0.4, -0.14, 0.26], [seat_x - 0.1, -0.16, 0.30], [0.05, -0.18, 0.42]])
    patches = [
        ellipsoid((seat_x + 0.38, 0, seat_z + 0.06), (0.30, 0.18, 0.15), s["paint"], around=n),
        ellipsoid((seat_x - 0.1, 0, seat_z - 0.01), (0.42, 0.16, 0.08), s["seat"], around=n),
        ellipsoid((seat_x - 0.38, 0, seat_z + 0.02), (0.24, 0.12, 0.09), s["paint"], around=n),
        box((seat_x + 0.08, -0.17, 0.20), (seat_x + 0.58, 0.17, seat_z - 0.06), s["dark"]),
        box((seat_x + 0.2, -0.21, 0.24), (seat_x + 0.46, 0.21, 0.44), s["metal"]),
        ellipsoid((length - r, 0, 2 * r + 0.02), (0.24, 0.10, 0.07), s["paint"], around=n),
        tube(pipe, np.array([0.035, 0.05, 0.075]), s["chrome"], around=6),
    ]
    for shift in np.array([[0.0, 0.08, 0.0], [0.0, -0.08, 0.0]]):
        patches.append(tube(fork + shift, np.array([0.03, 0.028]), s["chrome"], around=5))
        patches.append(tube(arm + shift, np.array([0.03, 0.04]), s["dark"], around=5))
    if shape.style == "sport":
        nose = ((length + grip_x) / 2 - 0.16, 0.0, grip_z - 0.12)
        patches.append(ellipsoid(nose, (0.38, 0.24, 0.25), s["paint"], around=n))
        belly = (seat_x + 0.42, 0.0, 0.42)
        patches.append(ellipsoid(belly, (0.40, 0.21, 0.24), s["paint"], around=n))
    lamp = (grip_x + (0.44 if shape.style == "sport" else 0.13), grip_z - 0.1)
    return patches + _controls(shape, layout, level, lamp=lamp)


def _controls(
    shape: CycleShape, layout: Layout, level: Fineness, *, lamp: tuple[float, float]
) -> list[Patch]:
    """Return bar, mirrors, lamps and the number plate's holder of a motorcycle."""
    s, n = layout.swatches, max(6, level.around // 2)
    grip_x, grip_z = shape.grip
    bar = np.array(
        [[grip_x - 0.05, -0.33, grip_z], [grip_x, 0, grip_z - 0.02], [grip_x - 0.05, 0.33, grip_z]]
    )
    tail = (shape.seat[0] - 0.58, shape.seat[1] - 0.06)
    patches = [
        tube(bar, np.full(3, 0.016), s["plastic"], around=5),
        ellipsoid((lamp[0], 0, lamp[1]), (0.09, 0.12, 0.10), s["white_lamp"], around=n),
        box(
            (tail[0] - 0.04, -0.08, tail[1]), (tail[0] + 0.03, 0.08, tail[1] + 0.07), s["red_lamp"]
        ),
        box(
            (tail[0] - 0.05, -0.10, tail[1] - 0.22),
            (tail[0] - 0.02, 0.10, tail[1] - 0.06),
            s["lens"],
        ),
    ]
    for side in (1, -1):
        centre = (grip_x, side * 0.29, grip_z + 0.15)
        patches.append(ellipsoid(centre, (0.02, 0.06, 0.045), s["plastic"], around=6))
    return patches


def _bicycle(shape: CycleShape, layout: Layout, level: Fineness) -> list[Patch]:
    s = layout.swatches
    r, length = shape.wheel_radius, shape.length
    rear, front = (r, 0.0, r), (length - r, 0.0, r)
    crank = (r + 0.44, 0.0, r - 0.05)
    seat = (shape.seat[0], 0.0, shape.seat[1] - 0.03)
    low_seat = (shape.seat[0] + 0.06, 0.0, shape.seat[1] - 0.26)
    head = (shape.grip[0] + 0.02, 0.0, shape.grip[1] - 0.16)
    grip = (shape.grip[0], 0.0, shape.grip[1])
    bars = [(crank, seat), (crank, head), (low_seat, head), (rear, crank), (rear, low_seat)]
    patches = [
        tube(np.array(ends), np.full(2, 0.019), s["paint"], around=5)
        for ends in [*bars, (front, grip)]
    ]
    bar = np.array([(grip[0] - 0.04, -0.28, grip[2]), (grip[0] - 0.04, 0.28, grip[2])])
    patches.append(tube(bar, np.full(2, 0.015), s["plastic"], around=5))
    patches.append(ellipsoid((shape.seat[0], 0.0, shape.seat[1]), (0.13, 0.07, 0.03), s["seat"]))
    return patches


class _Limbs:
    """Builds the parts of a body from joints."""

    def __init__(self, layout: Layout, level: Fineness) -> None:
        self.skins = layout.swatches
        self.around = max(5, level.around // 2)

    def trunk(self, hip: Point, shoulder: Point, radius: float) -> Patch:
        """Return the trunk, wider than deep, closed at the shoulders."""
        low, high = np.array(hip), np.array(shoulder)
        shares = np.array([0.0, 0.02, 0.3, 0.62, 0.9, 1.0, 1.02])
        path = low + shares[:, None] * (high - low)
        radii = radius * np.array([0.0, 0.98, 0.94, 1.12, 1.1, 0.62, 0.0])
        return tube(path, radii, self.skins["top"], around=self.around, flatten=0.66)

    def leg(self, hip: Point, knee: Point, ankle: Point, *, girth: float) -> Patch:
        """Return a leg in trousers."""
        path = np.array([hip, _between(hip, knee), knee, _between(knee, ankle), ankle])
        radii = np.array([0.095, 0.085, 0.062, 0.058, 0.046]) * girth**0.6
        return tube(path, radii, self.skins["trousers"], around=self.around)

    def shoe(self, ankle: Point) -> Patch:
        """Return a shoe, its sole below the ankle."""
        x, y, z = ankle
        low = max(0.0, z - 0.09)
        return box((x - 0.08, y - 0.045, low), (x + 0.17, y + 0.045, z - 0.01), self.skins["shoes"])

    def arm(self, top: Point, elbow: Point, hand: Point, *, girth: float) -> list[Patch]:
        """Return an arm in its sleeve and the hand."""
        cap = (top[0], 0.88 * top[1], top[2] + 0.045)
        path = np.array([cap, top, _between(top, elbow), elbow, hand])
        radii = np.array([0.0, 0.06, 0.055, 0.045, 0.036]) * girth**0.4
        sleeve = tube(path, radii, self.skins["sleeve"], around=self.around)
        return [sleeve, ellipsoid(hand, (0.045, 0.04, 0.055), self.skins["skin"], around=6)]

    def head(self, centre: Point, *, helmet: bool = False) -> list[Patch]:
        """Return neck, face and hair or helmet."""
        x, _, z = centre
        n = max(6, self.around)
        neck = np.array([[x - 0.04, 0, z - 0.22], [x - 0.01, 0, z - 0.05]])
        patches = [tube(neck, np.array([0.06, 0.055]), self.skins["skin"], around=6)]
        if helmet:
            shell = (HEAD_M * 1.32, HEAD_M * 1.16, HEAD_M * 1.30)
            patches.append(ellipsoid((x, 0, z + 0.01), shell, self.skins["helmet"], around=n))
            visor = (HEAD_M * 0.7, HEAD_M * 0.95, HEAD_M * 0.45)
            patches.append(ellipsoid((x + 0.085, 0, z), visor, self.skins["visor"], around=n))
            return patches
        face = (HEAD_M * 0.98, HEAD_M * 0.82, HEAD_M * 1.22)
        hair = (HEAD_M * 1.02, HEAD_M * 0.92, HEAD_M * 1.02)
        patches.append(ellipsoid((x, 0, z - 0.01), face, self.skins["skin"], around=n))
        patches.append(ellipsoid((x - 0.025, 0, z + 0.035), hair, self.skins["hair"], around=n))
        return patches


def _between(a: Point, b: Point) -> Point:
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2)
