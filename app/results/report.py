"""Self-contained web pages: a run's identities, a query's matches, and who travels together.

Images and style are embedded in the page; it loads nothing and runs no script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.results.cards import (
    PICTURE_PX,
    clock_note,
    identity_card,
    inline_picture,
    match_card,
    pair_card,
)
from app.results.pages import write_page
from app.search import companion_text
from app.search.matches import NOTHING
from app.search.unwatched import cut_short_lines, not_watching_lines, scope_lines
from app.storage.coverage import coverage
from app.times import format_span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.search.answer import Answer
    from app.search.companions import CompanionAnswer
    from app.storage.store_reader import StoreReader

MAX_IDENTITIES: Final = 1000
"""Cards in a page; with three sightings each it weighs about 15 MB."""


def write_report(
    store: StoreReader,
    path: Path,
    *,
    name: str,
    warnings: Sequence[str] = (),
    max_identities: int = MAX_IDENTITIES,
) -> None:
    """Write the page of a run: its cameras and every identity with its sightings in time order.

    Args:
        store: The run.
        path: The HTML file.
        name: What to call the run.
        warnings: What went wrong on the way.
        max_identities: Most identities shown; those seen by most cameras come first.

    Raises:
        OutputError: If the file cannot be written.
    """
    identities = sorted(store.identities(), key=lambda i: (-len(i.cameras), i.identity_id))
    shown = identities[:max_identities]
    cameras = store.cameras()
    write_page(
        "report.html.j2",
        path,
        name=name,
        cameras=cameras,
        totals=store.totals(),
        warnings=warnings,
        coverage=[*not_watching_lines(coverage(store)), *cut_short_lines(store)],
        identities=(identity_card(store, identity) for identity in shown),
        shown={identity.identity_id for identity in shown},
        hidden=len(identities) - len(shown),
        span=format_span,
        clock_note=clock_note([camera.first_timestamp for camera in cameras]),
    )


def write_answer(path: Path, answer: Answer) -> None:
    """Write the page of a query: what was asked, and the vehicles found in their order.

    Args:
        path: The HTML file.
        answer: What was asked of which runs, and what was found.

    Raises:
        OutputError: If the file cannot be written.
    """
    write_page("query.html.j2", path, **answer_values(answer))


def answer_values(answer: Answer) -> dict[str, Any]:
    """Return what a page shows of an answer."""
    subject, runs = answer.subject, [run.name for run in answer.scope.runs]
    pictures = () if subject is None else subject.pictures
    seen = [sighting.first_timestamp for one in answer.found for sighting in one.match.sightings]
    starts = [coverage.first for coverage in answer.scope.coverage]
    return {
        "name": f"{len(runs)} runs" if answer.scope.several else runs[0],
        "runs": runs if answer.scope.several else (),
        "searched": subject is not None,
        "pictures": [inline_picture(one, longest=2 * PICTURE_PX) for one in pictures],
        "description": "" if subject is None else subject.description,
        "conditions": answer.conditions,
        "coverage": scope_lines(answer.scope),
        "nothing": NOTHING,
        "verdict": answer.verdict,
        "latest": answer.latest,
        "reason": answer.reason,
        "by": answer.by,
        "more": answer.more,
        "matches": [match_card(one) for one in answer.found],
        "clock_note": clock_note([*seen, *starts]),
    }


def write_companions(path: Path, answer: CompanionAnswer) -> None:
    """Write the page of vehicles that travel together.

    Args:
        path: The HTML file.
        answer: What was asked, and the pairs found in their order.

    Raises:
        OutputError: If the file cannot be written.
    """
    write_page("convoys.html.j2", path, **companion_values(answer))


def companion_values(answer: CompanionAnswer) -> dict[str, Any]:
    """Return what a page shows of vehicles that travel together."""
    times = [one.time for pair in answer.pairs for one in pair.passes]
    return {
        "name": ", ".join(run.name for run in answer.scope.runs),
        "heading": answer.searched_for[:1].upper() + answer.searched_for[1:],
        "ranked": companion_text.RANKED,
        "searched_for": answer.searched_for,
        "conditions": answer.conditions,
        "coverage": scope_lines(answer.scope),
        "nothing": companion_text.NOTHING,
        "lines": companion_text.summary_lines(answer),
        "meaning": companion_text.MEANING,
        "more": answer.more,
        "reason": answer.reason,
        "by": answer.by,
        "pairs": [pair_card(pair) for pair in answer.pairs],
        "clock_note": clock_note([*times, *(found.first for found in answer.scope.coverage)]),
    }
