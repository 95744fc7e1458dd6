"""Side windows of cars and what shows behind their glass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from city.vehicles.canvas import circle
from city.vehicles.car_design import BRIGHT, LIT, SEAL, SEAT, SKIN, CarLook

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.vehicles.canvas import Face


def paint_windows(face: Face, look: CarLook) -> None:
    """Paint the windows of a flank: seals, glass, what shows behind it, posts."""
    rear, front = window_span(look)
    body = look.shape.body
    face.fill(window_outline(look, np.linspace(rear - 0.03, front + 0.03, 30), -0.016), SEAL)
    face.fill(window_outline(look, np.linspace(rear, front, 30), 0.008), look.glass)
    _interior(face, look)
    if look.individual.has("chrome"):
        along = np.linspace(rear - 0.03, front, 12)
        face.line(np.stack([along, body.belt_at(along)], -1), BRIGHT, 0.018)
    height = (look.shape.brow or max(z for _, z in body.top)) - 0.10
    for x in _posts(look):
        z = float(body.belt_at(x))
        post = [(x - 0.045, z), (x + 0.045, z), (x + 0.015, height), (x - 0.055, height)]
        face.fill(post, SEAL)
    quarter = min(door_edges(look)[1] - 0.06, front - 0.3)
    if front - quarter > 0.5:
        z = float(body.belt_at(quarter))
        face.line([(quarter, z), (quarter - 0.03, z + 0.45)], SEAL, 0.035)


def _posts(look: CarLook) -> list[float]:
    """Return x of the posts between the side windows."""
    shape = look.shape
    rear, front = window_span(look)
    pillar = door_edges(look)[0]
    posts = [pillar + 0.02]
    if front - rear > 3.2:
        posts += [float(x) for x in np.arange(rear + 0.95, pillar - 0.4, 1.05)]
    elif shape.doors == 4 and not shape.bed:
        posts.append(max(shape.axles[0] + 0.10, rear + 0.26))
    return [x for x in posts if x > rear + 0.12]


def _interior(face: Face, look: CarLook) -> None:
    """Hint at what glass shows: the street beyond, seats, heads."""
    body, pillar = look.shape.body, door_edges(look)[0]
    rear, front = window_span(look)
    through = 0.10 if look.individual.has("dark_glass") else 0.34
    x = np.linspace(rear + 0.05, front - 0.25, 16)
    outline = window_outline(look, x, 0.05)
    outline[: len(x), 1] += 0.07
    low = outline[: len(x), 1]
    outline[:, 1] = np.maximum(outline[:, 1], np.r_[low, low[::-1]])
    face.fill(outline, LIT, opacity=through)
    seats = [pillar + 0.16]
    if not look.shape.panel_from:
        seats += [float(s) for s in np.arange(pillar - 0.68, rear + 0.25, -0.9)]
    for seat in seats:
        z = float(body.belt_at(seat))
        face.fill(
            [(seat - 0.13, z), (seat + 0.08, z), (seat + 0.02, z + 0.20), (seat - 0.15, z + 0.20)],
            SEAT,
            opacity=0.85,
        )
        face.rounded((seat - 0.15, z + 0.18), (seat - 0.04, z + 0.30), SEAT, 0.03)
    if look.individual.has("driver"):
        seat = pillar + 0.24
        z = float(body.belt_at(seat))
        torso = [
            (seat - 0.14, z),
            (seat + 0.2, z),
            (seat + 0.14, z + 0.15),
            (seat - 0.06, z + 0.19),
        ]
        face.fill(torso, SEAT, opacity=0.9)
        face.fill(circle((seat + 0.05, z + 0.23), 0.085, aspect=1.3), SKIN, opacity=0.8)


def door_edges(look: CarLook) -> tuple[float, float]:
    """Return x of the pillar behind the front door and of its hinges."""
    shape = look.shape
    hinge = shape.axles[1] - shape.wheel_radius - 0.16
    hinge = min(hinge, shape.glass[3] + 0.05)
    if shape.panel_from and shape.doors == 2:
        return shape.panel_from - 0.06, hinge
    return hinge - (1.30 if shape.doors == 2 else 1.08), hinge


def window_outline(look: CarLook, x: NDArray[np.float64], inset: float) -> NDArray[np.float64]:
    """Return the outline of the side windows over x, `inset` metres inside belt and roof."""
    body = look.shape.body
    belt, roof = body.belt_at(x), body.roof_at(x)
    rail = roof - 0.045 - 0.075 * ((roof - belt) / 0.4).clip(0, 1)
    low = belt + 0.012 + inset
    ceiling = look.shape.brow - 0.06 if look.shape.brow else np.inf
    high = np.maximum(np.minimum(rail - 0.022, ceiling) - inset, low)
    return np.concatenate([np.stack([x, low], -1), np.stack([x, high], -1)[::-1]])


def window_span(look: CarLook) -> tuple[float, float]:
    """Return x of the rear and of the front end of the side windows."""
    shape = look.shape
    a, b, _, d = shape.glass
    rear = a + 0.28 * (b - a) + 0.20
    if shape.bed:
        rear = b + 0.05
    elif shape.panel_from:
        rear = shape.panel_from
    return rear, d - 0.06
