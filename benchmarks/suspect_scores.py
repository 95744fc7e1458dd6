"""How well suspects were found: scores of many answers together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.suspects import LISTED, Answer
from reid.evaluation.metrics import RetrievalScores, score_ranking

MARGINS: Final = (0.0, 0.03, 0.1, 0.2, float("inf"))
"""Between these the certainty is given."""

NEARNESS: Final = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
"""Distances below which vehicles are told of (`app.query --nearer-than`)."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How well some suspects were found.

    Attributes:
        there: Suspects that were seen and stored, and so can be found.
        elsewhere: Suspects that no camera saw.
        top1: Share of those there of which the first entry has a sighting.
        top5: Share of which one of the first five entries has.
        mean_ap: Mean average precision over sightings.
        listed: Share of a suspect's sightings (of ten at most) among the first ten.
        told_apart: Probability that one that is there has a nearer first entry than one that is
            not; None without both kinds.
    """

    there: int
    elsewhere: int
    top1: float
    top5: float
    mean_ap: float
    listed: float
    told_apart: float | None


@dataclass(frozen=True, slots=True)
class Certainty:
    """How often the first entry was right, by how much nearer it was than the second.

    Attributes:
        least: Least such margin.
        below: Margins are below this.
        answers: How many there were, of suspects who were not there as well.
        right: How many of these were right.
    """

    least: float
    below: float
    answers: int
    right: int


@dataclass(frozen=True, slots=True)
class Alarms:
    """What is told where every entry nearer than a distance is.

    Attributes:
        nearer_than: The distance.
        found: Share of the suspects that are there of which an entry is told; NaN without any.
        others: Entries told that do not show the suspect, per hundred that were listed; of those
            who are not there as well.
    """

    nearer_than: float
    found: float
    others: float


def alarms(answers: Sequence[Answer]) -> list[Alarms]:
    """Return what is told of the suspects, by distance."""
    found = []
    listed = sum(len(one.entries) for one in answers)
    there = [one for one in answers if one.there]
    for nearest in NEARNESS:
        hits = sum(bool(one.entries[one.distances < nearest].any()) for one in there)
        others = sum(int((~one.entries & (one.distances < nearest)).sum()) for one in answers)
        found.append(
            Alarms(
                nearer_than=nearest,
                found=hits / len(there) if there else float("nan"),
                others=100 * others / listed if listed else float("nan"),
            )
        )
    return found


def certainties(answers: Sequence[Answer]) -> list[Certainty]:
    """Return how often the first entry was right, by margin."""
    found = []
    for least, below in pairwise(MARGINS):
        last = below == MARGINS[-1]
        some = [one for one in answers if least <= one.margin and (last or one.margin < below)]
        right = sum(bool(one.entries[:1].any()) for one in some)
        found.append(Certainty(least, below, len(some), right))
    return found


def summarize(answers: Sequence[Answer]) -> Scores:
    """Return how well suspects were found; shares are NaN where none is there."""
    there = [one for one in answers if one.there]
    elsewhere = [one for one in answers if not one.there]
    entries = [score_ranking(one.entries) for one in there]
    first = RetrievalScores(
        np.array([precision for precision, _ in entries]),
        np.array([rank for _, rank in entries], np.int64),
        np.arange(len(entries)),
    )
    precision = [score_ranking(one.sightings)[0] for one in there]
    listed = [
        one.sightings[:LISTED].sum() / min(LISTED, max(1, int(one.sightings.sum())))
        for one in there
    ]
    return Scores(
        there=len(there),
        elsewhere=len(elsewhere),
        top1=_share(first, 1, of=len(there)),
        top5=_share(first, 5, of=len(there)),
        mean_ap=float(np.mean(np.nan_to_num(precision))) if there else float("nan"),
        listed=float(np.mean(listed)) if there else float("nan"),
        told_apart=_told_apart(
            np.array([one.distance for one in there]),
            np.array([one.distance for one in elsewhere]),
        ),
    )


def _share(first: RetrievalScores, rank: int, *, of: int) -> float:
    hits = (first.first_match >= 0) & (first.first_match < rank)
    return float(hits.sum() / of) if of else float("nan")


def _told_apart(there: NDArray[np.float64], elsewhere: NDArray[np.float64]) -> float | None:
    """Return the area under the ROC curve; equal distances count half."""
    if not len(there) or not len(elsewhere):
        return None
    nearer = there[:, None] < elsewhere[None]
    equal = there[:, None] == elsewhere[None]
    return float((nearer + 0.5 * equal).mean())
