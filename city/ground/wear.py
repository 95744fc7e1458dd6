"""What traffic and repairs leave on asphalt: tracks, oil, patches, trenches, cracks, covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from city.ground.canvas import Canvas, Tile
from city.ground.polyline import cut, normals, offset, point_at
from city.ground.surfaces import FAST_ROADS

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from city.network import Lane, RoadNetwork

NEUTRAL: Final = 128
"""Tone of untouched asphalt; twice as much would be twice as bright."""
_TRACK_OFFSET_M: Final = 0.78
"""Half the track of a car: where tyres polish the lane."""
_SOFTNESS_M: Final = 0.22


@dataclass(frozen=True, slots=True, eq=False)
class Wear:
    """Tones that multiply the asphalt's colour.

    Attributes:
        tone: float32 (height, width), 1 where nothing happened.
        polished: float32 (height, width), 0 to 1, how much traffic rolls there: paint goes first.
    """

    tone: NDArray[np.float32]
    polished: NDArray[np.float32]


def trace_wear(network: RoadNetwork, tile: Tile, *, seed: int) -> Wear:
    """Draw the wear of all carriageways of a tile."""
    soft, crisp = Canvas(tile, base=NEUTRAL), Canvas(tile, base=NEUTRAL)
    polish = Canvas(tile)
    for number, junction in enumerate(network.junctions):
        if junction.has_area:
            tone = NEUTRAL + round(np.random.default_rng([seed, 1, number]).uniform(-9, 7))
            crisp.polygon(junction.shape, tone)
    rngs = [np.random.default_rng([seed, 2, k]) for k in range(len(network.lanes))]
    for lane, rng in zip(network.lanes, rngs, strict=True):
        _resurfacing(crisp, lane, rng)
    for lane, rng in zip(network.lanes, rngs, strict=True):
        _tracks(soft, polish, lane, rng)
        if not lane.internal:
            _repairs(crisp, lane, rng)
        if not lane.internal or rng.random() < 0.4:
            _cracks(crisp, lane, rng)
    for lane, rng in zip(network.lanes, rngs, strict=True):
        _covers(crisp, lane, rng)
    tones = _blurred(soft, tile) * crisp.cover * np.float32(255 / NEUTRAL) ** 2
    return Wear(tone=np.asarray(tones, np.float32), polished=_blurred(polish, tile))


def _blurred(canvas: Canvas, tile: Tile) -> NDArray[np.float32]:
    sigma = max(_SOFTNESS_M * tile.pixels_per_metre, 0.4)
    return np.asarray(cv2.GaussianBlur(canvas.cover, (0, 0), sigma), np.float32)


def _resurfacing(canvas: Canvas, lane: Lane, rng: Generator) -> None:
    """Lay some lanes, or stretches of them, anew: another tone from seam to seam."""
    if lane.internal or lane.length_m < 12 or rng.random() > 0.3:
        return
    start = rng.uniform(0, lane.length_m * 0.5)
    end = rng.uniform(start + 6, lane.length_m)
    tone = NEUTRAL + round(rng.uniform(-20, 14))
    piece = cut(lane.shape, start, max(end, start + 4))
    canvas.strip(piece, lane.width_m, tone)


def _tracks(soft: Canvas, polish: Canvas, lane: Lane, rng: Generator) -> None:
    """Polish both wheel tracks and drip oil between them, most where vehicles wait."""
    strength = 0.45 if lane.internal else 1.0
    drift = rng.uniform(-0.15, 0.15)
    tone = NEUTRAL + round(strength * rng.uniform(3, 12))
    for side in (-1, 1):
        line = offset(lane.shape, side * _TRACK_OFFSET_M + drift)
        soft.strip(line, 0.55, tone)
        polish.strip(line, 0.7, 255 if not lane.internal else 150)
    soft.strip(offset(lane.shape, drift), 0.5, NEUTRAL - round(strength * rng.uniform(6, 14)))
    if not lane.internal and lane.length_m > 25:
        waiting = cut(lane.shape, lane.length_m - 18, lane.length_m - 1)
        soft.strip(offset(waiting, drift), 0.75, NEUTRAL - round(rng.uniform(14, 30)))


def _repairs(canvas: Canvas, lane: Lane, rng: Generator) -> None:
    """Put patches and trenches, each with a darker seam of bitumen."""
    for _ in range(rng.poisson(lane.length_m / (22 if lane.road_type not in FAST_ROADS else 60))):
        middle = rng.uniform(0, lane.length_m)
        length, width = rng.uniform(0.8, 5.0), rng.uniform(0.6, lane.width_m * 0.75)
        piece = cut(lane.shape, middle - length / 2, middle + length / 2)
        side = rng.uniform(-0.5, 0.5) * (lane.width_m - width)
        _patch(canvas, offset(piece, side), width, rng)
    for _ in range(rng.poisson(lane.length_m / 90)):
        point, direction = point_at(lane.shape, rng.uniform(3, max(4.0, lane.length_m - 3)))
        across = np.array([-direction[1], direction[0]]) + direction * rng.uniform(-0.3, 0.3)
        half = lane.width_m * 0.5
        _patch(canvas, np.array([point - across * half, point + across * half]), 0.7, rng)


def _patch(canvas: Canvas, line: NDArray[np.float64], width_m: float, rng: Generator) -> None:
    tone = NEUTRAL + round(rng.choice([-32, -22, -14, 10, 18, 26]) * rng.uniform(0.6, 1.0))
    canvas.strip(line, width_m + 0.12, NEUTRAL - 34)
    canvas.strip(line, width_m, tone)


def _cracks(canvas: Canvas, lane: Lane, rng: Generator) -> None:
    """Walk cracks along and across the lane; a part of them is sealed with broad bitumen."""
    for _ in range(rng.poisson(lane.length_m / (38 if lane.road_type not in FAST_ROADS else 60))):
        sealed = rng.random() < 0.45
        point, direction = point_at(lane.shape, rng.uniform(0, lane.length_m))
        across = rng.random() < 0.5
        heading = np.arctan2(direction[1], direction[0]) + (np.pi / 2 if across else 0.0)
        steps = int(rng.integers(4, 9) if across else rng.integers(6, 24))
        turns = heading + np.cumsum(rng.normal(0, 0.28, steps))
        moves = 0.55 * np.column_stack([np.cos(turns), np.sin(turns)])
        start = point + np.array([-direction[1], direction[0]]) * rng.uniform(-1.4, 1.4)
        path = start + np.vstack([np.zeros(2), np.cumsum(moves, axis=0)])
        canvas.strip(path, 0.055 if sealed else 0.025, NEUTRAL - (62 if sealed else 48))


def _covers(canvas: Canvas, lane: Lane, rng: Generator) -> None:
    """Set manhole covers, and gullies at the kerb of the rightmost lane."""
    if lane.internal or lane.road_type in FAST_ROADS:
        return
    for _ in range(rng.poisson(lane.length_m / 45)):
        point, direction = point_at(lane.shape, rng.uniform(2, max(3.0, lane.length_m - 2)))
        centre = point + np.array([-direction[1], direction[0]]) * rng.uniform(-0.5, 0.5)
        canvas.disc(centre, 0.46, NEUTRAL + 22)
        canvas.disc(centre, 0.37, NEUTRAL - 46)
        canvas.disc(centre, 0.30, NEUTRAL - 30)
    if lane.index == 0 and lane.road_type == "street":
        left = normals(lane.shape)[0]
        for along in np.arange(rng.uniform(4, 20), lane.length_m - 3, 24.0):
            piece = cut(lane.shape, along, along + 0.55) - left * (lane.width_m / 2 - 0.28)
            canvas.strip(piece, 0.36, NEUTRAL - 66)
