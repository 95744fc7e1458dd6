from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.search.ranking import Match, search
from app.storage.records import SightingFilter
from app.storage.store import Store
from tests.app.stores import assign, axis, camera, city_store, tracklet, view


def keys(match: Match) -> list[int]:
    return [sighting.sighting_id for sighting in match.sightings]


@pytest.mark.parametrize(
    ("queries", "where", "top", "expected"),
    [
        pytest.param(
            [axis(1)],
            SightingFilter(),
            9,
            # The mean of (1, 0) and (4, 3) / 5 is (9, 3) / 5 at any length: |(1, 0) - (3, 1) /
            # sqrt(10)|, then sqrt(2) to (0, 1), and 2 to (-1, 0).
            [(1, [1, 3], (2 - 6 / 10**0.5) ** 0.5), (2, [2], 2**0.5), (3, [4], 2.0)],
            id="all by distance, not squared",
        ),
        pytest.param([axis(0, 1)], SightingFilter(), 1, [(2, [2], 0.0)], id="only the best"),
        pytest.param(
            [axis(1), axis(0, 1)],
            SightingFilter(),
            2,
            [(1, [1, 3], (2 - 8 / 20**0.5) ** 0.5), (2, [2], (2 - 2**0.5) ** 0.5)],
            id="the mean of two images",
        ),
        pytest.param(
            [axis(0, 0, 1)],
            SightingFilter(),
            9,
            [(1, [1, 3], 2**0.5), (2, [2], 2**0.5), (3, [4], 2**0.5)],
            id="ties by identity",
        ),
        pytest.param(
            [axis(1)],
            SightingFilter(exclude_identities=frozenset({1})),
            9,
            [(2, [2], 2**0.5), (3, [4], 2.0)],
            id="without an identity",
        ),
        pytest.param(
            [axis(1)],
            SightingFilter(exclude_sightings=frozenset({1})),
            1,
            [(1, [3], 0.4**0.5)],
            id="a sighting that is left out does not count for its vehicle either",
        ),
        pytest.param(
            [axis(1)],
            SightingFilter(cameras=frozenset({"south"})),
            1,
            [(1, [3], (2 - 6 / 10**0.5) ** 0.5)],
            id="what a filter hides still tells what the vehicle looks like",
        ),
        pytest.param([axis(1)], SightingFilter(cameras=frozenset()), 9, [], id="nothing passes"),
    ],
)
def test_ranking(tmp_path: Path, queries, where, top: int, expected) -> None:
    with city_store(tmp_path) as store:
        found = search(store, np.stack(queries), where=where, top=top)
    assert [(m.identity_id, keys(m)) for m in found] == [(i, seen) for i, seen, _ in expected]
    assert [m.distance for m in found] == pytest.approx([d for *_, d in expected], abs=1e-6)


def test_each_sighting_has_the_distance_of_its_nearest_view(tmp_path: Path) -> None:
    with city_store(tmp_path) as store:
        views = np.stack([axis(-1), axis(0, -1)])
        seen = tracklet("south", 3, embedding=axis(1, 1), exemplars=views)
        store.upsert_sighting(seen, view(), first_frame=0, last_frame=1)
        assign(store, "south", 3, identity_id=1)
        whole, *_ = search(store, axis(0, -1)[None], where=SightingFilter(identity_id=1))
    assert keys(whole) == [1, 5, 3]
    assert whole.distances == pytest.approx([2**0.5, 0.0, 3.2**0.5], abs=1e-6)


def test_of_sightings_the_nearest_counts_and_of_images_the_mean(tmp_path: Path) -> None:
    sides = np.stack([axis(-1), axis(0, 1)])
    with city_store(tmp_path) as store:
        alone = search(store, sightings=sides)
        both = search(store, axis(1)[None], sightings=sides)
    assert [(m.identity_id, m.distance) for m in alone] == [
        (2, 0.0),
        (3, 0.0),
        (1, pytest.approx((2 - 2 / 10**0.5) ** 0.5, abs=1e-6)),
    ]
    # The image is 0.320 from the first vehicle, nearer than the sightings are; the others are at a
    # sighting, and sqrt(2) and 2 from the image, which weighs as much as four of them.
    assert [(m.identity_id, m.distance) for m in both] == [
        (1, pytest.approx((2 - 6 / 10**0.5) ** 0.5, abs=1e-6)),
        (2, pytest.approx(4 / 6 * 2**0.5, abs=1e-6)),
        (3, pytest.approx(4 / 6 * 2, abs=1e-6)),
    ]


