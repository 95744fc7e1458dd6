"""Paints cars from the front and from behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from city.vehicles.canvas import Ink, circle
from city.vehicles.car_design import (
    AMBER,
    BLACK,
    BRIGHT,
    CLEAR,
    CLEAR_LIT,
    GAP,
    LIT,
    RED,
    RED_LIT,
    REFLECTOR,
    SEAL,
    SEAT,
    SHUT_LINE_M,
    TRIM,
    CarLook,
)
from city.vehicles.car_flank import nose_height, tail_heights
from city.vehicles.plates import paint_plate

if TYPE_CHECKING:
    from city.vehicles.canvas import Face


def paint_front(face: Face, look: CarLook) -> None:
    """Paint bumper, grille, head lamps and plate."""
    body, design = look.shape.body, look.design
    half, nose, sill = body.width / 2, nose_height(look), body.sill
    face.fill(
        [(-half, sill + 0.30), (half, sill + 0.30), (half, 0), (-half, 0)], BLACK, opacity=0.16
    )
    _intake(face, look)
    _grille(face, look, nose)
    for side in (1, -1):
        _head_lamp(face, look, side, nose)
        if look.individual.has("fog_lamps"):
            face.disc((side * half * 0.72, sill + 0.16), 0.05, REFLECTOR)
            face.disc(
                (side * half * 0.72, sill + 0.16), 0.032, Ink((170, 174, 178), CLEAR.material)
            )
    bumper = nose - design.grille_drop - 0.07
    face.line([(-0.86 * half, bumper), (0.86 * half, bumper)], look.shade, SHUT_LINE_M)
    face.line([(-0.80 * half, nose + 0.01), (0.80 * half, nose + 0.01)], look.shade, SHUT_LINE_M)
    paint_plate(face, (0.0, sill + 0.27), look.individual)


def _intake(face: Face, look: CarLook) -> None:
    body, design = look.shape.body, look.design
    half, sill = body.width / 2, body.sill
    wide = design.intake * half
    face.rectangle((-half, 0), (half, look.bumper_trim[1]), TRIM)
    outline = [
        (-wide, sill + 0.20),
        (wide, sill + 0.20),
        (0.86 * wide, sill + 0.06),
        (-0.86 * wide, sill + 0.06),
    ]
    face.fill(outline, GAP)
    for z in np.arange(sill + 0.085, sill + 0.19, 0.035):
        face.line([(-wide * 0.93, z), (wide * 0.93, z)], TRIM.shaded(1.6), 0.009)


def _grille(face: Face, look: CarLook, nose: float) -> None:
    design = look.design
    half = look.shape.body.width / 2
    wide, top = design.grille_half * half, nose - 0.03
    low = top - design.grille_drop
    outline = [(-wide, top), (wide, top), (0.86 * wide, low), (-0.86 * wide, low)]
    face.fill(outline, GAP)
    bars = BRIGHT.shaded(0.8) if look.individual.has("chrome") else TRIM.shaded(1.9)
    if design.grille in ("slats", "slim"):
        for z in np.linspace(top - 0.02, low + 0.02, 4 if design.grille == "slats" else 2):
            face.line([(-wide * 0.94, z), (wide * 0.94, z)], bars, 0.009)
    else:
        step = 0.045 if design.grille == "mesh" else 0.075
        for y in np.arange(-wide * 0.9, wide * 0.9, step):
            lean = 0.04 if design.grille == "mesh" else 0.0
            face.line([(y, top - 0.01), (y + lean, low + 0.01)], bars.shaded(0.7), 0.009)
            if lean:
                face.line([(y + lean, top - 0.01), (y, low + 0.01)], bars.shaded(0.7), 0.009)
    face.line(outline, bars, 0.013, closed=True)
    face.disc((0.0, (top + low) / 2), 0.055, BRIGHT.shaded(0.6))
    face.disc((0.0, (top + low) / 2), 0.045, BRIGHT)


def _head_lamp(face: Face, look: CarLook, side: int, nose: float) -> None:
    design, half = look.design, look.shape.body.width / 2
    top, drop = nose - 0.025, design.lamp_slant
    low, inner = top - design.lamp_height, design.lamp_inner * half
    tip, foot = (inner, top - drop - 0.01), (inner + 0.04, low - drop * 0.4 + 0.02)
    outline = np.array([(half, top), tip, foot, (half, low)])
    face.fill(outline * (side, 1), SEAL)
    middle = outline.mean(0)
    face.fill((middle + 0.88 * (outline - middle)) * (side, 1), REFLECTOR)
    face.fill((middle + (0.80, 0.62) * (outline - middle)) * (side, 1), CLEAR)
    reach, radius = 0.88 * half - inner, 0.40 * design.lamp_height
    for number in range(design.projectors):
        y = side * (inner + reach * (0.34 + 0.36 * number))
        centre = (y, (top + low) / 2 - drop * 0.3)
        face.disc(centre, radius, SEAL)
        face.disc(centre, radius * 0.82, REFLECTOR.shaded(1.5))
        face.disc(centre, radius * 0.62, CLEAR_LIT)
    strip = [(inner + 0.05, low - drop * 0.4 + 0.035), (half * 0.9, low + 0.022)]
    face.line(np.array(strip) * (side, 1), CLEAR_LIT.shaded(0.92), 0.016)
    corner = np.array([(half, top - 0.02), (0.86 * half, top - 0.02), (0.87 * half, low + 0.04)])
    face.fill(corner * (side, 1), AMBER, opacity=0.5)


def paint_rear(face: Face, look: CarLook) -> None:
    """Paint bumper, tail lamps, rear window or doors, and plate."""
    shape, body = look.shape, look.shape.body
    half, sill = body.width / 2, body.sill
    high, low = tail_heights(look)
    bumper = sill + (0.30 if not shape.boot else 0.36)
    face.fill([(-half, bumper), (half, bumper), (half, 0), (-half, 0)], BLACK, opacity=0.16)
    face.rectangle((-half, 0), (half, look.bumper_trim[0]), TRIM)
    face.line([(-half, bumper), (half, bumper)], look.shade, SHUT_LINE_M * 1.4)
    if not shape.rear_window_on_top and not shape.bed:
        _rear_window(face, look)
    if shape.bed:
        _cab_window(face, look)
    _lid(face, look, bumper)
    for side in (1, -1):
        _tail_lamp(face, look, side, high, low)
        face.rectangle((side * 0.82 * half, sill + 0.15), (side * 0.62 * half, sill + 0.19), RED)
    if look.design.tail_bar and not look.van:
        face.rectangle((-0.6 * half, high - 0.035), (0.6 * half, high - 0.075), RED_LIT.shaded(0.8))
    _exhaust(face, look)
    z = min(low + 0.02, bumper + 0.28) if not look.van else bumper + 0.16
    face.rounded((-0.34, z - 0.10), (0.34, z + 0.10), look.coat.shaded(0.55), 0.04)
    paint_plate(face, (0.0, z), look.individual)
    if not look.van:
        face.disc((0.0, (high + z + 0.12) / 2 + 0.02), 0.045, BRIGHT)


def _rear_window(face: Face, look: CarLook) -> None:
    """Paint the window of a tailgate, or the two of a van's doors."""
    shape, body = look.shape, look.shape.body
    half = body.width / 2
    height = max(z for _, z in body.top)
    low, high = body.belt[0] + 0.06, height - (0.14 if not look.van else 0.30)
    wide, narrow = 0.80 * half, (0.80 - 0.75 * body.tumblehome) * half
    blank = shape.panel_from and look.individual.seed % 3
    panes = [(-1.0, 1.0)] if not look.van else [(-1.0, -0.07), (0.07, 1.0)]
    for left, right in panes:
        pane = np.array(
            [(left * wide, low), (right * wide, low), (right * narrow, high), (left * narrow, high)]
        )
        middle = pane.mean(0)
        if blank:
            face.fill(middle + (pane - middle) * (1.04, 1.06), look.shade)
            face.fill(pane, look.coat.shaded(0.88))
            continue
        face.fill(middle + (pane - middle) * (1.05, 1.08), SEAL)
        face.fill(pane, look.glass)
        if not look.van:
            for y in (-0.36, 0.36):
                face.rounded(
                    (y * half * 1.1 - 0.12, low), (y * half * 1.1 + 0.12, low + 0.17), SEAT, 0.05
                )
            face.fill(middle + (pane - middle) * (0.8, 0.35) + (0, 0.04), LIT, opacity=0.22)
    if not look.van:
        face.line([(0.0, low), (-0.28, low + 0.06)], GAP, 0.016)


