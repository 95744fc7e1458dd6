"""Vehicles that travel together, as a table, lines and JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from app.search.unwatched import scope_values
from app.times import format_time
from app.wording import counted, percent
from detector.types import CLASS_NAMES
from tracking.convoys.pairs import STANDS_OUT

if TYPE_CHECKING:
    from app.search.companions import CompanionAnswer, Pair

RANKED: Final = (
    "pairs that passed several cameras close to each other, those least probable by chance first"
)
"""What is listed, and in which order."""

NOTHING: Final = "No such pair passed so many cameras together."
"""Said instead of pairs."""

ROADS: Final = (
    "Vehicles on one road pass its cameras one after the other without knowing of each other, and "
    "two cameras say little: a pair is a lead only if chance would hardly bring one like it."
)
"""Said of all pairs."""

MEANING: Final = (
    "By chance: how probable it is that two vehicles that met once go on like this. Expected: how "
    "many such pairs, or less probable ones, chance would bring among all that met. Pairs that "
    "stand out are more than chance; the others are mostly traffic."
)
"""What the numbers of a pair mean."""

_MOST_ODDS: Final = 1_000_000
_LEAST_EXPECTED: Final = 0.001


def as_table(answer: CompanionAnswer) -> Table:
    """Return the pairs as a table for the terminal, a row for each camera."""
    table = Table(box=SIMPLE_HEAD)
    for heading in ("rank", "identities"):
        table.add_column(heading, justify="right")
    for heading in ("sightings", "time"):
        table.add_column(heading, overflow="fold")
    for heading in ("gap", "by chance", "expected"):
        table.add_column(heading, justify="right")
    table.add_column("remarks", overflow="fold")
    for rank, pair in enumerate(answer.pairs, start=1):
        who = [str(rank), escape(named(pair))]
        told = [odds(pair), expected(pair), escape(remarks(pair))]
        for one in pair.passes:
            seen = [part[0].name for part in one.sightings]
            table.add_row(
                *who,
                escape(" + ".join(seen)),
                format_time(one.time),
                f"{one.gap_s:+.1f} s",
                *told,
            )
            who, told = [""] * len(who), [""] * len(told)
    return table


def named(pair: Pair) -> str:
    """Return what people call both vehicles of a pair."""
    return " + ".join(pair.run.named(identity) for identity in pair.identities)


def odds(pair: Pair) -> str:
    """Return how probable a pair is by chance, as people read it."""
    probability = pair.chance.probability
    if probability < 1 / _MOST_ODDS:
        return f"under 1 in {_MOST_ODDS:,}"
    return f"1 in {1 / probability:,.0f}" if probability < 0.1 else percent(probability)


def expected(pair: Pair) -> str:
    """Return how many such pairs are expected by chance, as people read it."""
    number = pair.chance.expected
    if number < _LEAST_EXPECTED:
        return f"under {_LEAST_EXPECTED}"
    return f"{number:.2g}" if number < 10 else f"{number:,.0f}"


def remarks(pair: Pair) -> str:
    """Return what else there is to say of a pair, empty if nothing."""
    words = ["stands out"] if pair.chance.stands_out else []
    if pair.same:
        words.append(f"possibly one vehicle under two numbers ({percent(pair.same)})")
    return "; ".join(words)


def summary_lines(answer: CompanionAnswer) -> list[str]:
    """Return what is said below the pairs."""
    lines = [answer.note[:1].upper() + answer.note[1:] + "."] if answer.note else []
    if answer.pairs:
        listed = len(answer.pairs)
        out = sum(pair.chance.stands_out for pair in answer.pairs)
        lines.append(
            f"{counted(answer.met, 'pair')} met at a camera; "
            f"{listed + answer.more} passed {answer.least_cameras} cameras or more together. "
            f"{_standing_out(out, listed)} out from chance "
            f"(false discovery rate {percent(STANDS_OUT)})."
        )
    lines += [
        f"Group: {', '.join(run.named(one) for one in group)}" for run, group in answer.groups
    ]
    return [*lines, *([ROADS] if answer.pairs else [])]


def _standing_out(out: int, listed: int) -> str:
    if listed == 1:
        return "The one listed stands" if out else "The one listed does not stand"
    return f"{out or 'None'} of the {listed} listed stand{'s' if out < 2 else ''}"


def as_values(answer: CompanionAnswer) -> dict[str, Any]:
    """Return an answer in values that JSON knows; times are UTC seconds."""
    return {
        "searched_for": answer.searched_for,
        "conditions": answer.conditions,
        "by": answer.by,
        "reason": answer.reason,
        **scope_values(answer.scope),
        "note": answer.note,
        "pairs_met": answer.met,
        "more": answer.more,
        "pairs": [_pair_values(rank, pair) for rank, pair in enumerate(answer.pairs, start=1)],
        "groups": [run.tag | {"identities": list(group)} for run, group in answer.groups],
    }


def _pair_values(rank: int, pair: Pair) -> dict[str, Any]:
    return {
        "rank": rank,
        **pair.run.tag,
        "identities": list(pair.identities),
        "cameras": pair.chance.cameras,
        "probability": pair.chance.probability,
        "expected": pair.chance.expected,
        "false_discovery_rate": pair.chance.false_discovery_rate,
        "stands_out": pair.chance.stands_out,
        "same_vehicle": pair.same,
        "passes": [
            {
                "camera_id": one.camera_id,
                "time": one.time,
                "gap_s": one.gap_s,
                "sightings": [
                    [asdict(s) | {"class": CLASS_NAMES[s.class_id]} for s in part]
                    for part in one.sightings
                ],
            }
            for one in pair.passes
        ],
    }
