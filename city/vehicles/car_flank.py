"""Paints the flanks of cars: windows, doors, lamps' sides, cladding, wheel arches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from city.vehicles.canvas import Ink, circle
from city.vehicles.car_design import (
    AMBER,
    ARCH_GAP_M,
    BLACK,
    BRIGHT,
    CLEAR,
    GAP,
    RED,
    REFLECTOR,
    SHUT_LINE_M,
    TRIM,
    WHITE,
    CarLook,
)
from city.vehicles.car_windows import door_edges, paint_windows, window_span

if TYPE_CHECKING:
    from city.vehicles.canvas import Face


def paint_flank(face: Face, look: CarLook) -> None:
    """Paint one flank; what is symmetric comes out alike on both."""
    _crease(face, look)
    _cladding(face, look)
    pillar, hinge = door_edges(look)
    paint_windows(face, look)
    _doors(face, look, pillar, hinge)
    _lamps(face, look)
    _arches(face, look)


def _crease(face: Face, look: CarLook) -> None:
    """Shade the flank under the crease and lighten it above: pressed metal is never plain."""
    body, design = look.shape.body, look.design
    x = np.linspace(0.18, body.length - 0.35, 14)
    rise = design.crease_rise * (1 - x / body.length)
    z = body.belt_at(x) - design.crease + rise
    for depth, ink, opacity in ((0.10, BLACK, 0.10), (0.045, BLACK, 0.14), (-0.03, WHITE, 0.08)):
        edge = np.stack([x, z], -1)
        face.fill(np.concatenate([edge, (edge - (0, depth))[::-1]]), ink, opacity=opacity)
    low = body.sill + 0.30
    band = [(0, low), (body.length, low), (body.length, 0), (0, 0)]
    face.fill(band, BLACK, opacity=0.16)


def _cladding(face: Face, look: CarLook) -> None:
    body, individual = look.shape.body, look.individual
    high = body.sill + (0.15 if look.shape.clad else 0.07)
    ink = TRIM if look.shape.clad or look.van else look.coat.shaded(0.4)
    face.fill([(0, high), (body.length, high), (body.length, 0), (0, 0)], ink)
    # The bumpers reach around the corners.
    (rear, front), (rear_trim, front_trim) = look.shape.axles, look.bumper_trim
    face.rectangle((0, 0), (rear, rear_trim), TRIM)
    face.rectangle((front, 0), (body.length, front_trim), TRIM)
    if individual.has("side_moulding") and not look.shape.clad:
        z = body.sill + 0.34
        reach = look.shape.wheel_radius + 0.1
        face.rectangle((rear + reach, z), (front - reach, z + 0.05), TRIM)
    if individual.has("stripes"):
        x = np.array([0.1, body.length - 0.2])
        for offset in (0.26, 0.35):
            stripe = np.stack([x, body.belt_at(x) - offset], -1)
            face.line(stripe, _contrast(look.coat), 0.035)


def _contrast(ink: Ink) -> Ink:
    light = sum(ink.rgb) > 380
    return Ink((28, 30, 34) if light else (218, 218, 214), ink.material)


def _doors(face: Face, look: CarLook, pillar: float, hinge: float) -> None:
    shape, body = look.shape, look.shape.body
    sill = body.sill + 0.10
    back = max(shape.axles[0] + shape.wheel_radius * 0.9, window_span(look)[0] - 0.02)
    edges = [hinge, pillar]
    if shape.doors == 4:
        edges.append(min(back, pillar - 0.7))
    elif shape.panel_from:
        edges += [pillar - 0.08, max(pillar - 1.25, shape.axles[0] + shape.wheel_radius + 0.05)]
    for number, x in enumerate(edges):
        z = float(body.belt_at(x))
        top = z + 0.02 if not (shape.panel_from and number > 1) else body.roof_at(x) - 0.2
        foot = sill
        if number == 2 and shape.doors == 4 and abs(x - shape.axles[0]) < shape.wheel_radius + 0.1:
            foot = 2 * shape.wheel_radius + ARCH_GAP_M
        _shut(face, look, [(x, float(top)), (x + 0.02, (z + foot) / 2), (x, foot)])
    _shut(face, look, [(edges[-1], sill), (hinge, sill)])
    handles = [pillar + 0.10] + ([edges[2] + 0.10] if shape.doors == 4 else [])
    for x in handles:
        _handle(face, look, x)
    if shape.panel_from:
        _blank_panels(face, look)
    _shut(face, look, [(0.16, body.sill + 0.34), (0.16, float(body.belt_at(0.2)) - 0.1)])
    fuel = shape.axles[0] - 0.05
    z = float(body.belt_at(fuel)) - 0.16
    if not shape.bed and z > 2 * shape.wheel_radius + 0.1:
        face.line(circle((fuel, z), 0.075), look.shade, SHUT_LINE_M * 0.8, closed=True)


def _shut(face: Face, look: CarLook, points: list[tuple[float, float]]) -> None:
    """Draw a gap between panels with the light that its far edge catches."""
    lit = np.array(points) - (0.012, 0.0)
    face.line(lit, look.coat.shaded(1.12, 8), SHUT_LINE_M * 0.7)
    face.line(points, look.shade if sum(look.coat.rgb) > 150 else GAP, SHUT_LINE_M)


def _handle(face: Face, look: CarLook, x: float) -> None:
    z = float(look.shape.body.belt_at(x)) - 0.115
    face.rounded((x - 0.01, z - 0.035), (x + 0.19, z + 0.03), look.coat.shaded(0.62), 0.03)
    ink = BRIGHT if look.individual.has("chrome") else look.coat
    if look.shape.clad and not look.individual.has("chrome"):
        ink = look.coat.shaded(0.9)
    face.rounded((x, z - 0.008), (x + 0.18, z + 0.02), ink, 0.012)


def _blank_panels(face: Face, look: CarLook) -> None:
    """Paint the pressed panels and the sliding door's rail of a panel van."""
    body, pillar = look.shape.body, look.shape.panel_from
    height = max(z for _, z in body.top)
    rail = float(body.belt_at(1.0)) - 0.06
    face.line([(0.25, rail), (pillar - 0.1, rail)], GAP, 0.02)
    low, high = rail + 0.12, height - 0.24
    count = 2 if pillar > 1.9 else 1
    width = (pillar - 0.35) / count
    for i in range(count):
        x = 0.22 + i * width
        face.rounded((x + 0.05, low), (x + width - 0.08, high), look.coat.shaded(0.93), 0.08)
        face.rounded(
            (x + 0.065, low), (x + width - 0.08, high - 0.015), look.coat.shaded(1.02, 2), 0.08
        )


