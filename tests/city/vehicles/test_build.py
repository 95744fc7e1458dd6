from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from city.types import ActorModel
from city.vehicles.bodies import layout_of
from city.vehicles.build import build
from city.vehicles.canvas import Canvas, Ink, Material
from city.vehicles.catalogue import MODELS, Kind
from city.vehicles.individual import Individual, draw_individual, look_alike
from city.vehicles.wheels import paint_rims

TOLERANCE_M = 0.13
"""What mirrors, mudguards and rounded limbs may add to a stated size."""
MIRROR_M = 0.45
"""What both mirrors together add to a width."""


def bare(name: str, seed: int = 3) -> Individual:
    """An individual of a model without accessories."""
    drawn = draw_individual(random.Random(seed), kind=MODELS[name].kind, models=[name])
    return replace(drawn, traits=("driver",), livery="")


def positions(actor: ActorModel, body: int = 0, level: int = 0) -> np.ndarray:
    return actor.bodies[body].levels[level].vertices[:, :3].astype(float)


@pytest.fixture(scope="module")
def actors() -> dict[str, ActorModel]:
    return {name: build(bare(name), detail=0.25) for name in MODELS}


@pytest.mark.parametrize("name", MODELS)
def test_meshes_are_sound(actors, name):
    for body in actors[name].bodies:
        assert len(body.levels) == 3
        for mesh in body.levels:
            assert np.isfinite(mesh.vertices).all()
            assert mesh.indices.min() >= 0
            assert mesh.indices.max() < len(mesh.vertices)
            lengths = np.linalg.norm(mesh.vertices[:, 3:6], axis=1)
            np.testing.assert_allclose(lengths, 1, atol=1e-4)
            assert mesh.vertices[:, 6:8].min() >= 0
            assert mesh.vertices[:, 6:8].max() <= 1
            assert set(np.unique(mesh.vertices[:, 8])) <= {0.0, 1.0}
        triangles = [len(mesh.indices) for mesh in body.levels]
        assert triangles == sorted(triangles, reverse=True)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_as_large_as_it_says_and_stands_on_the_ground(actors, name):
    model, points = MODELS[name], positions(actors[name])
    size = np.ptp(points, axis=0)
    assert points[:, 2].min() == pytest.approx(0, abs=0.02)
    assert points[:, 2].max() == pytest.approx(model.height_m, abs=TOLERANCE_M)
    reaching = (Kind.BUS, Kind.MINIBUS, Kind.PEDESTRIAN)
    overhang = 0.3 if model.kind in reaching else TOLERANCE_M
    assert size[0] == pytest.approx(model.length_m, abs=overhang)
    assert model.width_m - TOLERANCE_M <= size[1] <= model.width_m + MIRROR_M


@pytest.mark.parametrize("name", MODELS)
def test_the_hull_is_that_of_the_finest_level_and_holds_the_others(actors, name):
    # Supporting planes: the axes, whose planes are the box, and many others.
    directions = np.concatenate([np.eye(3), np.random.default_rng(0).normal(size=(200, 3))])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    directions = np.concatenate([directions, -directions])
    for number, body in enumerate(actors[name].bodies):
        reach = (body.hull.astype(float) @ directions.T).max(0)
        slack = (0.001, 0.012, 0.012)
        for level, allowed in enumerate(slack):
            points = positions(actors[name], number, level)
            assert ((points @ directions.T).max(0) <= reach + allowed).all()
        points = positions(actors[name], number)
        assert (body.hull.min(0) == points.min(0)).all()
        assert (body.hull.max(0) == points.max(0)).all()
        assert len(body.hull) < 1000


def test_the_hull_holds_what_an_individual_carries():
    plain = bare("suv_family")
    loaded = replace(plain, traits=("driver", "roof_box", "roof_rack", "tow_bar"))
    actor, hull = build(loaded, detail=0.25), build(plain, detail=0.25).bodies[0].hull
    points, reach = positions(actor), actor.bodies[0].hull
    assert reach[:, 2].max() > hull[:, 2].max() + 0.2
    assert reach[:, 2].max() == points[:, 2].max()
    assert reach[:, 0].min() == points[:, 0].min()


def test_wheels_turn_and_their_blurred_faces_lie_inside_the_atlas(actors):
    actor = actors["sedan_family"]
    vertices = actor.bodies[0].levels[0].vertices
    turning = vertices[vertices[:, 8] == 1]
    assert len(turning) > 0
    assert actor.spin_shift > 0
    assert (turning[:, 6] + actor.spin_shift).max() <= 1


