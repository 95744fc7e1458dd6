"""Read access to the store: what a run has seen, as records."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from app.errors import QueryError
from app.storage import rows
from app.storage.box_reader import BoxReader
from app.storage.records import CameraTotals, CorrectionRecord, Identity, Revision, Totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from app.storage.records import Camera, Sighting, SightingFilter, VehicleLooks
    from tracking.decisions import Assignment

VECTORS_AT_ONCE: Final = 16_384
"""Vectors read from the store in one go: 32 MiB."""


class StoreReader(BoxReader):
    """Cameras, boxes, sightings and identities of one run, to be read.

    Whatever can be long is streamed. Methods raise `StoreError` if the file cannot be read. An
    instance belongs to the thread that opened it.
    """

    def meta(self, key: str, default: Any = None) -> Any:
        """Return a fact about the run, or the default where it was not kept."""
        found = next(self._read("SELECT value FROM meta WHERE key = ?", [key]), None)
        return default if found is None else json.loads(found[0])

    def cameras(self) -> list[Camera]:
        """Return all cameras, in the order in which they were added."""
        sql = f"SELECT {rows.CAMERA_COLUMNS} FROM cameras ORDER BY rowid"
        return [rows.camera_of(row) for row in self._read(sql)]

    def totals(self) -> Totals:
        """Return how much the run has seen."""
        (counts,) = self._read(
            "SELECT (SELECT coalesce(sum(frames), 0) FROM cameras), "
            "(SELECT count(*) FROM sightings), count(*), coalesce(sum(cameras > 1), 0) FROM "
            "(SELECT count(DISTINCT camera_id) AS cameras FROM sightings "
            "WHERE identity_id IS NOT NULL GROUP BY identity_id)"
        )
        frames, vehicles, identities, shared = counts
        return Totals(
            frames=frames, vehicles=vehicles, identities=identities, shared_identities=shared
        )

    def camera_totals(self) -> dict[str, CameraTotals]:
        """Return how much each camera has seen, of those that saw a vehicle."""
        found = self._read(
            "SELECT camera_id, count(*), count(DISTINCT identity_id) FROM sightings "
            "GROUP BY camera_id"
        )
        return {
            camera_id: CameraTotals(vehicles=vehicles, identities=identities)
            for camera_id, vehicles, identities in found
        }

    def sightings(self, where: SightingFilter = rows.EVERYTHING) -> Iterator[Sighting]:
        """Yield the sightings that pass a filter, in time order."""
        condition, values = rows.condition(where)
        sql = f"SELECT {rows.SIGHTING_COLUMNS} FROM sightings WHERE {condition}"
        ordered = f"{sql} ORDER BY first_timestamp, sighting_id"
        return (rows.sighting_of(row) for row in self._read(ordered, values))

    def sighting(self, sighting_id: int) -> Sighting:
        """Return one sighting.

        Raises:
            QueryError: If there is none with this id.
        """
        sql = f"SELECT {rows.SIGHTING_COLUMNS} FROM sightings WHERE sighting_id = ?"
        found = next(self._read(sql, [sighting_id]), None)
        if found is None:
            raise QueryError(f"{self._path}: there is no sighting {sighting_id}")
        return rows.sighting_of(found)

    def sighting_by_key(self, key: tuple[str, int]) -> Sighting | None:
        """Return the sighting with a camera and track, None if there is none."""
        sql = f"SELECT {rows.SIGHTING_COLUMNS} FROM sightings WHERE camera_id = ? AND track_id = ?"
        found = next(self._read(sql, key), None)
        return None if found is None else rows.sighting_of(found)

    def thumbnail(self, sighting_id: int) -> bytes:
        """Return the best view of a sighting, as a JPEG file.

        Raises:
            QueryError: If there is no sighting with this id.
        """
        sql = "SELECT thumbnail FROM sightings WHERE sighting_id = ?"
        found = next(self._read(sql, [sighting_id]), None)
        if found is None:
            raise QueryError(f"{self._path}: there is no sighting {sighting_id}")
        return bytes(found[0])

    def assignment(self, sighting_id: int) -> Assignment | None:
        """Return why a sighting has its identity, and which ones it might have instead.

        Returns:
            None if it has no identity yet, or none was reasoned.
        """
        columns = ", ".join(f"reasons.{name}" for name in rows.REASON_COLUMNS.split(", "))
        # Once people moved one of two sightings, the other is no reason any more.
        sql = (
            "SELECT this.identity_id, this.camera_id, "
            "previous_camera IS NOT NULL AND previous.identity_id IS NOT this.identity_id, "
            f"{columns} FROM reasons "
            "JOIN sightings this ON this.sighting_id = reasons.sighting_id "
            "LEFT JOIN sightings previous ON previous.camera_id = previous_camera "
            "AND previous.track_id = previous_track "
            "WHERE this.sighting_id = ? AND this.identity_id IS NOT NULL"
        )
        found = next(self._read(sql, [sighting_id]), None)
        if found is None:
            return None
        identity_id, camera_id, outdated, *reasons = found
        # Of an identity that has no sighting left, nobody can be shown an image.
        candidates = self._read(
            "SELECT identity_id, probability FROM candidates WHERE sighting_id = ? "
            "AND identity_id != ? "
            "AND NOT ruled_out AND EXISTS "
            "(SELECT 1 FROM sightings s WHERE s.identity_id = candidates.identity_id) "
            "ORDER BY probability DESC, identity_id",
            [sighting_id, identity_id],
        )
        assignment = rows.assignment_of(
            tuple(reasons), list(candidates), camera_id=camera_id, identity_id=identity_id
        )
        return replace(assignment, reasons=None, distance=None) if outdated else assignment

    def revisions(self, camera_id: str | None = None, *, skip: int = 0) -> Iterator[Revision]:
        """Yield every identity that the sightings were ever given, in the order of decision.

        Args:
            camera_id: Only those of this camera, None for all.
            skip: How many are left out: new ones always come last.
        """
        limit = "WHERE camera_id = ?" if camera_id is not None else ""
        columns = ", ".join(f"revisions.{name}" for name in rows.REVISION_COLUMNS.split(", "))
        found = self._read(
            f"SELECT {columns} FROM revisions JOIN sightings USING (sighting_id) {limit} "
            "ORDER BY revision_id LIMIT -1 OFFSET ?",
            [skip] if camera_id is None else [camera_id, skip],
        )
        return (rows.record_of(Revision, row) for row in found)

    def corrections(self) -> list[CorrectionRecord]:
        """Return the people's corrections that this store knows of, by number."""
        sql = f"SELECT {rows.CORRECTION_COLUMNS} FROM corrections ORDER BY correction_id"
        return [rows.record_of(CorrectionRecord, row) for row in self._read(sql)]

    def corrections_of(self, sighting_id: int) -> list[CorrectionRecord]:
        """Return the corrections that hold and say which vehicle a sighting shows, by number."""
        columns = ", ".join(f"corrections.{name}" for name in rows.CORRECTION_COLUMNS.split(", "))
        sql = (
            f"SELECT {columns} FROM corrected_sightings JOIN corrections USING (correction_id) "
            "WHERE sighting_id = ? AND same AND undone_at IS NULL ORDER BY correction_id"
        )
        return [rows.record_of(CorrectionRecord, row) for row in self._read(sql, [sighting_id])]

    def corrected_sightings(self) -> set[int]:
        """Return the sightings that corrections which hold are about."""
        sql = (
            "SELECT DISTINCT sighting_id FROM corrected_sightings "
            "JOIN corrections USING (correction_id) WHERE undone_at IS NULL"
        )
        return {row[0] for row in self._read(sql)}

    def unsure_identities(self) -> set[int]:
        """Return the identities with a sighting that may be of another one as well."""
        sql = (
            "SELECT DISTINCT s.identity_id FROM candidates JOIN sightings s USING (sighting_id) "
            "WHERE NOT ruled_out AND candidates.identity_id != s.identity_id "
            "AND candidates.identity_id IN (SELECT identity_id FROM sightings)"
        )
        return {row[0] for row in self._read(sql)}

    def highest_identity(self) -> int:
        """Return the greatest number that any identity ever had, 0 if there is none."""
        (found,) = self._read("SELECT coalesce(max(identity_id), 0) FROM identities")
        return int(found[0])

    def identities(self) -> Iterator[Identity]:
        """Yield every identity that has sightings, by its id."""
        found = self._read(
            f"SELECT {rows.SIGHTING_COLUMNS} FROM sightings WHERE identity_id IS NOT NULL "
            "ORDER BY identity_id, first_timestamp, sighting_id"
        )
        by_identity = groupby(map(rows.sighting_of, found), key=lambda s: s.identity_id)
        for identity_id, sightings in by_identity:
            if identity_id is not None:
                yield Identity(identity_id, tuple(sightings))

    def looks(
        self, where: SightingFilter, *, at_once: int = VECTORS_AT_ONCE
    ) -> Iterator[VehicleLooks]:
        """Yield how vehicles look of which a sighting passes a filter, a block at a time.

        Args:
            where: The filter. A vehicle comes with all of its sightings, also those that do not
                pass; only `exclude_sightings` leaves single ones out.
            at_once: Sightings in a block, about: none splits a vehicle.

        Yields:
            Sightings with their vehicles, ascending: first those without an identity.
        """
        condition, values = rows.condition(where)
        passing = f"FROM sightings WHERE {condition}"
        excluded = sorted(where.exclude_sightings)
        found = self._read(
            "SELECT s.sighting_id, coalesce(s.identity_id, -s.sighting_id) AS vehicle, "
            "vector FROM sightings s "
            "JOIN embeddings e ON e.sighting_id = s.sighting_id AND e.ordinal = 0 "
            f"WHERE (s.identity_id IN (SELECT identity_id {passing}) OR s.sighting_id IN "
            f"(SELECT sighting_id {passing} AND identity_id IS NULL)) "
            f"AND s.sighting_id NOT IN ({', '.join('?' * len(excluded))}) "
            "ORDER BY vehicle, s.sighting_id",
            [*values, *values, *excluded],
        )
        block: list[rows.Row] = []
        for _, own in groupby(found, key=itemgetter(1)):
            block.extend(own)
            if len(block) >= at_once:
                yield rows.looks_of(block)
                block = []
        if block:
            yield rows.looks_of(block)

    def vectors(
        self, where: SightingFilter = rows.EVERYTHING, *, at_once: int = VECTORS_AT_ONCE
    ) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Yield the vectors of the sightings that pass a filter, a block at a time.

        Args:
            where: The filter.
            at_once: Most vectors in a block.

        Yields:
            The sighting of each vector, ascending, and the vectors, float32 (N, 512): of each
            sighting first the mean, then the exemplars.
        """
        condition, values = rows.condition(where)
        found = self._read(
            "SELECT sighting_id, vector FROM embeddings WHERE sighting_id IN "
            f"(SELECT sighting_id FROM sightings WHERE {condition}) ORDER BY sighting_id, ordinal",
            values,
        )
        while block := list(islice(found, at_once)):
            owners, blobs = zip(*block, strict=True)
            yield list(owners), rows.vectors_of(list(blobs))
