from __future__ import annotations

import numpy as np
import pytest

from tests.tracking.corridor import passing, unit
from tracking.appearance.camera_looks import CameraLooks
from tracking.appearance.cohort import Cohort
from tracking.association.gallery import Gallery, known_of
from tracking.decisions import Key
from tracking.sightings import Sightings
from tracking.types import EMBEDDING_DIM, Tracklet

COHORT = Cohort(1.4, 0.1)
NOBODY = np.zeros(0, np.int64)


def sightings_of(*tracklets: Tracklet) -> Sightings:
    return Sightings.of(tracklets, lambda _: 0, COHORT, CameraLooks())


def some(n: int, *, at: float = 0.0, seed: int = 0) -> tuple[Sightings, list[Key]]:
    """Return sightings of camera "a", a second after each other, with any looks, and their keys."""
    looks = unit(np.random.default_rng(seed).normal(size=(n, EMBEDDING_DIM)))
    tracklets = [
        passing("a", round(at) + i, np.array([at + i, at + i + 0.5]), looks[i]) for i in range(n)
    ]
    return sightings_of(*tracklets), [t.key for t in tracklets]


@pytest.mark.parametrize("n", [0, 1, 40])
def test_identities_are_summed_up(n: int) -> None:
    members, keys = some(n)
    identity = np.random.default_rng(1).integers(1, 12, n)
    older = {2: (np.ones(EMBEDDING_DIM, np.float32), 3.0)} if n > 1 else {}
    known = known_of(members, keys, identity, older)
    assert known.identity.tolist() == sorted(set(identity.tolist()))
    for row, number in enumerate(known.identity.tolist()):
        own = np.flatnonzero(identity == number)
        total, count = older.get(number, (0.0, 0.0))
        expected = total + members.embedding[own].sum(axis=0)
        assert known.total[row] == pytest.approx(expected, abs=1e-6)
        assert known.count[row] == count + len(own)
        assert known.tail_key[row] == keys[own[-1]]
        assert known.tail_row[row] == own[-1]


def test_who_was_archived_is_known_by_all_that_was_seen_since() -> None:
    none, _ = some(0)
    gallery = Gallery(none, horizon_s=60.0)
    for visit in range(3):
        at = 1000.0 * visit
        seen, keys = some(1, at=at, seed=visit)
        gallery.settle(seen, keys, np.array([7]))
        gallery.forget(at + 500)
        # Asked twice, for what was fetched is kept.
        for _ in range(2):
            known = gallery.known(none, [], NOBODY, archived=[7, 8])
            assert known.identity.tolist() == [7]
            assert known.count.tolist() == [visit + 1]
            assert known.tail_key == keys
            assert known.tail.first.tolist() == [at]
