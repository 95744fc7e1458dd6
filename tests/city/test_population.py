from __future__ import annotations

from collections import Counter

import pytest

from city.population import LONG_KINDS, populate, split_colours, split_models
from city.routes import RouteMap
from city.vehicles.catalogue import Kind
from tests.city.small_scenes import scene


def made(**traffic):
    bystanders = traffic.pop("bystanders", {})
    small = scene(traffic=traffic, bystanders=bystanders, duration_s=60)
    return populate(small, RouteMap(small.map.plan()))


def test_nobody():
    assert made().actors == ()
    assert made().trips == ()


def test_ids_count_from_one_in_the_order_of_departure():
    population = made(random_vehicles=12)
    assert [actor.actor_id for actor in population.actors] == list(range(1, 13))
    departures = [trip.depart_s for trip in population.trips]
    assert departures == sorted(departures)
    assert departures[0] >= -10
    assert departures[-1] < 60


def test_the_same_scene_has_the_same_population():
    assert made(random_vehicles=8, returning=2) == made(random_vehicles=8, returning=2)


def test_kinds_come_in_their_shares():
    population = made(random_vehicles=40, kinds={"sedan": 0.5, "bus": 0.1, "van": 0.4})
    kinds = Counter(actor.body.kind for actor in population.actors)
    assert kinds == {Kind.SEDAN: 20, Kind.BUS: 4, Kind.VAN: 16}


def test_flows_set_out_in_time_on_their_route():
    flow = {"route": "W0 G00 G10 E0", "vehicles": 4, "from_s": 0, "to_s": 8}
    trips = made(flows=[flow]).trips
    assert {trip.nodes for trip in trips} == {("W0", "G00", "G10", "E0")}
    for k, trip in enumerate(trips):
        assert 2 * k <= trip.depart_s <= 2 * k + 2


def test_look_alikes_share_model_and_paint_and_nothing_else():
    population = made(random_vehicles=30, kinds={"sedan": 1}, look_alikes=[3, 2])
    groups = Counter(actor.group for actor in population.actors if actor.group)
    assert groups == {"group1": 3, "group2": 2}
    for name in groups:
        members = [a.individual for a in population.actors if a.group == name]
        assert len({(m.model, m.colour, m.rgb) for m in members}) == 1
        assert len({m.plate for m in members}) == len(members)


def test_too_few_vehicles_for_a_group():
    with pytest.raises(ValueError, match=r"look_alikes: no 3 vehicles are left for group 1"):
        made(random_vehicles=2, look_alikes=[3])


def test_who_returns_starts_where_it_left_under_its_own_id():
    population = made(random_vehicles=20, kinds={"suv": 1}, returning=3)
    trips = Counter(trip.actor_id for trip in population.trips)
    back = [actor_id for actor_id, count in trips.items() if count == 2]
    assert len(back) == 3
    for actor_id in back:
        first, second = (trip for trip in population.trips if trip.actor_id == actor_id)
        assert first.nodes[-1] == second.nodes[0]
        assert second.depart_s > first.depart_s


def test_long_vehicles_make_no_loops():
    ring = {"layout": "grid", "columns": 2, "rows": 2}
    flows = [
        {"route": "W0 G00 G10 G11 G01 G00 S0", "vehicles": 3, "from_s": 0, "to_s": 9},
        {"route": "W0 G00 G10 E0", "vehicles": 6, "from_s": 0, "to_s": 9},
    ]
    small = scene(map=ring, traffic={"flows": flows, "kinds": {"bus": 0.5, "coupe": 0.5}})
    population = populate(small, RouteMap(small.map.plan()))
    kinds = {actor.actor_id: actor.body.kind for actor in population.actors}
    loops = [t for t in population.trips if len(set(t.nodes)) < len(t.nodes)]
    assert len(loops) == 3
    assert not {kinds[trip.actor_id] for trip in loops} & LONG_KINDS


def test_splits_share_no_model_and_no_paint():
    assert not set(split_models("training")) & set(split_models("validation"))
    assert not set(split_colours("training")) & set(split_colours("validation"))
    actors = made(random_vehicles=20, split="validation").actors
    assert {actor.individual.model for actor in actors} <= set(split_models("validation"))
    assert {actor.individual.colour for actor in actors} <= set(split_colours("validation"))


def test_kinds_without_a_model_in_the_split():
    with pytest.raises(ValueError, match=r"kinds: none of them has a body model in the validation"):
        made(random_vehicles=2, split="validation", kinds={"coupe": 1})


def test_cyclists_come_last_and_are_no_vehicles():
    *others, cyclist = made(random_vehicles=3, bystanders={"cyclists": 1}).actors
    assert cyclist.body.kind is Kind.BICYCLE
    assert [actor.is_vehicle for actor in (*others, cyclist)] == [True, True, True, False]
