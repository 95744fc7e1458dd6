"""One question to several runs: answered as one, and every vehicle is called by its run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from app.query import app
from app.running import models
from app.search.search_log import RECORDED_KEY, Search, read
from app.storage.run_state import mark_tracked
from app.storage.store import Store
from reid.model import DEFAULT_WEIGHTS
from tests.app.stores import START, assign, axis, camera, city_store, tracklet, view

DAY = 86_400.0


@pytest.fixture
def monday(tmp_path: Path) -> Path:
    """The small city."""
    with city_store(tmp_path / "monday") as store:
        store.set_meta(models.REID_KEY, {"weights": DEFAULT_WEIGHTS, "sha256": "ab"})
        mark_tracked(store)
    return tmp_path / "monday"


@pytest.fixture
def tuesday(tmp_path: Path) -> Path:
    """The day after: identity 1 looks like (4, 3) / 5, and 2, a truck, like (0, 1)."""
    return next_day(tmp_path / "tuesday", {1: axis(4, 3), 2: axis(0, 1)})


def next_day(path: Path, looks: dict[int, np.ndarray], *, after: float = DAY) -> Path:
    """A run in which the gate sees vehicles ten seconds apart; the second one is a truck."""
    with Store.create(path) as store:
        store.set_meta(models.REID_KEY, {"weights": DEFAULT_WEIGHTS, "sha256": "ab"})
        begin = START + after
        store.put_camera(
            camera("gate", first_timestamp=begin, last_timestamp=begin + 60, start_time=begin)
        )
        for number, look in looks.items():
            at = begin + 10 * number
            kind = 3 if number == 2 else 0
            seen = tracklet("gate", number, at=at, embedding=look, class_id=kind)
            store.upsert_sighting(seen, view(at=at), first_frame=3, last_frame=23)
            assign(store, "gate", number, identity_id=number)
    return path


def query(runs: list[Path], *options: object):
    asked = [text for run in runs for text in ("--run", str(run))]
    return CliRunner().invoke(app, [*asked, *map(str, options)])


def values(runs: list[Path], *options: object) -> dict[str, Any]:
    file = runs[0].parent / "answer.json"
    result = query(runs, *options, "--json", file)
    assert result.exit_code == 0, result.output
    return json.loads(file.read_text())


def found(runs: list[Path], *options: object) -> list[tuple[str, int]]:
    return [(one["run"], one["identity_id"]) for one in values(runs, *options)["matches"]]


# ------------------------------------------------------------------ what is found


def test_vehicles_of_all_runs_are_ranked_by_distance(monday: Path, tuesday: Path) -> None:
    ranked = values([monday, tuesday], "--sighting", "monday/north:1")
    assert [
        (one["rank"], one["run"], one["identity_id"], round(one["distance"], 3))
        for one in ranked["matches"]
    ] == [
        (1, "monday", 1, 0.632),
        (2, "tuesday", 1, 0.632),  # equal ones in the order of the runs
        (3, "monday", 2, 1.414),
        (4, "tuesday", 2, 1.414),
        (5, "monday", 3, 2.0),
    ]
    assert [one["run"] for one in ranked["runs"]] == ["monday", "tuesday"]
    turned = found([tuesday, monday], "--sighting", "monday/north:1", "--top", 3)
    assert turned == [("tuesday", 1), ("monday", 1), ("tuesday", 2)]


def test_only_the_subjects_own_run_leaves_it_out(monday: Path, tuesday: Path) -> None:
    assert found([monday, tuesday], "--identity", "tuesday/1", "--top", 2) == [
        ("monday", 1),
        ("monday", 2),
    ]
    assert found([monday, tuesday], "--identity", "monday/1", "--top", 1) == [("tuesday", 1)]


def test_a_run_may_be_named_by_its_folder(monday: Path, tuesday: Path) -> None:
    for name in (monday, f"{tuesday}/../monday"):
        assert found([monday, tuesday], "--identity", f"{name}/1", "--top", 1) == [("tuesday", 1)]
    # Also where there is but one.
    result = query([monday], "--identity", "monday/2")
    assert "Searched for identity 2, seen by north" in result.output


def test_runs_of_one_name_are_told_apart_by_the_folders_above(tmp_path: Path) -> None:
    look = {1: axis(1)}
    runs = [next_day(tmp_path / place / "monday", look) for place in ("north", "south")]
    (one,) = values(runs, "--identity", "south/monday/1")["matches"]
    assert one["run"] == "north/monday"


def test_listed_vehicles_of_all_runs_are_in_order_of_time(monday: Path, tuesday: Path) -> None:
    listed = values([tuesday, monday], "--class", "truck", "--class", "car", "--top", 4)
    assert [(one["run"], one["identity_id"]) for one in listed["matches"]] == [
        ("monday", 1),
        ("monday", 2),
        ("monday", 3),
        ("tuesday", 1),
    ]
    assert listed["more"] == 1
    assert values([tuesday, monday], "--class", "car", "--top", 1)["more"] == 2


def test_times_since_the_start_are_compared_within_a_run_alone(tmp_path: Path) -> None:
    looks = {1: axis(1), 2: axis(0, 1)}
    dated = next_day(tmp_path / "dated", looks)
    unknown = [next_day(tmp_path / name, looks, after=at - START) for name, at in UNKNOWN_DATES]
    assert found([dated, *unknown], "--class", "car", "--class", "truck") == [
        ("late", 1),
        ("late", 2),
        ("early", 1),
        ("early", 2),
        ("dated", 1),
        ("dated", 2),
    ]
    # There, a time of day is one since the start of each.
    assert found(unknown, "--after", "0:00:55") == [("late", 1), ("late", 2)]


UNKNOWN_DATES = [("late", 50.0), ("early", 0.0)]


def test_a_camera_may_be_of_one_run_alone(monday: Path, tuesday: Path) -> None:
    answer = values([monday, tuesday], "--camera", "gate", "--camera", "south", "--top", 9)
    assert len(answer["matches"]) == 4
    never = [(one["run"], one["camera_id"], one["reason"]) for one in answer["not_watching"]]
    assert never == [("monday", "gate", "never"), ("tuesday", "south", "never")]


def test_a_run_in_which_nobody_passed_is_no_hindrance(monday: Path, tmp_path: Path) -> None:
    empty = next_day(tmp_path / "sunday", {}, after=-DAY)
    assert len(found([empty, monday], "--class", "car")) == 2
    result = query([empty, next_day(tmp_path / "tuesday", {})], "--class", "car")
    assert (result.exit_code, result.stderr.count("\n")) == (6, 1)
    assert "no vehicle has been stored yet" in result.stderr


# ------------------------------------------------------------------ how it is told


def test_the_terminal_names_runs_and_when_there_was_none(monday: Path, tuesday: Path) -> None:
    result = query([monday, tuesday], "--identity", "monday/2", "--top", 2)
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    seen = "the run goes on or broke off, it has seen until"
    assert lines[-1] == f"not finished: tuesday: {seen} 2026-05-05 08:31:00"
    assert lines[0].startswith("Searched for identity monday/2, seen by north")
    assert "1 0.000 tuesday/2 tuesday/gate:2 2026-05-05 08:30:20.0 – 08:30:22.0 truck 0.000" in (
        lines
    )
    assert lines[-2] == "no run: 2026-05-04 08:31:00 – 2026-05-05 08:30:00"


def test_the_page_shows_pictures_of_all_runs(monday: Path, tuesday: Path, tmp_path: Path) -> None:
    page = tmp_path / "found.html"
    assert query([monday, tuesday], "--class", "truck", "--report", page).exit_code == 0
    html = page.read_text(encoding="utf-8")
    assert "<h1>Vehicles in 2 runs</h1>" in html
    assert "Runs: monday, tuesday." in html
    assert html.index("Identity monday/2") < html.index("Identity tuesday/2")
    assert "monday/north:2" in html
    assert html.count("data:image/jpeg") == 2


def test_what_one_run_answers_names_no_run(monday: Path) -> None:
    answer = values([monday], "--identity", 1)
    assert not {"runs", "no_run"} & answer.keys()
    assert "run" not in answer["matches"][0]
    assert "monday" not in query([monday], "--identity", 1).stdout


def test_the_vehicles_of_all_runs_count_for_how_sure_it_is(
    monday: Path, tuesday: Path, tmp_path: Path, monkeypatch
) -> None:
    picture = tmp_path / "street.png"
    cv2.imwrite(str(picture), np.full((50, 90, 3), (90, 60, 30), np.uint8))
    monkeypatch.setattr(models, "load_embedder", lambda *_, **__: lambda *_: axis(0, 1)[None])
    monkeypatch.setattr("app.search.question.LEAST_IDENTITIES", 5)
    asked = ["--image", picture, "--box", "0,0,50,50"]
    assert "The first match leads" not in query([monday], *asked).stdout
    said = query([monday, tuesday], *asked).stdout
    assert "by 0.00: too little to be certain (from two runs, they may be the same vehicle)" in said
    assert "The first match leads" not in query([monday, tuesday], "--identity", "monday/1").stdout


# ------------------------------------------------------------------ the record


def log_of(run: Path) -> tuple[Search, ...]:
    return read(run / "searches.jsonl").searches


def be_recorded(run: Path) -> None:
    with Store.open(run, readonly=False) as store:
        store.set_meta(RECORDED_KEY, True)


def test_a_run_that_needs_a_reason_needs_it_for_the_whole_question(
    monday: Path, tuesday: Path
) -> None:
    be_recorded(tuesday)
    result = query([monday, tuesday], "--class", "car")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{tuesday}: searches of this run are logged, and each needs a" in result.stderr
    why = ["--reason", "case 7", "--by", "ann"]
    assert query([monday, tuesday], "--class", "car", *why).exit_code == 0
    assert log_of(monday) == ()
    (search,) = log_of(tuesday)
    assert (search.reason, search.identities, search.sightings) == ("case 7", (1,), (1,))


def test_each_run_records_what_is_shown_of_it(monday: Path, tuesday: Path) -> None:
    be_recorded(monday)
    be_recorded(tuesday)
    why = ["--reason", "case 7", "--by", "ann"]
    query([monday, tuesday], "--identity", "monday/1", "--top", 1, *why)
    # It was asked, also where nothing is shown of it.
    assert [one.identities for one in log_of(monday)] == [()]
    assert [one.identities for one in log_of(tuesday)] == [(1,)]
    assert log_of(tuesday)[0].searched_for.startswith("identity monday/1")


def test_nothing_is_shown_unless_all_records_are_written(
    monday: Path, tuesday: Path, tmp_path: Path
) -> None:
    be_recorded(monday)
    be_recorded(tuesday)
    (tuesday / "searches.jsonl").mkdir()
    page = tmp_path / "found.html"
    options = ["--class", "car", "--reason", "case 7", "--by", "ann", "--report", page]
    result = query([monday, tuesday], *options)
    assert (result.exit_code, result.stdout) == (5, "")
    assert not page.exists()


def test_outputs_may_not_go_onto_files_of_any_run(monday: Path, tuesday: Path) -> None:
    result = query([monday, tuesday], "--class", "car", "--json", tuesday / "sightings.db")
    assert result.exit_code == 5


# ------------------------------------------------------------------ one clear line


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--identity", 1], "identity 1: of which run? Write monday/1; runs: monday, "),
        (["--sighting", "gate:1"], "sighting gate:1: of which run? Write monday/gate:1"),
        (["--identity", "friday/1"], "expected one of the runs before the last /: monday, tuesday"),
        (["--identity", "monday/x"], "identity monday/x: expected a number"),
        (["--camera", "west"], "camera 'west': expected one of north, south, gate"),
        (["--class", "car", "--follow"], "--follow: give a single --run"),
        (["--after", "08:30:05"], "the runs span several days, so it needs a date"),
        (["--class", "car", "--clips", "x", "--recordings", "."], "--recordings: 1 for 2 runs"),
    ],
)
def test_what_is_not_clear_with_several_runs(
    monday: Path, tuesday: Path, options: list[object], message: str
) -> None:
    result = query([monday, tuesday], *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


def test_a_run_is_given_once(monday: Path, tuesday: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(monday)
    for again in (monday, monday / "sightings.db", tuesday / ".." / "monday", tmp_path / "link"):
        result = query([monday, tuesday, again], "--class", "car")
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
        assert f"--run {again}: is the same run as --run {monday}; give it once" in result.stderr


def test_vectors_of_other_weights_are_not_compared(monday: Path, tuesday: Path) -> None:
    with Store.open(tuesday, readonly=False) as store:
        store.set_meta(models.REID_KEY, {"weights": DEFAULT_WEIGHTS, "sha256": "cd"})
    result = query([monday, tuesday], "--identity", "monday/1")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (4, "", 1)
    assert (
        f"{tuesday / 'sightings.db'}: its embeddings were computed with other ReID" in result.stderr
    )
    # Who passed is no matter of looks.
    assert len(found([monday, tuesday], "--class", "truck")) == 2
