from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from detector.types import CLASS_NAMES
from tests.tracking.corridor import passing
from tracking.appearance.calibration import Calibration
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings
from tracking.decisions import Assignment, Correction, Key
from tracking.travel.links import CameraLink
from tracking.types import EMBEDDING_DIM, Tracklet

CAR, MOTORCYCLE, BUS, TRUCK = range(len(CLASS_NAMES))
A_B = CameraLink("a", "b", min_s=5, max_s=10)
OVERLAP = CameraLink("a", "b", overlap=True)
SETTINGS = AssociationSettings()
# Strangers as they are here, at the square root of 2: distances are taken as they are.
SURE = Calibration(
    stranger_mean=2**0.5, stranger_std=0.02, distances=(0.3, 1.0), log_ratios=(7.0, -7.0)
)


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
    corrections: Sequence[Correction] = (),
) -> list[int]:
    """Return the final identities of the tracklets, numbered as they come, in their order."""
    associator = Associator(settings, links, calibration=SURE, corrections=corrections)
    found: dict[Key, int] = {}
    for tracklets in updates:
        changes = associator.update(tracklets)
        assert {t.key for t in tracklets} <= changes.keys()
        found |= {key: assignment.identity_id for key, assignment in changes.items()}
    found |= {key: assignment.identity_id for key, assignment in associator.flush().items()}
    keys = list(dict.fromkeys(t.key for batch in updates for t in batch))
    number = {identity: n for n, identity in enumerate(dict.fromkeys(found[k] for k in keys), 1)}
    return [number[found[key]] for key in keys]


