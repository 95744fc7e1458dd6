from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from detector.types import CLASS_NAMES
from tests.tracking.corridor import LINKS, corridor, idf1, passing, run
from tracking.association import AssociationSettings, Associator
from tracking.decisions import Assignment
from tracking.links import CameraLink
from tracking.types import EMBEDDING_DIM, Tracklet

CAR, MOTORCYCLE, BUS, TRUCK = range(len(CLASS_NAMES))
SETTINGS = AssociationSettings(
    max_distance=0.5,
    max_linked_distance=0.7,
    max_return_distance=0.3,
    min_absence_s=2.0,
    clock_tolerance_s=0.5,
    revision_s=20.0,
)
A_B = CameraLink("a", "b", min_s=5, max_s=10)
OVERLAP = CameraLink("a", "b", overlap=True)


def look(vehicle: int, distance: float = 0.0) -> np.ndarray:
    """Return the look of a vehicle, or a look at this distance from it; strangers are at 1.41."""
    vector = np.zeros(EMBEDDING_DIM)
    cosine = 1 - distance**2 / 2
    vector[vehicle], vector[vehicle + 100] = cosine, np.sqrt(1 - cosine**2)
    return vector


def seen(
    camera: str,
    first: float,
    last: float,
    appearance: np.ndarray,
    *,
    track: int = 1,
    class_id: int = CAR,
    ended: bool = True,
) -> Tracklet:
    times = np.array([first, last], np.float64)
    return passing(camera, track, times, appearance, class_id=class_id, ended=ended)


def identities(
    updates: Sequence[Sequence[Tracklet]],
    links: Sequence[CameraLink] = (),
    settings: AssociationSettings = SETTINGS,
) -> list[int]:
    """Return the final identities of the tracklets in the order in which they first came."""
    associator = Associator(settings, links)
    found: dict[tuple[str, int], int] = {}
    for tracklets in updates:
        changes = associator.update(tracklets)
        assert {t.key for t in tracklets} <= changes.keys()
        found |= {key: assignment.identity_id for key, assignment in changes.items()}
    return [found[key] for key in dict.fromkeys(t.key for batch in updates for t in batch)]


