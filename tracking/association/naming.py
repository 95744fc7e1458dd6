"""Assigns a number to a group of sightings that has been regrouped.

Users know vehicles by their numbers. So a group keeps the number under which most of its sightings
were shown, and vehicles that were merged by mistake get back their own.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping, Sequence


def name_groups(
    groups: Sequence[Hashable],
    shown: Sequence[Mapping[int, float]],
    *,
    fixed: Mapping[Hashable, int],
    taken: Collection[int],
    new_number: Callable[[], int],
) -> list[int]:
    """Give every group a number of its own, so that as many members as possible keep theirs.

    A member's number is the one that it was shown under longest; any other one that it was shown
    under is better than a new one. If two numbers have as many members of a group, the smaller one
    stays: a vehicle that was known before is recognised, and not the other way round.

    Args:
        groups: Group of each of N members.
        shown: Numbers that each had before, and for how long, in seconds.
        fixed: Groups whose number is settled.
        taken: Numbers that no other group may have.
        new_number: Gives a number that was never used.

    Returns:
        The number of each member.
    """
    name = dict(fixed)
    used = {*taken, *fixed.values()}
    members: Counter[tuple[Hashable, int]] = Counter()
    for group, numbers in zip(groups, shown, strict=True):
        free = sorted(
            (-seconds, number) for number, seconds in numbers.items() if number not in used
        )
        if group not in fixed:
            members.update({(group, number): place == 0 for place, (_, number) in enumerate(free)})
    first = {group: place for place, group in reversed(list(enumerate(groups)))}
    for (group, number), _ in sorted(
        members.items(), key=lambda entry: (-entry[1], entry[0][1], first[entry[0][0]])
    ):
        if group not in name and number not in used:
            name[group] = number
            used.add(number)
    for group in dict.fromkeys(groups):
        if group not in name:
            name[group] = new_number()
    return [name[group] for group in groups]
