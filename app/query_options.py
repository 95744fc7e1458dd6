"""What the options of `app.query` stand for: who is searched for, and among which sightings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app import models, subject
from app.coverage import camera_ids
from app.errors import ConfigError
from app.records import SightingFilter
from app.sighting_names import sighting_of_name_or_id
from app.times import parse_time
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.store_reader import StoreReader
    from app.subject import Subject


def filter_of(
    run: StoreReader,
    *,
    cameras: list[str] | None,
    after: str | None,
    before: str | None,
    kinds: list[str] | None,
) -> SightingFilter:
    """Return the filter that the options stand for.

    Raises:
        ConfigError: If an option cannot be read, or names what the store does not have.
    """
    known = run.cameras()
    # Also one that never answered: that it did not watch is an answer, too.
    _check_names("camera", cameras, known=camera_ids(run))
    _check_names("class", kinds, known=CLASS_NAMES)
    ends = [t for c in known for t in (c.first_timestamp, c.last_timestamp) if t is not None]
    span = (min(ends), max(ends)) if ends else None
    earliest = None if after is None else parse_time(after, span=span)
    latest = None if before is None else parse_time(before, span=span)
    if earliest is not None and latest is not None and latest < earliest:
        raise ConfigError(f"--before {before} is earlier than --after {after}")
    return SightingFilter(
        cameras=frozenset(cameras) if cameras else None,
        after=earliest,
        before=latest,
        class_ids=frozenset(CLASS_NAMES.index(kind) for kind in kinds) if kinds else None,
    )


def _check_names(what: str, given: Sequence[str] | None, *, known: Sequence[str]) -> None:
    for name in given or ():
        if name not in known:
            raise ConfigError(f"{what} {name!r}: expected one of {', '.join(known)}")


def subject_of(
    run: StoreReader,
    *,
    image: Sequence[Path] | None,
    box: Sequence[str] | None,
    identity: int | None,
    sighting: str | None,
) -> Subject | None:
    """Return who is searched for, None for nobody.

    Raises:
        ConfigError: If the options name more than one, or cannot be read.
        QueryError: If the store or the picture does not have it.
    """
    if box and not image:
        raise ConfigError("--box says where the vehicle is in --image, which is missing")
    match image or None, identity, sighting:
        case [*images], None, None:
            return _pictured(run, images, boxes=box or ())
        case None, int(), None:
            return subject.of_identity(run, identity)
        case None, None, str():
            return subject.of_sighting(run, sighting_of_name_or_id(run, sighting))
        case None, None, None:
            return None
        case _:
            raise ConfigError("expected only one of --image, --identity and --sighting")


def _pictured(run: StoreReader, images: Sequence[Path], *, boxes: Sequence[str]) -> Subject:
    if boxes and len(boxes) != len(images):
        raise ConfigError(
            f"--box: {len(boxes)} for {len(images)} pictures; expected one for each, in their "
            "order, or none"
        )
    given = [_parse_box(box) for box in boxes]
    pictures = [subject.read_picture(image) for image in images]
    if given:
        found = [
            (subject.box_in(picture, xywh), f"vehicle in {image.name} at {box}")
            for image, picture, box, xywh in zip(images, pictures, boxes, given, strict=True)
        ]
    else:
        detector = models.load_detector(run)
        found = [
            subject.find_vehicle(picture, detector, name=image.name)
            for image, picture in zip(images, pictures, strict=True)
        ]
    embedder = models.load_embedder(run)
    return subject.together(
        [
            subject.of_picture(picture, xyxy, description=description, embedder=embedder)
            for picture, (xyxy, description) in zip(pictures, found, strict=True)
        ]
    )


def _parse_box(text: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != 4 or not all(map(math.isfinite, values)):
        raise ConfigError(f"--box {text}: expected x,y,width,height in pixels (310,220,180,120)")
    return values
