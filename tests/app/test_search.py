from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.records import SightingFilter
from app.search import search
from app.store import Store
from tests.app.stores import axis, camera, city_store, tracklet, view


@pytest.mark.parametrize(
    ("queries", "where", "top", "expected"),
    [
        pytest.param(
            [axis(1)],
            SightingFilter(),
            9,
            # |(1,0) - (4,3)/5| = sqrt(0.4), to (0,1) sqrt(2), to (-1,0) 2
            [(1, 0.0), (3, 0.4**0.5), (2, 2**0.5), (4, 2.0)],
            id="all by distance, not squared",
        ),
        pytest.param([axis(1)], SightingFilter(), 1, [(1, 0.0)], id="only the best"),
        pytest.param(
            [axis(-1), axis(0, 1)], SightingFilter(), 2, [(2, 0.0), (4, 0.0)], id="ties by id"
        ),
        pytest.param(
            [axis(1)],
            SightingFilter(exclude_identity=1),
            9,
            [(2, 2**0.5), (4, 2.0)],
            id="without an identity",
        ),
        pytest.param([axis(1)], SightingFilter(cameras=frozenset()), 9, [], id="nothing passes"),
    ],
)
def test_ranking(tmp_path: Path, queries, where, top: int, expected) -> None:
    with city_store(tmp_path) as store:
        found = search(store, np.stack(queries), where=where, top=top)
    assert [match.sighting.sighting_id for match in found] == [key for key, _ in expected]
    assert [match.distance for match in found] == pytest.approx([d for _, d in expected], abs=1e-6)


def test_an_empty_store_has_no_matches(tmp_path: Path) -> None:
    with Store.create(tmp_path) as store:
        assert search(store, axis(1)[None]) == []


@pytest.mark.parametrize(
    ("queries", "top", "message"),
    [
        pytest.param(np.zeros((0, 512), np.float32), 1, "query vector", id="no query"),
        pytest.param(axis(1)[None], 0, "positive top", id="no top"),
        pytest.param(axis(1), 1, "shape", id="one vector without its axis"),
        pytest.param(axis(1)[None].astype(float), 1, "float32", id="double precision"),
    ],
)
def test_senseless_questions_are_refused(tmp_path: Path, queries, top: int, message: str) -> None:
    with city_store(tmp_path) as store, pytest.raises(ValueError, match=message):
        search(store, queries, top=top)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_sightings=st.integers(1, 30),
    n_queries=st.integers(1, 40),
    top=st.integers(1, 12),
    n_looks=st.integers(1, 40),
)
def test_search_equals_brute_force(
    seed: int, n_sightings: int, n_queries: int, top: int, n_looks: int
) -> None:
    """Vectors are drawn from few looks, so that many sightings are equally far."""
    rng = np.random.default_rng(seed)
    looks = rng.normal(size=(n_looks, 512)).astype(np.float32)
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    drawn = [looks[rng.integers(n_looks, size=rng.integers(1, 8))] for _ in range(n_sightings)]
    queries = looks[rng.integers(n_looks, size=n_queries)]
    with tempfile.TemporaryDirectory() as folder, Store.create(Path(folder)) as store:
        store.put_camera(camera("north"))
        for track_id, vectors in enumerate(drawn):
            seen = tracklet("north", track_id, embedding=vectors[0], exemplars=vectors[1:])
            store.upsert_sighting(seen, view(thumbnail=b""), first_frame=0, last_frame=1)
        found = search(store, queries, top=top)
    truth = {
        key: min(float(np.linalg.norm(q.astype(float) - v)) for q in queries for v in vectors)
        for key, vectors in enumerate(drawn, start=1)
    }
    keys = [match.sighting.sighting_id for match in found]
    # Nearest first; what is not exactly equal may come in any order within single precision.
    nearest = sorted(truth.values())[:top]
    assert [match.distance for match in found] == pytest.approx(nearest, abs=1e-5)
    assert [truth[key] for key in keys] == pytest.approx(nearest, abs=1e-5)
    for key, following in pairwise(keys):
        assert truth[key] != truth[following] or key < following
    left_out = [key for key in truth if key not in keys and truth[key] == truth[keys[-1]]]
    assert all(key > keys[-1] for key in left_out)
