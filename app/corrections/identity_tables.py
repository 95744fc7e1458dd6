"""Tables of identities, their sightings and their corrections for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from app.times import format_span, format_time
from app.wording import because, headline, likeliest, possibly
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.corrections.correction import Corrections
    from app.storage.records import CorrectionRecord, Identity, Revision, Sighting
    from app.storage.store_reader import StoreReader
    from tracking.decisions import Key


def identity_table(store: StoreReader, identities: Iterable[Identity]) -> Table:
    """Return one line for each identity: where and when it was seen, and what is unsure."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column("identity", justify="right")
    for heading in ("cameras", "first – last"):
        table.add_column(heading, overflow="fold")
    table.add_column("sightings", justify="right")
    table.add_column("remarks", overflow="fold")
    for identity in identities:
        sightings = identity.sightings
        last = max(sighting.last_timestamp for sighting in sightings)
        table.add_row(
            str(identity.identity_id),
            escape(" → ".join(identity.cameras)),
            format_span(sightings[0].first_timestamp, last),
            str(len(sightings)),
            escape(remarks(store, sightings)),
        )
    return table


def remarks(store: StoreReader, sightings: Iterable[Sighting]) -> str:
    """Return what is unsure about an identity, or corrected by people, empty if nothing."""
    seen = list(sightings)
    words = [possibly(likeliest(store, seen))]
    made = {c.correction_id for one in seen for c in store.corrections_of(one.sighting_id)}
    if made:
        words.append(f"corrected ({', '.join(map(str, sorted(made)))})")
    return "; ".join(filter(None, words))


def sighting_table(store: StoreReader, sightings: Iterable[Sighting]) -> Table:
    """Return one line for each sighting of an identity: where, when, and why."""
    table = Table(box=SIMPLE_HEAD)
    for heading in ("sighting", "first – last", "class", "why"):
        table.add_column(heading, overflow="fold")
    for sighting in sightings:
        assignment = store.assignment(sighting.sighting_id)
        corrections = store.corrections_of(sighting.sighting_id)
        lines = [headline(assignment, corrections)]
        if assignment is not None:
            lines += because(assignment.reasons) if assignment.reasons is not None else []
            lines.append(possibly(assignment.candidates))
        table.add_row(
            escape(sighting.name),
            format_span(sighting.first_timestamp, sighting.last_timestamp),
            CLASS_NAMES[sighting.class_id],
            escape("\n".join(filter(None, lines))),
        )
    return table


def history_table(
    revisions: Iterable[Revision],
    sightings: Mapping[int, Sighting],
    corrections: Iterable[CorrectionRecord],
) -> Table:
    """Return one line for each identity that sightings were given, in the order of decision.

    Args:
        revisions: What is shown.
        sightings: The sightings concerned, by id.
        corrections: Those that the store knows of.
    """
    made_by = {one.correction_id: one.made_by for one in corrections}
    table = Table(box=SIMPLE_HEAD)
    for heading in ("sighting", "stream time", "from", "to", "cause"):
        table.add_column(heading)
    for revision in revisions:
        when = "after the run" if revision.timestamp is None else format_time(revision.timestamp)
        number = revision.correction_id
        by = "" if number is None else f" ({number}, {made_by[number]})"
        table.add_row(
            escape(sightings[revision.sighting_id].name),
            when,
            "–" if revision.before is None else str(revision.before),
            str(revision.after),
            escape(f"{revision.cause}{by}"),
        )
    return table


def correction_table(corrections: Corrections, found: Mapping[str, Sequence[Key]]) -> Table:
    """Return one line for each correction.

    Args:
        corrections: All of them.
        found: The sightings that each mark means in this run.
    """
    table = Table(box=SIMPLE_HEAD)
    for heading in ("nr", "kind", "by", "made", "one vehicle", "another one", "note"):
        table.add_column(heading, overflow="fold")
    for one in corrections.corrections:
        sides = (meant(corrections, names, found) for names in (one.same, one.different_from))
        table.add_row(
            str(one.id),
            one.kind if one.undone_at is None else f"{one.kind} (undone)",
            escape(one.by),
            f"{one.at:%Y-%m-%d %H:%M}",
            *map(escape, sides),
            escape(one.note),
        )
    return table


def meant(
    corrections: Corrections, names: Iterable[str], found: Mapping[str, Sequence[Key]]
) -> str:
    """Return what the sightings are called that a correction is about.

    Args:
        corrections: All of them.
        names: Names of marks.
        found: The sightings that each mark means in this run; those of none are described.
    """
    return ", ".join(
        " + ".join(f"{camera_id}:{track_id}" for camera_id, track_id in found[name])
        or str(corrections.sightings[name])
        for name in names
    )
