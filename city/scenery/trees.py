"""Trees and hedges: trunks with branches, crowns of many small cards of leaves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from city.draws import pick
from city.scenery.leaves import Leaf
from city.scenery.palette import Paint
from city.scenery.shapes import box, merge, polygons, tube

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from city.scenery.assembly import Prop
    from city.types import Mesh


class TreeKind(StrEnum):
    """Habits of trees."""

    ROUND = "round"
    BROAD = "broad"
    COLUMN = "column"
    CONIFER = "conifer"
    YOUNG = "young"


@dataclass(frozen=True, slots=True)
class _Habit:
    """Proportions of a full-grown tree, metres; crown: radius and half height."""

    trunk_m: float
    trunk_radius_m: float
    crown_radius_m: float
    crown_half_m: float
    cards: int
    card_m: float


_HABITS: Final = {
    TreeKind.ROUND: _Habit(3.2, 0.17, 2.1, 2.2, 34, 2.2),
    TreeKind.BROAD: _Habit(3.6, 0.24, 3.2, 2.6, 42, 2.85),
    TreeKind.COLUMN: _Habit(2.6, 0.16, 1.1, 4.2, 34, 1.9),
    TreeKind.CONIFER: _Habit(1.0, 0.18, 2.1, 4.4, 38, 2.2),
    TreeKind.YOUNG: _Habit(2.4, 0.06, 1.0, 1.2, 18, 1.3),
}
_LEANING: Final = 0.5
"""How strongly cards turn outward, 0 not at all: upright cards fill the outline."""


def build_tree(kind: TreeKind, leaf: Leaf, rng: Generator) -> Prop:
    """Build one tree at the origin; materials `matte` and `leaves <leaf>`."""
    habit = _HABITS[kind]
    centre = np.array([0.0, 0.0, habit.trunk_m + habit.crown_half_m * 0.75])
    shares = _crown_points(kind, habit.cards, rng)
    scale = np.array([habit.crown_radius_m, habit.crown_radius_m, habit.crown_half_m])
    sizes = habit.card_m * rng.uniform(0.7, 1.15, habit.cards)
    leaves = _cards(centre + shares * scale, centre, sizes, rng)
    bark = (Paint.BARK if rng.random() < 0.75 else Paint.PALE_BARK).swatch
    return {
        "matte": merge(_wood(habit, centre, rng, bark=bark)),
        f"leaves {leaf}": leaves,
    }


def build_hedge(length_m: float, rng: Generator) -> Prop:
    """Build a clipped hedge along x, ragged at its faces; material `leaves dark`."""
    height, depth = rng.uniform(0.9, 1.7), rng.uniform(0.5, 0.8)
    core = box(
        (length_m, depth, height), centre=(0, 0, height / 2), swatch=(0.5, 0.5), open_below=True
    )
    count = max(6, int(length_m * 5))
    points = np.column_stack(
        [
            rng.uniform(-length_m / 2, length_m / 2, count),
            rng.choice([-1.0, 1.0], count) * depth * 0.42,
            rng.uniform(0.25, 1.0, count) * height,
        ]
    )
    inner = points * (1.0, 0.0, 0.8)
    leaves = _cards(points, inner, np.full(count, 0.75), rng)
    return {f"leaves {Leaf.DARK}": merge([core, leaves])}


def build_bush(rng: Generator, *, reach_m: float = 0.9) -> Prop:
    """Build a low bush that reaches at most `reach_m` sideways; material `leaves <leaf>`."""
    leaf = pick((Leaf.BROAD, Leaf.DARK, Leaf.LIGHT), rng)
    points = np.add(rng.uniform(-0.55, 0.55, (16, 3)) * (reach_m, reach_m, 0.45), (0.0, 0.0, 0.45))
    sizes = reach_m * rng.uniform(0.5, 0.63, len(points))
    return {f"leaves {leaf}": _cards(points, np.array([0.0, 0.0, 0.2]), sizes, rng)}


def _crown_points(kind: TreeKind, count: int, rng: Generator) -> NDArray[np.float64]:
    """Return points in and on a crown of radius 1, most near its surface, in a few lobes."""
    directions = rng.normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    if kind is TreeKind.CONIFER:
        height = rng.beta(1.1, 1.5, count) * 2 - 1
        reach = (1 - (height + 1) / 2) * rng.uniform(0.55, 1.0, count)
        angle = rng.uniform(0, 2 * np.pi, count)
        return np.column_stack([reach * np.cos(angle), reach * np.sin(angle), height])
    lobes = rng.normal(size=(5, 3))
    lobes /= np.linalg.norm(lobes, axis=1, keepdims=True)
    bulge = 0.78 + 0.3 * np.max(directions @ lobes.T, axis=1) ** 3
    reach = rng.uniform(0.35, 1.0, count) ** 0.5 * bulge
    return np.asarray(directions * reach[:, None], dtype=np.float64)


def _cards(
    middles: NDArray[np.float64],
    inner: NDArray[np.float64],
    sizes: NDArray[np.float64],
    rng: Generator,
) -> Mesh:
    """Make a square card of leaves at each point (N, 3), lit as part of a round crown."""
    count = len(middles)
    outward = middles - inner
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-6)
    facing = outward * _LEANING + rng.normal(0, 0.6, (count, 3))
    side = np.cross(facing, (0.0, 0.0, 1.0)) + rng.normal(0, 0.05, (count, 3))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(side, facing)
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    half = sizes[:, None] / 2
    signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    corners = (
        middles[:, None]
        + side[:, None] * signs[:, :1] * half[:, None]
        + up[:, None] * signs[:, 1:] * half[:, None]
    )
    corners[..., 2] = np.maximum(corners[..., 2], 0.05)
    normals = np.repeat(np.add(outward, (0.0, 0.0, 0.35)), 4, axis=0)
    uv = np.tile([(0, 1), (1, 1), (1, 0), (0, 0)], (count, 1))
    starts = 4 * np.arange(count)[:, None, None]
    indices = starts + np.array([[0, 1, 2], [0, 2, 3]])
    return polygons(corners.reshape(-1, 3), normals=normals, uv=uv, indices=indices)


def _wood(
    habit: _Habit, centre: NDArray[np.float64], rng: Generator, *, bark: tuple[float, float]
) -> list[Mesh]:
    """Build the trunk, and branches that fork into the crown."""
    fork = np.append(rng.normal(0, 0.08, 2), habit.trunk_m)
    top = np.add(centre, (0, 0, habit.crown_half_m * 0.3))
    trunk = np.array([(0.0, 0.0, 0.0), fork * (0.5, 0.5, 0.5), fork, top])
    radius = habit.trunk_radius_m
    parts = [tube(trunk, (radius * 1.25, radius, radius * 0.8, radius * 0.2), swatch=bark)]
    for _ in range(2):
        angle, reach = rng.uniform(0, 2 * np.pi), habit.crown_radius_m * 0.45
        end = np.add(fork, (reach * np.cos(angle), reach * np.sin(angle), habit.crown_half_m * 0.7))
        parts.append(
            tube(np.array([fork, end]), (radius * 0.5, radius * 0.15), swatch=bark, sides=4)
        )
    return parts
