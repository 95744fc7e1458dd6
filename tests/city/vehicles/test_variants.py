from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from city.vehicles.build import build
from city.vehicles.catalogue import MODELS
from city.vehicles.individual import draw_individual
from city.vehicles.shapes import BusShape, CarShape, TruckShape
from city.vehicles.variants import HEIGHT, LENGTH, WIDTH, body_of, varied


def test_variant_0_is_the_model():
    assert all(varied(model, 0) is model for model in MODELS.values())


@pytest.mark.parametrize("name", MODELS)
def test_a_variant_is_its_model_in_other_proportions(name):
    model = MODELS[name]
    for variant in (1, 2, 17):
        other = varied(model, variant)
        assert (other.name, other.kind, other.detector_class) == (
            name,
            *(model.kind, model.detector_class),
        )
        assert other.shape != model.shape
        assert LENGTH[0] - 0.04 < other.length_m / model.length_m < LENGTH[1] + 0.04
        assert HEIGHT[0] - 0.06 < other.height_m / model.height_m < HEIGHT[1] + 0.06
        assert WIDTH[0] - 0.06 < other.width_m / model.width_m < WIDTH[1] + 0.06
        assert (other.trailer is None) == (model.trailer is None)


@pytest.mark.parametrize("name", [n for n, m in MODELS.items() if isinstance(m.shape, CarShape)])
def test_cars_keep_the_order_of_their_parts(name):
    for variant in range(1, 30):
        shape = varied(MODELS[name], variant).shape
        assert isinstance(shape, CarShape)
        assert list(shape.glass) == sorted(shape.glass)
        assert [x for x, _ in shape.body.top] == sorted(x for x, _ in shape.body.top)
        rear, front = shape.axles
        assert shape.wheel_radius < rear < front < shape.body.length - shape.wheel_radius
        assert shape.body.sill < min(shape.body.belt)
        assert max(shape.body.belt) < max(z for _, z in shape.body.top)


@pytest.mark.parametrize(
    "name", [n for n, m in MODELS.items() if isinstance(m.shape, BusShape | TruckShape)]
)
def test_wheels_of_lorries_and_buses_do_not_touch(name):
    for variant in range(1, 30):
        shape = varied(MODELS[name], variant).shape
        assert isinstance(shape, BusShape | TruckShape)
        assert np.diff(shape.axles).min() > 2 * shape.wheel_radius


def test_variants_differ_and_repeat():
    model = MODELS["sedan_family"]
    shapes = [varied(model, k).shape for k in range(20)]
    assert all(a != b for k, a in enumerate(shapes) for b in shapes[:k])
    varied.cache_clear()
    assert shapes == [varied(model, k).shape for k in range(20)]


def test_a_negative_variant():
    with pytest.raises(ValueError, match="variant must not be negative, is -1"):
        varied(MODELS["sedan_family"], -1)


@pytest.mark.parametrize("name", MODELS)
def test_what_is_built_is_as_large_as_the_variant_says(name):
    drawn = draw_individual(random.Random(2), kind=MODELS[name].kind, models=[name])
    individual = replace(drawn, traits=("driver",), livery="", variant=5)
    body = body_of(individual)
    points = build(individual, detail=0.2).bodies[0].levels[0].vertices[:, :3]
    assert np.isfinite(points).all()
    assert points[:, 2].min() == pytest.approx(0, abs=0.02)
    assert points[:, 2].max() == pytest.approx(body.height_m, abs=0.13)
    assert np.ptp(points[:, 0]) == pytest.approx(body.length_m, abs=0.3)
