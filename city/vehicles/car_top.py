"""Paints cars from above: windscreen, roof, bonnet, boot lid, load bed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from city.vehicles.canvas import GLOSS_BLACK, Ink, Material, circle
from city.vehicles.car_design import GAP, LIT, SEAL, SEAT, SHUT_LINE_M, SKIN, TRIM, CarLook

if TYPE_CHECKING:
    from city.vehicles.canvas import Face

DASHBOARD: Final = Ink((52, 52, 54), Material(14, 85))
BED: Final = Ink((36, 36, 37), Material(190, 0))


def paint_top(face: Face, look: CarLook) -> None:
    """Paint all that is seen from above."""
    shape = look.shape
    half = shape.body.width / 2
    _, rear, front, _ = shape.glass
    for trait, rgb in (("black_roof", (15, 15, 17)), ("white_roof", (232, 232, 228))):
        if look.individual.has(trait):
            face.rectangle((rear - 0.02, -half), (front + 0.02, half), Ink(rgb, GLOSS_BLACK))
    _bonnet(face, look)
    _windscreen(face, look)
    if shape.bed:
        _bed(face, look)
    elif shape.rear_window_on_top:
        _rear_window(face, look)
    for side in (1, -1):
        y = side * half * (0.74 if not look.van else 0.84)
        face.line([(rear + 0.04, y), (front - 0.04, y * 0.99)], look.shade, 0.02)
    if look.individual.has("sunroof") and not look.van:
        face.rounded((front - 0.80, -0.46 * half), (front - 0.22, 0.46 * half), SEAL, 0.05)
        face.rounded((front - 0.78, -0.44 * half), (front - 0.24, 0.44 * half), look.glass, 0.05)
    if look.van and front - rear > 2:
        for x in np.arange(rear + 0.4, front - 0.3, 0.55):
            face.line([(x, -0.6 * half), (x, 0.6 * half)], look.coat.shaded(0.86), 0.03)


def _windscreen(face: Face, look: CarLook) -> None:
    half = look.shape.body.width / 2
    _, _, front, cowl = look.shape.glass
    foot, head = (0.90, 0.78) if not look.van else (0.92, 0.86)
    span = cowl - front
    outline = np.array(
        [
            (front, -head * half),
            (cowl, -foot * half),
            (cowl + 0.08, 0.0),
            (cowl, foot * half),
            (front, head * half),
        ]
    )
    face.fill(outline, SEAL)
    middle = outline.mean(0)
    face.fill(middle + (0.95, 0.965) * (outline - middle), look.glass.shaded(0.9))
    low = cowl - 0.30 * span
    dash = [
        (low, -0.84 * half),
        (cowl - 0.02, -0.86 * half),
        (cowl - 0.02, 0.86 * half),
        (low, 0.84 * half),
    ]
    face.fill(dash, DASHBOARD, opacity=0.55)
    _front_seats(face, look)
    face.rectangle((front + 0.05 * span, -0.09), (front + 0.13 * span, 0.09), GAP)
    if look.individual.has("sun_strip"):
        face.rectangle((front + 0.02, -head * half), (front + 0.16 * span, head * half), GAP)
    for y in (0.05, 0.62):
        face.line([(cowl + 0.04, (y - 0.62) * half), (cowl - 0.03, (y + 0.12) * half)], GAP, 0.014)


def _front_seats(face: Face, look: CarLook) -> None:
    """Hint at seats, driver and passenger behind the windscreen."""
    _, _, front, cowl = look.shape.glass
    span = cowl - front
    x, tall = front + 0.24 * span, 0.6 * span
    for side, trait in ((1, "driver"), (-1, "passenger")):
        y = side * 0.20 * look.shape.body.width
        face.rounded((x, y - 0.20), (x + 0.22 * span, y + 0.20), SEAT, 0.06)
        face.rounded((x - 0.03, y - 0.10), (x + 0.10 * span, y + 0.10), SEAT, 0.04)
        if look.individual.has(trait):
            torso = circle((x + 0.30 * span, y), 0.20, aspect=0.9)
            face.fill(torso, SEAT.shaded(1.6), opacity=0.6)
            head = circle((x + 0.17 * span, y), 0.10 * tall, aspect=0.85 / tall)
            face.fill(head, SKIN, opacity=0.7)


def _rear_window(face: Face, look: CarLook) -> None:
    half = look.shape.body.width / 2
    low, high, _, _ = look.shape.glass
    outline = np.array(
        [
            (low + 0.02, -0.80 * half),
            (low - 0.03, 0),
            (low + 0.02, 0.80 * half),
            (high - 0.02, 0.72 * half),
            (high - 0.02, -0.72 * half),
        ]
    )
    face.fill(outline, SEAL)
    middle = outline.mean(0)
    face.fill(middle + 0.95 * (outline - middle), look.glass.shaded(0.85))
    span = high - low
    face.rectangle(
        (low + 0.12 * span, -0.66 * half), (low + 0.38 * span, 0.66 * half), DASHBOARD, opacity=0.35
    )
    for side in (1, -1):
        y = side * 0.38 * half
        face.rounded((low + 0.36 * span, y - 0.13), (low + 0.55 * span, y + 0.13), SEAT, 0.04)
    for share in np.linspace(0.2, 0.85, 6):
        x = low + share * span
        face.line([(x, -0.64 * half), (x, 0.64 * half)], LIT.shaded(0.6), 0.004)
    lid = 0.06
    for side in (1, -1):
        face.line(
            [(low - 0.04, side * 0.78 * half), (lid, side * 0.70 * half)], look.shade, SHUT_LINE_M
        )
    face.line([(low - 0.05, -0.78 * half), (low - 0.05, 0.78 * half)], look.shade, SHUT_LINE_M)


def _bonnet(face: Face, look: CarLook) -> None:
    body = look.shape.body
    half, length = body.width / 2, body.length
    cowl = look.shape.glass[3]
    face.rectangle((cowl - 0.02, -0.90 * half), (cowl + 0.09, 0.90 * half), TRIM)
    coat = look.coat
    if look.individual.has("odd_bonnet"):
        coat = _odd(coat)
        outline = [
            (cowl + 0.09, -0.86 * half),
            (length - 0.16, -0.72 * half),
            (length - 0.16, 0.72 * half),
            (cowl + 0.09, 0.86 * half),
        ]
        face.fill(outline, coat)
    for side in (1, -1):
        edge = [
            (cowl + 0.05, side * 0.87 * half),
            (length - 0.42, side * 0.82 * half),
            (length - 0.15, side * 0.70 * half),
        ]
        face.line(edge, look.shade, SHUT_LINE_M)
        crease = np.array([(cowl + 0.1, side * 0.55 * half), (length - 0.3, side * 0.40 * half)])
        face.line(crease, coat.shaded(0.86), 0.03)
        face.line(crease + np.array([0.0, -side * 0.03]), coat.shaded(1.06, 4), 0.01)
    face.line(
        [(length - 0.15, -0.72 * half), (length - 0.15, 0.72 * half)], look.shade, SHUT_LINE_M
    )


def _odd(coat: Ink) -> Ink:
    """Return the paint of a part from another car: primer grey on colours, black on greys."""
    red, green, blue = coat.rgb
    grey = max(red, green, blue) - min(red, green, blue) < 30
    return Ink((34, 34, 36) if grey and red > 80 else (128, 128, 126), Material(110, 60))


def _bed(face: Face, look: CarLook) -> None:
    """Paint an open load bed, or its cover."""
    half, end = look.shape.body.width / 2, look.shape.bed
    covered = look.individual.seed % 3 == 0
    ink = Ink((22, 22, 23), Material(150, 10)) if covered else BED
    face.rounded((0.08, -0.84 * half), (end - 0.02, 0.84 * half), GAP, 0.05)
    face.rounded((0.10, -0.82 * half), (end - 0.04, 0.82 * half), ink, 0.05)
    if covered:
        return
    for y in np.linspace(-0.7, 0.7, 9):
        face.line([(0.12, y * half), (end - 0.06, y * half)], BED.shaded(0.7), 0.02)
    for side in (1, -1):
        face.rectangle(
            (0.1, side * 0.82 * half), (end - 0.04, side * 0.66 * half), GAP, opacity=0.6
        )