def _cab_window(face: Face, look: CarLook) -> None:
    half = look.shape.body.width / 2
    height = max(z for _, z in look.shape.body.top)
    low = look.shape.body.belt[0] + 0.12
    face.rounded((-0.66 * half, low), (0.66 * half, height - 0.16), SEAL, 0.05)
    face.rounded((-0.63 * half, low + 0.02), (0.63 * half, height - 0.18), look.glass, 0.05)


def _lid(face: Face, look: CarLook, bumper: float) -> None:
    """Draw the gaps of tailgate, boot lid or doors."""
    shape = look.shape
    half = shape.body.width / 2
    height = max(z for _, z in shape.body.top)
    if look.van:
        face.line([(0, bumper), (0, height - 0.1)], look.shade, SHUT_LINE_M * 2.5)
        for side in (1, -1):
            for z in (0.3, 0.75):
                hinge = bumper + z * (height - bumper)
                face.rectangle(
                    (side * 0.93 * half, hinge), (side * 0.85 * half, hinge + 0.06), TRIM
                )
        face.rectangle((-0.16, bumper + 0.30), (-0.04, bumper + 0.35), TRIM)
        return
    top = shape.body.belt[0]
    edge = 0.70 if not shape.bed else 0.78
    for side in (1, -1):
        face.line(
            [(side * edge * half, bumper), (side * edge * half, top)], look.shade, SHUT_LINE_M
        )
    if shape.bed:
        face.rounded((-0.13, bumper + 0.30), (0.13, bumper + 0.38), TRIM, 0.02)


