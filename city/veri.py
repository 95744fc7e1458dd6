"""File names and lists of crops in VeRi-776's layout.

Reference: Liu et al., "A deep learning-based approach to progressive vehicle re-identification for
urban surveillance", ECCV 2016: `<identity>_c<camera>_<frame>_<n>.jpg`, `image_train/`,
`image_query/`, `image_test/`, and a list of names for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_QUERIES: Final = 4
"""Of one vehicle, in different cameras."""


def crop_name(identity: int, camera: int, frame: int) -> str:
    """Return the name of a crop.

    >>> crop_name(7, 3, 120)
    '0007_c003_00000120_0.jpg'
    """
    return f"{identity:04}_c{camera:03}_{frame:08}_0.jpg"


def parse_name(name: str) -> tuple[int, int]:
    """Return identity and camera of a crop.

    >>> parse_name("0007_c003_00000120_0.jpg")
    (7, 3)
    """
    identity, camera, _ = name.split("_", 2)
    return int(identity), int(camera[1:])


def choose_query_names(names: Iterable[str]) -> list[str]:
    """Return the crops to search with: one per camera, up to `MAX_QUERIES` of a vehicle.

    Vehicles that only one camera saw have none: nothing could be found of them.
    """
    first: dict[int, dict[int, str]] = {}
    for name in sorted(names):
        identity, camera = parse_name(name)
        first.setdefault(identity, {}).setdefault(camera, name)
    return [
        cameras[camera]
        for _, cameras in sorted(first.items())
        if len(cameras) > 1
        for camera in sorted(cameras)[:MAX_QUERIES]
    ]


def name_list(names: Iterable[str]) -> str:
    """Return the text of a list."""
    return "".join(f"{name}\n" for name in sorted(names))
