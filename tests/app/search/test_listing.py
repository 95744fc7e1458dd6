"""The vehicles of which a sighting passes a filter, without a search."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.query import app
from app.search.listing import list_vehicles
from app.storage.coverage import put_configured
from app.storage.records import SightingFilter
from app.storage.run_state import mark_tracked
from app.storage.store import Store
from tests.app.stores import START, camera, city_store, tracklet, view


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The small city; a fifth sighting in the south has no identity yet."""
    with city_store(tmp_path / "run") as store:
        put_configured(store, ["north", "south", "tunnel"])
        store.put_camera(camera("south", frames=300, last_timestamp=START + 50))
        seen = tracklet("south", 3, at=START + 25, class_id=2)
        store.upsert_sighting(seen, view(at=START + 25), first_frame=3, last_frame=23)
        mark_tracked(store)
        store.commit()
        yield store


def keys(store: Store, top: int | None = None, **asked: object) -> list[tuple[object, list[int]]]:
    matches, _ = list_vehicles(store, SightingFilter(**asked), top=top)
    return [(m.identity_id, [one.sighting_id for one in m.sightings]) for m in matches]


SOUTH = frozenset({"south"})


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, [(1, [1, 3]), (2, [2]), (3, [4]), (None, [5])], id="all by their first"),
        pytest.param({"cameras": SOUTH}, [(1, [3]), (3, [4]), (None, [5])], id="what passes alone"),
        pytest.param({"class_ids": frozenset({3})}, [(2, [2])], id="class"),
        pytest.param({"after": START + 6}, [(2, [2]), (1, [3]), (3, [4]), (None, [5])], id="after"),
        pytest.param({"cameras": SOUTH, "before": START + 9}, [], id="nobody"),
    ],
)
def test_vehicles_come_in_the_order_of_their_first_passing_sighting(
    store: Store, asked: dict[str, object], expected: list[tuple[object, list[int]]]
) -> None:
    assert keys(store, **asked) == expected


def test_those_in_view_last_come_first(store: Store) -> None:
    # The first vehicle was seen by the south after the second one.
    latest = [(None, [5]), (3, [4]), (1, [1, 3]), (2, [2])]
    for top in (None, 2, 3):
        found, more = list_vehicles(store, SightingFilter(), top=top, latest=True)
        ids = [(m.identity_id, [one.sighting_id for one in m.sightings]) for m in found]
        assert (ids, more) == (latest[:top], 4 - len(ids))


@pytest.mark.parametrize(("top", "more"), [(1, 3), (3, 1), (4, 0), (9, 0), (None, 0)])
def test_those_beyond_are_counted(store: Store, top: int | None, more: int) -> None:
    everybody = keys(store)
    # All passing sightings of those that are listed come along, also later ones than the others'.
    assert keys(store, top) == everybody[:top]
    assert list_vehicles(store, SightingFilter(), top=top)[1] == more


def test_none_have_a_distance(store: Store) -> None:
    first, *_ = list_vehicles(store, SightingFilter())[0]
    assert (first.distance, first.distances) == (None, (None, None))


def test_top_is_positive(store: Store) -> None:
    with pytest.raises(ValueError, match="positive"):
        list_vehicles(store, SightingFilter(), top=0)


# ------------------------------------------------------------------ the command


def query(store: Store, *options: object):
    arguments = ["--store", store.path, *options]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


def test_the_terminal_lists_them(store: Store) -> None:
    result = query(store, "--camera", "south", "--after", "08:30:05", "--top", 2)
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "Vehicles: only in south, after 2026-05-04 08:30:05.0"
    assert "no. identity sighting first – last class" in lines
    assert "1 1 south:1 2026-05-04 08:30:10.0 – 08:30:12.0 car" in lines
    assert "2 3 south:2 2026-05-04 08:30:20.0 – 08:30:22.0 car" in lines
    assert lines[-2:] == [
        "1 more vehicle passes the filter; --top 3 shows all.",
        "not watching: south from 08:30:50",
    ]
    assert "distance" not in result.stdout


def test_the_files_have_the_same(store: Store, tmp_path: Path) -> None:
    file, page = tmp_path / "listed.json", tmp_path / "listed.html"
    query(store, "--class", "bus", "--json", file, "--report", page)
    values = json.loads(file.read_text())
    assert values["searched_for"] is None
    assert values["conditions"] == "only bus"
    (bus,) = values["matches"]
    assert (bus["rank"], bus["identity_id"], bus["distance"]) == (1, None, None)
    assert [one["class"] for one in bus["sightings"]] == ["bus"]
    assert [(one["camera_id"], one["reason"]) for one in values["not_watching"]] == [
        ("south", "after"),
        ("tunnel", "never"),
    ]
    html = page.read_text(encoding="utf-8")
    assert "No identity yet" in html
    assert "not watching: south from 08:30:50; tunnel at any time" in html


def test_the_latest_come_first_where_that_is_asked(store: Store, tmp_path: Path) -> None:
    file, page = tmp_path / "listed.json", tmp_path / "listed.html"
    query(store, "--class", "car", "--latest", "--json", file, "--report", page)
    matches = json.loads(file.read_text())["matches"]
    assert [one["identity_id"] for one in matches] == [3, 1]
    assert "Those in view last come first" in page.read_text(encoding="utf-8")


def test_a_search_says_what_was_not_watched_too(store: Store, tmp_path: Path) -> None:
    file, page = tmp_path / "found.json", tmp_path / "found.html"
    asked = ["--sighting", 1, "--before", "08:30:30", "--json", file, "--report", page]
    # As far as was asked, all cameras that answered watched.
    line = "not watching: tunnel at any time"
    assert line in query(store, *asked).stdout.splitlines()
    assert line in page.read_text(encoding="utf-8")
    (one,) = json.loads(file.read_text())["not_watching"]
    assert one == {"camera_id": "tunnel", "first": START, "last": START + 30, "reason": "never"}
    north = query(store, "--sighting", 1, "--camera", "north")
    assert "watching" not in north.stdout


def test_it_is_said_how_far_a_run_is_that_has_not_come_to_its_end(
    store: Store, tmp_path: Path
) -> None:
    """One that was killed has not seen all of its recordings."""
    store.set_meta("tracked", False)
    store.commit()
    file, page = tmp_path / "listed.json", tmp_path / "listed.html"
    result = query(store, "--class", "bus", "--json", file, "--report", page)
    line = "not finished: the run goes on or broke off, it has seen until 2026-05-04 08:31:00"
    assert line in result.stdout.splitlines()
    assert line in page.read_text(encoding="utf-8")
    assert json.loads(file.read_text())["unfinished"] == [{"last": START + 60}]


def test_nobody_passed_where_nobody_watched(store: Store) -> None:
    lines = query(store, "--camera", "tunnel").stdout.splitlines()
    assert lines[1:] == ["No sighting passes the filter.", "not watching: tunnel at any time"]