def _lamps(face: Face, look: CarLook) -> None:
    """Wrap head and tail lamps around the corners."""
    body, design = look.shape.body, look.design
    nose = nose_height(look)
    top, low = nose - 0.025, nose - 0.025 - design.lamp_height
    length = body.length
    tip = 0.26 + 0.9 * design.lamp_height
    face.fill(
        [(length, top), (length - tip, top + 0.02), (length - 0.2, low), (length, low)], REFLECTOR
    )
    face.fill(
        [
            (length, top - 0.02),
            (length - tip + 0.1, top),
            (length - 0.2, low + 0.03),
            (length, low + 0.02),
        ],
        CLEAR,
    )
    face.fill(
        [(length - tip + 0.02, top + 0.01), (length - tip + 0.1, top), (length - 0.22, low + 0.05)],
        AMBER,
        opacity=0.7,
    )
    z1, z0 = tail_heights(look)
    reach = 0.13 if look.van or look.shape.bed else 0.24
    face.fill([(0, z1), (reach, z1 - 0.02), (reach * 0.75, z0 + 0.02), (0, z0)], RED)
    line = nose - design.grille_drop - 0.07
    _shut(face, look, [(length - 0.62, line), (length - 0.1, line)])


def nose_height(look: CarLook) -> float:
    """Return the height of the bonnet's front edge."""
    body = look.shape.body
    return float(body.roof_at(body.length - 0.13))


def tail_heights(look: CarLook) -> tuple[float, float]:
    """Return the upper and the lower edge of the tail lamps."""
    shape, design = look.shape, look.design
    belt = shape.body.belt[0]
    if look.van:
        return belt + 0.12, belt - 0.38
    if shape.bed:
        return belt - 0.06, belt - 0.40
    top = belt - 0.05 if shape.boot else belt - 0.02
    tall = design.tail_height * (1.0 if shape.boot else 1.5)
    return top, top - tall


def _arches(face: Face, look: CarLook) -> None:
    radius = look.shape.wheel_radius
    for x in look.shape.axles:
        if look.shape.clad:
            face.fill(circle((x, radius), radius + 0.115, corners=40), TRIM)
        else:
            ring = circle((x, radius), radius + ARCH_GAP_M + 0.02, corners=40)
            face.line(ring, look.coat.shaded(0.6), 0.03, closed=True)
        face.fill(circle((x, radius), radius + ARCH_GAP_M + 0.008, corners=40), GAP)
        face.cut(circle((x, radius), radius + ARCH_GAP_M, corners=40))
