"""Tables of a store, and opening and validating its file.

Changing a table means raising `SCHEMA_VERSION`, unless each version can use the other's files. The
version and the application id, which distinguishes our files from other SQLite files, are in the
file's header and are written in the same transaction as the tables, so that a file has either all
of it or nothing.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from app.errors import OutputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA_VERSION: Final = 3
APPLICATION_ID: Final = 0x5343414E  # "SCAN" in ASCII
BUSY_TIMEOUT_S: Final = 10.0
"""How long one process waits for another; a commit holds the lock for milliseconds."""
_PRIMARY: Final = 0xFF
"""The bits of SQLite's error codes that are not particulars."""
_HINTS: Final = {
    # The file itself is there, and what SQLite keeps beside it cannot be.
    sqlite3.SQLITE_CANTOPEN: "; this needs a writable folder: copy the run to one",
    sqlite3.SQLITE_READONLY: "; to change it, copy the run to a folder that you may write to",
}
"""What to do, by SQLite's primary code of what is wrong."""
_UNCHANGING: Final = "mode=ro&immutable=1"

TABLES: Final = """
CREATE TABLE meta (
    key     TEXT PRIMARY KEY NOT NULL,
    value   TEXT NOT NULL                       -- JSON
) WITHOUT ROWID;

CREATE TABLE cameras (
    camera_id       TEXT PRIMARY KEY NOT NULL,
    source          TEXT NOT NULL,
    width           INTEGER NOT NULL CHECK (width > 0),
    height          INTEGER NOT NULL CHECK (height > 0),
    start_time      REAL,                       -- all times are UTC seconds
    clock_offset_s  REAL NOT NULL,
    live            INTEGER NOT NULL CHECK (live IN (0, 1)),
    frames          INTEGER NOT NULL,
    first_timestamp REAL,
    last_timestamp  REAL
);

CREATE TABLE identities (
    identity_id INTEGER PRIMARY KEY
);

CREATE TABLE sightings (
    sighting_id     INTEGER PRIMARY KEY,
    camera_id       TEXT NOT NULL REFERENCES cameras,
    track_id        INTEGER NOT NULL,
    identity_id     INTEGER REFERENCES identities,
    match_distance  REAL,
    class_id        INTEGER NOT NULL,
    first_timestamp REAL NOT NULL,
    last_timestamp  REAL NOT NULL CHECK (last_timestamp >= first_timestamp),
    first_frame     INTEGER NOT NULL,
    last_frame      INTEGER NOT NULL CHECK (last_frame >= first_frame),
    best_timestamp  REAL NOT NULL,
    best_x1         REAL NOT NULL,
    best_y1         REAL NOT NULL,
    best_x2         REAL NOT NULL,
    best_y2         REAL NOT NULL,
    best_confidence REAL NOT NULL,
    thumbnail       BLOB NOT NULL,              -- JPEG; last: others are read without it
    UNIQUE (camera_id, track_id)
);
CREATE INDEX sightings_by_identity ON sightings (identity_id);
CREATE INDEX sightings_by_time ON sightings (camera_id, first_timestamp);

CREATE TABLE reasons (                          -- why a sighting has the identity that it has
    sighting_id     INTEGER PRIMARY KEY REFERENCES sightings ON DELETE CASCADE,
    probability     REAL NOT NULL,              -- that the identity is right
    previous_camera TEXT,                       -- the sighting that it follows on; NULL for the
    previous_track  INTEGER,                    -- first of an identity, and so is all below
    distance        REAL,
    appearance_probability REAL,
    gap_s           REAL,
    travel_time_likelihood REAL,
    link_from       TEXT,                       -- the earlier camera, NULL if both are one
    runner_up       INTEGER,                    -- the next best identity at that time
    runner_up_probability REAL,
    margin          REAL                        -- nats
);

CREATE TABLE candidates (                       -- "possibly the same as"
    sighting_id INTEGER NOT NULL REFERENCES sightings ON DELETE CASCADE,
    identity_id INTEGER NOT NULL,
    probability REAL NOT NULL,
    ruled_out   INTEGER NOT NULL DEFAULT 0 CHECK (ruled_out IN (0, 1)),  -- by a person
    PRIMARY KEY (sighting_id, identity_id)
) WITHOUT ROWID;

CREATE TABLE corrections (                      -- by people; corrections.yaml holds what they mean
    correction_id   INTEGER PRIMARY KEY,
    kind            TEXT NOT NULL CHECK (kind IN ('merge', 'split', 'confirm', 'reject')),
    made_by         TEXT NOT NULL,
    made_at         REAL NOT NULL,              -- wall clock
    undone_at       REAL,                       -- wall clock; NULL while it holds
    note            TEXT NOT NULL
);

CREATE TABLE corrected_sightings (              -- what each correction is about
    correction_id   INTEGER NOT NULL REFERENCES corrections,
    sighting_id     INTEGER NOT NULL REFERENCES sightings ON DELETE CASCADE,
    same            INTEGER NOT NULL CHECK (same IN (0, 1)),  -- 0: not that vehicle
    PRIMARY KEY (correction_id, sighting_id)
) WITHOUT ROWID;

CREATE TABLE revisions (                        -- every identity that a sighting ever had
    revision_id     INTEGER PRIMARY KEY,
    sighting_id     INTEGER NOT NULL REFERENCES sightings ON DELETE CASCADE,
    before          INTEGER,                    -- NULL: its first identity
    after           INTEGER NOT NULL,
    timestamp       REAL,                       -- stream time; NULL where a person decided
    cause           TEXT NOT NULL,
    correction_id   INTEGER REFERENCES corrections
);
CREATE INDEX revisions_by_sighting ON revisions (sighting_id);

CREATE TABLE embeddings (
    sighting_id INTEGER NOT NULL REFERENCES sightings ON DELETE CASCADE,
    ordinal     INTEGER NOT NULL,               -- 0 is the mean
    kind        TEXT NOT NULL CHECK (kind IN ('mean', 'exemplar')),
    vector      BLOB NOT NULL CHECK (length(vector) = 2048),  -- 512 float32, little-endian
    PRIMARY KEY (sighting_id, ordinal)
);

CREATE TABLE boxes (
    camera_id   TEXT NOT NULL REFERENCES cameras,
    frame       INTEGER NOT NULL,
    track_id    INTEGER NOT NULL,
    timestamp   REAL NOT NULL,
    x1          REAL NOT NULL,
    y1          REAL NOT NULL,
    x2          REAL NOT NULL,
    y2          REAL NOT NULL,
    confidence  REAL NOT NULL,
    class_id    INTEGER NOT NULL,
    PRIMARY KEY (camera_id, frame, track_id)
) WITHOUT ROWID;

CREATE TABLE moved_boxes (                      -- turned out to be another track's
    moved_id    INTEGER PRIMARY KEY,
    camera_id   TEXT NOT NULL REFERENCES cameras,
    track_id    INTEGER NOT NULL,               -- that they were written under
    to_track    INTEGER NOT NULL,               -- that they are under now, or were until moved on
    first_frame INTEGER NOT NULL,
    last_frame  INTEGER NOT NULL CHECK (last_frame >= first_frame),
    timestamp   REAL NOT NULL                   -- of the last frame, in which it turned out
);
"""