def _tail_lamp(face: Face, look: CarLook, side: int, high: float, low: float) -> None:
    half = look.shape.body.width / 2
    inner = (0.84 if look.van or look.shape.bed else look.design.tail_inner) * half
    outline = np.array(
        [(half, high), (inner, high - 0.02), (inner + 0.03, low + 0.03), (half, low)]
    )
    face.fill(outline * (side, 1), RED.shaded(0.5))
    middle = outline.mean(0)
    face.fill((middle + 0.9 * (outline - middle)) * (side, 1), RED)
    tall = high - low
    lit = np.array([(inner + 0.03, high - 0.2 * tall), (0.95 * half, high - 0.2 * tall)])
    face.line(lit * (side, 1), RED_LIT, 0.22 * tall)
    clear = np.array(
        [(inner + 0.03, low + 0.34 * tall), (inner + 0.35 * (half - inner), low + 0.34 * tall)]
    )
    face.line(
        clear * (side, 1), Ink((196, 190, 186), RED.material._replace(rear_lamp=0)), 0.14 * tall
    )
    face.line((clear + np.array([0.4 * (half - inner), 0.0])) * (side, 1), AMBER, 0.14 * tall)


def _exhaust(face: Face, look: CarLook) -> None:
    half, sill = look.shape.body.width / 2, look.shape.body.sill
    sides = (1, -1) if look.design.projectors == 1 else (1,)
    for side in sides:
        face.fill(circle((side * half * 0.6, sill + 0.03), 0.045), BRIGHT.shaded(0.6))
        face.fill(circle((side * half * 0.6, sill + 0.03), 0.033), GAP)
