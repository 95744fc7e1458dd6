"""Final pass: decides everything again, with all that was learned by the end.

A sweep in order of time over blocks of tracklets; each block is decided jointly with the previous
one, which is then settled.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from tracking.association.book import renumbered
from tracking.association.naming import name_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tracking.association.book import Book, View
    from tracking.decisions import Assignment, Key
    from tracking.types import Tracklet

BLOCK: Final = 200
"""Tracklets of a block: some minutes of a dozen cameras."""


def decide_again(
    tracklets: Sequence[Tracklet],
    shown: Sequence[Mapping[int, float]],
    book: Book,
    view: View,
    *,
    new_number: Callable[[], int],
    cameras: Sequence[str],
) -> dict[Key, Assignment]:
    """Decide tracklets from the beginning.

    Args:
        tracklets: All of them, ended, in order of their first times by corrected clocks.
        shown: Identities that each had before, and for how long, in seconds.
        book: An empty one.
        view: What is believed by now.
        new_number: Gives an identity that was never used.
        cameras: Names of the cameras by index.
    """
    provisional = count(1)
    found: dict[Key, Assignment] = {}
    pending: list[Tracklet] = []
    for start in range(0, len(tracklets), BLOCK):
        block = tracklets[start : start + BLOCK]
        pending = [*pending, *block]
        decision = book.decide(pending, [], {}, view)
        before = [{found[t.key].identity_id: 1.0} if t.key in found else {} for t in pending]
        taken = {number for had in before for number in had if book.holds(number)}
        numbers = decision.identities(before, taken=taken, new_number=provisional.__next__)
        found |= decision.assignments(numbers, decision.keys, cameras)
        older = pending[: -len(block)]
        now = block[0].first_timestamp
        book.settle(older, [found[t.key].identity_id for t in older], now=now)
        pending = list(block)
    keys = [t.key for t in tracklets]
    groups = [found[key].identity_id for key in keys]
    names = name_groups(groups, shown, fixed={}, taken=(), new_number=new_number)
    number_of = dict(zip(groups, names, strict=True))
    return {key: renumbered(found[key], number_of) for key in keys}
