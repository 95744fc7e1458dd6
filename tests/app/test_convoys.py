"""The command `app.convoys`: who travels with whom, in table, JSON, page and search log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.convoys import app
from app.errors import OutputError
from app.search.named import Named, named_subject
from app.search.search_log import RECORDED_KEY, read
from app.storage.records import SightingFilter
from app.storage.run_folder import RunFolder
from app.storage.store import Store
from tests.app.stores import START, assign, city_store
from tests.app.traffic import CAMERAS, background, convoy, traffic_store
from tests.little_room import little_room

DAY_S = 86_400.0


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with background traffic, in which 1 and 2 travel together."""
    traffic_store(tmp_path / "monday", [*background(), *convoy(1, 2)]).close()
    return tmp_path / "monday"


def ask(*options: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(option) for option in options])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


def answer(folder: Path, *options: object) -> dict:
    path = folder / "found.json"
    ask("--run", folder, "--json", path, *options)
    return json.loads(path.read_text())


# ------------------------------------------------------------------ what is found


def test_who_travels_together_is_first(run: Path) -> None:
    found = answer(run)
    first = found["pairs"][0]
    assert (first["rank"], first["identities"], first["cameras"]) == (1, [1, 2], 5)
    assert first["stands_out"]
    assert first["expected"] == pytest.approx(first["probability"] * found["pairs_met"])
    assert [one["camera_id"] for one in first["passes"]] == list(CAMERAS)
    assert {round(one["gap_s"], 6) for one in first["passes"]} == {2.0}
    assert first["passes"][0]["time"] == START + 101.0
    assert not any(pair["stands_out"] for pair in found["pairs"][1:])
    assert len(found["pairs"]) <= 10


def test_the_companions_of_one_vehicle(run: Path) -> None:
    found = answer(run, "--identity", 2, "--cameras", 3)
    (pair,) = found["pairs"]
    # It comes first, and the gap is the other one's to it.
    assert pair["identities"] == [2, 1]
    assert {round(one["gap_s"], 6) for one in pair["passes"]} == {-2.0}
    assert [s["camera_id"] for s in pair["passes"][0]["sightings"][0]] == ["north"]
    assert found["searched_for"] == "vehicles that travel with identity 2"
    assert found["conditions"] == "within 10 s at 3 cameras or more"


def test_who_was_seen_by_one_camera_has_no_companions(tmp_path: Path) -> None:
    traffic_store(tmp_path, [*background(), (7, "south", 20.0)]).close()
    text = ask("--run", tmp_path, "--identity", 7)
    assert "Identity 7 passed south only: who travels with it cannot be told from fewer" in text
    assert answer(tmp_path, "--identity", 7)["pairs"] == []


def test_a_run_with_too_few_cameras_says_so(tmp_path: Path) -> None:
    city_store(tmp_path).close()
    text = ask("--run", tmp_path, "--cameras", 3)
    assert "No such pair passed so many cameras together" in text
    assert "There are not enough cameras: north, south." in text


def test_parked_vehicles_are_no_convoy(tmp_path: Path) -> None:
    standing = [(*one, 5.0) for one in convoy(1, 2)]
    traffic_store(tmp_path, [*background(), *standing]).close()
    assert "Identity 1 passed no camera" in ask("--run", tmp_path, "--identity", 1)


def test_times_limit_what_counts(run: Path) -> None:
    # Two cameras from then on: the roof at + 300 s, the west 50 s before.
    first = answer(run, "--after", "08:34:05", "--identity", 1)["pairs"][0]
    assert [one["camera_id"] for one in first["passes"]] == ["west", "roof"]
    assert answer(run, "--before", "08:31:45", "--identity", 1)["pairs"] == []


def test_groups(tmp_path: Path) -> None:
    three = [*convoy(1, 2), *(one for one in convoy(9, 3, gap_s=4.0) if one[0] == 3)]
    traffic_store(tmp_path, [*background(), *three]).close()
    assert answer(tmp_path)["groups"] == [{"identities": [1, 2, 3]}]
    assert "Group: 1, 2, 3" in ask("--run", tmp_path)


def test_several_runs_are_one_list(run: Path, tmp_path: Path) -> None:
    tuesday = tmp_path / "tuesday"
    passes = [*background(), *convoy(1, 5)]
    traffic_store(tuesday, passes, start=START + DAY_S).close()
    path = tmp_path / "found.json"
    text = ask("--run", run, "--run", tuesday, "--json", path)
    assert "monday/1 + monday/2" in text
    assert "tuesday/1 + tuesday/5" in text
    found = json.loads(path.read_text())
    assert {(p["run"], *p["identities"]) for p in found["pairs"][:2]} == {
        ("monday", 1, 2),
        ("tuesday", 1, 5),
    }
    assert "with identity tuesday/5" in ask(
        "--run", run, "--run", tuesday, "--identity", "tuesday/5"
    )


