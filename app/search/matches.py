"""Matches of a query and its filters, as text, tables and JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from app.search.forecast import as_line
from app.search.named import NOBODY
from app.search.unwatched import scope_values
from app.times import format_span, format_time
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.search.answer import Answer, Finding
    from app.search.forecast import Outlook
    from app.search.named import Named
    from app.search.ranking import Match
    from app.storage.records import SightingFilter


NOTHING: Final = "No sighting passes the filter."
"""Said instead of matches."""


CLEAR_LEAD: Final = 0.2
"""By how much the first match must be nearer than the second to be trusted."""

LEAST_IDENTITIES: Final = 70
"""Vehicles in what is searched from which on a lead says what it did where it was measured."""


COLOURLESS: Final = (
    "The image has no colours: the right vehicle is less often the first, even if it leads by far; "
    "check the list."
)
"""What is said instead. Of 36 suspects 29 were first, and 19 with the same images in grey; the
first was right in 8 of 11 grey images in which it led by `CLEAR_LEAD` (docs/benchmarks.md)."""


def as_table(found: Sequence[Finding]) -> Table:
    """Return what was found as a table for the terminal, a row for each sighting.

    The columns for distances are there where there are any.
    """
    searched = any(one.match.distance is not None for one in found)
    table = Table(box=SIMPLE_HEAD)
    for heading in ("rank", "distance", "identity") if searched else ("no.", "identity"):
        table.add_column(heading, justify="right")
    for heading in ("sighting", "first – last", "class"):
        table.add_column(heading, overflow="fold")
    if searched:
        table.add_column("nearest view", justify="right")
    for rank, one in enumerate(found, start=1):
        match = one.match
        named = "–" if match.identity_id is None else escape(one.run.named(match.identity_id))
        who = [str(rank), *_column(match.distance), named]
        for sighting, distance in zip(match.sightings, match.distances, strict=True):
            table.add_row(
                *who,
                escape(one.run.named(sighting.name)),
                format_span(sighting.first_timestamp, sighting.last_timestamp),
                CLASS_NAMES[sighting.class_id],
                *_column(distance),
            )
            who = [""] * len(who)
    return table


def _column(distance: float | None) -> list[str]:
    return [] if distance is None else [f"{distance:.3f}"]


def how_sure(found: Sequence[Finding]) -> str:
    """Return in words whether the first match is the vehicle of an image; empty without a second.

    Listed vehicles have no distances, and nothing is said of them. In another run the second may be
    the same vehicle once more: then only a great lead says something.

    How much nearer it is than the next tells it better than its distance does. Of 48 suspects in
    street images, a quarter of whom no camera had seen, it was right in 14 of 15 with a lead of
    `CLEAR_LEAD` or more, and in 15 of 33 with less (`benchmarks.search`).
    """
    first_two = found[:2]
    distances = [one.match.distance for one in first_two if one.match.distance is not None]
    if len(distances) < 2:
        return ""
    lead = distances[1] - distances[0]
    if lead >= CLEAR_LEAD:
        verdict = "such a first match is nearly always correct"
    else:
        of_two = first_two[0].run is not first_two[1].run
        aside = " (from two runs, they may be the same vehicle)" if of_two else ""
        verdict = f"too little to be certain{aside}; check the list"
    return f"The first match leads the second by {lead:.2f}: {verdict}."


def as_lines(match: Match, outlook: Outlook | None) -> list[str]:
    """Return a match in lines: when, which sighting, who, how near; then where it goes."""
    who = "no identity yet" if match.identity_id is None else f"identity {match.identity_id}"
    lines = [
        f"{format_time(sighting.first_timestamp)}  {sighting.name}  {who}, "
        f"{CLASS_NAMES[sighting.class_id]}"
        f"{_how_near(match.distance, distance)}"
        for sighting, distance in zip(match.sightings, match.distances, strict=True)
    ]
    return [*lines, *filter(None, [as_line(outlook)])]


def _how_near(vehicle: float | None, sighting: float | None) -> str:
    if vehicle is None or sighting is None:
        return ""
    return f": distance {vehicle:.3f} (the sighting {sighting:.3f})"


def next_lines(outlooks: Sequence[Outlook | None]) -> list[str]:
    """Return where the matches go next, a line for each by its rank; none where nothing is known.

    >>> next_lines([None])
    []
    """
    lines = enumerate(map(as_line, outlooks), start=1)
    return [f"{rank}. {line}" for rank, line in lines if line]


def more_line(answer: Answer) -> str:
    """Return how many vehicles there are beyond those listed, empty if none."""
    if not answer.more:
        return ""
    shown = len(answer.found)
    vehicles = "vehicle passes" if answer.more == 1 else "vehicles pass"
    return f"{answer.more} more {vehicles} the filter; --top {shown + answer.more} shows all."


def as_values(answer: Answer) -> dict[str, Any]:
    """Return an answer in values that JSON knows.

    Times are UTC seconds, boxes x1, y1, x2, y2 in pixels, frames count from 0. Of listed vehicles
    all distances are null, and the rank is by time. Where several runs were searched, it says which
    ones, and of which of them each match is.
    """
    subject = answer.subject
    return {
        "searched_for": None if subject is None else subject.description,
        "conditions": answer.conditions,
        "by": answer.by,
        "reason": answer.reason,
        **scope_values(answer.scope),
        "more": answer.more,
        "matches": [_match_values(rank, one) for rank, one in enumerate(answer.found, start=1)],
    }


def _match_values(rank: int, found: Finding) -> dict[str, Any]:
    match = found.match
    return {
        "rank": rank,
        **found.run.tag,
        "identity_id": match.identity_id,
        "distance": match.distance,
        "sightings": [
            asdict(sighting) | {"class": CLASS_NAMES[sighting.class_id], "distance": distance}
            for sighting, distance in zip(match.sightings, match.distances, strict=True)
        ],
        "next": None if found.outlook is None else asdict(found.outlook),
    }


def in_words(
    where: SightingFilter, *, nearer_than: float | None = None, wrong: Named = NOBODY
) -> str:
    """Return what a user asked of the matches, empty if nothing.

    >>> from app.storage.records import SightingFilter
    >>> in_words(SightingFilter(cameras=frozenset({"gate"}), before=90.0))
    'only in gate, before 0:01:30.0'
    """
    parts = []
    if where.cameras is not None:
        parts.append(f"only in {', '.join(sorted(where.cameras))}")
    if where.class_ids is not None:
        parts.append(f"only {', '.join(CLASS_NAMES[kind] for kind in sorted(where.class_ids))}")
    if where.after is not None:
        parts.append(f"after {format_time(where.after)}")
    if where.before is not None:
        parts.append(f"before {format_time(where.before)}")
    if nearer_than is not None:
        parts.append(f"only nearer than {nearer_than:g}")
    if wrong:
        parts.append(f"without {wrong}")
    return ", ".join(parts)
