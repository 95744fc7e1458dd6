"""Reasons for an identity, in words that need no knowledge of the method; and numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from app.times import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.storage.records import CorrectionRecord, Sighting
    from app.storage.store_reader import StoreReader
    from tracking.decisions import Assignment, Candidate, Reasons

NOTABLE: Final = 0.1
"""Less probable candidates are not worth a look at a whole identity; each sighting tells them."""

_CERTAIN: Final = 0.995
_RULED_OUT: Final = 0.005
_MANY_TIMES: Final = 1000
_AHEAD: Final = 1.2
_MOST_NATS: Final = 50.0


def headline(assignment: Assignment | None, corrections: Sequence[CorrectionRecord]) -> str:
    """Return in one line how sure it is which vehicle a sighting shows, and who says so.

    Args:
        assignment: What the association decided, None if nothing is known of that.
        corrections: People's corrections about the sighting that hold.
    """
    if corrections:
        one = corrections[-1]
        words = {"merge": "merged", "split": "split off", "confirm": "confirmed"}
        return f"{words.get(one.kind, 'rejected')} by {one.made_by}"
    if assignment is None:
        return ""
    if assignment.reasons is None and assignment.distance is not None:
        return f"distance {assignment.distance:.2f}"
    if assignment.reasons is None:
        sure = "" if not assignment.candidates else f", {percent(assignment.probability)} certain"
        return f"first seen here{sure}"
    return f"re-identified, {percent(assignment.probability)} certain"


def because(reasons: Reasons, *, named: Callable[[object], str] = str) -> list[str]:
    """Return why a sighting was joined to another one, one phrase for each kind of evidence.

    Args:
        reasons: Why.
        named: Returns what people call an identity or a sighting of its run.
    """
    camera_id, track_id = reasons.previous
    phrases = [
        f"same as {named(f'{camera_id}:{track_id}')}, {_gap(reasons.gap_s)}",
        f"appearance: {percent(reasons.appearance_probability)} (distance {reasons.distance:.2f})",
    ]
    if reasons.travel_time_likelihood != 1:
        phrases.append(_travel_time(reasons))
    if reasons.runner_up is not None:
        ahead = math.exp(min(reasons.margin, _MOST_NATS))
        less = f"{_times(ahead)} less likely" if ahead >= _AHEAD else "about as likely"
        phrases.append(f"next best: identity {named(reasons.runner_up.identity_id)}, {less}")
    return phrases


def possibly(candidates: Iterable[Candidate], *, named: Callable[[object], str] = str) -> str:
    """Return which vehicles a sighting may show instead, empty if there are none.

    Args:
        candidates: Which.
        named: Returns what people call an identity of their run.

    >>> from tracking.decisions import Candidate
    >>> possibly([Candidate(7, 0.31), Candidate(12, 0.08)])
    'possibly the same as identity 7 (31 %) or 12 (8 %)'
    """
    words = [f"{named(c.identity_id)} ({percent(c.probability)})" for c in candidates]
    return f"possibly the same as identity {' or '.join(words)}" if words else ""


def likeliest(store: StoreReader, sightings: Iterable[Sighting]) -> list[Candidate]:
    """Return what the sightings of an identity may show instead, the most probable first.

    Each identity comes once, as likely as it is for the sighting that suggests it most; those that
    are hardly likely are left out.
    """
    best: dict[int, Candidate] = {}
    for sighting in sightings:
        assignment = store.assignment(sighting.sighting_id)
        for one in assignment.candidates if assignment is not None else ():
            if one.probability < NOTABLE:
                continue
            if one.identity_id not in best or best[one.identity_id].probability < one.probability:
                best[one.identity_id] = one
    return sorted(best.values(), key=lambda one: (-one.probability, one.identity_id))


def counted(number: int, what: str) -> str:
    """Return how many there are of something.

    >>> [counted(number, "clip") for number in (0, 1, 2)]
    ['0 clips', '1 clip', '2 clips']
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def percent(probability: float) -> str:
    """Return a probability as people read it; never quite certain.

    >>> [percent(p) for p in (0.0, 0.234, 0.5, 0.9999)]
    ['under 1 %', '23 %', '50 %', 'over 99 %']
    """
    if probability > _CERTAIN:
        return "over 99 %"
    return "under 1 %" if probability < _RULED_OUT else f"{100 * probability:.0f} %"


def _gap(gap_s: float) -> str:
    if gap_s < 0:
        return f"seen by both for {-gap_s:.1f} s"
    return f"{gap_s:.1f} s apart" if gap_s < 100 else f"{format_time(gap_s)} apart"


def _travel_time(reasons: Reasons) -> str:
    likelihood = reasons.travel_time_likelihood
    what = "absence" if reasons.link is None else "travel time"
    if likelihood > 1:
        return f"{what} fits: {_times(likelihood)} more likely than for another vehicle"
    inverse = 1 / likelihood if likelihood > 0 else math.inf
    return f"{what} contradicts it: {_times(inverse)} less likely than for another vehicle"


def _times(factor: float) -> str:
    if factor >= _MANY_TIMES:
        return f"over {_MANY_TIMES:,} times"
    return f"{factor:.0f} times" if factor >= 10 else f"{factor:.1f} times"