def test_an_answer_is_of_one_state_of_the_run(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = answer(run, "--identity", 1)

    def corrected_meanwhile(*given: Any, **more: Any) -> Named:
        named = named_subject(*given, **more)
        with Store.open(run, readonly=False) as store:
            for one in list(store.sightings(SightingFilter(identity_id=2))):
                assign(store, one.camera_id, one.track_id, identity_id=500)
            store.commit()
        return named

    monkeypatch.setattr("app.search.companions.named_subject", corrected_meanwhile)
    assert answer(run, "--identity", 1) == before
    assert answer(run, "--identity", 1) != before


# ------------------------------------------------------------------ how it is shown


def test_the_table_says_how_probable_it_is_and_what_that_means(run: Path) -> None:
    text = ask("--run", run, "--top", 1)
    assert "1 + 2" in text
    assert "north:61 + north:62" in text
    assert "+2.0 s" in text
    assert "stands out" in text
    assert "The one listed stands out from chance" in text
    assert "more; --top" in text
    assert "two cameras say little" in text


def test_the_page_says_how_many_pairs_there_are_in_no_words_of_a_terminal(
    run: Path, tmp_path: Path
) -> None:
    page = tmp_path / "convoy.html"
    ask("--run", run, "--report", page, "--top", 1)
    assert "<h2>The first 1 of " in page.read_text()
    assert "--top" not in page.read_text()


def test_the_page_shows_pictures_of_both(run: Path, tmp_path: Path) -> None:
    page = tmp_path / "convoy.html"
    assert f"wrote {page}" in ask("--run", run, "--report", page, "--identity", 1, "--top", 1)
    text = page.read_text()
    assert text.count("<img") == 2 * len(CAMERAS)
    assert "identity 2, 2.0 s later" in text
    assert "http" not in text
    assert 'src="data:image/jpeg;base64,' in text


def test_it_says_when_cameras_were_not_watching(run: Path) -> None:
    assert "not watching: all cameras until 08:30:00" in ask("--run", run, "--after", "08:29:00")


# ------------------------------------------------------------------ the search log


def test_a_run_that_records_searches_needs_a_reason(tmp_path: Path) -> None:
    with traffic_store(tmp_path, [*background(), *convoy(1, 2)]) as store:
        store.set_meta(RECORDED_KEY, True)
        store.commit()
    assert "each needs a reason: --reason" in ask("--run", tmp_path, code=2)
    log = RunFolder(tmp_path).searches
    assert not read(log).searches
    why = ("--reason", "case 7", "--by", "ann")
    page = tmp_path / "convoy.html"
    ask("--run", tmp_path, "--identity", 2, "--cameras", 3, "--report", page, *why)
    (search,) = read(log).searches
    assert (search.by, search.reason) == ("ann", "case 7")
    assert search.searched_for == "vehicles that travel with identity 2"
    assert search.conditions == "within 10 s at 3 cameras or more"
    assert search.identities == (2, 1)
    assert len(search.sightings) == 2 * len(CAMERAS)
    assert "Searched by ann: case 7" in page.read_text()


def test_nothing_is_written_unless_the_search_is_recorded(tmp_path: Path) -> None:
    with traffic_store(tmp_path, convoy(1, 2)) as store:
        store.set_meta(RECORDED_KEY, True)
        store.commit()
    RunFolder(tmp_path).searches.mkdir()
    page = tmp_path / "convoy.html"
    text = ask("--run", tmp_path, "--reason", "case 7", "--report", page, code=5)
    assert "without a log entry no result is shown" in text
    assert not page.exists()


# ------------------------------------------------------------------ mistakes


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--identity", 800], 6, "there is no identity 800"),
        (["--identity", "gate"], 2, "identity gate: expected a number"),
        (["--identity", 1, "--identity", 2], 2, "--identity: 2 were given; expected one"),
        (["--json", ""], 5, "is a folder; give a file"),
        (["--identity", ""], 2, "identity : expected a number"),
        (["--within", 0], 2, "within 0 s: expected seconds above 0, at most 60"),
        (["--within", 61], 2, "within 61 s: expected seconds above 0, at most 60"),
        (["--within", "nan"], 2, "within nan s: expected seconds above 0, at most 60"),
        (["--cameras", 1], 2, "at 1 cameras: expected 2 or more"),
        (["--after", "noon"], 2, "expected ISO 8601"),
        (["--after", "08:40:00", "--before", "08:30:00"], 2, "the end is earlier than the"),
    ],
)
def test_mistakes_are_one_line(run: Path, options: list, code: int, message: str) -> None:
    assert message in ask("--run", run, *options, code=code)


def test_outputs_may_not_go_onto_files_of_the_run(run: Path) -> None:
    text = ask("--run", run, "--json", run / "sightings.db", code=5)
    assert "choose another file" in text


def test_no_output_takes_the_place_of_the_search_log(tmp_path: Path) -> None:
    with traffic_store(tmp_path, convoy(1, 2)) as store:
        store.set_meta(RECORDED_KEY, True)
        store.commit()
    log = RunFolder(tmp_path).searches
    # It comes to be with the first search, before the answer is written.
    ask("--run", tmp_path, "--reason", "case 7", "--json", log, code=5)
    assert not log.exists()


def test_a_run_without_a_vehicle_says_so(tmp_path: Path) -> None:
    traffic_store(tmp_path, []).close()
    assert "no vehicle has been stored yet" in ask("--run", tmp_path, code=6)


def test_an_answer_is_shown_where_it_cannot_be_written(run: Path, tmp_path: Path) -> None:
    page = tmp_path / "convoys.html"
    with little_room(1000):
        shown = ask("--run", run, "--report", page, code=OutputError.exit_code)
    assert "323 pairs met at a camera" in shown
    assert f"error: {page}: " in shown