def test_the_blurred_wheel_looks_the_same_at_every_angle():
    individual = replace(bare("sedan_family"), rim=0, rim_rgb=(180, 180, 180))
    canvas = Canvas(layout_of(MODELS["sedan_family"]), Ink((0, 0, 0), Material(0)))
    paint_rims(canvas, ((individual.rim, Ink(individual.rim_rgb, Material(0))),) * 2)
    x, y = canvas.layout.rims[0]
    shift = round(canvas.layout.spin_shift * canvas.layout.width)
    angles = np.linspace(0, 2 * np.pi, 40)
    rows = (y + 60 + 25 * np.sin(angles)).astype(int)
    columns = (x + 60 + 25 * np.cos(angles)).astype(int)
    still = canvas.rgb[rows, columns, 0].astype(float)
    blurred = canvas.rgb[rows, columns + shift, 0].astype(float)
    assert np.ptp(still) > 100
    assert np.ptp(blurred) < 40


def test_a_trailer_hangs_on_its_tractor():
    model = MODELS["semi_box"]
    actor = build(bare("semi_box"), detail=0.25)
    assert model.trailer is not None
    assert len(actor.bodies) == 2
    assert np.ptp(positions(actor, 1), axis=0)[0] == pytest.approx(13.6, abs=0.05)
    # In a straight line the trailer's front clears the cab and covers the fifth wheel.
    behind = model.trailer.fifth_wheel_x_m - model.trailer.kingpin_x_m
    front = behind + model.trailer.shape.length / 2
    cab = model.shape.cab.start - model.length_m / 2
    assert model.trailer.fifth_wheel_x_m < front < cab


@pytest.mark.parametrize("name", ["sedan_family", "suv_family", "van_panel", "bus_city"])
def test_wheel_arches_are_cut_out_and_little_else(name):
    alpha = build(bare(name)).atlas[..., 3]
    holes = (alpha < 128).mean()
    assert 0.002 < holes < 0.12


def test_the_same_individual_is_built_the_same_twice():
    individual = draw_individual(random.Random(4), kind="van")
    first, second = build(individual), build(individual)
    assert np.array_equal(first.atlas, second.atlas)
    assert np.array_equal(first.material, second.material)
    for one, two in zip(first.bodies[0].levels, second.bodies[0].levels, strict=True):
        assert np.array_equal(one.vertices, two.vertices)


@pytest.mark.parametrize("kind", ["sedan", "van", "box_truck", "bus", "motorcycle"])
def test_look_alikes_are_seen_to_differ(kind):
    rng = random.Random(8)
    one = draw_individual(rng, kind=kind)
    other = look_alike(one, rng)
    first, second = build(one, detail=0.5).atlas, build(other, detail=0.5).atlas
    assert first.shape == second.shape
    assert (np.abs(first.astype(int) - second).max(-1) > 12).mean() > 0.002


def test_detail_scales_the_atlas_and_leaves_the_meshes():
    individual = bare("hatch_small")
    small, large = build(individual, detail=0.5), build(individual, detail=1.0)
    assert large.atlas.shape[1] == 2 * small.atlas.shape[1]
    assert large.material.shape == large.atlas.shape
    assert np.array_equal(positions(small), positions(large))


def test_lamps_are_at_the_right_ends():
    actor = build(bare("sedan_family"))
    vertices = actor.bodies[0].levels[0].vertices
    height, width = actor.atlas.shape[:2]
    at = (vertices[:, 6:8] * (width, height)).astype(int)
    material = actor.material[at[:, 1].clip(0, height - 1), at[:, 0].clip(0, width - 1)]
    assert vertices[material[:, 2] > 60, 0].min() > 1.0
    assert vertices[material[:, 3] > 60, 0].max() < -1.0


@pytest.mark.parametrize("detail", [0.0, -1.0])
def test_build_rejects_a_detail_that_is_not_positive(detail):
    with pytest.raises(ValueError, match="detail must be positive"):
        build(bare("hatch_small"), detail=detail)


def test_build_rejects_an_unknown_model():
    with pytest.raises(ValueError, match="unknown body model hovercraft"):
        build(replace(bare("hatch_small"), model="hovercraft"))
