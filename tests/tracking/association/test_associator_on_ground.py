from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.tracking.yard import GROUND, seen
from tracking.appearance.calibration import Calibration
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings
from tracking.decisions import Assignment, Key, Revision
from tracking.ground import GroundPlane
from tracking.types import Tracklet

SETTINGS = AssociationSettings()
# Strangers are at the square root of 2, look-alikes at 0.
SURE = Calibration(
    stranger_mean=2**0.5, stranger_std=0.02, distances=(0.3, 1.0), log_ratios=(7.0, -7.0)
)

# Both go east at 12 m/s, side by side; the second camera sees them while the first one still does.
MEETING = [
    seen("a", 1, (0, 4), (-48, 0), (12, 0)),
    seen("a", 2, (0, 4), (-48, 12), (12, 0)),
    seen("b", 1, (2, 6), (-24, 12), (12, 0)),
    seen("b", 2, (2, 6), (-24, 0), (12, 0)),
]
# The second one leaves 2 s later, but is faster, and comes 0.5 s earlier after 90 m.
OVERTAKING = [
    seen("a", 1, (0, 4), (-48, 0), (12, 0)),
    seen("a", 2, (2, 6), (-80, 4), (20, 0)),
    seen("b", 1, (10.5, 14), (90, 4), (20, 0)),
    seen("b", 2, (11.5, 15), (90, 0), (12, 0)),
]
# They meet where the first camera sees them and leave in opposite directions, at the same time.
PARTING = [
    seen("a", 1, (0, 4), (-48, 0), (12, 0)),
    seen("a", 2, (0, 4), (48, 4), (-12, 0)),
    seen("b", 1, (9, 13), (-60, 4), (-12, 0)),
    seen("b", 2, (9, 13), (60, 0), (12, 0)),
]
SCENES = [
    pytest.param(MEETING, id="two cameras at once"),
    pytest.param(OVERTAKING, id="one overtakes out of sight"),
    pytest.param(PARTING, id="opposite ways"),
]


def until(tracklet: Tracklet, time: float) -> Tracklet:
    """Return a tracklet as it is known at some time, its vehicle still in view."""
    early = tracklet.timestamps <= time
    return replace(
        tracklet,
        timestamps=tracklet.timestamps[early],
        xyxy=tracklet.xyxy[early],
        ended=False,
    )


def events(tracklets: Sequence[Tracklet]) -> list[Tracklet]:
    """Return tracklets as a pipeline gives them: every second, and when they have ended."""
    every = [
        until(one, time)
        for one in tracklets
        for time in np.arange(one.first_timestamp + 1, one.last_timestamp)
    ]
    return sorted([*every, *tracklets], key=lambda t: (t.last_timestamp, t.ended, t.key))


def story(
    tracklets: Sequence[Tracklet], ground: Mapping[str, GroundPlane] | None = GROUND
) -> tuple[list[dict[Key, Assignment]], dict[Key, Assignment], list[Revision]]:
    """Return what was told online, in order, what was said at last, and all revisions."""
    associator = Associator(SETTINGS, calibration=SURE, ground=ground)
    online = [associator.update([version]) for version in events(tracklets)]
    return online, associator.flush(), associator.revisions()


def identities(told: Sequence[Mapping[Key, Assignment]]) -> list[int]:
    """Return the latest identities, numbered as the tracklets are named."""
    latest = {key: one.identity_id for changes in told for key, one in changes.items()}
    number: dict[int, int] = {}
    return [number.setdefault(latest[key], len(number) + 1) for key in sorted(latest)]


@pytest.mark.parametrize("tracklets", SCENES)
def test_look_alikes_are_told_apart_by_where_they_are(tracklets: list[Tracklet]) -> None:
    online, final, _ = story(tracklets)
    assert identities(online) == [1, 2, 2, 1]
    assert identities([*online, final]) == [1, 2, 2, 1]
    sure = {key: one.probability for key, one in final.items() if key[0] == "b"}
    assert len(sure) == 2
    assert min(sure.values()) > 0.75


@pytest.mark.parametrize("tracklets", SCENES)
def test_without_places_nothing_tells_them_apart(tracklets: list[Tracklet]) -> None:
    online, final, _ = story(tracklets, ground=None)
    assert identities([*online, final]) != [1, 2, 2, 1]


def test_they_are_told_apart_while_both_cameras_still_see_them() -> None:
    associator = Associator(SETTINGS, calibration=SURE, ground=GROUND)
    told = [
        associator.update([until(one, time) for one in MEETING if one.first_timestamp < time])
        for time in (1.0, 2.0, 3.0)
    ]
    assert identities(told) == [1, 2, 2, 1]


