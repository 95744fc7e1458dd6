"""Which number a group of sightings gets when it has been grouped anew."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Sequence


def name_groups(
    groups: Sequence[Hashable],
    former: Sequence[int | None],
    *,
    fixed: dict[Hashable, int],
    taken: Collection[int],
    new_number: Callable[[], int],
) -> list[int]:
    """Give every group a number of its own, so that as many members as possible keep theirs.

    Args:
        groups: Group of each of N members.
        former: Number that each had before, None for none.
        fixed: Groups whose number is settled.
        taken: Numbers that no other group may have.
        new_number: Gives a number that was never used.

    Returns:
        The number of each member.
    """
    name = dict(fixed)
    used = {*taken, *fixed.values()}
    votes = Counter(
        (group, number)
        for group, number in zip(groups, former, strict=True)
        if number is not None and group not in fixed
    )
    first = {group: place for place, group in reversed(list(enumerate(groups)))}
    for (group, number), _ in sorted(
        votes.items(), key=lambda vote: (-vote[1], vote[0][1], first[vote[0][0]])
    ):
        if group not in name and number not in used:
            name[group] = number
            used.add(number)
    for group in dict.fromkeys(groups):
        if group not in name:
            name[group] = new_number()
    return [name[group] for group in groups]
