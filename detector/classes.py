"""Maps the class names of any detector, and the kinds of the city, to our vehicle classes.

This is the one rule, which docs/detector.md shows. Vans and pickups are cars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

_SYNONYMS: Final = {
    "car": (
        *("auto", "automobile", "coupe", "hatchback", "minivan", "mpv", "pickup", "pickup truck"),
        *("sedan", "suv", "taxi", "van", "wagon"),
    ),
    "motorcycle": ("motorbike", "moped", "scooter"),
    "bus": ("coach", "minibus", "school bus", "big bus"),
    "truck": ("box truck", "lorry", "semi trailer", "semi truck", "trailer truck"),
}

_PERSONS: Final = ("person", "pedestrian", "people", "rider")


def class_map(names: Sequence[str]) -> dict[int, int]:
    """Return which of a detector's classes is which of `CLASS_NAMES`.

    Names are compared without regard to case, hyphens and underscores, and by common synonyms.

    Args:
        names: Class name of each of the detector's outputs, in order.

    Returns:
        Output index -> class id, for the vehicles among the names; empty if there are none.

    >>> class_map(["person", "Motor-Bike", "SUV"])
    {2: 0}
    >>> class_map(["person", "motorbike", "pick_up", "lorry"])
    {1: 1, 3: 3}
    """
    return {i: known for i, name in enumerate(names) if (known := _class_id(name)) is not None}


def class_of(name: str) -> str | None:
    """Return which of `CLASS_NAMES` a name stands for, None if it is no vehicle of ours.

    >>> class_of("box_truck"), class_of("pickup"), class_of("bicycle")
    ('truck', 'car', None)
    """
    class_id = _class_id(name)
    return None if class_id is None else CLASS_NAMES[class_id]


def main_outputs(names: Sequence[str]) -> dict[int, int]:
    """Return which output of a detector stands for each of our classes, as far as there is one.

    Where several do, it is the one that has our name, or else the first: of "car" and "van", "car".

    Args:
        names: As for `class_map`.

    Returns:
        Class id -> output index.

    >>> main_outputs(["van", "car", "lorry", "bus"])
    {0: 1, 3: 2, 2: 3}
    """
    found: dict[int, int] = {}
    for index, class_id in class_map(names).items():
        if class_id not in found or _plain(names[index]) == CLASS_NAMES[class_id]:
            found[class_id] = index
    return found


def person_outputs(names: Sequence[str]) -> list[int]:
    """Return which of a detector's classes are people, who may ride its motorcycles.

    >>> person_outputs(["person", "car"])
    [0]
    """
    return [i for i, name in enumerate(map(_plain, names)) if name in _PERSONS]


def _class_id(name: str) -> int | None:
    plain = _plain(name)
    for class_id, class_name in enumerate(CLASS_NAMES):
        if plain in (class_name, *_SYNONYMS[class_name]):
            return class_id
    return None


def _plain(name: str) -> str:
    """Return a name without regard to case and marks between words."""
    return name.lower().replace("-", " ").replace("_", " ").strip()
