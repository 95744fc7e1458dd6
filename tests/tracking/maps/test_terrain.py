"""What is known of the ground, and what becomes of places when that changes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tracking.yard import CAMERAS, GROUND, seen, uncalibrated
from tracking.ground import GIVEN, NOWHERE, GroundPlane
from tracking.maps.terrain import Terrain
from tracking.sightings import Sightings

EAST = np.array([[1.0, 0, 100], [0, 1, 0]])
LEARNED = {name: plane.moved(EAST, frame=1, std_m=1.0) for name, plane in GROUND.items()}


def yard() -> Sightings:
    return uncalibrated(
        seen("a", 1, (0, 4), (-20, 0), (10, 0)),
        seen("b", 1, (0, 4), (-20, 0), (10, 0)),
        seen("b", 2, (5, 9), (20, 3), (-10, 0)),
    )


def by_index(terrain: Terrain) -> dict[int, GroundPlane | None]:
    return {CAMERAS.index(name): plane for name, plane in terrain.learned.items()}


def test_sightings_are_placed_where_a_plane_says() -> None:
    before = yard()
    assert before.frame.tolist() == [NOWHERE] * 3
    assert np.isnan(before.path).all()
    placed = before.placed({1: LEARNED["b"]})
    assert placed.frame.tolist() == [NOWHERE, 1, 1]
    assert np.isnan(placed.path[0]).all()
    # A vehicle's middle is within the rounding of its box; 100 m to the east by this map.
    assert placed.ends[1, :, :2] == pytest.approx(np.array([[80, 0], [120, 0]]), abs=0.2)
    assert placed.ends[2, 0] == pytest.approx((120, 3, -10, 0), abs=0.2)
    # What they were is not touched.
    assert np.isnan(before.path).all()
    assert placed.embedding is before.embedding


def test_placing_again_is_as_placing_once() -> None:
    once = yard().placed({0: GROUND["a"], 1: GROUND["b"]})
    again = yard().placed({0: LEARNED["a"], 1: LEARNED["b"]})
    again = again.placed({0: GROUND["a"], 1: GROUND["b"]})
    assert again.path.tobytes() == once.path.tobytes()
    assert again.ends.tobytes() == once.ends.tobytes()
    assert again.frame.tolist() == once.frame.tolist() == [GIVEN] * 3


def test_places_on_a_map_that_is_lost_are_lost() -> None:
    placed = yard().placed({0: LEARNED["a"], 1: LEARNED["b"]})
    lost = placed.placed({0: LEARNED["a"], 1: None})
    assert lost.frame.tolist() == [1, NOWHERE, NOWHERE]
    assert np.isfinite(lost.path[0]).all()
    assert np.isnan(lost.path[1:]).all()
    assert np.isnan(lost.ends[1:]).all()


def test_calibrated_cameras_stay_what_they_are() -> None:
    terrain = Terrain({"a": GROUND["a"]})
    terrain.learn(LEARNED)
    assert terrain.planes["a"] is GROUND["a"]
    assert terrain.learned.keys() == {"b", "c"}
    assert terrain.frames(["a", "b", "elsewhere"]).tolist() == [GIVEN, 1, NOWHERE]


def moved_to(name: str, frame: int, std_m: float = 1.5) -> GroundPlane:
    return GROUND[name].moved(EAST, frame=frame, std_m=std_m)


def test_a_camera_that_came_onto_a_calibrated_map_is_one_of_it() -> None:
    terrain = Terrain({"a": GROUND["a"]})
    terrain.learn({"b": moved_to("b", GIVEN), "c": moved_to("c", 1002)})
    assert terrain.frames(CAMERAS).tolist() == [GIVEN, GIVEN, 1002]
    # Its map is told, which has others on it; that of one camera alone is not.
    (told,) = terrain.shared()
    assert (told.camera_id, told.map_number, told.made, told.std_m) == ("b", GIVEN, True, 1.5)
    # It is not calibrated, and may be elsewhere tomorrow.
    terrain.learn({"b": moved_to("b", 1001), "c": moved_to("c", 1001)})
    assert terrain.frames(CAMERAS).tolist() == [GIVEN, 1001, 1001]
    assert [(one.map_number, one.made) for one in terrain.shared()] == [(1, False)] * 2


def test_learned_maps_are_numbered_beside_those_that_people_made() -> None:
    names = ("a", "b", "c", "d", "e")
    given = {"a": GroundPlane(GROUND["a"].homography, frame=2)}
    terrain = Terrain(given)
    frames = (2, 1002, 1003, 1003)
    planes = zip(names[1:], frames, strict=True)
    terrain.learn({name: moved_to("b", frame) for name, frame in planes})
    told = {one.camera_id: (one.map_number, one.made) for one in terrain.shared()}
    assert told == {"b": (2, True), "d": (1, False), "e": (1, False)}


def test_people_measured_the_map_without_a_name_where_nothing_says_how_far_it_is_off() -> None:
    matrix = GROUND["a"].homography
    given = {
        "measured": GroundPlane(matrix),
        "named": GroundPlane(matrix, frame=1),
        "taken over": GroundPlane(matrix, std_m=1.2),
    }
    terrain = Terrain(given)
    terrain.learn({"learned": moved_to("a", GIVEN)})
    names = [*given, "learned", "unknown"]
    assert terrain.measured(names).tolist() == [True, False, False, False, False]
    assert terrain.measured([]).dtype == np.bool_


def test_a_camera_of_which_nothing_is_found_any_more_is_nowhere() -> None:
    terrain = Terrain({"a": GROUND["a"]})
    terrain.learn(LEARNED)
    terrain.learn({"c": LEARNED["c"]})
    assert terrain.planes.keys() == {"a", "c"}
    assert terrain.frames(CAMERAS).tolist() == [GIVEN, NOWHERE, 1]
    # So that its places are taken back.
    assert by_index(terrain) == {1: None, 2: LEARNED["c"]}
    terrain.learn({})
    assert by_index(terrain) == {1: None, 2: None}
    assert terrain.planes.keys() == {"a"}


def test_the_version_grows_with_every_change_only() -> None:
    terrain = Terrain()
    terrain.learn({})
    assert terrain.version == 0
    terrain.learn(LEARNED)
    assert terrain.version == 1
    terrain.learn({})
    assert terrain.version == 2
