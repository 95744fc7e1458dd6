"""Corrections in the pages that are refused, or do not work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.browsing import corrector
from app.errors import OutputError
from app.search.question import Question
from app.search.search_log import RECORDED_KEY, read
from app.storage.run_folder import RunFolder
from app.storage.store import Store
from tests.app.browsing.conftest import Browse
from tests.app.browsing.correcting import DECIDED, correct, identities, page

# ------------------------------------------------------------------ who may, and when


def test_only_what_is_posted_changes_anything(browse: Browse, monday: Path) -> None:
    client = browse(monday)
    assert client.get("/correct?kind=merge&of=2&of=3").status_code == 405
    page(client, "/identities?of=2&of=3&kind=merge")
    page(client, "/corrections?kind=undo&of=1")
    assert identities(monday) == DECIDED
    correct(client, kind="merge", of=["2", "3"])
    page(client, "/undo?of=1")
    assert identities(monday) == [1, 2, 1, 2]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_program_corrects_nothing(
    browse: Browse, monday: Path, site: str
) -> None:
    client = browse(monday)
    form = {"kind": "merge", "of": ["2", "3"]}
    answer = client.post("/correct", data=form, headers={"sec-fetch-site": site})
    assert answer.status_code == 403
    assert "nothing was changed" in answer.text
    client.cookies.clear()
    assert client.post("/correct", data=form).status_code == 403
    assert identities(monday) == DECIDED


def test_read_only(browse: Browse, monday: Path) -> None:
    correct(browse(monday), kind="merge", of=["1", "2"])
    client = browse(monday, read_only=True)
    for address in (
        "/",
        "/sighting?of=north:1",
        "/identities?of=1&of=3",
        "/corrections",
        "/undo?of=1",
    ):
        assert "/correct" not in page(client, address).replace("/corrections", "")
    for form in ({"kind": "undo", "of": "1"}, {"kind": "merge", "of": ["1", "3"]}):
        assert "started with --read-only" in correct(client, status=403, **form)
    assert identities(monday) == [1, 1, 1, 3]


def test_a_run_in_progress(browse: Browse, run: Path) -> None:
    client = browse(run)
    for address in ("/sighting?of=north:1", "/identities?of=1&of=2", "/corrections"):
        text = page(client, address)
        assert "run has not finished, so its identities are not decided yet" in text
        assert 'action="/correct"' not in text
    said = correct(client, status=400, kind="merge", of=["1", "2"])
    assert "the run has not finished" in said


def test_a_folder_that_cannot_be_written_to(
    browse: Browse, monday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browse(monday)
    monkeypatch.setattr(corrector.os, "access", lambda *_: False)
    text = page(client, "/sighting?of=north:1")
    assert f"{monday} cannot be written to" in text
    assert 'action="/correct"' not in text


def test_an_account_without_a_name(
    browse: Browse, monday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nameless)
    client = browse(monday)
    assert "give a name with --by" in page(client, "/sighting?of=north:1")
    assert "--by" in correct(client, status=400, kind="merge", of=["2", "3"])
    correct(browse(monday, by="ann"), kind="merge", of=["2", "3"])


@contextmanager
def in_the_middle(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, ...]]:
    """Hold the next correction before its results are written, until told."""
    begun, go_on = threading.Event(), threading.Event()

    def held(store: Store) -> None:
        begun.set()
        assert go_on.wait(60)

    monkeypatch.setattr(corrector, "refresh", held)
    try:
        yield begun, go_on
    finally:
        go_on.set()


def test_pages_are_shown_while_a_correction_is_made(
    browse: Browse, monday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browse(monday)
    with client, in_the_middle(monkeypatch) as (begun, go_on):
        form = {"kind": "merge", "of": ["2", "3"]}
        first = threading.Thread(target=client.post, args=("/correct",), kwargs={"data": form})
        first.start()
        assert begun.wait(60)
        assert "2 vehicles" in page(client, "/")
        second = correct(client, status=400, kind="split", of="south:1")
        assert "another correction is being made" in second
        go_on.set()
        first.join()
        correct(client, kind="split", of="south:1")
    assert identities(monday) == [1, 2, 4, 2]


def test_another_program_is_writing(
    browse: Browse, monday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.schema.BUSY_TIMEOUT_S", 0.05)
    client = browse(monday)
    with Store.open(monday, readonly=False) as store:
        store.reserve()
        said = correct(client, status=400, kind="merge", of=["2", "3"])
        assert "sightings.db: another correction is being made; try again" in said
    correct(client, kind="merge", of=["2", "3"])


def test_results_that_cannot_be_written(
    browse: Browse, monday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Store) -> None:
        raise OutputError("report.html: No space left on device")

    client = browse(monday)
    with monkeypatch.context() as patch:
        patch.setattr(corrector, "refresh", full)
        said = correct(client, kind="merge", of=["2", "3"])
    assert "No space left on device; the correction holds" in said
    assert identities(monday) == [1, 2, 1, 2]
    correct(client, kind="undo", of="1")


@pytest.mark.parametrize("replaced", [True, False])
def test_a_run_that_is_replaced_or_removed_meanwhile(
    browse: Browse, monday: Path, tuesday: Path, replaced: bool
) -> None:
    with Store.open(monday, readonly=False) as store:
        store.set_meta(RECORDED_KEY, True)
    client = browse(monday, by="ann", reason="case 114")
    page(client, "/")
    monday.rename(monday.with_name("old"))
    if replaced:
        tuesday.rename(monday)
    # Its numbers are others: what is clicked in the page of the old one is not to correct it.
    said = correct(client, status=400, kind="merge", of=["2", "3"])
    trouble = "is no longer the run that was opened" if replaced else "there is no store here"
    assert f"{monday / 'sightings.db'}: {trouble}" in said
    answer = client.get("/")
    assert answer.status_code == 400
    assert "was replaced or moved; start the command again" in answer.text
    assert not RunFolder(monday).searches.exists()
    if replaced:
        assert identities(monday) == DECIDED


def test_what_is_compared_is_recorded_first(browse: Browse, monday: Path) -> None:
    with Store.open(monday, readonly=False) as store:
        store.set_meta(RECORDED_KEY, True)
    client = browse(monday, by="ann", reason="case 114")
    page(client, "/identities?of=1&of=3")
    correct(client, kind="merge", of=["1", "3"])
    page(client, "/corrections")
    (kept,) = read(RunFolder(monday).searches).searches
    assert (kept.by, kept.searched_for) == ("ann", "identity 1, identity 3")
    assert (kept.identities, kept.sightings) == ((1, 3), (1, 3, 4))


# ------------------------------------------------------------------ mistakes


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "nothing was chosen"),
        ({"kind": "delete", "of": "1"}, "nothing was chosen"),
        ({"kind": "merge"}, "merge: none was named"),
        ({"kind": "merge", "of": "1"}, "two or more different identities"),
        ({"kind": "merge", "of": ["1", "1"]}, "two or more different identities"),
        ({"kind": "merge", "of": ["1", "9"]}, "there is no identity 9"),
        ({"kind": "merge", "of": ["1", "x"]}, "identity x: expected a number"),
        ({"kind": "merge", "of": ["1", "9" * 30]}, "larger than any"),
        ({"kind": "split"}, "no sighting was ticked"),
        ({"kind": "split", "of": ["north:1", "south:1"]}, "has no other sightings"),
        ({"kind": "split", "of": "west:1"}, "no such camera; known: north, south"),
        ({"kind": "reject 2", "of": "north:2"}, "the only sighting of identity 2"),
        ({"kind": "reject 1", "of": "gate"}, "expected a sighting as camera:track"),
        ({"kind": "reject 1"}, "expected a sighting as camera:track"),
        ({"kind": "confirm", "of": "south:2"}, "enter the number of the identity"),
        ({"kind": "confirm", "of": "south:2", "number": "x"}, "expected a number"),
        ({"kind": "reject 2", "of": "south:2", "number": "1"}, "another line was chosen"),
        ({"kind": "undo", "of": "1"}, "no such correction in effect; known: none"),
        ({"kind": "undo"}, "correction : expected a number"),
        ({"kind": "merge", "of": ["1", "2"], "note": "a" * 70_000}, "shorten the note"),
    ],
)
def test_mistakes_are_told_in_a_line(
    browse: Browse, monday: Path, form: dict[str, object], message: str
) -> None:
    assert message in correct(browse(monday), status=400, **form)
    assert identities(monday) == DECIDED
    assert not (monday / "corrections.yaml").exists()


def test_what_contradicts_an_older_correction_is_refused(browse: Browse, monday: Path) -> None:
    client = browse(monday)
    correct(client, kind="reject 1", of="south:1")
    said = correct(client, status=400, kind="merge", of=["1", "4"])
    assert "two vehicles by correction 1; undo that one first" in said
    assert identities(monday) == [1, 2, 4, 3]


def test_corrections_that_cannot_be_undone(browse: Browse, monday: Path) -> None:
    client = browse(monday)
    for address, message in (
        ("/undo?of=1", "no such correction in effect; known: none"),
        ("/undo", "correction : expected a number"),
        ("/undo?of=tuesday/1", "expected one of the runs before the last /"),
    ):
        answer = client.get(address)
        assert answer.status_code == 400
        assert message in answer.text


def test_identities_that_are_none(browse: Browse, monday: Path) -> None:
    client = browse(monday)
    for address, message in (
        ("/identities", "tick some, or give a number"),
        ("/identities?of=9", "there is no identity 9"),
        ("/identities?of=<b>", "expected a number"),
    ):
        answer = client.get(address)
        assert answer.status_code == 400
        assert message in answer.text
        assert "<b>" not in answer.text
    # A change of an earlier start of the server.
    assert "<h1>Corrections</h1>" in page(client, "/corrections?change=7")


def test_a_broken_file_of_corrections_is_named(browse: Browse, monday: Path) -> None:
    (monday / "corrections.yaml").write_text("version: 7\n")
    client = browse(monday)
    answer = client.get("/corrections")
    assert answer.status_code == 400
    assert "corrections.yaml: version" in answer.text
    assert "corrections.yaml: version" in correct(client, status=400, kind="merge", of=["1", "2"])


def test_a_page_shows_the_run_as_it_is_at_one_time(
    browse: Browse, monday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browse(monday)
    before = page(client, "/")
    findings = Question.findings

    def corrected_meanwhile(*arguments: Any) -> Any:
        correct(browse(monday), kind="merge", of=["1", "2", "3"])
        return findings(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Question, "findings", corrected_meanwhile)
        assert page(client, "/") == before
    assert "1 vehicle<" in page(client, "/")
