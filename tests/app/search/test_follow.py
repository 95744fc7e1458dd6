"""A run that is going on is watched for a vehicle."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from app.query import app
from app.running import models
from app.search.follow import LOOK_BACK_S, Watch
from app.search.ranking import Match, search
from app.search.search_log import RECORDED_KEY, read
from app.storage.coverage import put_outages, put_waiting
from app.storage.records import SightingFilter
from app.storage.run_folder import RunFolder
from app.storage.store import Store
from tests.app.stores import START, assign, axis, camera, city_store, tracklet, view


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with city_store(tmp_path / "run") as open_store:
        yield open_store


def arrive(store: Store, track_id: int, *, at: float, look: np.ndarray, identity: int) -> None:
    """Let a vehicle come to the south at so many seconds."""
    seen = tracklet("south", track_id, at=START + at, embedding=look)
    store.upsert_sighting(seen, view(at=START + at), first_frame=3, last_frame=23)
    assign(store, "south", track_id, identity_id=identity)
    store.put_camera(camera("south", last_timestamp=START + at + 2.0))
    store.commit()


def watch_for(store: Store, *, nearer_than: float, **fields: object) -> Callable[[], object]:
    """Watch for (1, 0); returns what gives the news: identity and sightings of each match."""

    def find(where: SightingFilter) -> list[Match]:
        return search(store, axis(1)[None], where=where, nearer_than=nearer_than, top=None)

    watch = Watch(store, find, where=SightingFilter(**fields))
    return lambda: [ids(match) for match in watch.news()]


def ids(match: Match) -> tuple[int | None, list[int]]:
    return match.identity_id, [sighting.sighting_id for sighting in match.sightings]


def test_each_sighting_is_told_once(store: Store) -> None:
    news = watch_for(store, nearer_than=0.5)
    assert news() == [(1, [1, 3])]
    assert news() == []
    arrive(store, 7, at=40.0, look=axis(1), identity=1)
    arrive(store, 8, at=41.0, look=axis(9, 1), identity=5)
    arrive(store, 9, at=42.0, look=axis(0, 1), identity=6)  # somebody else
    assert news() == [(5, [6]), (1, [5])]
    assert news() == []


def test_a_vehicle_is_judged_by_all_that_it_was_seen(store: Store) -> None:
    news = watch_for(store, nearer_than=0.9)
    news()
    # Nobody like it by itself, but of an identity that is.
    arrive(store, 7, at=200.0, look=axis(1, 2), identity=1)
    assert news() == [(1, [5])]


def test_a_vehicle_that_comes_nearer_is_told_then(store: Store) -> None:
    news = watch_for(store, nearer_than=0.5)
    news()
    arrive(store, 7, at=40.0, look=axis(1, 1), identity=5)
    assert news() == []
    arrive(store, 7, at=40.0, look=axis(3, 1), identity=5)
    assert news() == [(5, [5])]


def test_who_has_long_gone_is_not_looked_at_again(store: Store) -> None:
    news = watch_for(store, nearer_than=1.3)
    news()
    arrive(store, 7, at=62.0 + 2 * LOOK_BACK_S, look=axis(0, 1), identity=5)
    news()
    # Sighting 2 is told of no identity that is near; too late to matter.
    assign(store, "north", 2, identity_id=1)
    store.commit()
    assert news() == []


def test_the_filter_holds(store: Store) -> None:
    news = watch_for(store, nearer_than=0.5, cameras=frozenset({"south"}), after=START + 35.0)
    arrive(store, 7, at=30.0, look=axis(1), identity=5)
    arrive(store, 8, at=40.0, look=axis(1), identity=6)
    assert news() == [(6, [6])]


# ------------------------------------------------------------------ the command


def follow(run: Path, *options: object):
    return CliRunner().invoke(app, ["--store", str(run), "--follow", *map(str, options)])


def test_the_command_tells_until_the_run_ends(store: Store, tmp_path: Path, monkeypatch) -> None:
    run, found = tmp_path / "run", tmp_path / "found.json"
    seconds: list[float] = []

    def meanwhile(pause_s: float) -> None:
        seconds.append(pause_s)
        if len(seconds) == 1:
            arrive(store, 7, at=40.0, look=axis(1), identity=5)
        elif len(seconds) == 3:
            arrive(store, 8, at=44.0, look=axis(8, 1), identity=6)
            store.set_meta("tracked", True)
            store.commit()

    monkeypatch.setattr("time.sleep", meanwhile)
    with RunFolder(run).reserved():
        result = follow(run, "--sighting", 1, "--nearer-than", 0.7, "--json", found)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    told = [line for line in lines if "(the sighting" in line]
    assert told == [
        "2026-05-04 08:30:40.0  south:7  identity 5, car: distance 0.000 (the sighting 0.000)",
        "2026-05-04 08:30:44.0  south:8  identity 6, car: distance 0.124 (the sighting 0.124)",
    ]
    assert lines[-1] == f"{run}: the run is no longer in progress"
    assert len(seconds) == 3
    matches = json.loads(found.read_text())["matches"]
    assert [match["identity_id"] for match in matches] == [5, 6, 1]


def test_whom_the_first_answer_had_no_room_for_is_told(store: Store, tmp_path: Path) -> None:
    result = follow(tmp_path / "run", "--sighting", 2, "--nearer-than", 1.5, "--top", 1)
    assert result.exit_code == 0
    told = [line for line in result.stdout.splitlines() if "(the sighting" in line]
    assert len(told) == 1
    assert "south:2  identity 3, car: distance" in told[0]


def test_a_run_that_has_ended_is_answered_as_ever(store: Store, tmp_path: Path) -> None:
    result = follow(tmp_path / "run", "--sighting", 1, "--nearer-than", 0.7)
    assert result.exit_code == 0
    assert "0.632" in result.stdout
    assert "no longer in progress" in result.stdout


def test_a_run_that_has_seen_nothing_yet_can_be_followed(tmp_path: Path, monkeypatch) -> None:
    picture = tmp_path / "street.png"
    cv2.imwrite(str(picture), np.full((50, 90, 3), 90, np.uint8))
    monkeypatch.setattr(models, "load_embedder", lambda *_, **__: lambda *_: axis(1)[None])
    options = ["--image", picture, "--box", "0,0,50,50", "--nearer-than", 0.7]
    with Store.create(tmp_path / "run") as store:
        store.put_camera(camera("south", first_timestamp=None, last_timestamp=None, frames=0))
        store.commit()
        monkeypatch.setattr(
            "time.sleep", lambda _: arrive(store, 1, at=0.0, look=axis(1), identity=3)
        )
        in_use = iter([True, False])
        monkeypatch.setattr(RunFolder, "in_use", lambda _: next(in_use))
        result = follow(tmp_path / "run", *options)
    assert result.exit_code == 0, result.output
    assert "south:1  identity 3, car: distance 0.000" in result.stdout


def test_vehicles_that_pass_a_filter_are_told(store: Store, tmp_path: Path, monkeypatch) -> None:
    def meanwhile(_: float) -> None:
        arrive(store, 7, at=40.0, look=axis(1), identity=3)
        arrive(store, 8, at=41.0, look=axis(0, 1), identity=5)
        store.set_meta("tracked", True)
        store.commit()

    monkeypatch.setattr("time.sleep", meanwhile)
    page = tmp_path / "listed.html"
    with RunFolder(tmp_path / "run").reserved():
        result = follow(tmp_path / "run", "--camera", "south", "--top", 1, "--report", page)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    begun = lines.index(f"following {tmp_path / 'run'}; Ctrl-C ends it")
    # Neither the one in the list nor the one for which it had no room: both were there before.
    assert "1 more vehicle passes the filter; --top 2 shows all." in lines[:begun]
    assert lines[begun + 1 : -1] == [
        "2026-05-04 08:30:40.0  south:7  identity 3, car",
        "2026-05-04 08:30:41.0  south:8  identity 5, car",
    ]
    assert "The first 1 of 3 vehicles" in page.read_text(encoding="utf-8")


def test_a_camera_that_is_lost_and_back_is_told(store: Store, tmp_path: Path, monkeypatch) -> None:
    gate, found = {"live": True, "first_timestamp": START}, tmp_path / "found.json"
    store.put_camera(camera("gate", last_timestamp=START + 60.0, **gate))
    seconds: list[float] = []

    def meanwhile(pause_s: float) -> None:
        seconds.append(pause_s)
        if len(seconds) == 1:
            put_waiting(store, START + 70.0)
        elif len(seconds) == 3:
            put_outages(store, "gate", [(START + 60.0, START + 75.0)])
            store.put_camera(camera("gate", last_timestamp=START + 76.0, **gate))
            store.set_meta("tracked", True)
        store.commit()

    store.commit()
    monkeypatch.setattr("time.sleep", meanwhile)
    with RunFolder(tmp_path / "run").reserved():
        asked = ["--sighting", 1, "--nearer-than", 0.7, "--camera", "gate"]
        result = follow(tmp_path / "run", *asked, "--json", found)
    assert result.exit_code == 0, result.output
    assert [line for line in result.stdout.splitlines() if line.startswith("camera")] == [
        "camera gate: lost since 2026-05-04 08:31:00",
        "camera gate: back since 2026-05-04 08:31:15, lost since 2026-05-04 08:31:00",
    ]
    (away,) = json.loads(found.read_text())["not_watching"]
    assert (away["first"], away["last"], away["reason"]) == (START + 60.0, START + 75.0, "lost")


def test_what_is_told_is_recorded(store: Store, tmp_path: Path, monkeypatch) -> None:
    def meanwhile(_: float) -> None:
        arrive(store, 7, at=40.0, look=axis(1), identity=5)
        store.set_meta("tracked", True)
        store.commit()

    monkeypatch.setattr("time.sleep", meanwhile)
    store.set_meta(RECORDED_KEY, True)
    store.commit()
    run = RunFolder(tmp_path / "run")
    with run.reserved():
        asked = ["--sighting", 1, "--nearer-than", 0.7, "--reason", "case 7", "--by", "ann"]
        result = follow(run.path, *asked)
    assert result.exit_code == 0, result.output
    first, then = read(run.searches).searches
    assert (first.identities, then.identities) == ((1,), (5,))
    assert (then.by, then.reason, then.searched_for) == ("ann", "case 7", first.searched_for)


def test_what_is_told_and_the_page_are_one_line_of_the_record(
    store: Store, tmp_path: Path, monkeypatch
) -> None:
    def meanwhile(_: float) -> None:
        arrive(store, 7, at=40.0, look=axis(1), identity=5)
        arrive(store, 8, at=41.0, look=axis(8, 1), identity=6)
        store.set_meta("tracked", True)
        store.commit()

    monkeypatch.setattr("time.sleep", meanwhile)
    store.set_meta(RECORDED_KEY, True)
    store.commit()
    run = RunFolder(tmp_path / "run")
    with run.reserved():
        asked = ["--sighting", 1, "--nearer-than", 0.7, "--reason", "case 7", "--top", 1]
        result = follow(run.path, *asked, "--report", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    first, then = read(run.searches).searches
    assert (first.identities, first.sightings) == ((1,), (3,))
    # Both were told, and the page has the first of them.
    assert (then.identities, then.sightings) == ((5, 6), (5, 6))


@pytest.mark.parametrize(
    "options", [[], ["--nearer-than", 0.7, "--clips", "clips"], ["--nearer-than", -1]]
)
def test_what_cannot_be_followed(store: Store, tmp_path: Path, options: list[object]) -> None:
    result = follow(tmp_path / "run", "--sighting", 1, *options)
    assert result.exit_code == 2
    assert not (tmp_path / "clips").exists()


def test_only_vehicles_nearer_than_asked(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    options = ["--store", str(tmp_path / "run"), "--sighting", "1", "--json", str(path)]
    result = CliRunner().invoke(app, [*options, "--nearer-than", "1.5"])
    assert result.exit_code == 0
    distances = [match["distance"] for match in json.loads(path.read_text())["matches"]]
    assert distances == pytest.approx([0.632, 1.414], abs=1e-3)
