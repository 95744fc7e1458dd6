"""A correction is made as a whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.corrections import correction_request
from app.corrections.correcting import add
from app.corrections.correction import Corrections
from app.corrections.correction_session import keep, open_finished, refresh
from app.errors import OutputError, StoreError
from app.storage.run_state import mark_tracked
from app.storage.store import Store
from tests.app.stores import city_store

AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    with city_store(tmp_path / "monday") as store:
        mark_tracked(store)
    return tmp_path / "monday"


def merged(store: Store) -> Corrections:
    request = correction_request.merge(store, [2, 3])
    return add(store, Corrections(), request, by="ann", at=AT, note="")


def identities(run: Path) -> list[int | None]:
    with Store.open(run) as store:
        return [sighting.identity_id for sighting in store.sightings()]


@pytest.mark.parametrize(
    "where",
    [
        "app.corrections.correcting.corrected",
        "app.corrections.correction_session.write_corrections",
    ],
)
def test_what_is_interrupted_has_not_been_said(
    run: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with open_finished(run) as store:
        corrections = merged(store)
        monkeypatch.setattr(where, stopped)
        with pytest.raises(KeyboardInterrupt):
            keep(store, corrections)
    assert identities(run) == [1, 2, 1, 3]
    assert not (run / "corrections.yaml").exists()
    with Store.open(run) as store:
        assert store.corrections() == []
        assert {one.cause for one in store.revisions()} == {"first"}


def test_a_file_that_cannot_be_written_leaves_the_store_as_it_is(run: Path) -> None:
    (run / "corrections.yaml").mkdir()
    with open_finished(run) as store, pytest.raises(OutputError, match=r"corrections\.yaml"):
        keep(store, merged(store))
    assert identities(run) == [1, 2, 1, 3]


@pytest.mark.parametrize("earlier", [False, True])
def test_a_full_disk_leaves_the_file_as_it_was(
    run: Path, earlier: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = run / "corrections.yaml"
    if earlier:
        with open_finished(run) as store:
            request = correction_request.merge(store, [1, 2])
            keep(store, add(store, Corrections(), request, by="ann", at=AT, note=""))
    before = file.read_bytes() if earlier else None

    def full(_: Store) -> None:
        raise OutputError("disk is full")

    with open_finished(run) as store:
        asked = correction_request.merge(store, [store_numbers(store)[-1], 1])
        known = add(store, Corrections(), asked, by="ann", at=AT, note="")
        with monkeypatch.context() as patch:
            patch.setattr(Store, "commit", full)
            with pytest.raises(OutputError, match="full"):
                keep(store, known)
    assert (file.read_bytes() if file.exists() else None) == before


def store_numbers(store: Store) -> list[int]:
    return sorted({s.identity_id for s in store.sightings() if s.identity_id is not None})


def test_what_was_kept_before_its_results_is_not_lost(run: Path) -> None:
    with open_finished(run) as store:
        refresh(store)
        keep(store, merged(store))
    assert identities(run) == [1, 2, 1, 2]
    assert (run / "thumbnails" / "3_south_2.jpg").exists()
    with open_finished(run) as store:
        refresh(store)
    assert (run / "thumbnails" / "2_south_2.jpg").exists()
    assert not (run / "thumbnails" / "3_south_2.jpg").exists()


def test_two_corrections_at_once_wait_for_each_other(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.schema.BUSY_TIMEOUT_S", 0.05)
    with open_finished(run) as store:
        with pytest.raises(StoreError, match="locked"):
            open_finished(run)
        keep(store, merged(store))
        open_finished(run).close()
    assert identities(run) == [1, 2, 1, 2]


def test_a_run_that_has_not_finished_is_refused(tmp_path: Path) -> None:
    city_store(tmp_path / "run").close()
    with pytest.raises(StoreError, match="has not finished"):
        open_finished(tmp_path / "run")
