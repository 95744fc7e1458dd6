"""Searches of a run that records them: reasons are asked for, and what was shown is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from app import query, searches
from app.config import RunConfig
from app.search import query_image, subject
from app.search.search_log import RECORDED_KEY, read
from app.search.searched_runs import SearchedRun
from app.storage import run_folder
from app.storage.store import Store
from tests.app.stores import city_store


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run whose searches are recorded."""
    with city_store(tmp_path / "sightings.db") as store:
        store.set_meta(RECORDED_KEY, True)
        store.commit()
    return tmp_path


def ask(run: Path, *options: object, code: int = 0) -> str:
    result = CliRunner().invoke(query.app, ["--store", str(run), *map(str, options)])
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def shown(run: Path, *, code: int = 0) -> str:
    result = CliRunner().invoke(searches.app, ["--run", str(run)])
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def log_of(run: Path):
    return read(run_folder.RunFolder(run).searches)


def test_a_search_needs_a_reason(run):
    assert "each needs a reason: --reason" in ask(run, "--identity", 2, code=2)
    assert "each needs a reason" in ask(run, "--class", "car", "--reason", "  ", code=2)
    assert not log_of(run).searches


def test_what_is_shown_is_recorded_with_who_and_why(run):
    ask(run, "--identity", 2, "--top", 1, "--camera", "south", "--reason", "case 7", "--by", "ann")
    (search,) = log_of(run).searches
    assert (search.by, search.reason) == ("ann", "case 7")
    assert search.searched_for.startswith("identity 2")
    assert search.conditions == "only in south"
    assert (search.identities, search.sightings) == ((1,), (3,))
    assert search.at.endswith("+00:00")


def test_the_account_is_the_one_who_asks_unless_told_otherwise(run, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "zoë")
    ask(run, "--class", "truck", "--reason", "case 8")
    (search,) = log_of(run).searches
    assert (search.by, search.searched_for, search.identities) == ("zoë", "", (2,))


def test_an_account_without_a_name_must_say_who_asks_where_there_is_a_reason(run, monkeypatch):
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert "--by NAME" in ask(run, "--class", "truck", "--reason", "case 8", code=2)


def test_page_and_json_say_who_asked_and_why(run, tmp_path):
    page, values = tmp_path / "found.html", tmp_path / "found.json"
    why = ("--reason", "case <9>", "--by", "ann")
    ask(run, "--class", "car", *why, "--report", page, "--json", values)
    assert "Searched by ann: case &lt;9&gt;" in page.read_text()
    found = json.loads(values.read_text())
    assert (found["by"], found["reason"]) == ("ann", "case <9>")


def test_pictures_are_recorded_by_their_hash(run, tmp_path, monkeypatch):
    picture = tmp_path / "suspect.jpg"
    cv2.imwrite(str(picture), np.full((40, 60, 3), 90, np.uint8))
    with Store.open(run) as store:
        wanted = subject.of_identity(SearchedRun(store, "monday"), 2)
    wanted = replace(wanted, files=(query_image.read_picture(picture).sha256,))
    monkeypatch.setattr(query, "subject_of", lambda *_, **__: wanted)
    ask(run, "--image", picture, "--reason", "case 7", "--by", "ann")
    assert log_of(run).searches[0].pictures == (sha256(picture.read_bytes()).hexdigest(),)


def test_nothing_is_shown_or_written_where_it_cannot_be_recorded(run, tmp_path):
    run_folder.RunFolder(run).searches.mkdir()
    page = tmp_path / "found.html"
    output = ask(run, "--class", "car", "--reason", "case 7", "--report", page, code=5)
    assert "searches of this run are logged" in output
    assert "north" not in output
    assert not page.exists()


def test_other_runs_ask_for_no_reason_and_keep_no_record(tmp_path):
    city_store(tmp_path / "sightings.db").close()
    ask(tmp_path, "--class", "car")
    ask(tmp_path, "--class", "car", "--reason", "case 7", "--by", "ann")
    assert not run_folder.RunFolder(tmp_path).searches.exists()
    assert "no searches recorded" in shown(tmp_path)


def test_the_record_is_shown(run):
    for number in range(2):
        ask(run, "--identity", 2, "--reason", f"case [{number}]", "--by", "ann")
    output = shown(run)
    assert "case [0]" in output
    assert "case [1]" in output
    assert f"last hash: {log_of(run).last}" in output


def test_a_changed_record_is_told_with_an_exit_code(run):
    for number in range(3):
        ask(run, "--identity", 2, "--reason", f"case {number}", "--by", "ann")
    path = run_folder.RunFolder(run).searches
    path.write_text(path.read_text().replace("case 1", "case 5"))
    assert "was modified: line 3 does not continue" in shown(run, code=2)


def test_outputs_may_not_go_onto_the_record(run):
    ask(run, "--class", "car", "--reason", "case 7", "--by", "ann")
    record = run_folder.RunFolder(run).searches
    content = record.read_bytes()
    ask(run, "--class", "car", "--reason", "x", "--by", "ann", "--json", record, code=5)
    assert record.read_bytes() == content


def test_the_record_stays_when_a_run_is_replaced(run):
    ask(run, "--class", "car", "--reason", "case 7", "--by", "ann")
    run_folder.RunFolder(run).clear()
    assert len(log_of(run).searches) == 1


def test_nothing_is_recorded_unless_asked_for():
    assert not RunConfig.model_validate(
        {"cameras": [{"id": "a", "source": "a.mp4"}]}
    ).record_searches