@pytest.mark.parametrize(
    ("updates", "links", "expected"),
    [
        pytest.param([], [], [], id="nothing"),
        pytest.param([[]], [], [], id="empty update"),
        pytest.param([[seen("a", 0, 4, look(1))]], [], [1], id="one"),
        pytest.param(
            [[seen("a", 0, 4, look(1))], [seen("b", 10, 14, look(1, 0.4))]],
            [],
            [1, 1],
            id="recognised",
        ),
        pytest.param(
            [[seen("a", 0, 4, look(1))], [seen("b", 10, 14, look(1, 0.6))]],
            [],
            [1, 2],
            id="too different",
        ),
        pytest.param(
            [[seen("a", 0, 4, look(1))], [seen("b", 10, 14, look(1, 0.6))]],
            [A_B],
            [1, 1],
            id="different, but in the travel window",
        ),
        pytest.param(
            [[seen("a", 0, 4, look(1))], [seen("b", 7, 11, look(1))]], [A_B], [1, 2], id="too fast"
        ),
        pytest.param(
            [[seen("a", 0, 4, look(1))], [seen("b", 20, 24, look(1))]], [A_B], [1, 2], id="too slow"
        ),
        pytest.param(
            [[seen("b", 0, 4, look(1))], [seen("a", 10, 14, look(1))]],
            [A_B],
            [1, 2],
            id="against the one way",
        ),
        pytest.param(
            [[seen("a", 0, 9, look(1))], [seen("b", 5, 14, look(1))]], [], [1, 2], id="both at once"
        ),
        pytest.param(
            [[seen("a", 0, 9, look(1))], [seen("b", 5, 14, look(1))]],
            [OVERLAP],
            [1, 1],
            id="both at once, where the views overlap",
        ),
        pytest.param(
            [[seen("a", 0, 9, look(1)), seen("b", 5, 14, look(1))]],
            [OVERLAP],
            [1, 1],
            id="both at once, in one update",
        ),
        pytest.param(
            [[seen("a", 0, 4, look(1)), seen("a", 2, 6, look(1), track=2)]],
            [],
            [1, 2],
            id="twins in one camera",
        ),
        pytest.param(
            [[seen("a", 0, 4, look(1))], [seen("a", 5, 9, look(1), track=2)]],
            [],
            [1, 2],
            id="back too soon",
        ),
        pytest.param(
            [[seen("a", 0, 4, look(1))], [seen("a", 60, 64, look(1, 0.2), track=2)]],
            [],
            [1, 1],
            id="back later",
        ),
        pytest.param(
            [[seen("a", 0, 4, look(1))], [seen("a", 60, 64, look(1, 0.4), track=2)]],
            [],
            [1, 2],
            id="another one of its kind later",
        ),
        pytest.param(
            [
                [seen("a", 0, 4, look(1))],
                [seen("b", 10, 14, look(1, 0.3))],
                [seen("a", 20, 24, look(1, 0.4), track=2)],
            ],
            [A_B, CameraLink("b", "a", min_s=5, max_s=10)],
            [1, 1, 1],
            id="back by way of another camera",
        ),
        pytest.param(
            [
                [seen("a", 0, 4, look(1), class_id=TRUCK)],
                [seen("b", 9, 12, look(1), class_id=BUS)],
            ],
            [],
            [1, 1],
            id="a van called truck, then bus",
        ),
        pytest.param(
            [
                [seen("a", 0, 4, look(1), class_id=MOTORCYCLE)],
                [seen("b", 9, 12, look(1), class_id=CAR)],
            ],
            [],
            [1, 2],
            id="a motorcycle does not become a car",
        ),
        pytest.param(
            [[seen("a", 0, 4, look(1), ended=False)], [seen("b", 10, 14, look(1))]],
            [],
            [1, 2],
            id="still in view elsewhere",
        ),
        pytest.param(
            [
                [seen("a", 0, 4, look(1))],
                [seen("b", 10, 11, look(1), ended=False)],
                [seen("b", 10, 14, look(2))],
            ],
            [],
            [1, 2],
            id="first taken for another, then corrected",
        ),
        pytest.param(
            [
                [seen("a", 0, 4, look(1))],
                [seen("b", 10, 11, look(2), ended=False)],
                [seen("b", 10, 14, look(1))],
            ],
            [],
            [1, 1],
            id="recognised when seen better",
        ),
    ],
)
def test_identities(
    updates: list[list[Tracklet]], links: list[CameraLink], expected: list[int]
) -> None:
    assert identities(updates, links) == expected


def test_two_vehicles_cross_two_cameras() -> None:
    updates = [
        [seen("a", 0, 4, look(1)), seen("a", 1, 5, look(2), track=2)],
        [seen("b", 11, 15, look(2, 0.3)), seen("b", 12, 16, look(1, 0.3), track=2)],
    ]
    assert identities(updates, [A_B]) == [1, 2, 2, 1]


def test_look_alikes_are_told_apart_by_exclusivity() -> None:
    # Both sightings in b look most like vehicle 1 of a; the second can be vehicle 2 as well.
    first, second = look(1), look(1, 0.45)
    alone = [[seen("a", 0, 4, first)], [seen("b", 11, 15, look(1, 0.2))]]
    assert identities(alone, [A_B]) == [1, 1]
    both = [
        [seen("a", 0, 4, first), seen("a", 1, 5, second, track=2)],
        [seen("b", 10, 15, look(1, 0.0)), seen("b", 11, 16, look(1, 0.2), track=2)],
    ]
    assert identities(both, [A_B]) == [1, 2, 1, 2]


def test_a_better_claim_that_comes_later_takes_the_identity() -> None:
    updates = [
        [seen("a", 0, 4, look(1))],
        [seen("b", 10, 12, look(1, 0.4))],
        [seen("b", 11, 13, look(1), track=2)],
    ]
    assert identities(updates) == [1, 2, 1]
    once = AssociationSettings(
        max_distance=0.5, max_linked_distance=0.7, max_return_distance=0.3, revision_s=0
    )
    assert identities(updates, settings=once) == [1, 1, 2]


