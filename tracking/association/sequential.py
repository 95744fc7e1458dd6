"""Decisions one after the other, without the joint one: which sightings are decided again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tracking.decisions import Key
    from tracking.types import Tracklet


def decided_again(
    given: Collection[Key],
    window: Mapping[Key, Tracklet],
    identities: Mapping[Key, int],
    previous: Mapping[Key, Key | None],
    *,
    conflicts: Callable[[Sequence[Tracklet], Sequence[Tracklet]], NDArray[np.bool_]] | None,
) -> set[Key]:
    """Return which sightings are decided when some are given.

    Whom another one follows stays who it is: both would need a new number else. But if it turns out
    to be still there when a later one of its identity begins, that one is decided again, with all
    that follow it.

    Args:
        given: Those that are given.
        window: All that are not settled, by name.
        identities: Of these, but for new ones.
        previous: Which sighting each of them follows, None for none.
        conflicts: Gives which of N tracklets cannot be one vehicle with which of M, bool (N, M);
            None if nothing rules that out.
    """
    followed = set(previous.values())
    again = {key for key in given if key not in followed}
    if conflicts is None:
        return again
    pending: list[Key] = []
    for key in set(given) - again:
        one = window[key]
        later = [
            other
            for other in window.values()
            if identities.get(other.key) == identities[key]
            and other.first_timestamp > one.first_timestamp
        ]
        refuted = conflicts([one], later)[0].tolist()
        pending += [other.key for other, apart in zip(later, refuted, strict=True) if apart]
    while pending:
        key = pending.pop()
        if key not in again:
            again.add(key)
            pending += [other for other, before in previous.items() if before == key]
    return again
