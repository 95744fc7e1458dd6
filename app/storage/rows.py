"""Records as rows of the store's tables, and filters as SQL."""

from __future__ import annotations

from dataclasses import astuple, fields, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from app.storage.records import (
    BoxRow,
    Camera,
    CorrectionRecord,
    MovedBoxes,
    Revision,
    Sighting,
    SightingFilter,
    VehicleLooks,
)
from tracking.decisions import Assignment, Candidate, Reasons
from tracking.types import EMBEDDING_DIM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from app.storage.records import BestView
    from tracking.types import Tracklet

Row = tuple[Any, ...]
_Record = TypeVar("_Record", Camera, MovedBoxes, Revision, CorrectionRecord)

CAMERA_COLUMNS: Final = ", ".join(field.name for field in fields(Camera))
BOX_COLUMNS: Final = "camera_id, frame, track_id, timestamp, x1, y1, x2, y2, confidence, class_id"
MOVED_COLUMNS: Final = "camera_id, track_id, to_track, first_frame, last_frame, timestamp"
BEST_COLUMNS: Final = (
    "best_timestamp, best_x1, best_y1, best_x2, best_y2, best_confidence, thumbnail"
)
TRACKLET_COLUMNS: Final = "camera_id, track_id, class_id, first_timestamp, last_timestamp"
SIGHTING_COLUMNS: Final = (
    "sighting_id, camera_id, track_id, identity_id, match_distance, class_id, first_timestamp, "
    "last_timestamp, first_frame, last_frame, best_timestamp, best_confidence, "
    "best_x1, best_y1, best_x2, best_y2"
)
REASON_COLUMNS: Final = (
    "probability, previous_camera, previous_track, distance, appearance_probability, gap_s, "
    "travel_time_likelihood, link_from, runner_up, runner_up_probability, margin"
)
REVISION_COLUMNS: Final = ", ".join(field.name for field in fields(Revision))
CORRECTION_COLUMNS: Final = ", ".join(field.name for field in fields(CorrectionRecord))
EVERYTHING: Final = SightingFilter()

_VECTOR: Final = np.dtype("<f4")


def record_of(kind: type[_Record], row: Row) -> _Record:
    """Return the record whose fields are a row's columns, in their order."""
    return kind(**dict(zip((field.name for field in fields(kind)), row, strict=True)))


def camera_of(row: Row) -> Camera:
    """Return the camera in `CAMERA_COLUMNS`."""
    camera = record_of(Camera, row)
    return replace(camera, live=bool(camera.live))


def box_row(box: BoxRow) -> Row:
    """Return a box's `BOX_COLUMNS`."""
    place = (box.camera_id, box.frame, box.track_id, box.timestamp)
    return (*place, *box.xyxy, box.confidence, box.class_id)


def box_of(row: Row) -> BoxRow:
    """Return the box in `BOX_COLUMNS` and an identity."""
    return BoxRow(
        camera_id=row[0],
        frame=row[1],
        track_id=row[2],
        timestamp=row[3],
        xyxy=row[4:8],
        confidence=row[8],
        class_id=row[9],
        identity_id=row[10],
    )


def tracklet_row(tracklet: Tracklet) -> Row:
    """Return a tracklet's `TRACKLET_COLUMNS`."""
    times = (tracklet.first_timestamp, tracklet.last_timestamp)
    return (*tracklet.key, int(tracklet.class_id), *times)


def best_row(view: BestView) -> Row:
    """Return a view's `BEST_COLUMNS`."""
    return (view.timestamp, *view.xyxy, view.confidence, view.thumbnail)


def sighting_of(row: Row) -> Sighting:
    """Return the sighting in `SIGHTING_COLUMNS`."""
    return Sighting(
        sighting_id=row[0],
        camera_id=row[1],
        track_id=row[2],
        identity_id=row[3],
        match_distance=row[4],
        class_id=row[5],
        first_timestamp=row[6],
        last_timestamp=row[7],
        first_frame=row[8],
        last_frame=row[9],
        best_timestamp=row[10],
        best_confidence=row[11],
        best_xyxy=row[12:16],
    )


