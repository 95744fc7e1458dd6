"""What the cards of web pages show of identities, matches and sightings, as plain values."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from app.drawing.palette import identity_color
from app.drawing.thumbnails import shrunk
from app.search import companion_text
from app.search.forecast import as_line
from app.times import format_date, format_time, is_elapsed
from app.wording import because, headline, likeliest, percent, possibly
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.search.answer import Finding
    from app.search.companions import Pair
    from app.storage.records import Identity, Sighting
    from app.storage.store_reader import StoreReader

PICTURE_PX: Final = 160
"""Longest side of an image in a page: as large as it is shown."""

JPEG_QUALITY: Final = 85
"""Of images that had to be made smaller: about 4 kB each."""

MAX_VIEWS: Final = 24
"""Sightings in a card."""


def identity_card(
    store: StoreReader, identity: Identity, *, named: Callable[[object], str] = str
) -> dict[str, Any]:
    """Return what the card of an identity shows; its views are made one by one.

    Args:
        store: The run's.
        identity: The identity.
        named: Returns what people call an identity or a sighting of its run.
    """
    views = identity.sightings[:MAX_VIEWS]
    return {
        "identity_id": identity.identity_id,
        "colour": identity_colour(identity.identity_id),
        "route": " → ".join(identity.cameras),
        "views": (sighting_view(store, sighting, named=named) for sighting in views),
        "hidden": len(identity.sightings) - len(views),
        "candidates": _candidates(store, identity.sightings, named=named),
    }


def match_card(found: Finding) -> dict[str, Any]:
    """Return what the card of a vehicle that a query found shows."""
    run, match = found.run, found.match
    seen = list(zip(match.sightings, match.distances, strict=True))
    identity_id = match.identity_id
    return {
        "name": None if identity_id is None else run.named(identity_id),
        "colour": None if identity_id is None else identity_colour(identity_id),
        "distance": match.distance,
        "views": [
            sighting_view(run.store, one, named=run.named) | {"distance": far}
            for one, far in seen[:MAX_VIEWS]
        ],
        "hidden": max(0, len(seen) - MAX_VIEWS),
        "candidates": _candidates(run.store, match.sightings, named=run.named),
        "next": as_line(found.outlook),
    }


def pair_card(pair: Pair) -> dict[str, Any]:
    """Return what the card of two vehicles that travel together shows."""
    run = pair.run
    shown = pair.passes[: MAX_VIEWS // 2]
    return {
        "identities": [
            {"name": run.named(number), "colour": identity_colour(number)}
            for number in pair.identities
        ],
        "cameras": pair.chance.cameras,
        "odds": companion_text.odds(pair),
        "expected": companion_text.expected(pair),
        "remarks": companion_text.remarks(pair),
        "passes": [
            {
                "views": [
                    sighting_view(run.store, seen[0], named=run.named)
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


def sighting_view(
    store: StoreReader, sighting: Sighting, *, named: Callable[[object], str]
) -> dict[str, Any]:
    """Return what a card shows of one sighting.

    Args:
        store: The run's.
        sighting: The sighting.
        named: Returns what people call an identity or a sighting of its run.
    """
    assignment = store.assignment(sighting.sighting_id)
    corrections = store.corrections_of(sighting.sighting_id)
    reasons = None if assignment is None else assignment.reasons
    return {
        "identity_id": sighting.identity_id,
        "colour": None if sighting.identity_id is None else identity_colour(sighting.identity_id),
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
        "picture": inline_picture(store.thumbnail(sighting.sighting_id), longest=PICTURE_PX),
    }


def identity_colour(identity_id: int) -> str:
    """Return the colour of an identity in videos and pages, as in CSS."""
    blue, green, red = identity_color(identity_id)
    return f"#{red:02x}{green:02x}{blue:02x}"


def inline_picture(jpeg: bytes, *, longest: int) -> str:
    """Return an image as a data URL, made smaller if need be."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if image is not None and max(image.shape[:2]) > longest:
        small = shrunk(np.asarray(image, np.uint8), longest=longest)
        jpeg = bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1])
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def clock_note(timestamps: Sequence[float | None]) -> str:
    """Return in words what the times of a page count from."""
    elapsed = {is_elapsed(timestamp) for timestamp in timestamps if timestamp is not None}
    notes = {False: "Times are UTC.", True: "Times count from the start of the recordings."}
    return " ".join(notes[kind] for kind in sorted(elapsed))


def _candidates(
    store: StoreReader, sightings: Sequence[Sighting], *, named: Callable[[object], str]
) -> list[dict[str, Any]]:
    return [
        {
            "identity_id": one.identity_id,
            "name": named(one.identity_id),
            "colour": identity_colour(one.identity_id),
            "percent": percent(one.probability),
        }
        for one in likeliest(store, sightings)
    ]
