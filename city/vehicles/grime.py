"""What use leaves on paint: dust, mud, scratches, dents, rust."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from city.vehicles.canvas import Canvas, Ink, Material, circle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from city.vehicles.canvas import Face, Sheet
    from city.vehicles.individual import Individual
    from city.vehicles.layout import View

DUST_RGB: Final = (120, 110, 94)
MUD_RGB: Final = (86, 72, 54)
DUST_ROUGHNESS: Final = 150
"""Added where the dust is opaque."""
NOISES: Final = 16
"""Different clouds of dust; their place and direction differ too."""
NOISE_PX: Final = 96
SPLASH_M: Final = 0.9
"""Wheels throw dirt up to about this height."""


def soil(canvas: Canvas, individual: Individual) -> None:
    """Lay dust over all views of a vehicle, most of it low on the flanks and behind."""
    rng = random.Random(individual.seed + 11)
    mud = individual.has("mud")
    for name, view in canvas.layout.views.items():
        base = name.removeprefix("trailer_")
        # Everything passes the washed-up road behind the wheels; roofs stay nearly clean.
        amount = {"rear": 1.25, "front": 0.8, "top": 0.55}.get(base, 1.0) * individual.dirt
        height = None if base == "top" else SPLASH_M * (1.6 if base == "rear" else 1.0)
        cover = _cover(canvas, view, rng, height=height)
        sheet = canvas.part(view.box)
        _dust(sheet, cover * (0.08 + 1.05 * amount), DUST_RGB)
        if mud and height is not None:
            splash = _cover(canvas, view, rng, height=0.45)
            _dust(sheet, np.clip((splash - 0.42) * 5, 0, 0.85), MUD_RGB)


def _cover(
    canvas: Canvas, view: View, rng: random.Random, *, height: float | None
) -> NDArray[np.float32]:
    """Return how densely dust lies, float32 (h, w) from 0 to 1, a quarter of the view's size."""
    left, top, right, bottom = view.box
    scale = canvas.detail / 4
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    noise = _noise(rng.randrange(NOISES))
    shift = rng.randrange(NOISE_PX), rng.randrange(NOISE_PX)
    cloud = cv2.resize(np.roll(noise, shift, (0, 1)), size, interpolation=cv2.INTER_LINEAR)
    if height is None:
        return np.asarray(0.6 * cloud, np.float32)
    z = (view.offset[1] - np.linspace(top, bottom, size[1])) / view.scale
    fall = np.clip(1 - z / height, 0.0, 1.0) ** 1.3
    return np.asarray(cloud * (0.28 + 0.95 * fall[:, None]), np.float32)


@lru_cache(maxsize=NOISES)
def _noise(seed: int) -> NDArray[np.float32]:
    """Return clouds of several sizes, float32 (n, n) from 0 to 1, that join at their edges."""
    rng = np.random.default_rng(seed)
    total = np.zeros((NOISE_PX, NOISE_PX), np.float32)
    for octave, weight in ((6, 0.45), (16, 0.30), (48, 0.25)):
        cells = rng.random((octave, octave), np.float32)
        wrapped = np.pad(cells, 2, mode="wrap")
        size = (NOISE_PX * (octave + 4)) // octave
        fine = cv2.resize(wrapped, (size, size), interpolation=cv2.INTER_CUBIC)
        edge = (size - NOISE_PX) // 2
        total += weight * fine[edge : edge + NOISE_PX, edge : edge + NOISE_PX]
    total -= total.min()
    return np.asarray(total / total.max(), np.float32)


def _dust(sheet: Sheet, cover: NDArray[np.float32], rgb: tuple[int, int, int]) -> None:
    """Blend a colour over a sheet and roughen what it covers."""
    size = sheet.rgb.shape[1::-1]
    weight = cv2.resize(np.clip(cover, 0, 0.9), size, interpolation=cv2.INTER_LINEAR)
    plain = np.zeros_like(sheet.rgb)
    cv2.rectangle(plain, (0, 0), size, rgb, cv2.FILLED)
    sheet.rgb[:] = cv2.blendLinear(plain, np.ascontiguousarray(sheet.rgb), weight, 1 - weight)
    rough, coat = (cv2.extractChannel(sheet.material, channel) for channel in (0, 1))
    added = cv2.convertScaleAbs(weight, alpha=DUST_ROUGHNESS)
    cv2.insertChannel(cv2.add(rough, added), sheet.material, 0)
    cv2.insertChannel(cv2.multiply(coat, 1 - 0.8 * weight, dtype=cv2.CV_8U), sheet.material, 1)


def damage(
    face: Face, individual: Individual, coat: Ink, span: tuple[float, float], z: float
) -> None:
    """Scratch, dent and rust a flank.

    Args:
        face: The flank.
        individual: Whose damage it is.
        coat: Its paint.
        span: From where to where it can be hit, metres.
        z: Height of the middle of its doors.
    """
    rng = random.Random(individual.seed + (5 if face.view.matrix[0, 0] > 0 else 6))
    # Damage is on one flank; which one the seed says.
    if (individual.seed % 2 == 0) == (face.view.matrix[0, 0] > 0):
        return
    pale = sum(coat.rgb) > 420
    bare = Ink((84, 82, 80) if pale else (176, 174, 170), Material(170, 0))
    if individual.has("scratch"):
        x, length = rng.uniform(*span), rng.uniform(0.3, 1.1)
        for _ in range(rng.randint(1, 3)):
            y = z + rng.uniform(-0.18, 0.12)
            face.line([(x, y), (x + length, y + rng.uniform(-0.06, 0.06))], bare, 0.009)
    if individual.has("dent"):
        x, y = rng.uniform(*span), z + rng.uniform(-0.2, 0.05)
        radius = rng.uniform(0.10, 0.24)
        face.fill(circle((x, y), radius, aspect=0.7), Ink((0, 0, 0), coat.material), opacity=0.3)
        bright = circle((x - 0.03, y - 0.05), radius * 0.7, aspect=0.5)
        face.fill(bright, Ink((255, 255, 255), coat.material), opacity=0.16)
    if individual.has("rust"):
        rust = Ink((104, 58, 32), Material(220, 0))
        for _ in range(rng.randint(3, 7)):
            spot = (rng.uniform(*span), z - rng.uniform(0.25, 0.4))
            face.fill(
                circle(spot, rng.uniform(0.02, 0.06), aspect=0.8, corners=7), rust, opacity=0.8
            )
