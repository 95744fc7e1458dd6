"""Image of a run's worst identity errors: splits and merges.

Splits are on the left, merges on the right. One row per error: its description, and under each of
its parts the best views in the store, in order of time. A split vehicle shows the same vehicle
under different numbers; a merged identity shows different vehicles under one number.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from app.atomic import write_bytes
from app.drawing.labels import draw_text
from app.storage.records import SightingFilter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from app.drawing.palette import Color
    from app.storage.records import Sighting
    from app.storage.store_reader import StoreReader
    from tracking.evaluation.identity_errors import IdentityError, IdentityErrors, Passage

MOST_ERRORS: Final = 12
"""Rows for splits, and as many for merges."""
MOST_PARTS: Final = 5
VIEWS_PER_PART: Final = 3

_TILE: Final = 112
_TEXT: Final = 18
_GAP: Final = 8
_PAGE: Final[Color] = (250, 250, 250)
_INK: Final[Color] = (40, 40, 40)
_QUIET: Final[Color] = (120, 120, 120)
_JPEG_QUALITY: Final = 88


def write_error_sheet(store: StoreReader, errors: IdentityErrors, path: Path) -> bool:
    """Write the worst splits and merges as one JPEG file.

    Args:
        store: Of the run that was scored; its identities are those that were scored.
        errors: Of all cameras together; frames count from 1.
        path: Where the image goes.

    Returns:
        Whether there is an error to show; if not, an older image there is removed.

    Raises:
        OutputError: If the image cannot be written.
    """
    if not errors.split and not errors.merged:
        path.unlink(missing_ok=True)
        return False
    split = [
        _row(store, f"vehicle {e.name} was split", e, "id") for e in errors.split[:MOST_ERRORS]
    ]
    merged = [
        _row(store, f"identity {e.name} was merged", e, "vehicle")
        for e in errors.merged[:MOST_ERRORS]
    ]
    columns = [_stacked(rows) for rows in (split, merged)]
    height = max(len(column) for column in columns)
    page = np.concatenate(
        [
            np.concatenate([column, _blank(height - len(column), column.shape[1])])
            for column in columns
        ],
        axis=1,
    )
    encoded = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    write_bytes(path, encoded.tobytes())
    return True


def _row(store: StoreReader, title: str, error: IdentityError, part_name: str) -> NDArray[np.uint8]:
    shown = list(error.parts.items())[:MOST_PARTS]
    title += f", {error.wrong_boxes} boxes wrong"
    if len(error.parts) > MOST_PARTS:
        title += f"; {MOST_PARTS} of {len(error.parts)} parts shown"
    parts = [
        _part(store, f"{part_name} {other}: {error.boxes[other]} boxes", passages)
        for other, passages in shown
    ]
    strip = np.concatenate(parts, axis=1)
    head = _blank(_TEXT + _GAP, strip.shape[1])
    draw_text(head, title, (0, _GAP // 2), height=_TEXT, color=_INK, background=_PAGE)
    return np.concatenate([head, strip, _blank(2 * _GAP, strip.shape[1])])


def _part(store: StoreReader, title: str, passages: Sequence[Passage]) -> NDArray[np.uint8]:
    longest = sorted(passages, key=lambda p: -p.boxes)[:VIEWS_PER_PART]
    seen = filter(None, (_sighting(store, passage) for passage in sorted(longest)))
    tiles = [_tile(store.thumbnail(one.sighting_id), one.camera_id) for one in seen]
    tiles = tiles or [_blank(_TILE + _TEXT, _TILE)]
    strip = np.concatenate(
        [*chain.from_iterable((t, _blank(len(t), _GAP // 2)) for t in tiles)], axis=1
    )
    head = _blank(_TEXT, strip.shape[1])
    draw_text(head, title, (0, 0), height=_TEXT, color=_INK, background=_PAGE)
    return np.concatenate([np.concatenate([head, strip]), _blank(_TEXT + len(strip), _GAP)], axis=1)


def _sighting(store: StoreReader, passage: Passage) -> Sighting | None:
    """Return the longest sighting of the identity in this camera when the two went together."""
    where = SightingFilter(cameras=frozenset({passage.camera_id}), identity_id=passage.identity)
    first, last = passage.first_frame - 1, passage.last_frame - 1
    known = [s for s in store.sightings(where) if s.first_frame <= last and s.last_frame >= first]
    # A fragment of a few frames shows little.
    return max(known, key=lambda s: s.last_frame - s.first_frame, default=None)


def _tile(thumbnail: bytes, camera_id: str) -> NDArray[np.uint8]:
    tile = _blank(_TILE + _TEXT, _TILE)
    picture = cv2.imdecode(np.frombuffer(thumbnail, np.uint8), cv2.IMREAD_COLOR)
    if picture is not None:
        scale = min(_TILE / side for side in picture.shape[:2])
        size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
        tile[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    else:
        size = [_TILE, 0]
    draw_text(tile, camera_id, (0, size[1]), height=_TEXT, color=_QUIET, background=_PAGE)
    return tile


def _stacked(rows: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    width = max((row.shape[1] for row in rows), default=0) + 3 * _GAP
    padded = [np.concatenate([r, _blank(len(r), width - r.shape[1])], axis=1) for r in rows]
    return np.concatenate(padded) if padded else _blank(0, width)


def _blank(height: int, width: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), _PAGE, np.uint8)