@contextmanager
def reported(path: Path) -> Iterator[None]:
    """Turn what SQLite says about a file (damage, lock) into a `StoreError`.

    A full disk is an `OutputError`.

    Broken constraints and misuse are left alone: they are mistakes of the calling code, not of the
    user.
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as error:
        details = getattr(error, "sqlite_errorcode", 0)
        code = details & _PRIMARY
        # Also where there is no room for the index that all who read and write share.
        if code == sqlite3.SQLITE_FULL or details == sqlite3.SQLITE_IOERR_SHMSIZE:
            raise OutputError(f"{path}: {error}; free disk space, and start again") from error
        raise StoreError(f"{path}: {error}{_HINTS.get(code, '')}") from error
    except OverflowError:
        raise StoreError(f"{path}: a requested number is larger than any in it") from None


def is_busy(error: StoreError) -> bool:
    """Return whether it is that another connection did not end its writing in time."""
    code = getattr(error.__cause__, "sqlite_errorcode", 0)
    return bool(code & _PRIMARY == sqlite3.SQLITE_BUSY)


def create(path: Path) -> sqlite3.Connection:
    """Make a new store with empty tables and return the connection that writes to it.

    Args:
        path: A file that does not exist yet, in a folder that does.

    Raises:
        StoreError: If the file cannot be written; nothing is left of it.
    """
    with reported(path):
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
        try:
            _configured(connection).executescript(
                f"BEGIN;{TABLES}"
                f"PRAGMA application_id = {APPLICATION_ID};"
                f"PRAGMA user_version = {SCHEMA_VERSION};"
                "COMMIT;"
            )
        except sqlite3.DatabaseError:
            connection.close()
            remove(path)
            raise
    return connection


def remove(path: Path) -> None:
    """Remove a store, if there is one, and what SQLite keeps beside it.

    Raises:
        OSError: If it cannot be removed.
    """
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def connect(path: Path, *, readonly: bool) -> sqlite3.Connection:
    """Open an existing store, which another process may be writing to.

    Args:
        path: The file.
        readonly: Whether writing shall be impossible.

    Raises:
        StoreError: If it is missing, damaged, no store, or of another schema version.
    """
    if not path.is_file():
        raise StoreError(f"{path}: there is no store here; expected a run's sightings.db")
    with reported(path):
        try:
            return _opened(path, _mode(path, readonly=readonly), readonly=readonly)
        except sqlite3.OperationalError as error:
            full = error.sqlite_errorcode == sqlite3.SQLITE_IOERR_SHMSIZE
            if not (full and readonly) or _pending(path):
                raise
            # The disk is full, and nobody who writes has made the index.
            return _opened(path, _UNCHANGING, readonly=True)


def _opened(path: Path, mode: str, *, readonly: bool) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?{mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)
    try:
        _check(connection, path)
        return connection if readonly else _configured(connection)
    except (StoreError, sqlite3.DatabaseError):
        connection.close()
        raise


def _mode(path: Path, *, readonly: bool) -> str:
    """Return SQLite's open mode.

    Even a reader of a WAL file needs to make its shared index beside it. On a medium where that
    cannot be, nobody is writing either, and the file may be read as one that never changes.
    """
    if not readonly:
        return "mode=rw"
    unchangeable = not _pending(path) and not os.access(path.parent, os.W_OK)
    return _UNCHANGING if unchangeable else "mode=ro"


def _pending(path: Path) -> bool:
    """Return whether there is anything in the log beside a file that is not in the file yet."""
    log = path.with_name(f"{path.name}-wal")
    # A reader may have left an empty one.
    return log.exists() and log.stat().st_size > 0


def _configured(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return the connection, set for one writer beside many readers.

    In WAL mode with synchronous=NORMAL a killed process loses nothing that was committed; a power
    cut may lose the last commits, but never damages the file.
    """
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `StoreError` unless the file is a store of this version."""
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if mark != APPLICATION_ID:
        raise StoreError(f"{path}: not a store of scantrack")
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"{path}: schema version {version} found, {SCHEMA_VERSION} expected; "
            "run the cameras again with this version of scantrack"
        )
