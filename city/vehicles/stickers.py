"""Stickers, taxi signs, odd doors: what owners add to or change on a car's surface."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import numpy as np

from city.vehicles.canvas import PRINT, Ink, circle
from city.vehicles.car_windows import door_edges, window_span
from city.vehicles.lettering import BRANDS, brand, contrast, letter

if TYPE_CHECKING:
    from city.vehicles.canvas import Canvas, Face
    from city.vehicles.car_design import CarLook

TAXI: Final = Ink((22, 22, 24), PRINT)
WORDS: Final = (
    "4x4",
    "TURBO",
    "BABY ON BOARD",
    "SURF",
    "RADIO 97.4",
    "F.C. UNITED",
    "ROCK",
    "eco",
    "GTX",
)


def odd_door(face: Face, look: CarLook) -> None:
    """Paint the front door in another colour; before the shut lines."""
    if not look.individual.has("odd_door") or not _this_side(face, look):
        return
    body = look.shape.body
    pillar, hinge = door_edges(look)
    x = np.linspace(pillar, hinge, 6)
    low = np.full_like(x, body.sill + 0.1)
    outline = np.concatenate([np.stack([x, body.belt_at(x)], -1), np.stack([x, low], -1)[::-1]])
    pale = sum(look.coat.rgb) > 300
    face.fill(outline, Ink((40, 42, 48) if pale else (150, 150, 148), PRINT))


def _this_side(face: Face, look: CarLook) -> bool:
    return (look.individual.seed // 2 % 2 == 0) == bool(face.view.matrix[0, 0] > 0)


def decorate(canvas: Canvas, look: CarLook) -> None:
    """Stick on what an individual has, on all views."""
    rng = random.Random(look.individual.seed + 21)
    for name in ("left", "right"):
        face = canvas.face(name)
        if look.individual.livery == "taxi":
            _taxi_flank(face, look)
        elif look.individual.has("lettering"):
            _company(face, look)
        elif look.individual.has("door_sticker") and _this_side(face, look):
            _door_sticker(face, look, rng)
    _behind(canvas.face("rear"), look, rng)
    _screen(canvas.face("top"), look, rng)


def _taxi_flank(face: Face, look: CarLook) -> None:
    body = look.shape.body
    ink = TAXI if sum(look.coat.rgb) > 260 else Ink((238, 196, 40), PRINT)
    pillar, hinge = door_edges(look)
    style = look.individual.seed % 3
    if style == 0:
        z = float(body.belt_at(pillar)) - 0.30
        for row in range(2):
            for x in np.arange(pillar - 0.9 + 0.08 * row, hinge, 0.16):
                face.rectangle((x, z + 0.08 * row), (x + 0.08, z + 0.08 * (row + 1)), ink)
    elif style == 1:
        x = np.array([0.3, body.length - 0.4])
        face.line(np.stack([x, body.belt_at(x) - 0.28], -1), ink, 0.12)
    number = f"TAXI {look.individual.seed % 900 + 100}"
    centre = ((pillar + hinge) / 2, float(body.belt_at(pillar)) - 0.42)
    face.text(centre, 0.14, number, ink if style else contrast(look.coat), width_m=0.8)


def _company(face: Face, look: CarLook) -> None:
    rng = random.Random(look.individual.seed + 3)
    body = look.shape.body
    pillar, hinge = door_edges(look)
    if look.shape.panel_from:
        height = max(z for _, z in body.top)
        letter(
            face,
            (0.35, body.belt[0] + 0.08),
            (look.shape.panel_from - 0.15, height - 0.30),
            look.coat,
            rng,
        )
        return
    z = float(body.belt_at(pillar))
    low = (pillar - 0.75, z - 0.50) if look.shape.doors == 4 else (pillar + 0.1, z - 0.50)
    letter(face, low, (hinge - 0.1, z - 0.10), look.coat, rng)


def _door_sticker(face: Face, look: CarLook, rng: random.Random) -> None:
    pillar, hinge = door_edges(look)
    x = rng.uniform(pillar - 0.4, hinge - 0.3)
    z = float(look.shape.body.belt_at(x)) - rng.uniform(0.2, 0.35)
    ink = brand(rng, look.coat)
    if rng.random() < 0.5:
        face.fill(circle((x, z), 0.13), ink)
        face.text((x, z), 0.11, str(rng.randint(1, 99)), contrast(ink), width_m=0.2)
    else:
        face.text((x, z), 0.12, rng.choice(WORDS), ink, width_m=0.8)


def _behind(face: Face, look: CarLook, rng: random.Random) -> None:
    individual, body = look.individual, look.shape.body
    half = body.width / 2
    if individual.has("bumper_sticker"):
        side = rng.choice((-1, 1))
        z = body.sill + rng.uniform(0.40, 0.52)
        y = side * rng.uniform(0.30, 0.5) * half
        ink = Ink(rng.choice(BRANDS), PRINT)
        face.rectangle((y - 0.14, z), (y + 0.14, z + 0.09), ink)
        face.text((y, z + 0.045), 0.05, rng.choice(WORDS), contrast(ink), width_m=0.24)
    if individual.has("bumper_scuff"):
        y = rng.choice((-1, 1)) * rng.uniform(0.6, 0.85) * half
        z = body.sill + rng.uniform(0.16, 0.28)
        bare = Ink((150, 148, 144), PRINT)
        for _ in range(3):
            end = (y + rng.uniform(-0.2, 0.2), z + rng.uniform(-0.03, 0.06))
            face.line([(y, z + rng.uniform(-0.04, 0.04)), end], bare, 0.012)
    if individual.livery == "taxi":
        face.text(
            (0.55 * half, body.belt[0] - 0.22), 0.09, "TAXI", contrast(look.coat), width_m=0.3
        )
    if look.van and individual.has("lettering"):
        company = random.Random(individual.seed + 3)
        high = max(z for _, z in body.top) - 0.3
        low = body.belt[0] + (0.1 if look.shape.panel_from else -0.55)
        if look.shape.panel_from and individual.seed % 3:
            letter(face, (-0.8 * half, low), (0.8 * half, high), look.coat, company)


def _screen(face: Face, look: CarLook, rng: random.Random) -> None:
    """Put passes and badges behind the windscreen."""
    if not look.individual.has("window_sticker"):
        return
    half, cowl = look.shape.body.width / 2, look.shape.glass[3]
    for _ in range(rng.randint(1, 2)):
        y, x = rng.choice((-0.72, -0.6, 0.1, 0.66)) * half, cowl - rng.uniform(0.12, 0.22)
        ink = Ink(
            rng.choice(((230, 60, 40), (240, 220, 60), (60, 140, 230), (236, 236, 236))), PRINT
        )
        face.rectangle((x, y), (x + 0.07, y + 0.10), ink)
    if look.individual.livery == "taxi":
        rear, _ = window_span(look)
        face.rectangle((rear, -0.1), (rear + 0.1, 0.1), TAXI)
