"""Passes of a run: joined where a track broke, without vehicles that stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.search.passes import read_passes
from app.storage.store import Store
from tests.app.stores import START, city_store
from tests.app.traffic import traffic_store


def seen(store: Store) -> list[tuple[int, str, float, list[str]]]:
    found = read_passes(store)
    passes = found.passes
    return [
        (int(vehicle), found.cameras[place], round(float(time) - START, 3), [s.name for s in part])
        for vehicle, place, time, part in zip(
            passes.vehicle, passes.camera, passes.time, found.sightings, strict=True
        )
    ]


def test_a_pass_is_timed_in_its_middle(tmp_path: Path) -> None:
    with traffic_store(tmp_path, [(4, "south", 7.0, -80.0)]) as store:
        assert seen(store) == [(4, "south", 8.0, ["south:1"])]
        assert read_passes(store).passes.move.tolist() == [[-80.0, 0.0]]


def test_a_broken_track_is_one_pass(tmp_path: Path) -> None:
    passes = [(4, "north", 0.0), (4, "north", 11.0), (4, "east", 12.0), (4, "north", 40.0)]
    with traffic_store(tmp_path, passes) as store:
        assert seen(store) == [
            (4, "east", 13.0, ["east:1"]),
            (4, "north", 6.5, ["north:1", "north:2"]),
            (4, "north", 41.0, ["north:3"]),
        ]


def test_who_stands_passes_nothing(tmp_path: Path) -> None:
    # Boxes are 40 pixels high: half of that is no way.
    with traffic_store(tmp_path, [(4, "north", 0.0, 15.0), (5, "north", 0.0, 25.0)]) as store:
        assert [one[0] for one in seen(store)] == [5]


@pytest.mark.parametrize("what", ["no boxes", "no identity"])
def test_what_is_not_known_is_left_out(tmp_path: Path, what: str) -> None:
    if what == "no boxes":
        store = city_store(tmp_path)
    else:
        store = traffic_store(tmp_path, [(4, "north", 0.0)])
        store._connection.execute("UPDATE sightings SET identity_id = NULL")
    with store:
        assert seen(store) == []
        assert read_passes(store).passes.move.shape == (0, 2)
