from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tracking.corridor import passing, unit
from tests.tracking.yard import seen, sightings
from tracking.appearance.camera_looks import CameraLooks
from tracking.appearance.cohort import Cohort
from tracking.association.archive import CELL_SIZE, Archive, Retired
from tracking.sightings import Sightings
from tracking.types import EMBEDDING_DIM

COHORT = Cohort(1.4, 0.1)


def retired(identity: int, look: NDArray[np.float64], count: float = 2.0) -> Retired:
    tracklet = passing("a", identity, np.array([10.0, 14.0]), look)
    tail = Sightings.of([tracklet], lambda _: 3, COHORT, CameraLooks())
    total = count * look.astype(np.float32)
    return Retired(identity, total, count, tail, tracklet.key)


def looks(n: int) -> NDArray[np.float64]:
    return unit(np.random.default_rng(0).normal(size=(n, EMBEDDING_DIM)))


def test_empty() -> None:
    archive = Archive()
    assert len(archive) == 0
    assert archive.nearest(np.ones(EMBEDDING_DIM, np.float32), limit=3) == []
    assert archive.get(1) is archive.take(1) is None


def test_what_is_put_is_got_until_it_is_taken() -> None:
    archive, look = Archive(), looks(1)[0]
    archive.put(retired(7, look))
    found = archive.get(7)
    assert found is not None
    assert (found.identity_id, found.count, found.tail_key) == (7, 2.0, ("a", 7))
    assert found.total == pytest.approx(2 * look, abs=2e-3)
    assert (found.tail.camera[0], found.tail.first[0], found.tail.last[0]) == (3, 10.0, 14.0)
    assert 7 in archive
    assert archive.take(7) is not None
    assert 7 not in archive
    assert archive.nearest(look.astype(np.float32), limit=1) == []


def test_places_are_forgotten_and_all_else_that_is_compared_is_kept() -> None:
    archive = Archive()
    tail = sightings(seen("b", 1, (10, 14), (3, 4), (12, 0), look=5))
    assert np.isfinite(tail.path).all()
    archive.put(Retired(1, tail.embedding[0], 1.0, tail, ("b", 1)))
    found = archive.get(1)
    assert found is not None
    for name in ("camera", "first", "last", "ended", "class_id", "embedding"):
        assert getattr(found.tail, name).tolist() == getattr(tail, name).tolist(), name
    for name in ("entry", "leave", "scale"):
        assert getattr(found.tail, name) == pytest.approx(getattr(tail, name), rel=1e-6), name
    # By now it may be anywhere.
    assert np.isnan(found.tail.path).all()
    assert np.isnan(found.tail.ends).all()
    joined = Sightings.join([tail, found.tail])
    assert joined.path.shape == (2, *tail.path.shape[1:])
    assert joined.ends.shape == (2, *tail.ends.shape[1:])


def test_nobody_is_there_twice() -> None:
    archive = Archive()
    archive.put(retired(7, looks(1)[0]))
    with pytest.raises(ValueError, match="identity 7 is in the archive already"):
        archive.put(retired(7, looks(1)[0]))


def test_the_nearest_is_found_among_many_cells() -> None:
    archive, many = Archive(), looks(4 * CELL_SIZE)
    for identity, look in enumerate(many):
        archive.put(retired(identity, look))
    found = [archive.nearest(look.astype(np.float32), limit=2)[0] for look in many[:50]]
    assert found == list(range(50))
    archive.take(0)
    assert archive.nearest(many[0].astype(np.float32), limit=1) != [0]


def test_those_that_look_the_same_fit_in_however_many_there_are() -> None:
    archive, look = Archive(), looks(1)[0]
    for identity in range(2 * CELL_SIZE + 2):
        archive.put(retired(identity, look))
    assert len(archive.nearest(look.astype(np.float32), limit=5)) == 5
