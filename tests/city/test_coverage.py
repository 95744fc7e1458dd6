from __future__ import annotations

import random

import pytest

from city.camera import CameraGeometry
from city.episode import play
from city.population import Actor
from city.scene import load_scene
from city.types import ActorState, Pose
from city.vehicles.individual import draw_individual
from tests.city.coverage import heights_px, passes
from tests.city.small_scenes import FOLDER

CAR = Actor(1, draw_individual(random.Random(4), kind="sedan"))
CAMERA = CameraGeometry(
    eye=(0.0, 0.0, 1.0), look_at=(1.0, 0.0, 1.0), fov_deg=90, size_wh=(1000, 1000)
)
BENCHMARKS = sorted(FOLDER.glob("benchmark-*.yaml"))


def state(x, y=0.0):
    return ActorState(1, (Pose(x, y, 0.0),))


def test_height_of_a_car_ahead():
    # Focal length 500 px; the rear, the closest part, is 20 m away, and the camera 1 m high.
    body = CAR.body
    at = 20 + body.length_m / 2
    assert heights_px(CAMERA, [state(at)], [CAR]) == pytest.approx([500 * body.height_m / 20])


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(state(-20), id="behind"),
        pytest.param(state(3), id="too close"),
        pytest.param(state(20, 40), id="beside the picture"),
    ],
)
def test_who_is_not_in_the_picture_has_no_height(place):
    assert heights_px(CAMERA, [place], [CAR]).tolist() == [0]


def test_nobody_has_no_height():
    assert heights_px(CAMERA, [], []).shape == (0,)


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_each_benchmark_camera_sees_traffic_and_vehicles_are_seen_by_several(path):
    scene = load_scene(path)
    episode = play(scene)
    seen = [
        set(passes(episode, scene, camera, min_height_px=40 * camera.size[1] / 540, step_s=2.0))
        for camera in scene.cameras
    ]
    assert min(map(len, seen)) >= 12
    several = {a for k, one in enumerate(seen) for other in seen[:k] for a in one & other}
    assert len(several) >= 20
