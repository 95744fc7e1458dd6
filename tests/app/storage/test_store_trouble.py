"""Stores on media that are full, or not to be written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import OutputError, StoreError
from app.storage import schema
from app.storage.store import Store
from tests.app.stores import city_store


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


@pytest.fixture
def run(tmp_path: Path) -> Path:
    city_store(tmp_path).close()
    return tmp_path


@pytest.mark.parametrize("little_room", [1000], indirect=True)
def test_a_disk_without_room_for_the_shared_index_is_full(run: Path, little_room: None) -> None:
    # Also who only reads needs it.
    with pytest.raises(OutputError, match=r"sightings\.db: .*free disk space"):
        Store.open(run)


def test_a_store_that_sqlite_cannot_open_says_why_that_may_be(tmp_path: Path) -> None:
    city_store(tmp_path).close()
    # What SQLite needs beside the file cannot be made, as in a folder that is not to be written to.
    (tmp_path / "sightings.db-wal").mkdir()
    with pytest.raises(StoreError, match="a writable folder") as caught:
        Store.open(tmp_path, readonly=False)
    assert "\n" not in str(caught.value)
