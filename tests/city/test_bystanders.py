from __future__ import annotations

import numpy as np
import pytest

from city.bystanders import park, walk
from city.network import Bay, RoadNetwork
from city.roads import build_network
from city.vehicles.catalogue import Kind
from tests.city.small_scenes import scene
from tests.city.streets import distance_to_road

ALONG = [Bay("A_B", 10.0 * k, 0.0, 0.0, 6.2, 2.3, perpendicular=False) for k in range(40)]
ACROSS = [Bay("A_B", 3.0 * k, 0.0, np.pi / 2, 5.2, 2.6, perpendicular=True) for k in range(40)]


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    plan = scene().map.plan()
    return RoadNetwork.from_file(build_network(plan, tmp_path_factory.mktemp("net")))


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.5, 10, 30), (1.0, 30, 40)])
def test_share_of_the_bays_that_are_taken(share, least, most):
    actors, states = park(scene(bystanders={"parked": share}), ALONG, first_id=7)
    assert least <= len(actors) <= most
    assert [actor.actor_id for actor in actors] == list(range(7, 7 + len(actors)))
    assert [state.actor_id for state in states] == [actor.actor_id for actor in actors]


def test_along_the_kerb_everyone_faces_forwards_and_across_some_stand_backwards():
    busy = scene(bystanders={"parked": 1.0})
    for bays, backwards in ((ALONG, False), (ACROSS, True)):
        _, states = park(busy, bays, first_id=1)
        forwards = [np.cos(s.poses[0].heading - bays[0].heading) > 0.9 for s in states]
        assert any(forwards)
        assert (not all(forwards)) is backwards


def test_bystanders_are_the_same_for_the_same_seed(network):
    busy = scene(bystanders={"parked": 0.5, "pedestrians": 3})
    assert park(busy, ALONG, first_id=1) == park(busy, ALONG, first_id=1)
    (one, _), (other, _) = (walk(busy, network, first_id=1) for _ in range(2))
    assert one == other


def test_nobody_walks_where_nobody_was_asked_for(network):
    assert walk(scene(), network, first_id=1) == ([], [])


def test_people_walk_through_the_whole_scene_beside_the_road(network):
    made = scene(bystanders={"pedestrians": 12})
    actors, motions = walk(made, network, first_id=5)
    assert {actor.body.kind for actor in actors} == {Kind.PEDESTRIAN}
    for motion in motions:
        assert motion.start == 0
        assert motion.last * 0.1 >= made.end_s
        assert distance_to_road(network, motion.poses[:, 0, :2]).min() > 0.9
        steps = np.diff(motion.poses[:, 0], axis=0)
        forwards = np.cos(motion.poses[:-1, 0, 2] - np.arctan2(steps[:, 1], steps[:, 0]))
        assert np.median(forwards) > 0.99
