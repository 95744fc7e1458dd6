from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.tracking.yard import CAMERAS, GROUND, seen, sightings
from tracking.association import associator
from tracking.association.associator import Associator
from tracking.association.pair_memory import PairMemory
from tracking.association.settings import AssociationSettings
from tracking.decisions import Assignment, Key
from tracking.ground import GroundPlane
from tracking.maps.encounters import meeting_log_ratios
from tracking.sightings import NUMBERLESS
from tracking.types import Tracklet


def numbers(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


def test_nothing_is_recalled_at_first() -> None:
    assert PairMemory().recall(numbers(1, 2), numbers(2), "a") is None


def test_pairs_of_the_same_numbers_are_recalled() -> None:
    memory = PairMemory()
    table, done = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.ones((3, 2), np.bool_)
    memory.keep(numbers(7, NUMBERLESS, 9), numbers(9, 8), "a", table, done)
    recalled = memory.recall(numbers(9, 7, 6, NUMBERLESS), numbers(8, 9, 5), "a")
    assert recalled is not None
    found, known = recalled
    assert found.tolist() == [[6, 5, 0], [2, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert known.tolist() == (found != 0).tolist()
    # The table of the last decision is not touched.
    found[:] = 0
    assert table[0, 0] == 1.0


@pytest.mark.parametrize("rests_on", ["b", None])
def test_what_rested_on_something_else_is_forgotten(rests_on: str | None) -> None:
    memory = PairMemory()
    memory.keep(numbers(1), numbers(1), "a", np.ones((1, 1)))
    assert memory.recall(numbers(1), numbers(1), rests_on) is None


def traffic(seed: int) -> list[Tracklet]:
    """Vehicles that are seen by two or three cameras, at once or one after the other."""
    rng = np.random.default_rng(seed)
    found = [seen("a", 0, (0, 60), (-40, 30), look=400)]
    for vehicle in range(1, 10):
        begin, y = 4.0 * vehicle + rng.uniform(0, 3), rng.uniform(-10, 10)
        for camera, later in zip(CAMERAS, np.cumsum(rng.uniform(0, 6, 3)), strict=True):
            times = begin + later, begin + later + rng.uniform(2, 5)
            start = (-48 + 12 * later, y + rng.normal())
            found.append(seen(camera, vehicle, times, start, (12, 0), look=vehicle // 2))
    return found


def online(
    tracklets: list[Tracklet], ground: dict[str, GroundPlane]
) -> Iterator[dict[Key, Assignment]]:
    """Give tracklets as they grow, five times a second."""
    engine = Associator(AssociationSettings(revision_s=15.0, horizon_s=20.0), ground=ground)
    for now in np.arange(0.5, 62, 0.2).tolist():
        yield engine.update(
            [t if now >= t.last_timestamp else until(t, now) for t in tracklets if given(t, now)]
        )
    yield engine.flush()


def given(tracklet: Tracklet, now: float) -> bool:
    # Not in every update, while it is in view.
    often = (round(5 * now) + tracklet.track_id) % 3 == 0 or now >= tracklet.last_timestamp
    return often and tracklet.first_timestamp + 0.3 < now < tracklet.last_timestamp + 0.2


def until(tracklet: Tracklet, now: float) -> Tracklet:
    count = int(np.count_nonzero(tracklet.timestamps <= now))
    span = float(tracklet.timestamps[count - 1] - tracklet.timestamps[0])
    return Tracklet(
        tracklet.camera_id,
        tracklet.track_id,
        tracklet.timestamps[:count],
        tracklet.xyxy[:count],
        tracklet.embedding,
        tracklet.exemplars,
        class_id=0,
        ended=False,
        unseen_s=0.4 if 1.0 < span < 1.5 else 0.0,
    )


@pytest.mark.parametrize(
    ("rivals", "ground"),
    [
        pytest.param(200, GROUND, id="all together"),
        pytest.param(6, GROUND, id="some beside others"),
        pytest.param(6, {}, id="by gaps alone"),
    ],
)
def test_what_is_remembered_changes_nothing(
    rivals: int, ground: dict[str, GroundPlane], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(associator, "RIVALS", rivals)
    tracklets = traffic(seed=rivals)
    found = list(online(tracklets, ground))
    assert sum(len(some) for some in found) > len(tracklets)
    monkeypatch.setattr(PairMemory, "recall", lambda *_: None)
    assert found == list(online(tracklets, ground))


def test_what_was_found_of_some_pairs_at_once_is_completed() -> None:
    rows = sightings(*traffic(seed=1))
    rng = np.random.default_rng(1)
    for columns in (rows, rows[::3]):
        every = meeting_log_ratios(rows, columns)
        assert np.count_nonzero(every) > 20
        done = rng.random(every.shape) < 0.5
        found = meeting_log_ratios(rows, columns, np.where(done, every, 0.0), done)
        assert found.tolist() == every.tolist()
