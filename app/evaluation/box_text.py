"""Validation of a line of MOT or CityFlow text as the box of a vehicle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_FRAMES: Final = 10**9
"""A year at 30 frames per second."""
MOST_IDENTITY: Final = 2**53
"""Up to here numbers that are read as float64 stay apart."""
MOST_PX: Final = 1e6
"""A hundred times as wide as any camera's image, for boxes that reach far beyond its edge."""


def check_box(
    place: str, line: str, *, frame: float, identity: float, xywh: Sequence[float]
) -> None:
    """Refuse a box that cannot be; a score would count it all the same.

    Args:
        place: File and number of the line.
        line: What is written there.
        frame: Number of the frame, a whole number.
        identity: Number of the vehicle, a whole number.
        xywh: Upper left corner, width and height in pixels, finite.

    Raises:
        ConfigError: If it cannot be.
    """
    _, _, width, height = xywh
    expected = ""
    if not 1 <= frame <= MOST_FRAMES:
        expected = f"frames from 1 to {MOST_FRAMES} are"
    elif not 0 <= identity <= MOST_IDENTITY:
        expected = f"identities from 0 to {MOST_IDENTITY} are"
    elif width <= 0 or height <= 0:
        expected = "a width and a height above 0 are"
    elif max(map(abs, xywh)) > MOST_PX:
        expected = f"pixels up to {MOST_PX:.0f} are"
    if expected:
        raise ConfigError(f"{place}: {expected} expected, found {line.strip()!r}")
