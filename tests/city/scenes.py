"""The scene for tests, and populations for it that nobody had to simulate."""

from __future__ import annotations

import random
from pathlib import Path

from city.population import Actor
from city.scene import Scene, load_scene
from city.vehicles.individual import draw_individual, look_alike

TINY = Path(__file__).parents[2] / "configs" / "city" / "tiny.yaml"


def tiny(**fields: object) -> Scene:
    """The scene `tiny` with some fields changed."""
    return load_scene(TINY).model_copy(update=fields)


def actors(count: int, *, alike: tuple[int, ...] = (), parked: tuple[int, ...] = ()) -> dict:
    """Cars with the ids from 1; some of them alike, some parked."""
    rng = random.Random(3)
    first = draw_individual(rng, kind="sedan")
    return {
        number: Actor(
            number,
            look_alike(first, rng) if number in alike else draw_individual(rng, kind="hatchback"),
            group="group1" if number in alike else "",
            parked=number in parked,
        )
        for number in range(1, count + 1)
    }
