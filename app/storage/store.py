"""Store of a run: one SQLite file, written once and searched ever after.

The pipeline is its only writer and commits about every second; any number of readers may read
meanwhile. The boxes of every frame are stored as well, so that a run's memory stays constant and
its videos and tracks can be made, or made again, once all identities are known.
"""

from __future__ import annotations

import json
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.errors import OutputError, StoreError
from app.storage import rows, schema
from app.storage.records import Revision
from app.storage.store_reader import StoreReader
from tracking.decisions import Assignment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.storage.records import BestView, BoxRow, Camera, CorrectionRecord, MovedBoxes
    from tracking.types import Tracklet

FILE_NAME: Final = "sightings.db"

FIRST: Final = "first"
"""Cause of a sighting's first identity in its history."""


def store_path(path: Path) -> Path:
    """Return the store's file, given that file or the folder of its run.

    >>> store_path(Path("runs/monday")).as_posix()
    'runs/monday/sightings.db'
    """
    return path if path.suffix == ".db" and not path.is_dir() else path / FILE_NAME


class Store(StoreReader):
    """Cameras, boxes, sightings and identities of one run, to be written and read.

    What is written becomes lasting, and visible to other processes, with `commit`. Methods raise
    `StoreError` if the file cannot be written.
    """

    @classmethod
    def create(cls, path: Path) -> Store:
        """Make an empty store.

        Args:
            path: A run's folder, made if need be, or the file in it.

        Raises:
            StoreError: If there is one already, or the place cannot be written to.
        """
        file = store_path(path)
        if file.exists():
            raise StoreError(f"{file}: there is a store already; choose another place")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            # What SQLite kept beside a store that is gone would be taken for this one's.
            schema.remove(file)
        except OSError as error:
            raise OutputError(f"{file}: {error.strerror}") from error
        return cls(schema.create(file), file)

    @classmethod
    def open(cls, path: Path, *, readonly: bool = True) -> Store:
        """Open the store of a run, finished or still running.

        Args:
            path: The run's folder, or the file in it.
            readonly: Whether writing shall be impossible.

        Raises:
            StoreError: If it is missing, damaged, no store, or of another schema version.
        """
        file = store_path(path)
        return cls(schema.connect(file, readonly=readonly), file)

    def commit(self) -> None:
        """Make everything written so far lasting."""
        with schema.reported(self._path):
            self._connection.commit()

    def reserve(self) -> None:
        """Let no other process write until the next commit or rollback; wait for one that does.

        Raises:
            StoreError: If another one does not come to an end.
        """
        with schema.reported(self.path):
            self._connection.execute("BEGIN IMMEDIATE")

    def rollback(self) -> None:
        """Forget what was written since the last commit."""
        self._connection.rollback()

    def close(self) -> None:
        """Commit and close; the store is of no use afterwards."""
        try:
            self.commit()
        finally:
            self._connection.close()

    def set_meta(self, key: str, value: Any) -> None:
        """Keep a fact about the run: anything that JSON can say."""
        self._write(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            [(key, json.dumps(value))],
        )

    def put_camera(self, camera: Camera) -> None:
        """Add a camera, or bring it up to date; cameras keep the order in which they were added."""
        self._write(
            f"INSERT INTO cameras ({rows.CAMERA_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?) "
            "ON CONFLICT (camera_id) DO UPDATE SET frames = excluded.frames, "
            "start_time = excluded.start_time, first_timestamp = excluded.first_timestamp, "
            "last_timestamp = excluded.last_timestamp",
            [astuple(camera)],
        )

    def append_boxes(self, boxes: Iterable[BoxRow]) -> None:
        """Add boxes of cameras that have been put; identities given with them are not kept."""
        self._write(
            f"INSERT INTO boxes ({rows.BOX_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)",
            map(rows.box_row, boxes),
        )

    def move_boxes(self, moved: MovedBoxes) -> None:
        """Give boxes of one track to another, whose they are, and keep that in the history.

        Args:
            moved: Which; the other track must have no box in those frames.
        """
        self._write(
            "UPDATE boxes SET track_id = ? WHERE camera_id = ? AND frame >= ? AND track_id = ?",
            [(moved.to, moved.camera_id, moved.first_frame, moved.track_id)],
        )
        self._write(
            f"INSERT INTO moved_boxes ({rows.MOVED_COLUMNS}) VALUES (?,?,?,?,?,?)",
            [astuple(moved)],
        )

    def upsert_sighting(
        self, tracklet: Tracklet, view: BestView, *, first_frame: int, last_frame: int
    ) -> int:
        """Add a sighting, or replace what is known of it; its identity stays as it is.

        Args:
            tracklet: The vehicle's pass; its camera has been put.
            view: How it was seen best.
            first_frame: Number of the first frame in the stream, from 0.
            last_frame: Number of the last frame so far.

        Returns:
            The sighting's id, the same each time.
        """
        columns = f"{rows.TRACKLET_COLUMNS}, first_frame, last_frame, {rows.BEST_COLUMNS}"
        values = (*rows.tracklet_row(tracklet), first_frame, last_frame, *rows.best_row(view))
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns.split(", ")[2:])
        with schema.reported(self._path):
            (sighting_id,) = self._connection.execute(
                f"INSERT INTO sightings ({columns}) VALUES ({', '.join('?' * len(values))}) "
                f"ON CONFLICT (camera_id, track_id) DO UPDATE SET {changes} RETURNING sighting_id",
                values,
            ).fetchone()
        self._write("DELETE FROM embeddings WHERE sighting_id = ?", [(sighting_id,)])
        self._write(
            "INSERT INTO embeddings (sighting_id, ordinal, kind, vector) VALUES (?,?,?,?)",
            [(sighting_id, *vector) for vector in rows.vector_rows(tracklet)],
        )
        return int(sighting_id)

    def put_assignment(
        self,
        key: tuple[str, int],
        assignment: Assignment,
        *,
        timestamp: float,
        cause: str,
    ) -> None:
        """Say which vehicle a sighting shows and why, or decide that again.

        Args:
            key: The sighting's camera and track.
            assignment: The vehicle, known before or new, the reasons and the candidates; they
                replace those that were stored.
            timestamp: Stream time of the decision.
            cause: Why it is decided again, if it was another vehicle before; see `Revision`.

        Raises:
            ValueError: If that sighting has never been put.
        """
        sql = "SELECT sighting_id, identity_id FROM sightings WHERE camera_id = ? AND track_id = ?"
        found = next(self._read(sql, key), None)
        if found is None:
            raise ValueError(f"camera {key[0]}, track {key[1]}: no such sighting to assign")
        sighting_id, before = found
        after = assignment.identity_id
        if before != after:
            revision = Revision(
                sighting_id=sighting_id,
                before=before,
                after=after,
                timestamp=timestamp,
                cause=cause if before is not None else FIRST,
            )
            self.revise(revision)
        self._write(
            "UPDATE sightings SET match_distance = ? WHERE sighting_id = ?",
            [(assignment.distance, sighting_id)],
        )
        self._put_reasons(sighting_id, assignment)

    def revise(self, revision: Revision) -> None:
        """Give a sighting another identity, and keep that in its history."""
        self.add_identity(revision.after)
        self._write(
            "UPDATE sightings SET identity_id = ? WHERE sighting_id = ?",
            [(revision.after, revision.sighting_id)],
        )
        self._write(
            f"INSERT INTO revisions ({rows.REVISION_COLUMNS}) VALUES (?,?,?,?,?,?)",
            [astuple(revision)],
        )

    def add_identity(self, identity_id: int) -> None:
        """Take a number for an identity, so that no other gets it; taken ones are no mistake."""
        self._write("INSERT OR IGNORE INTO identities VALUES (?)", [(identity_id,)])

    def _put_reasons(self, sighting_id: int, assignment: Assignment) -> None:
        values = (sighting_id, *rows.reason_row(assignment))
        self._write(
            f"INSERT OR REPLACE INTO reasons (sighting_id, {rows.REASON_COLUMNS}) "
            f"VALUES ({', '.join('?' * len(values))})",
            [values],
        )
        self._write("DELETE FROM candidates WHERE sighting_id = ?", [(sighting_id,)])
        self._write(
            "INSERT INTO candidates (sighting_id, identity_id, probability) VALUES (?, ?, ?)",
            [(sighting_id, c.identity_id, c.probability) for c in assignment.candidates],
        )

    def put_correction(
        self, correction: CorrectionRecord, *, same: Iterable[int], different: Iterable[int]
    ) -> None:
        """Add a person's correction, or bring it up to date.

        Args:
            correction: The correction.
            same: Sightings that it calls one vehicle.
            different: Sightings that it says are not that vehicle.
        """
        key = correction.correction_id
        # Not "INSERT OR REPLACE": revisions refer to the row.
        columns = rows.CORRECTION_COLUMNS.split(", ")
        anew = ", ".join(f"{name} = excluded.{name}" for name in columns)
        self._write(
            f"INSERT INTO corrections ({rows.CORRECTION_COLUMNS}) VALUES (?,?,?,?,?,?) "
            f"ON CONFLICT (correction_id) DO UPDATE SET {anew}",
            [astuple(correction)],
        )
        self._write("DELETE FROM corrected_sightings WHERE correction_id = ?", [(key,)])
        about = [(key, s, True) for s in same] + [(key, s, False) for s in different]
        self._write("INSERT INTO corrected_sightings VALUES (?, ?, ?)", about)

    def rule_out(self, candidates: Iterable[tuple[int, int]]) -> None:
        """Say which candidates people ruled out: sighting and identity of each; no others are."""
        self._write("UPDATE candidates SET ruled_out = 0 WHERE ruled_out", [()])
        self._write(
            "UPDATE candidates SET ruled_out = 1 WHERE sighting_id = ? AND identity_id = ?",
            candidates,
        )

    def _write(self, sql: str, values: Iterable[rows.Row]) -> None:
        with schema.reported(self._path):
            self._connection.executemany(sql, values)
