"""From the class names of any detector to the vehicle classes of this project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

_SYNONYMS: Final = {
    "car": ("auto", "automobile", "hatchback", "minivan", "mpv", "sedan", "suv", "taxi", "van"),
    "motorcycle": ("motorbike", "moped", "scooter"),
    "bus": ("coach", "minibus", "school bus", "big bus"),
    "truck": ("box truck", "lorry", "pickup", "pickup truck", "semi truck", "trailer truck"),
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
    known = {
        name: class_id
        for class_id, class_name in enumerate(CLASS_NAMES)
        for name in (class_name, *_SYNONYMS[class_name])
    }
    return {i: known[name] for i, name in enumerate(map(_plain, names)) if name in known}


def person_outputs(names: Sequence[str]) -> list[int]:
    """Return which of a detector's classes are people, who may ride its motorcycles.

    >>> person_outputs(["person", "car"])
    [0]
    """
    return [i for i, name in enumerate(map(_plain, names)) if name in _PERSONS]


def _plain(name: str) -> str:
    """Return a name without regard to case and marks between words."""
    return name.lower().replace("-", " ").replace("_", " ").strip()