def test_what_is_older_than_the_revision_time_stays() -> None:
    updates = [
        [seen("a", 0, 4, look(1))],
        [seen("b", 10, 12, look(1, 0.4))],
        [seen("c", 90, 91, look(7))],
        [seen("b", 11, 13, look(1), track=2)],
    ]
    assert identities(updates) == [1, 1, 2, 3]


def test_distance_is_to_the_most_similar_other_sighting() -> None:
    associator = Associator(SETTINGS)
    first = associator.update([seen("a", 0, 4, look(1))])
    assert first == {("a", 1): Assignment(1, None)}
    second = associator.update([seen("b", 10, 14, look(1, 0.4))])["b", 1]
    assert second.identity_id == 1
    assert second.distance == pytest.approx(0.4, abs=1e-3)


def test_only_changes_come_back_for_tracklets_that_were_not_given() -> None:
    associator = Associator(SETTINGS)
    associator.update([seen("a", 0, 4, look(1))])
    assert associator.update([seen("b", 10, 14, look(2))]).keys() == {("b", 1)}


def test_vehicles_unseen_for_longer_than_the_horizon_are_not_compared() -> None:
    settings = AssociationSettings(horizon_s=60)
    updates = [[seen("a", 0, 4, look(1))], [seen("b", 100, 104, look(1))]]
    assert identities(updates, settings=settings) == [1, 2]
    assert identities(updates) == [1, 1]


def test_the_same_tracklet_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="given twice"):
        Associator(SETTINGS).update([seen("a", 0, 4, look(1)), seen("a", 0, 5, look(1))])


@pytest.mark.parametrize(
    "field", ["max_distance", "max_linked_distance", "max_return_distance", "min_absence_s"]
)
def test_bad_settings_name_the_field(field: str) -> None:
    with pytest.raises(ValueError, match=f"{field} must .*-1"):
        AssociationSettings(**{field: -1})


@pytest.mark.parametrize(
    ("noise", "limit", "links", "floor"),
    [
        pytest.param(0.6, 0.85, LINKS, 0.95, id="easy"),
        pytest.param(0.9, 1.0, LINKS, 0.9, id="mid"),
        pytest.param(1.2, 1.1, LINKS, 0.85, id="hard"),
        pytest.param(0.6, 0.85, [], 0.6, id="easy, no links"),
    ],
)
def test_floor_of_identity_f1_on_the_corridor(
    noise: float, limit: float, links: list[CameraLink], floor: float
) -> None:
    settings = AssociationSettings(
        max_distance=0.9 * limit, max_linked_distance=limit, max_return_distance=0.5 * limit
    )
    scores = []
    for seed in (0, 1):
        passages = corridor(seed, noise=noise)
        scores.append(idf1(passages, run(Associator(settings, links), passages)))
    assert np.mean(scores) >= floor


def test_hard_rules_hold_for_every_final_identity_and_no_number_serves_twice() -> None:
    passages = corridor(5, noise=1.5)
    found = run(
        Associator(AssociationSettings(max_distance=1.2, max_linked_distance=1.2)), passages
    )
    by_identity: dict[int, list[Tracklet]] = {}
    for passage in passages:
        tracklet = passage.tracklet
        by_identity.setdefault(found[tracklet.key], []).append(tracklet)
    for tracklets in by_identity.values():
        tracklets.sort(key=lambda t: t.first_timestamp)
        for earlier, later in itertools.pairwise(tracklets):
            assert later.first_timestamp - earlier.last_timestamp >= -0.5


def test_order_within_an_update_does_not_matter() -> None:
    passages = [p.tracklet for p in corridor(2, noise=0.9)]
    passages.sort(key=lambda t: t.last_timestamp)
    batches = [passages[i : i + 6] for i in range(0, len(passages), 6)]
    rng = np.random.default_rng(0)
    results = []
    for mix in (False, True):
        associator = Associator(AssociationSettings(max_distance=0.9), LINKS)
        found: dict[tuple[str, int], Assignment] = {}
        for batch in batches:
            order = rng.permutation(len(batch)) if mix else range(len(batch))
            found |= associator.update([batch[i] for i in order])
        results.append(found)
    assert results[0] == results[1]
