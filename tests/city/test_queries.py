import math

import numpy as np
import pytest

from city.camera import CameraGeometry
from city.lighting import PRESETS, lighting_preset
from city.queries import LIGHTS, choose_queries, free_lights, street_view
from city.scene import TrafficSettings
from city.sightings import journeys
from tests.city.scenes import actors, tiny

SCENE = tiny(queries=6, absent_queries=2)


def ways(vehicles, *, both=()):
    west = {v: [(0.0, 2.0)] for v in vehicles}
    return journeys({"west": west, "east": {v: [(20.0, 22.0)] for v in both}})


def test_whom_to_search_for():
    everyone = actors(20, alike=(3, 4, 5), parked=(9,))
    seen = ways(range(1, 20), both=range(1, 12))
    chosen = choose_queries(everyone, seen, SCENE)
    present = [q.vehicle for q in chosen if q.vehicle is not None]
    absent = [q for q in chosen if q.vehicle is None]
    assert len(present) == 6
    assert len(set(present)) == 6
    assert set(present) <= set(range(1, 12)) - {9}
    assert len({3, 4, 5} & set(present)) >= 2
    assert len(absent) == 2
    alike = next(q for q in absent if q.lookalike_of is not None)
    resembled = everyone[alike.lookalike_of].individual
    assert alike.lookalike_of not in present
    assert (alike.individual.model, alike.individual.colour) == (resembled.model, resembled.colour)
    assert alike.individual.plate != resembled.plate
    other = next(q for q in absent if q.lookalike_of is None).individual
    assert (other.model, other.colour) not in {
        (a.individual.model, a.individual.colour) for a in everyone.values()
    }


def test_the_choice_is_the_same_again():
    everyone, seen = actors(12), ways(range(1, 12), both=range(1, 12))
    assert choose_queries(everyone, seen, SCENE) == choose_queries(everyone, seen, SCENE)


@pytest.mark.parametrize(("seen", "present"), [(0, 0), (1, 1), (3, 3)])
def test_few_vehicles(seen, present):
    chosen = choose_queries(actors(5), ways(range(1, seen + 1)), SCENE)
    assert sum(q.vehicle is not None for q in chosen) == present
    assert sum(q.vehicle is None for q in chosen) == 2


def test_no_queries_are_wanted():
    scene = tiny(queries=0, absent_queries=0)
    assert choose_queries(actors(5), ways(range(1, 5)), scene) == []


def test_absent_vehicles_are_of_kinds_that_the_split_has():
    traffic = {"split": "validation", "kinds": {"mpv": 0.9, "sedan": 0.1}}
    scene = tiny(absent_queries=3, traffic=TrafficSettings.model_validate(traffic))
    chosen = choose_queries(actors(2), ways([]), scene)
    assert [q.individual.model for q in chosen] == ["sedan_classic"] * 3


def test_lights_differ_from_those_of_the_cameras():
    assert free_lights(tiny(lighting=lighting_preset("night"))) == [PRESETS[n] for n in LIGHTS]
    by_day = free_lights(tiny(lighting=lighting_preset("day")))
    assert PRESETS["day"] not in by_day
    assert len(by_day) == len(LIGHTS) - 1


class StraightLane:
    """A lane to the east."""

    length_m = 100.0

    def point_at(self, along_m: float) -> tuple[float, float, float]:
        return along_m, 0.0, 0.0


def test_street_view_shows_a_corner_of_the_vehicle():
    rng = np.random.default_rng(1)
    individual = actors(1)[1].individual
    for _ in range(20):
        geometry, state = street_view(StraightLane(), 4, individual, rng=rng)
        assert isinstance(geometry, CameraGeometry)
        pose = state.poses[0]
        away = math.hypot(geometry.eye[0] - pose.x, geometry.eye[1] - pose.y)
        assert 6 < away < 10
        assert 1.4 <= geometry.eye[2] <= 2.0
        assert abs(geometry.eye[1]) > 2.5
