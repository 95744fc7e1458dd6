"""Cameras that nobody calibrated: vehicles are told apart by places once enough were seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.tracking.association.test_associator_on_ground import events
from tests.tracking.pinhole import Pinhole, film, street
from tracking.appearance.calibration import Calibration
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings
from tracking.decisions import Key
from tracking.ground import GIVEN, LEARNED, NOWHERE, GroundPlane, paths_on_ground
from tracking.types import Tracklet

A = Pinhole("a")
B = Pinhole("b", at=(14.0, -3.0), yaw_deg=-5, pitch_deg=17, height_m=8)
# Whatever the distance, looks speak a little for one vehicle, and so say nothing of which.
BLIND = Calibration(distances=(0.0, 2.0), log_ratios=(1.0, 1.0))
N = 30
Story = tuple[dict[Key, int], dict[Key, int], Associator]


@cache
def filmed() -> list[Tracklet]:
    drives = street(N, from_y=-20, to_y=110, every_s=3.0)
    return [*film(A, drives), *film(B, drives)]


def frames(associator: Associator) -> dict[str, int]:
    """Return on which map both cameras are."""
    names = ["a", "b"]
    return dict(zip(names, associator._terrain.frames(names).tolist(), strict=True))


def story(
    tracklets: Sequence[Tracklet],
    *,
    learn_ground: bool = True,
    ground: Mapping[str, GroundPlane] | None = None,
) -> Story:
    """Return identities as they were told online, those of the last look, and who said so."""
    settings = AssociationSettings(learn_ground=learn_ground)
    associator = Associator(settings, calibration=BLIND, ground=ground)
    online: dict[Key, int] = {}
    for version in events(tracklets):
        told = associator.update([version])
        online |= {key: one.identity_id for key, one in told.items()}
    final = {key: one.identity_id for key, one in associator.flush().items()}
    return online, final, associator


def share_known(identities: Mapping[Key, int], numbers: Sequence[int]) -> float:
    """Return the share of some vehicles that are one identity in both cameras."""
    return float(np.mean([identities["a", n] == identities["b", n] for n in numbers]))


@pytest.fixture(scope="module")
def learned() -> Story:
    return story(filmed())


ALL, LATER = range(1, N + 1), range(N // 2 + 1, N + 1)


def test_vehicles_are_told_apart_by_where_they_are(learned: Story) -> None:
    assert frames(learned[2]) == {"a": LEARNED, "b": LEARNED}
    assert share_known(learned[0], LATER) > 0.85
    # At last also those who came before anything was known of the ground.
    assert share_known(learned[1], ALL) > 0.9


def test_without_it_nothing_tells_them_apart() -> None:
    online, final, associator = story(filmed(), learn_ground=False)
    assert frames(associator) == {"a": NOWHERE, "b": NOWHERE}
    assert share_known(online, LATER) < 0.7
    assert share_known(final, ALL) < 0.5


def test_a_replay_tells_the_same_story(learned: Story) -> None:
    online, final, associator = story(filmed())
    assert (online, final) == learned[:2]
    assert frames(associator) == frames(learned[2])


def test_where_no_ground_is_found_it_is_as_without() -> None:
    # The views are from side to side.
    across = replace(A, yaw_deg=90.0, at=(-30.0, 40.0))
    drives = street(N, from_y=0, to_y=80, every_s=3.0)
    tracklets = [*film(across, drives), *film(replace(across, name="b", at=(-30.0, 60.0)), drives)]
    with_, without = (story(tracklets, learn_ground=learn) for learn in (True, False))
    assert frames(with_[2]) == {"a": NOWHERE, "b": NOWHERE}
    assert with_[:2] == without[:2]


def test_a_calibrated_camera_stays_where_it_is_and_the_other_comes_onto_its_map() -> None:
    given = {"a": A.plane()}
    online, final, associator = story(filmed(), ground=given)
    assert associator._terrain.planes["a"] is given["a"]
    assert frames(associator) == {"a": GIVEN, "b": GIVEN}
    assert share_known(online, LATER) > 0.85
    assert share_known(final, ALL) > 0.9
    (view,) = associator.views()
    assert {view.first_camera, view.second_camera} == {"a", "b"}
    (estimate,) = associator.ground()
    assert (estimate.camera_id, estimate.map_number, estimate.made) == ("b", GIVEN, True)
    assert estimate.std_m >= view.std_m
    # It is where the other camera is right.
    box = np.array([[600.0, 480, 680, 540]])
    is_, should = (
        plane.places(box)[0, :2]
        for plane in (GroundPlane(np.array(estimate.homography)), B.plane())
    )
    assert is_ == pytest.approx(should, abs=2.0)


def test_a_map_that_has_nothing_to_do_with_the_place_is_joined_by_nobody() -> None:
    given = {"a": GroundPlane(np.array([[0.01, 0, 0], [0, -0.02, 0], [0, 0.001, 1.0]]))}
    _, _, associator = story(filmed(), ground=given)
    assert frames(associator)["a"] == GIVEN
    assert frames(associator)["b"] >= LEARNED
    assert associator.ground() == []


def test_all_calibrated_is_as_without_learning() -> None:
    given = {
        name: GroundPlane(np.array([[0.01, 0, shift], [0, -0.02, 0], [0, 0.001, 1.0]]))
        for name, shift in (("a", 0.0), ("b", 5.0))
    }
    with_, without = (story(filmed(), learn_ground=x, ground=given) for x in (True, False))
    assert with_[:2] == without[:2]
    assert frames(with_[2]) == {"a": GIVEN, "b": GIVEN}


def test_sightings_that_are_kept_are_placed_by_what_is_known_last(learned: Story) -> None:
    _, _, associator = learned
    known = associator._terrain.planes
    parts = associator._learner._parts
    assert sum(map(len, parts)) == 2 * N
    for part in parts:
        for camera, trail, path in zip(part.camera, part.trail, part.path, strict=True):
            plane = known[associator._graph.names[camera]]
            assert np.array_equal(path, paths_on_ground(plane, [trail])[0][0], equal_nan=True)