def test_one_vehicle_in_three_cameras_at_once_is_one_identity() -> None:
    tracklets = [
        seen("a", 1, (0, 6), (-48, 0), (8, 0)),
        seen("b", 1, (1, 7), (-40, 0), (8, 0)),
        seen("c", 1, (2, 8), (-32, 0), (8, 0)),
        # Its twin is 9 m beside it in all of them.
        seen("a", 2, (0, 6), (-48, 9), (8, 0)),
        seen("b", 2, (1, 7), (-40, 9), (8, 0)),
        seen("c", 2, (2, 8), (-32, 9), (8, 0)),
    ]
    online, final, _ = story(tracklets)
    assert identities([*online, final]) == [1, 2, 1, 2, 1, 2]


def test_strangers_at_one_place_stay_two() -> None:
    # Places alone do not make one vehicle of two that look nothing like each other.
    tracklets = [
        seen("a", 1, (0, 4), (-48, 0), (12, 0), look=1),
        seen("b", 1, (1, 5), (-36, 2), (12, 0), look=2),
    ]
    online, final, _ = story(tracklets)
    assert identities([*online, final]) == [1, 2]


@pytest.mark.parametrize("tracklets", SCENES)
def test_a_replay_tells_the_same_story(tracklets: list[Tracklet]) -> None:
    assert story(tracklets) == story(tracklets)


@pytest.mark.parametrize("tracklets", SCENES)
def test_the_order_within_an_update_does_not_matter(tracklets: list[Tracklet]) -> None:
    found = []
    for given in (tracklets, tracklets[::-1]):
        associator = Associator(SETTINGS, calibration=SURE, ground=GROUND)
        found.append((associator.update(given), associator.flush()))
    assert found[0] == found[1]


def test_an_empty_mapping_is_as_no_calibration_at_all() -> None:
    assert story(OVERTAKING, ground={}) == story(OVERTAKING, ground=None)


def test_a_single_calibrated_camera_is_not_enough_to_tell_them_apart() -> None:
    online, final, _ = story(OVERTAKING, ground={"a": GROUND["a"]})
    assert identities([*online, final]) != [1, 2, 2, 1]


def test_what_was_archived_is_found_again_wherever_it_is_by_then() -> None:
    telling = replace(SURE, log_ratios=(14.0, -14.0))
    settings = replace(SETTINGS, horizon_s=300.0)
    associator = Associator(settings, calibration=telling, ground=GROUND)
    associator.update([seen("a", 1, (0, 4), (-48, 0), (12, 0), look=1)])
    for n in range(2, 20):
        associator.update([seen("c", n, (100 * n, 100 * n + 4), (0, 0), (12, 0), look=n)])
    # Behind where it went, by the first camera's last view of it.
    back = associator.update([seen("b", 1, (3000, 3004), (-500, 0), (-12, 0), look=1)])
    assert back["b", 1].identity_id == 1
    assert np.isfinite(back["b", 1].probability)


def test_who_is_out_of_sight_may_have_left_before_its_track_has_ended() -> None:
    # 24 m in 2 s, as it was seen to drive; now it is 6.5 s.
    out = replace(seen("a", 1, (0, 4), (-48, 0), (12, 0)), ended=False)
    in_ = replace(seen("b", 1, (6, 6.5), (24, 0), (12, 0)), ended=False)
    reasons = []
    for unseen_s in (0.0, 2.5):
        associator = Associator(SETTINGS, calibration=SURE, ground=GROUND)
        associator.update([out])
        told = associator.update([replace(out, unseen_s=unseen_s), in_])
        reasons.append(told["b", 1].reasons)
    in_view, unseen = reasons
    assert in_view is not None
    assert unseen is not None
    assert (in_view.gap_s, unseen.gap_s) == pytest.approx((-0.5, 2.0))
    assert in_view.travel_time_likelihood < 1
    assert unseen.travel_time_likelihood > 5


def test_the_first_decision_reconsiders_who_came_just_before() -> None:
    # Two side by side; the other camera has a poor look at the second, more like the first.
    left = [
        seen("a", 1, (0, 4), (-48, 0), (12, 0)),
        seen("a", 2, (0, 4), (-48, 6), (12, 0), look=1),
    ]
    poor = np.zeros_like(left[0].embedding)
    poor[:2] = 0.78, 0.6258
    first, second = (
        seen("b", 1, (9, 10), (60, 3), (12, 0), look=0),
        seen("b", 2, (9.3, 10.3), (63.6, 3), (12, 0)),
    )
    first = replace(first, embedding=poor, exemplars=np.tile(poor, (4, 1)), ended=False)
    settings = replace(SETTINGS, solve_every_s=1000.0)
    lenient = replace(SURE, distances=(0.3, 1.35), log_ratios=(7.0, -7.0))
    associator = Associator(settings, calibration=lenient, ground=GROUND)
    known = {key: one.identity_id for key, one in associator.update(left).items()}
    told = associator.update([first])
    assert told["b", 1].identity_id == known["a", 1]
    told = associator.update([replace(second, ended=False)])
    assert told["b", 2].identity_id == known["a", 1]
    assert told["b", 1].identity_id == known["a", 2]
    assert [(r.key, r.before, r.after) for r in associator.revisions()] == [
        (("b", 1), known["a", 1], known["a", 2])
    ]
