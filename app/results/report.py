"""Self-contained web pages: a run's identities, a query's matches, and who travels together.

Images and style are embedded in the page; it loads nothing and runs no script.
"""

from __future__ import annotations

import base64
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import cv2
import jinja2
import numpy as np

from app.atomic import atomic_file
from app.drawing.palette import identity_color
from app.search import companion_text
from app.search.forecast import as_line
from app.search.matches import NOTHING
from app.search.unwatched import not_watching_lines, scope_lines
from app.storage.coverage import coverage
from app.times import format_date, format_span, format_time, is_elapsed
from app.wording import because, headline, likeliest, percent, possibly
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.search.answer import Answer, Finding
    from app.search.companions import CompanionAnswer, Pair
    from app.storage.records import Identity, Sighting
    from app.storage.store_reader import StoreReader

PICTURE_PX: Final = 160
"""Longest side of an image in a page: as large as it is shown."""

JPEG_QUALITY: Final = 85
"""Of images that had to be made smaller: about 4 kB each."""

MAX_IDENTITIES: Final = 1000
"""Cards in a page; with three sightings each it weighs about 15 MB."""

MAX_VIEWS: Final = 24
"""Sightings in a card."""

_WRITE_AT_ONCE: Final = 64

_PAGES: Final = jinja2.Environment(
    loader=jinja2.PackageLoader("app"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
)


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
    _write(
        "report.html.j2",
        path,
        name=name,
        cameras=cameras,
        totals=store.totals(),
        warnings=warnings,
        coverage=not_watching_lines(coverage(store)),
        identities=(_card(store, identity) for identity in shown),
        shown={identity.identity_id for identity in shown},
        hidden=len(identities) - len(shown),
        span=format_span,
        clock_note=_clock_note([camera.first_timestamp for camera in cameras]),
    )


def write_answer(path: Path, answer: Answer) -> None:
    """Write the page of a query: what was asked, and the vehicles found in their order.

    Args:
        path: The HTML file.
        answer: What was asked of which runs, and what was found.

    Raises:
        OutputError: If the file cannot be written.
    """
    subject, runs = answer.subject, [run.name for run in answer.scope.runs]
    pictures = () if subject is None else subject.pictures
    seen = [sighting.first_timestamp for one in answer.found for sighting in one.match.sightings]
    starts = [coverage.first for coverage in answer.scope.coverage]
    _write(
        "query.html.j2",
        path,
        name=f"{len(runs)} runs" if answer.scope.several else runs[0],
        runs=runs if answer.scope.several else (),
        searched=subject is not None,
        pictures=[_inline(one, longest=2 * PICTURE_PX) for one in pictures],
        description="" if subject is None else subject.description,
        conditions=answer.conditions,
        coverage=scope_lines(answer.scope),
        nothing=NOTHING,
        verdict=answer.verdict,
        reason=answer.reason,
        by=answer.by,
        more=answer.more,
        matches=[_match(one) for one in answer.found],
        clock_note=_clock_note([*seen, *starts]),
    )


def write_companions(path: Path, answer: CompanionAnswer) -> None:
    """Write the page of vehicles that travel together.

    Args:
        path: The HTML file.
        answer: What was asked, and the pairs found in their order.

    Raises:
        OutputError: If the file cannot be written.
    """
    times = [one.time for pair in answer.pairs for one in pair.passes]
    _write(
        "convoys.html.j2",
        path,
        name=", ".join(run.name for run in answer.scope.runs),
        heading=answer.searched_for[:1].upper() + answer.searched_for[1:],
        searched_for=answer.searched_for,
        conditions=answer.conditions,
        coverage=scope_lines(answer.scope),
        nothing=companion_text.NOTHING,
        lines=companion_text.summary_lines(answer),
        more=answer.more,
        reason=answer.reason,
        by=answer.by,
        pairs=[_pair(pair) for pair in answer.pairs],
        clock_note=_clock_note([*times, *(found.first for found in answer.scope.coverage)]),
    )


def _pair(pair: Pair) -> dict[str, Any]:
    run = pair.run
    shown = pair.passes[: MAX_VIEWS // 2]
    return {
        "identities": [
            {"name": run.named(number), "colour": _colour(number)} for number in pair.identities
        ],
        "cameras": pair.chance.cameras,
        "odds": companion_text.odds(pair),
        "expected": companion_text.expected(pair),
        "remarks": companion_text.remarks(pair),
        "passes": [
            {
                "views": [
                    _view(run.store, seen[0], named=run.named)
                    | {"identity": run.named(number), "gap": gap}
                    for seen, number, gap in zip(
                        one.sightings,
                        pair.identities,
                        ("", f"{abs(one.gap_s):.1f} s {'later' if one.gap_s >= 0 else 'earlier'}"),
                        strict=True,
                    )
                ]
            }
            for one in shown
        ],
        "hidden": len(pair.passes) - len(shown),
    }


def _write(template: str, path: Path, **values: Any) -> None:
    page = _PAGES.get_template(template).stream(**values, version=version("scantrack"))
    page.enable_buffering(_WRITE_AT_ONCE)
    with atomic_file(path) as file:
        # Names of files and folders need not be UTF-8: bytes that are not are written as `\\udce9`.
        page.dump(file, encoding="utf-8", errors="backslashreplace")


def _card(store: StoreReader, identity: Identity) -> dict[str, Any]:
    views = identity.sightings[:MAX_VIEWS]
    return {
        "identity_id": identity.identity_id,
        "colour": _colour(identity.identity_id),
        "route": " → ".join(identity.cameras),
        "views": (_view(store, sighting) for sighting in views),
        "hidden": len(identity.sightings) - len(views),
        "candidates": _candidates(store, identity.sightings),
    }


def _candidates(
    store: StoreReader, sightings: Sequence[Sighting], *, named: Callable[[object], str] = str
) -> list[dict[str, Any]]:
    return [
        {
            "identity_id": one.identity_id,
            "name": named(one.identity_id),
            "colour": _colour(one.identity_id),
            "percent": percent(one.probability),
        }
        for one in likeliest(store, sightings)
    ]


def _match(found: Finding) -> dict[str, Any]:
    run, match = found.run, found.match
    seen = list(zip(match.sightings, match.distances, strict=True))
    identity_id = match.identity_id
    return {
        "name": None if identity_id is None else run.named(identity_id),
        "colour": None if identity_id is None else _colour(identity_id),
        "distance": match.distance,
        "views": [
            _view(run.store, one, named=run.named) | {"distance": far}
            for one, far in seen[:MAX_VIEWS]
        ],
        "hidden": max(0, len(seen) - MAX_VIEWS),
        "candidates": _candidates(run.store, match.sightings, named=run.named),
        "next": as_line(found.outlook),
    }


def _view(
    store: StoreReader, sighting: Sighting, *, named: Callable[[object], str] = str
) -> dict[str, Any]:
    assignment = store.assignment(sighting.sighting_id)
    corrections = store.corrections_of(sighting.sighting_id)
    reasons = None if assignment is None else assignment.reasons
    return {
        "identity_id": sighting.identity_id,
        "colour": None if sighting.identity_id is None else _colour(sighting.identity_id),
        "camera_id": sighting.camera_id,
        "name": named(sighting.name),
        "kind": CLASS_NAMES[sighting.class_id],
        "date": format_date(sighting.first_timestamp),
        "clock": " – ".join(
            format_time(timestamp, date=False)
            for timestamp in (sighting.first_timestamp, sighting.last_timestamp)
        ),
        "corrected": bool(corrections),
        "headline": headline(assignment, corrections),
        "because": [] if reasons is None else because(reasons, named=named),
        "possibly": "" if assignment is None else possibly(assignment.candidates, named=named),
        "picture": _inline(store.thumbnail(sighting.sighting_id), longest=PICTURE_PX),
    }


def _colour(identity_id: int) -> str:
    blue, green, red = identity_color(identity_id)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _inline(jpeg: bytes, *, longest: int) -> str:
    """Return an image as a data URL, made smaller if need be."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if image is not None and max(image.shape[:2]) > longest:
        scale = longest / max(image.shape[:2])
        size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        jpeg = bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1])
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _clock_note(timestamps: Sequence[float | None]) -> str:
    elapsed = {is_elapsed(timestamp) for timestamp in timestamps if timestamp is not None}
    notes = {False: "Times are UTC.", True: "Times count from the start of the recordings."}
    return " ".join(notes[kind] for kind in sorted(elapsed))