@pytest.mark.parametrize(
    ("updates", "links", "expected"),
    [
        pytest.param([], [], [], id="nothing"),
        pytest.param([[]], [], [], id="empty update"),
        pytest.param([[seen("a", 0, 4, look(1))]], [], [1], id="one"),
        pytest.param(
            [[seen("a", 0, 4, look(1))], [seen("b", 10, 14, look(1, 0.3))]],
            [],
            [1, 1],
            id="recognised",
        ),
        pytest.param(
            [[seen("a", 0, 4, look(1))], [seen("b", 10, 14, look(1, 0.7))]],
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
            [[seen("a", 0, 4, look(1))], [seen("b", 40, 44, look(1, 0.55))]],
            [A_B],
            [1, 2],
            id="too slow",
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
            [OVERLAP],
            [1, 2],
            id="twins in one camera",
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


def test_a_vehicle_is_found_again_after_hours_where_its_looks_are_telling() -> None:
    telling = replace(SURE, log_ratios=(12.0, -12.0))
    associator = Associator(SETTINGS, calibration=telling)
    associator.update([seen("a", 0, 4, look(1))])
    for n in range(2, 30):
        associator.update([seen("c", 400 * n, 400 * n + 4, look(n), track=n)])
    found = associator.update([seen("b", 12_000, 12_004, look(1, 0.1))])
    assert found["b", 1].identity_id == 1


def test_two_vehicles_cross_two_cameras() -> None:
    updates = [
        [seen("a", 0, 4, look(1)), seen("a", 1, 5, look(2), track=2)],
        [seen("b", 11, 15, look(2, 0.3)), seen("b", 12, 16, look(1, 0.3), track=2)],
    ]
    assert identities(updates, [A_B]) == [1, 2, 2, 1]


def test_look_alikes_are_told_apart_by_exclusivity() -> None:
    # Both sightings in b look most like vehicle 1 of a; the second can be vehicle 2 as well.
    first, second = look(1), look(1, 0.45)
    both = [
        [seen("a", 0, 4, first), seen("a", 1, 5, second, track=2)],
        [seen("b", 10, 15, look(1, 0.0)), seen("b", 11, 16, look(1, 0.2), track=2)],
    ]
    assert identities(both, [A_B]) == [1, 2, 1, 2]


def test_a_better_claim_that_comes_later_takes_the_identity_and_is_reported() -> None:
    associator = Associator(SETTINGS, [A_B], calibration=SURE)
    associator.update([seen("a", 0, 4, look(1))])
    assert associator.update([seen("b", 10, 12, look(1, 0.4))])["b", 1].identity_id == 1
    changed = associator.update([seen("b", 11, 13, look(1), track=2)])
    assert {key: one.identity_id for key, one in changed.items()} == {("b", 1): 2, ("b", 2): 1}
    (revision,) = associator.revisions()
    assert (revision.key, revision.before, revision.after) == (("b", 1), 1, 2)
    assert (revision.timestamp, revision.cause) == (13.0, "evidence")
    assert associator.revisions() == []


def test_what_is_older_than_the_revision_time_stays_until_the_end() -> None:
    associator = Associator(replace(SETTINGS, revision_s=20.0), calibration=SURE)
    associator.update([seen("a", 0, 4, look(1))])
    associator.update([seen("b", 10, 12, look(1, 0.4))])
    associator.update([seen("c", 90, 91, look(7))])
    assert associator.update([seen("b", 11, 13, look(1), track=2)]).keys() == {("b", 2)}
    final = associator.flush()
    assert final["b", 2].identity_id == final["a", 1].identity_id == 1
    assert final["b", 1].identity_id not in {1, final["c", 1].identity_id}


def test_reasons_are_numbers_that_a_hand_can_check() -> None:
    associator = Associator(SETTINGS, [A_B], calibration=SURE)
    assert associator.update([seen("a", 0, 4, look(1))]) == {("a", 1): Assignment(1, None)}
    found = associator.update([seen("b", 10, 14, look(1, 0.4))])["b", 1]
    reasons = found.reasons
    assert reasons is not None
    assert (reasons.previous, reasons.link, reasons.gap_s) == (("a", 1), ("a", "b"), 6.0)
    assert found.distance == reasons.distance == pytest.approx(0.4, abs=1e-3)
    # A seventh of the way from 0.3 to 1.0: 7 - 2 = 5 nats.
    assert reasons.appearance_probability == pytest.approx(1 / (1 + np.exp(-5)), abs=0.02)
    assert reasons.travel_time_likelihood > 1
    assert reasons.runner_up is None
    assert found.probability > 0.95
    odds = np.log(reasons.appearance_probability / (1 - reasons.appearance_probability))
    assert reasons.margin == pytest.approx(odds + np.log(reasons.travel_time_likelihood), abs=0.01)


def test_the_margin_is_ahead_of_another_vehicle_and_not_of_itself() -> None:
    # Which of its own sightings it follows does not matter for how sure its identity is.
    associator = Associator(SETTINGS, calibration=SURE)
    associator.update([seen("a", 0, 4, look(1)), seen("d", 0, 4, look(1, 0.4))])
    associator.update([seen("b", 5, 6, look(1))])
    reasons = associator.update([seen("c", 7, 8, look(1))])["c", 1].reasons
    assert reasons is not None
    assert reasons.previous == ("b", 1)
    assert reasons.runner_up is not None
    assert reasons.runner_up.identity_id == 2
    assert reasons.margin > 4


def test_the_unsure_found_an_identity_and_keep_their_candidates() -> None:
    # Two that look the same left a; either may be the one in b.
    associator = Associator(replace(SETTINGS, min_probability=0.8), [A_B], calibration=SURE)
    associator.update([seen("a", 0, 4, look(1)), seen("a", 1, 5, look(1), track=2)])
    found = associator.update([seen("b", 11, 15, look(1))])["b", 1]
    assert found.identity_id == 3
    assert found.reasons is None
    assert {one.identity_id for one in found.candidates} == {1, 2}
    assert [one.probability for one in found.candidates] == pytest.approx([0.5, 0.5], abs=0.05)


def test_what_was_decided_before_has_the_better_chances() -> None:
    # One of two twins, and the other one looks a trace more like it when it is seen better.
    def decided(stay_nats: float) -> tuple[int, int]:
        settings = replace(SETTINGS, min_probability=0.0, stay_nats=stay_nats)
        associator = Associator(settings, [A_B], calibration=SURE)
        associator.update([seen("a", 0, 4, look(1)), seen("a", 0, 4, look(1, 0.4), track=2)])
        young = seen("b", 11, 12, look(1), ended=False)
        first = associator.update([young])["b", 1].identity_id
        better = seen("b", 11, 15, look(1, 0.4))
        return first, associator.update([better])["b", 1].identity_id

    assert decided(0.0) == (1, 2)
    assert decided(20.0) == (1, 1)


@pytest.mark.parametrize(
    ("crops", "expected"),
    [pytest.param(1, 2, id="a first look"), pytest.param(3, 1, id="seen whole")],
)
def test_first_looks_are_judged_by_their_own_curve(crops: int, expected: int) -> None:
    doubtful = replace(SURE, log_ratios=(-1.0, -7.0))
    at_once = replace(SETTINGS, revision_s=0.0)
    associator = Associator(at_once, [A_B], calibration=SURE, young=doubtful)
    found: dict[Key, Assignment] = {}
    for tracklet in (seen("a", 0, 4, look(1)), seen("b", 10, 14, look(1, 0.3))):
        views = np.tile(tracklet.embedding, (crops, 1))
        found |= associator.update([replace(tracklet, exemplars=views)])
    assert found["b", 1].identity_id == expected
    # What is settled is remembered by how many crops it was seen in.
    assert associator.flush()["b", 1].identity_id == expected


def test_stay_nats_is_checked() -> None:
    with pytest.raises(ValueError, match="stay_nats"):
        AssociationSettings(stay_nats=-0.1)


TWINS = [
    [seen("a", 0, 4, look(1)), seen("a", 2, 6, look(1), track=2)],
    [seen("b", 10, 14, look(1)), seen("b", 12, 16, look(1), track=2)],
]


@pytest.mark.parametrize(
    ("corrections", "expected"),
    [
        pytest.param([], [1, 2, 1, 2], id="as seen"),
        pytest.param([Correction(("a", 1), ("b", 1), same=False)], [1, 2, 3, 2], id="cannot link"),
        pytest.param([Correction(("a", 1), ("b", 2), same=True)], [1, 2, 2, 1], id="must link"),
        pytest.param(
            [
                Correction(("a", 1), ("b", 1), same=False),
                Correction(("a", 1), ("b", 1), same=True),
            ],
            [1, 2, 1, 2],
            id="the later one counts",
        ),
    ],
)
def test_corrections_hold_against_the_evidence(
    corrections: list[Correction], expected: list[int]
) -> None:
    link = CameraLink("a", "b", min_s=5.5, max_s=6.5)
    assert identities(TWINS, [link], corrections=corrections) == expected


def test_only_changes_come_back_for_tracklets_that_were_not_given() -> None:
    associator = Associator(SETTINGS)
    associator.update([seen("a", 0, 4, look(1))])
    assert associator.update([seen("b", 10, 14, look(2))]).keys() == {("b", 1)}


def test_the_same_tracklet_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="given twice"):
        Associator(SETTINGS).update([seen("a", 0, 4, look(1)), seen("a", 0, 5, look(1))])


@pytest.mark.parametrize(
    "field", ["min_probability", "correlation", "revision_s", "horizon_s", "final_tracklets"]
)
def test_bad_settings_name_the_field(field: str) -> None:
    with pytest.raises(ValueError, match=f"{field} must .*-1"):
        AssociationSettings(**{field: -1})
