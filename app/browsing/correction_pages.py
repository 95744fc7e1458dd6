"""The pages of `app.browse` on identities and their corrections, as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.browsing.choices import correction_values
from app.browsing.corrector import correction_named, obstacle
from app.browsing.pages import frame
from app.corrections import making
from app.corrections.corrections_file import corrections_for
from app.corrections.identity_tables import meant
from app.corrections.locating import locate
from app.results.cards import clock_note, identity_card
from app.results.pages import page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.browsing.asked import Asked
    from app.browsing.corrector import Change
    from app.browsing.desk import Desk
    from app.search.searched_runs import SearchedRun
    from app.storage.records import Identity


def identities_page(desk: Desk, asked: Asked, found: Sequence[tuple[SearchedRun, Identity]]) -> str:
    """Return the page of one identity, or of several side by side: are they one vehicle?"""
    runs = dict.fromkeys(run for run, _ in found)
    seen = [one.first_timestamp for _, whole in found for one in whole.sightings]
    return page(
        "browse_identities.html.j2",
        **frame(desk, asked),
        **correction_values(desk, *runs),
        several_runs=len(runs) > 1,
        cards=[_card(run, whole) for run, whole in found],
        clock_note=clock_note(seen),
    )


def corrections_page(desk: Desk, asked: Asked, change: Change | None) -> str:
    """Return the list of all corrections, those undone included.

    Args:
        desk: What is worked with.
        asked: The search that it was come upon in.
        change: What was corrected last, to be told first.

    Raises:
        ConfigError: If a run's file of corrections is wrong.
    """
    return page(
        "browse_corrections.html.j2",
        **frame(desk, asked),
        change=change,
        runs=[
            {"name": run.label, "obstacle": obstacle(run), "corrections": _listed(run)}
            for run in desk.runs
        ],
        clock_note="Times of corrections are UTC.",
    )


def undo_page(desk: Desk, asked: Asked, name: str) -> str:
    """Return the page that asks whether a correction is to be undone.

    Args:
        desk: What is worked with.
        asked: The search that it was come upon in.
        name: The correction; of several runs, `monday/3`.

    Raises:
        ConfigError: If there is no such correction that holds, or it cannot be undone.
    """
    run, number = correction_named(desk.runs, name)
    making.without(run.store, number)
    return page(
        "browse_undo.html.j2",
        **frame(desk, asked),
        **correction_values(desk, run),
        correction=next(one for one in _listed(run) if one["number"] == number),
        cautions=making.undo_cautions(run.store, number),
        clock_note="Times of corrections are UTC.",
    )


def _card(run: SearchedRun, identity: Identity) -> dict[str, Any]:
    return identity_card(run.store, identity, named=run.named) | {
        "views_in_all": len(identity.sightings),
        "name": run.named(identity.identity_id),
    }


def _listed(run: SearchedRun) -> list[dict[str, Any]]:
    known = corrections_for(run.folder.corrections, None)
    found = locate(run.store, known.sightings)
    return [
        {
            "number": one.id,
            "name": run.named(one.id),
            "kind": one.kind,
            "by": one.by,
            "at": f"{one.at:%Y-%m-%d %H:%M}",
            "undone": "" if one.undone_at is None else f"{one.undone_at:%Y-%m-%d %H:%M}",
            "same": meant(known, one.same, found),
            "different": meant(known, one.different_from, found),
            "note": one.note,
        }
        for one in reversed(known.corrections)
    ]
