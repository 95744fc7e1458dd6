"""Is this machine fast enough for its live cameras?"""

from __future__ import annotations

from typing import Final

TOLD_AFTER_S: Final = 30.0
"""Before that the pictures of before the run began, which come all at once, count for too much."""
ENOUGH_FPS: Final = 8.0
"""No measured scene has fewer pictures a second: with so many, skipping others costs little."""
MOST_SKIPPED: Final = 0.1
"""A share that says nothing: of a camera that takes few pictures, one is skipped now and then."""


def slowness(*, arrived: int, skipped: int, watched_s: float) -> str:
    """Return in words that too few of a live camera's pictures are looked at, "" if enough are.

    Args:
        arrived: Pictures that came.
        skipped: Those of them that were replaced by a newer one before anybody looked.
        watched_s: Seconds in which they came, without outages.

    >>> slowness(arrived=600, skipped=480, watched_s=60.0).partition(":")[0]
    'only 2.0 of 10.0 pictures a second are looked at, for this machine is too slow'
    """
    if watched_s < TOLD_AFTER_S or skipped < MOST_SKIPPED * arrived:
        return ""
    looked_at, coming = (arrived - skipped) / watched_s, arrived / watched_s
    if looked_at >= ENOUGH_FPS:
        return ""
    return (
        f"only {looked_at:.1f} of {coming:.1f} pictures a second are looked at, for this machine "
        "is too slow: vehicles may be missed; fewer cameras, smaller images or --no-video help"
    )
