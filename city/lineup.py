"""Vehicles of a set of crops: sampled, numbered, about a quarter of them with look-alikes."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from city.population import Actor, split_colours, split_models
from city.vehicles.catalogue import MODELS
from city.vehicles.individual import draw_individual, look_alike

if TYPE_CHECKING:
    from collections.abc import Collection

GROUP_SHARE: Final = 0.11
"""Of the draws, how many begin a group; with the sizes below, a quarter of all vehicles."""
GROUP_SIZES: Final = (2, 2, 3, 4)


def draw_lineup(
    count: int,
    *,
    seed: int,
    split: str,
    first_id: int = 1,
    variants: int = 0,
    classes: Collection[str] = (),
) -> dict[int, Actor]:
    """Draw vehicles.

    Args:
        count: How many.
        seed: Of everything random.
        split: `training` or `validation`: whose body models and colours.
        first_id: Id of the first.
        variants: Body shapes of each model; 0 for the catalogue's alone.
        classes: Only vehicles of these classes, of `detector.types.CLASS_NAMES`; none for all, as
            often as a street shows them.

    Returns:
        The vehicles by id; those of one group follow each other.

    Raises:
        ValueError: If there are fewer than two, or the variants are negative.
    """
    if count < 2:
        raise ValueError(f"identities must be at least 2, is {count}")
    if variants < 0:
        raise ValueError(f"variants must not be negative, is {variants}")
    rng = random.Random(f"{seed} {split} lineup")
    models = [
        name
        for name in split_models(split)
        if not classes or MODELS[name].detector_class in classes
    ]
    colours = split_colours(split)
    lineup: dict[int, Actor] = {}
    groups = 0
    while len(lineup) < count:
        first = draw_individual(rng, models=models, colours=colours)
        if variants:
            first = replace(first, variant=rng.randint(1, variants))
        size = rng.choice(GROUP_SIZES) if rng.random() < GROUP_SHARE else 1
        size = min(size, count - len(lineup))
        groups += size > 1
        for number in range(size):
            actor_id = first_id + len(lineup)
            individual = look_alike(first, rng) if number else first
            group = f"group{groups}" if size > 1 else ""
            lineup[actor_id] = Actor(actor_id, individual, group=group)
    return lineup
