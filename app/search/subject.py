"""The query: a vehicle in images, stored sightings and stored identities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from app.drawing.thumbnails import shrunk
from app.errors import QueryError
from app.search.image_decoding import has_colour
from app.search.named import NOBODY, Named
from app.search.ranking import NO_VIEWS
from app.storage.records import SightingFilter
from app.times import format_span
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.pipeline import Embedder
    from app.search.query_image import Picture
    from app.search.searched_runs import SearchedRun
    from app.storage.records import Sighting

PICTURE_PX: Final = 480
"""Longest side of the image kept of a subject."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A vehicle to search for.

    Attributes:
        description: What it is and where it was taken from, for people.
        images: float32 (Q, 512), unit length: it in images.
        sightings: float32 (S, 512), unit length: the mean look of each of its sightings. There is
            one of either at least.
        pictures: How it looks, as JPEG files; at least one.
        known: What of the runs is the subject itself, and need not be found; empty of images.
        files: SHA-256 of the image files that show it, in hexadecimal.
        colourless: Whether an image of it has no colours.
    """

    description: str
    images: NDArray[np.float32]
    sightings: NDArray[np.float32]
    pictures: tuple[bytes, ...]
    known: Named = NOBODY
    files: tuple[str, ...] = ()
    colourless: bool = False


def of_named(named: Named, *, wrong: Named) -> list[Subject]:
    """Return identities and sightings of runs.

    Args:
        named: Which.
        wrong: What is not this vehicle, also where a run says so.

    Raises:
        QueryError: If none of an identity's sightings is left.
    """
    whole = [of_identity(run, number, wrong=wrong) for run, number in named.identities]
    return whole + [of_sighting(run, one) for run, one in named.sightings]


def of_identity(run: SearchedRun, identity_id: int, *, wrong: Named = NOBODY) -> Subject:
    """Return an identity of a run as seen in its sightings.

    Args:
        run: The run.
        identity_id: The identity, which has sightings.
        wrong: What is not this vehicle, also where the run says so.

    Raises:
        QueryError: If none of its sightings is left.
    """
    store = run.store
    own = SightingFilter(identity_id=identity_id, exclude_sightings=wrong.sightings_of(run))
    sightings = list(store.sightings(own))
    if not sightings:
        raise QueryError(f"identity {run.named(identity_id)}: all of its sightings are ruled out")
    seen = ", ".join(
        f"{s.camera_id} {format_span(s.first_timestamp, s.last_timestamp)}" for s in sightings
    )
    clearest = max(sightings, key=lambda s: s.best_confidence)
    return Subject(
        description=f"identity {run.named(identity_id)}, seen by {seen}",
        images=NO_VIEWS,
        sightings=np.concatenate([looks.vectors for looks in store.looks(own)]),
        pictures=(store.thumbnail(clearest.sighting_id),),
        known=Named(identities=((run, identity_id),)),
    )


def of_sighting(run: SearchedRun, sighting: Sighting) -> Subject:
    """Return the vehicle of one of a run's sightings."""
    store, name = run.store, run.named(sighting.name)
    span = format_span(sighting.first_timestamp, sighting.last_timestamp)
    key = sighting.sighting_id
    own = [vectors for _, vectors in store.vectors(SightingFilter(sighting_id=key))]
    return Subject(
        description=f"sighting {name}, {CLASS_NAMES[sighting.class_id]}, {span}",
        images=NO_VIEWS,
        sightings=own[0][:1],
        pictures=(store.thumbnail(key),),
        known=Named(sightings=((run, sighting),)),
    )


def of_picture(
    picture: Picture, xyxy: NDArray[np.float32], *, description: str, embedder: Embedder
) -> Subject:
    """Return the vehicle in a box of an image.

    Args:
        picture: The image.
        xyxy: float32 (4,), its box.
        description: What it is, for people.
        embedder: The one that the store's vectors were made with.
    """
    image = picture.image
    x1, y1 = np.floor(xyxy[:2]).astype(int)
    x2, y2 = np.ceil(xyxy[2:]).astype(int)
    return Subject(
        description=description,
        images=embedder([image], [xyxy[None]]),
        sightings=NO_VIEWS,
        pictures=(_jpeg(image[y1:y2, x1:x2]),),
        files=(picture.sha256,),
        colourless=not has_colour(image),
    )


def together(parts: Sequence[Subject]) -> Subject:
    """Return the one vehicle that all of them show; at least one."""
    return Subject(
        description="; ".join(part.description for part in parts),
        images=np.concatenate([part.images for part in parts]),
        # A sighting that is named by itself and with its identity is still one.
        sightings=np.unique(np.concatenate([part.sightings for part in parts]), axis=0),
        pictures=tuple(picture for part in parts for picture in part.pictures),
        known=sum((part.known for part in parts), NOBODY),
        files=tuple(dict.fromkeys(sha256 for part in parts for sha256 in part.files)),
        colourless=any(part.colourless for part in parts),
    )


def _jpeg(image: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".jpg", shrunk(image, longest=PICTURE_PX))[1])
