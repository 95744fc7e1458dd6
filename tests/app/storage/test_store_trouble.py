"""Stores on media that are full, or not to be written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import OutputError, StoreError
from app.storage import schema
from app.storage.store import Store
from tests.app.stores import city_store
from tests.little_room import little_room


def test_a_file_on_a_readonly_medium_can_be_read(tmp_path: Path, monkeypatch) -> None:
    city_store(tmp_path).close()
    monkeypatch.setattr("os.access", lambda *_: False)
    with Store.open(tmp_path) as reader:
        assert reader.totals().vehicles == 4
    assert [path.name for path in tmp_path.iterdir()] == ["sightings.db"]


def test_an_empty_log_keeps_nobody_from_reading_a_readonly_medium(
    tmp_path: Path, monkeypatch
) -> None:
    """A reader of a finished run may leave one behind, and copies of the run have it, too."""
    city_store(tmp_path).close()
    (tmp_path / "sightings.db-wal").touch()
    monkeypatch.setattr("os.access", lambda *_: False)
    with Store.open(tmp_path) as reader:
        assert reader.totals().vehicles == 4
    assert {path.name for path in tmp_path.iterdir()} == {"sightings.db", "sightings.db-wal"}


def test_a_full_disk_is_a_result_that_cannot_be_written(tmp_path: Path) -> None:
    with city_store(tmp_path) as store:
        store._connection.execute("PRAGMA max_page_count = 1")  # as few as there are
        with pytest.raises(OutputError, match=r"sightings\.db: .*is full"):
            store.set_meta("much", "more than a page" * 10_000)
        store._connection.rollback()


def test_a_disk_that_is_full_from_the_start_is_left_as_it_was(tmp_path: Path, monkeypatch) -> None:
    tables = f"PRAGMA max_page_count = 2; {schema.TABLES}"
    monkeypatch.setattr(schema, "TABLES", tables)
    with pytest.raises(OutputError, match=r"sightings\.db: .*is full"):
        Store.create(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_finished_store_can_be_read_where_the_disk_is_full(tmp_path: Path) -> None:
    city_store(tmp_path).close()
    with little_room(100), Store.open(tmp_path) as reader:
        assert reader.totals().vehicles == 4


def test_of_one_that_was_broken_off_it_is_said_what_is_wrong(tmp_path: Path) -> None:
    store = city_store(tmp_path / "run")
    store.set_meta("late", "news")
    store.commit()
    copied = tmp_path / "killed"
    copied.mkdir()
    for name in ("sightings.db", "sightings.db-wal"):  # as a killed run leaves them
        (copied / name).write_bytes((tmp_path / "run" / name).read_bytes())
    store.close()
    with little_room(100), pytest.raises(OutputError, match=r"sightings\.db: .*free disk space"):
        Store.open(copied)


def test_a_store_that_sqlite_cannot_open_says_why_that_may_be(tmp_path: Path) -> None:
    city_store(tmp_path).close()
    # What SQLite needs beside the file cannot be made, as in a folder that is not to be written to.
    (tmp_path / "sightings.db-wal").mkdir()
    with pytest.raises(StoreError, match="a writable folder") as caught:
        Store.open(tmp_path, readonly=False)
    assert "\n" not in str(caught.value)