def test_sightings_without_identity_are_vehicles_of_their_own(tmp_path: Path) -> None:
    with city_store(tmp_path) as store:
        for track_id in (8, 9):
            seen = tracklet("south", track_id, embedding=axis(0, 1))
            store.upsert_sighting(seen, view(), first_frame=0, last_frame=1)
        found = search(store, axis(0, 1)[None], top=3)
    assert [(m.identity_id, keys(m)) for m in found] == [(2, [2]), (None, [5]), (None, [6])]


def test_an_empty_store_has_no_matches(tmp_path: Path) -> None:
    with Store.create(tmp_path) as store:
        assert search(store, axis(1)[None]) == []


@pytest.mark.parametrize(
    ("queries", "options", "message"),
    [
        pytest.param(np.zeros((0, 512), np.float32), {}, "query vector", id="no query"),
        pytest.param(axis(1)[None], {"top": 0}, "positive top", id="no top"),
        pytest.param(axis(1), {}, "shape", id="one vector without its axis"),
        pytest.param(axis(1)[None].astype(float), {}, "float32", id="double precision"),
    ],
)
def test_senseless_questions_are_refused(tmp_path: Path, queries, options, message: str) -> None:
    with city_store(tmp_path) as store, pytest.raises(ValueError, match=message):
        search(store, queries, **options)


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_sightings=st.integers(1, 60),
    n_vehicles=st.integers(1, 20),
    n_queries=st.integers(1, 4),
    top=st.integers(1, 12),
    n_looks=st.integers(1, 40),
)
def test_search_equals_brute_force(
    seed: int, n_sightings: int, n_vehicles: int, n_queries: int, top: int, n_looks: int
) -> None:
    """Vectors are drawn from few looks, so that many vehicles are equally far."""
    rng = np.random.default_rng(seed)
    looks = unit(rng.normal(size=(n_looks, 512))).astype(np.float32)
    vectors = looks[rng.integers(n_looks, size=n_sightings)]
    vehicle = rng.integers(0, n_vehicles, size=n_sightings)  # 0 has no identity
    place = rng.integers(3, size=n_sightings)
    queries = looks[rng.integers(n_looks, size=n_queries)]
    with tempfile.TemporaryDirectory() as folder, Store.create(Path(folder)) as store:
        for name in "abc":
            store.put_camera(camera(name))
        for number, (vector, own, where) in enumerate(zip(vectors, vehicle, place, strict=True)):
            seen = tracklet("abc"[where], number, embedding=vector)
            store.upsert_sighting(seen, view(thumbnail=b""), first_frame=0, last_frame=1)
            if own:
                assign(store, "abc"[where], number, identity_id=int(own))
        found = search(store, queries, top=top)

    wanted = unit(queries.astype(float).sum(axis=0))
    groups = {("identity", int(own)): np.flatnonzero(vehicle == own) for own in set(vehicle) - {0}}
    groups |= {("sighting", int(row)): np.array([row]) for row in np.flatnonzero(vehicle == 0)}
    truth = {
        name: float(np.linalg.norm(unit(vectors[rows].astype(float).sum(axis=0)) - wanted))
        for name, rows in groups.items()
    }
    names = [
        ("sighting", keys(m)[0] - 1) if m.identity_id is None else ("identity", m.identity_id)
        for m in found
    ]
    assert len(set(names)) == len(names) == min(top, len(groups))
    # Nearest first; what is not exactly equal may come in any order within single precision.
    nearest = sorted(truth.values())[:top]
    assert [m.distance for m in found] == pytest.approx(nearest, abs=1e-5)
    assert [truth[name] for name in names] == pytest.approx(nearest, abs=1e-5)
    for m, name in zip(found, names, strict=True):
        assert sorted(keys(m)) == (groups[name] + 1).tolist()