def reason_row(assignment: Assignment) -> Row:
    """Return an assignment's `REASON_COLUMNS`."""
    why = assignment.reasons
    if why is None:
        return (assignment.probability, None, None, assignment.distance, *(None,) * 7)
    runner_up = (None, None) if why.runner_up is None else astuple(why.runner_up)
    return (
        assignment.probability,
        *why.previous,
        why.distance,
        why.appearance_probability,
        why.gap_s,
        why.travel_time_likelihood,
        None if why.link is None else why.link[0],
        *runner_up,
        why.margin,
    )


def assignment_of(
    row: Row, candidates: Sequence[Row], *, camera_id: str, identity_id: int
) -> Assignment:
    """Return the assignment in `REASON_COLUMNS`.

    Args:
        row: The columns.
        candidates: Identity and probability of each candidate, most probable first.
        camera_id: The sighting's camera.
        identity_id: The identity that it has.
    """
    return Assignment(
        identity_id,
        row[3],
        probability=row[0],
        reasons=None if row[1] is None else _reasons_of(row, camera_id),
        candidates=tuple(Candidate(*candidate) for candidate in candidates),
    )


def _reasons_of(row: Row, camera_id: str) -> Reasons:
    return Reasons(
        previous=(row[1], row[2]),
        distance=row[3],
        appearance_probability=row[4],
        gap_s=row[5],
        travel_time_likelihood=row[6],
        link=_link_of(row[7], (row[1], camera_id)),
        runner_up=None if row[8] is None else Candidate(row[8], row[9]),
        margin=row[10],
    )


def _link_of(earlier: str | None, cameras: tuple[str, str]) -> tuple[str, str] | None:
    if earlier is None:
        return None
    return cameras if earlier == cameras[0] else (cameras[1], cameras[0])


def vector_rows(tracklet: Tracklet) -> list[Row]:
    """Return ordinal, kind and the 2048 bytes of each of a tracklet's vectors."""
    exemplars = enumerate(tracklet.exemplars, start=1)
    return [
        (0, "mean", _blob(tracklet.embedding)),
        *((ordinal, "exemplar", _blob(vector)) for ordinal, vector in exemplars),
    ]


def _blob(vector: NDArray[np.float32]) -> bytes:
    return vector.astype(_VECTOR).tobytes()


def vectors_of(blobs: list[bytes]) -> NDArray[np.float32]:
    """Return blobs as one array, float32 (N, 512)."""
    joined = np.frombuffer(b"".join(blobs), _VECTOR)
    return joined.astype(np.float32, copy=False).reshape(-1, EMBEDDING_DIM)


def looks_of(found: Sequence[Row]) -> VehicleLooks:
    """Return rows of sighting, vehicle and blob as looks."""
    ids, vehicles, blobs = zip(*found, strict=True)
    return VehicleLooks(
        sighting_id=np.array(ids, np.int64),
        vehicle=np.array(vehicles, np.int64),
        vectors=vectors_of(list(blobs)),
    )


def condition(where: SightingFilter) -> tuple[str, list[Any]]:
    """Return a filter as an SQL condition on `sightings`, and its parameters."""
    terms = list(_terms(where))
    sql = " AND ".join(term for term, _ in terms) or "TRUE"
    return sql, [value for _, values in terms for value in values]


def _terms(where: SightingFilter) -> Iterator[tuple[str, list[Any]]]:
    if where.cameras is not None:
        yield _one_of("sightings.camera_id", sorted(where.cameras))
    if where.class_ids is not None:
        yield _one_of("sightings.class_id", sorted(where.class_ids))
    comparisons = (
        ("sightings.last_timestamp >= ?", where.after),
        ("sightings.first_timestamp <= ?", where.before),
        ("sightings.identity_id = ?", where.identity_id),
        ("sightings.sighting_id = ?", where.sighting_id),
    )
    yield from ((term, [value]) for term, value in comparisons if value is not None)
    if where.exclude_identities:
        # NULL is in no list, and not in none either.
        term, values = _one_of(
            "coalesce(sightings.identity_id, 0)", sorted(where.exclude_identities)
        )
        yield f"NOT {term}", values
    if where.exclude_sightings:
        term, values = _one_of("sightings.sighting_id", sorted(where.exclude_sightings))
        yield f"NOT {term}", values


def _one_of(column: str, values: list[Any]) -> tuple[str, list[Any]]:
    return f"{column} IN ({', '.join('?' * len(values))})", values
