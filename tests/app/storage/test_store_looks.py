"""The looks of whole vehicles, and reading one state of a store that is being written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.storage.records import SightingFilter
from app.storage.store import Store
from tests.app.stores import assign, axis, city_store, tracklet, view


def seen(store: Store, where: SightingFilter, **options: int) -> list[list[tuple[int, int]]]:
    """Vehicle and sighting, block by block."""
    return [
        list(zip(looks.vehicle.tolist(), looks.sighting_id.tolist(), strict=True))
        for looks in store.looks(where, **options)
    ]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param(SightingFilter(), [(-5, 5), (1, 1), (1, 3), (2, 2), (3, 4)], id="everything"),
        pytest.param(
            SightingFilter(cameras=frozenset({"north"})),
            [(1, 1), (1, 3), (2, 2)],
            id="a vehicle comes with all its sightings",
        ),
        pytest.param(
            SightingFilter(exclude_sightings=frozenset({1})),
            [(-5, 5), (1, 3), (2, 2), (3, 4)],
            id="but for one that is excluded",
        ),
        pytest.param(
            SightingFilter(exclude_identities=frozenset({1})),
            [(-5, 5), (2, 2), (3, 4)],
            id="identity",
        ),
        pytest.param(SightingFilter(sighting_id=5), [(-5, 5)], id="no identity"),
        pytest.param(SightingFilter(sighting_id=9), [], id="none"),
    ],
)
def test_looks_of_vehicles_of_which_a_sighting_passes(
    tmp_path: Path, where: SightingFilter, expected: list[tuple[int, int]]
) -> None:
    with city_store(tmp_path) as store:
        nameless = tracklet("south", 9, embedding=axis(0, 1), exemplars=axis(1)[None])
        store.upsert_sighting(nameless, view(), first_frame=0, last_frame=1)
        assert seen(store, where) == ([expected] if expected else [])
        for looks in store.looks(where):
            means = {1: axis(1), 2: axis(0, 1), 3: axis(4, 3), 4: axis(-1), 5: axis(0, 1)}
            wanted = np.stack([means[key] for key in looks.sighting_id.tolist()])
            assert looks.vectors.dtype == np.float32
            assert (looks.vectors == wanted).all()


def test_no_block_splits_a_vehicle(tmp_path: Path) -> None:
    with city_store(tmp_path) as store:
        blocks = seen(store, SightingFilter(), at_once=1)
    assert blocks == [[(1, 1), (1, 3)], [(2, 2)], [(3, 4)]]


def test_one_state_is_read_while_another_process_writes(tmp_path: Path) -> None:
    with city_store(tmp_path) as writer, Store.open(tmp_path) as reader:
        with reader.unchanging():
            before = seen(reader, SightingFilter())
            assign(writer, "south", 2, identity_id=1, distance=0.5)
            writer.commit()
            assert seen(reader, SightingFilter()) == before
        assert seen(reader, SightingFilter()) == [[(1, 1), (1, 3), (1, 4), (2, 2)]]


def test_the_writer_sees_what_it_has_not_committed(tmp_path: Path) -> None:
    with city_store(tmp_path) as store:
        assign(store, "south", 2, identity_id=1, distance=0.5)
        with store.unchanging():
            assert seen(store, SightingFilter()) == [[(1, 1), (1, 3), (1, 4), (2, 2)]]
        store.commit()
