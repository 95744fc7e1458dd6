"""Reads the boxes of a store: those of frames, and the tracks that they form."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING

from app.storage import rows
from app.storage.connection import StoreConnection
from app.storage.records import MovedBoxes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.storage.records import BoxRow, Sighting

Ends = tuple[tuple[float, float, float, float], tuple[float, float, float, float]]
"""First and last box, x1, y1, x2, y2 in pixels."""


class BoxReader(StoreConnection):
    """Boxes of one run, streamed: there are some for each frame."""

    def boxes(
        self, camera_id: str, *, first_frame: int = 0, last_frame: int | None = None
    ) -> Iterator[BoxRow]:
        """Yield a camera's boxes by frame and track, with the identities known by now.

        Args:
            camera_id: The camera.
            first_frame: Number of the first frame wanted.
            last_frame: Number of the last one, None for all.
        """
        columns = ", ".join(f"boxes.{name}" for name in rows.BOX_COLUMNS.split(", "))
        end = "AND frame <= ?" if last_frame is not None else ""
        found = self._read(
            f"SELECT {columns}, identity_id FROM boxes "
            "LEFT JOIN sightings USING (camera_id, track_id) "
            f"WHERE boxes.camera_id = ? AND frame >= ? {end} "
            "ORDER BY boxes.camera_id, frame, track_id",
            [camera_id, first_frame] + ([] if last_frame is None else [last_frame]),
        )
        return map(rows.box_of, found)

    def moved_boxes(self, camera_id: str) -> Iterator[MovedBoxes]:
        """Yield which boxes of a camera turned out to be another track's, the last first."""
        found = self._read(
            f"SELECT {rows.MOVED_COLUMNS} FROM moved_boxes WHERE camera_id = ? "
            "ORDER BY moved_id DESC",
            [camera_id],
        )
        return (rows.record_of(MovedBoxes, row) for row in found)

    def frame_before(self, camera_id: str, frame: int, *, by_s: float) -> int:
        """Return the last frame with boxes more than `by_s` seconds before another, 0 if none."""
        sql = (
            "SELECT coalesce(max(frame), 0) FROM boxes WHERE camera_id = ?1 AND frame < ?2 "
            "AND timestamp < (SELECT timestamp FROM boxes WHERE camera_id = ?1 AND frame >= ?2 "
            "ORDER BY frame LIMIT 1) - ?3"
        )
        (found,) = self._read(sql, [camera_id, frame, by_s])
        return int(found[0])

    def frame_from(self, camera_id: str, timestamp: float) -> tuple[int, float] | None:
        """Return number and time of the first frame with boxes at or after a time, None after all.

        Times ascend with the frames' numbers, which alone are indexed: the frame is bracketed.
        """
        after = (
            "SELECT frame, timestamp FROM boxes WHERE camera_id = ? AND frame >= ? "
            "ORDER BY frame LIMIT 1"
        )
        last = "SELECT coalesce(max(frame), -1) FROM boxes WHERE camera_id = ?"
        ((highest,),) = self._read(last, [camera_id])
        low, high = 0, highest + 1
        while low < high:
            middle = (low + high) // 2
            ((frame, at),) = self._read(after, [camera_id, middle])
            if at < timestamp:
                low = frame + 1
            else:
                high = middle
        found = list(self._read(after, [camera_id, low]))
        return found[0] if found else None

    def track(self, sighting: Sighting) -> Iterator[BoxRow]:
        """Yield the boxes of one sighting by frame."""
        return self._boxes_of(sighting, sighting.first_frame, sighting.last_frame)

    def thinned_track(self, sighting: Sighting, *, most: int) -> Iterator[BoxRow]:
        """Yield some boxes of one sighting by frame, over all of its time, both ends among them.

        To find a vehicle's boxes those of all others in the same frames are passed, which takes
        long where one is parked for hours; of each stretch of it only the first box is looked for.

        Args:
            sighting: The sighting.
            most: How many boxes, 2 at least.
        """
        begin, length = sighting.first_frame, sighting.last_frame + 1 - sighting.first_frame
        edges = [begin + length * row // (most - 1) for row in range(most)]
        shown = -1
        for first, after in pairwise(edges):
            for box in islice(self._boxes_of(sighting, first, after - 1), 1):
                yield box
                shown = box.frame
        ends = self._boxes_of(sighting, begin, sighting.last_frame, backwards=True)
        yield from (box for box in islice(ends, 1) if box.frame > shown)

    def _boxes_of(
        self, sighting: Sighting, first: int, last: int, *, backwards: bool = False
    ) -> Iterator[BoxRow]:
        """Yield the boxes of one sighting in some frames."""
        found = self._read(
            f"SELECT {rows.BOX_COLUMNS}, ? FROM boxes "
            "WHERE camera_id = ? AND frame BETWEEN ? AND ? AND track_id = ? "
            f"ORDER BY frame {'DESC' if backwards else 'ASC'}",
            [sighting.identity_id, sighting.camera_id, first, last, sighting.track_id],
        )
        return map(rows.box_of, found)

    def ends(self) -> Iterator[tuple[int, Ends]]:
        """Yield the first and the last box of each sighting, by its id."""
        box = "{0}.x1, {0}.y1, {0}.x2, {0}.y2"
        ends = " ".join(
            f"JOIN boxes {name} ON {name}.camera_id = s.camera_id AND {name}.frame = s.{frame} "
            f"AND {name}.track_id = s.track_id"
            for name, frame in (("a", "first_frame"), ("b", "last_frame"))
        )
        sql = f"SELECT sighting_id, {box.format('a')}, {box.format('b')} FROM sightings s {ends}"
        for row in self._read(f"{sql} ORDER BY sighting_id"):
            yield row[0], (row[1:5], row[5:9])
