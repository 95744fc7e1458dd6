"""Ground-plane evidence from all sightings of a chain, not only from successive ones.

Where three cameras see the same place, a sighting in the third one is either where both others see
the vehicle, or it is not that vehicle, whichever of the two it is said to follow. So a sighting is
compared with everything that its predecessor's chain was seen to do meanwhile: agreement adds up,
and being seen elsewhere at the same time is evidence against the whole chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tracking.chains.successions import AFTERWARDS, ALONE, Generations

if TYPE_CHECKING:
    from numpy.typing import NDArray


def chain_places(
    previous: NDArray[np.intp],
    slot: NDArray[np.intp],
    meeting: NDArray[np.float64],
    counted: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return log-odds of joining each row's chain and each column's, by the places of all others.

    The row's chain is what leads to it, with all that met it on the way (`_contexts`); the
    column's is the column and all that follows it, directly or not.

    Args:
        previous: intp (N,), predecessors, `ALONE` for none.
        slot: intp (K + N, N); see `successions`.
        meeting: float64 (K + N, N), ground-plane evidence of each pair seen by two cameras at the
            same time, in both orders among the sightings (the speed is the row's, so that the two
            differ a little); 0 of others.
        counted: float64 (K + N, N), the part of that which the pair's own log-odds hold.

    Returns:
        float64 (K + N, N); without what is counted already. Only of rows before the column:
        others are no pairs, and what is said of them means nothing.
    """
    if not meeting.any():
        return np.zeros(meeting.shape)
    total, n = meeting.shape
    known = total - n
    # Most sightings meet none: only those that do are looked at.
    meets = np.asarray(meeting.any(axis=1))
    meets[known:] |= meeting.any(axis=0)
    some = np.flatnonzero(meets)
    group, leads = _groups(previous, slot)
    chains = Generations(previous, known)
    # Of each column with all that follows it.
    columns = np.ascontiguousarray(meeting[some].T)
    chains.add_onward(columns)
    with_onward = np.ascontiguousarray(columns.T)
    found: NDArray[np.float64] = _of_contexts(group, leads, some, with_onward)[group]
    # A column's own followers are not what it joins. They are in the context of an earlier row
    # only if the column meets what it follows; of the column's own group, then.
    followers = np.flatnonzero(previous != ALONE)
    followers = followers[slot[previous[followers], followers] != AFTERWARDS]
    if len(followers):
        onward, new = np.eye(n, dtype=np.bool_), np.flatnonzero(some >= known)
        chains.add_onward(onward)
        joined, place = np.unique(group[known + followers], return_inverse=True)
        descends = _descends(leads, joined)[group]
        for column, own_group in zip(followers.tolist(), place.tolist(), strict=True):
            own = new[onward[column, some[new] - known]]
            own = own[group[some[own]] == joined[own_group]]
            found[descends[:, own_group], column] -= with_onward[own, column].sum()
    found -= counted
    return found


def _groups(
    previous: NDArray[np.intp], slot: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return groups of sightings that meet, directly or not.

    Returns:
        intp (K + N,), the group of each row, from 0 in the order of their first ones; and intp
        (G,), the group that each follows afterwards, `ALONE` for none.
    """
    total, n = slot.shape
    known = total - n
    group, leads = list(range(known)), [ALONE] * known
    met = (previous != ALONE) & (slot[previous, np.arange(n)] != AFTERWARDS)
    for row, meets in zip(previous.tolist(), met.tolist(), strict=True):
        if meets:
            group.append(group[row])
        else:
            group.append(len(leads))
            leads.append(ALONE if row == ALONE else group[row])
    return np.array(group, np.intp), np.array(leads, np.intp)


def _of_contexts(
    group: NDArray[np.intp],
    leads: NDArray[np.intp],
    some: NDArray[np.intp],
    values: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return for each group the sum over its sightings and those of all groups that lead to it.

    Args:
        group: intp (K + N,), of each row.
        leads: intp (G,), the group before each.
        some: intp (S,), the rows that have values.
        values: float64 (S, N).

    Returns:
        float64 (G, N).
    """
    found = np.zeros((len(leads), values.shape[1]))
    own = group[some]
    order = own.argsort(kind="stable")
    begins = np.searchsorted(own[order], own[order])
    # Groups are small: first the first ones of all groups, then the second ones, and so on.
    place = np.arange(len(order)) - begins
    for number in range(int(place.max(initial=-1)) + 1):
        members = order[place == number]
        found[own[members]] += values[members]
    for number, before in enumerate(leads.tolist()):
        if before != ALONE:
            found[number] += found[before]
    return found


def _descends(leads: NDArray[np.intp], some: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return to which groups some lead, themselves included; bool (G, S)."""
    descends: NDArray[np.bool_] = np.arange(len(leads))[:, None] == some
    for number, before in enumerate(leads.tolist()):
        if before != ALONE:
            descends[number] |= descends[before]
    return descends
