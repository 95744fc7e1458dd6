"""Ground-plane evidence from all sightings of a chain, not only from successive ones.

Where three cameras see the same place, a sighting in the third one is either where both others see
the vehicle, or it is not that vehicle, whichever of the two it is said to follow. So a sighting is
compared with everything that its predecessor's chain was seen to do meanwhile: agreement adds up,
and being seen elsewhere at the same time is evidence against the whole chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tracking.chains.successions import AFTERWARDS, ALONE

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
    onward = _onward(previous, known)
    context = _contexts(previous, slot, some)
    with_onward = meeting[some] @ onward.T
    found = context @ with_onward
    # A column's own followers are not what it joins. They are in the context of an earlier row
    # only if the column meets what it follows.
    followers = np.flatnonzero(previous != ALONE)
    new = np.flatnonzero(some >= known)
    for column in followers[slot[previous[followers], followers] != AFTERWARDS].tolist():
        own = new[onward[column, some[new] - known] > 0]
        found[:, column] -= context[:, own] @ with_onward[own, column]
    return np.asarray(found - counted)


def _onward(previous: NDArray[np.intp], known: int) -> NDArray[np.float64]:
    """Return what follows each sighting, itself included; 0 or 1, (N, N)."""
    onward = np.eye(len(previous))
    for column, row in reversed(list(enumerate(previous.tolist()))):
        if row >= known:
            onward[row - known] += onward[column]
    return onward


def _contexts(
    previous: NDArray[np.intp], slot: NDArray[np.intp], some: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return which of some sightings lead to each row, or meet what does; 0 or 1, (R, S)."""
    total, n = slot.shape
    known = total - n
    group = np.arange(total)
    for column, row in enumerate(previous.tolist()):
        if row != ALONE and slot[row, column] != AFTERWARDS:
            group[known + column] = group[row]
    context: NDArray[np.float64] = (group[:, None] == group[some]).astype(np.float64)
    for column, row in enumerate(previous.tolist()):
        if row != ALONE and slot[row, column] == AFTERWARDS:
            context[group == group[known + column]] += context[row]
    return context
