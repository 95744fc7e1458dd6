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
    plain = (name.lower().replace("-", " ").replace("_", " ").strip() for name in names)
    return {index: known[name] for index, name in enumerate(plain) if name in known}
