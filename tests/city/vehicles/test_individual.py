from __future__ import annotations

import random
from dataclasses import replace

import pytest

from city.vehicles.catalogue import MODELS, TRAINING_MODELS, VALIDATION_MODELS, Kind
from city.vehicles.individual import KIND_SHARES, draw_individual, look_alike
from city.vehicles.paints import PAINTS, TRAINING_COLOURS, VALIDATION_COLOURS
from detector.classes import class_of
from detector.types import CLASS_NAMES


def test_catalogue_has_many_models_of_all_kinds():
    assert len(MODELS) >= 25
    assert {model.kind for model in MODELS.values()} == set(Kind)
    assert all(model.detector_class in (*CLASS_NAMES, None) for model in MODELS.values())


def test_a_fifth_of_the_models_is_for_validation_only():
    assert 0.15 < len(VALIDATION_MODELS) / len(MODELS) < 0.30
    assert not set(VALIDATION_MODELS) & set(TRAINING_MODELS)
    assert not set(VALIDATION_COLOURS) & set(TRAINING_COLOURS)


@pytest.mark.parametrize(
    ("kind", "detector_class"),
    [
        (Kind.SEDAN, "car"),
        (Kind.SUV, "car"),
        (Kind.PICKUP, "car"),
        (Kind.BOX_TRUCK, "truck"),
        (Kind.SEMI_TRAILER, "truck"),
        (Kind.MINIBUS, "bus"),
        (Kind.BUS, "bus"),
        (Kind.MOTORCYCLE, "motorcycle"),
        (Kind.BICYCLE, None),
        (Kind.PEDESTRIAN, None),
    ],
)
def test_detector_classes_follow_coco(kind, detector_class):
    classes = {model.detector_class for model in MODELS.values() if model.kind is kind}
    assert classes == {detector_class}


def test_a_kind_is_what_its_name_means_to_any_detector():
    for model in MODELS.values():
        named = class_of(model.kind.value)
        assert model.detector_class == ("truck" if model.name == "van_high" else named)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_can_be_drawn(kind):
    individual = draw_individual(random.Random(1), kind=kind)
    assert MODELS[individual.model].kind is kind
    assert bool(individual.plate) == (MODELS[individual.model].detector_class is not None)


def test_training_sets_never_show_what_is_for_validation():
    rng = random.Random(5)
    for _ in range(400):
        one = draw_individual(rng, models=TRAINING_MODELS, colours=TRAINING_COLOURS)
        assert one.model in TRAINING_MODELS
        assert one.colour in TRAINING_COLOURS


def test_without_a_kind_only_vehicles_are_drawn():
    rng = random.Random(6)
    kinds = {MODELS[draw_individual(rng).model].kind for _ in range(600)}
    assert kinds <= set(KIND_SHARES)
    assert len(kinds) > 8


def test_the_usual_colours_dominate_but_not_alone():
    rng = random.Random(7)
    colours = [draw_individual(rng, kind="sedan").colour for _ in range(1000)]
    plain = sum(colour in ("white", "grey", "black", "silver") for colour in colours)
    assert 0.55 < plain / 1000 < 0.80
    assert len(set(colours)) == len(PAINTS)


def test_look_alikes_share_model_and_paint_and_differ_in_the_rest():
    rng = random.Random(8)
    one = draw_individual(rng, kind="suv")
    others = [look_alike(one, rng) for _ in range(5)]
    for other in others:
        assert (other.model, other.colour, other.rgb) == (one.model, one.colour, one.rgb)
        assert (other.metallic, other.livery) == (one.metallic, one.livery)
        assert other.has("chrome") == one.has("chrome")
    assert len({one.plate, *(other.plate for other in others)}) == 6
    assert len({other.traits for other in others}) > 1


def test_the_same_seed_draws_the_same():
    assert draw_individual(random.Random(3)) == draw_individual(random.Random(3))
    assert draw_individual(random.Random(3)) != draw_individual(random.Random(4))


@pytest.mark.parametrize(("livery", "told"), [("taxi", ("taxi", "dent")), ("", ("dent",))])
def test_attributes_are_livery_and_traits(livery, told):
    drawn = draw_individual(random.Random(2), kind="sedan")
    assert replace(drawn, livery=livery, traits=("dent",)).attributes == told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"models": ["hovercraft"]}, "unknown body models: hovercraft"),
        ({"colours": ["plaid"]}, "unknown colours: plaid"),
        ({"kind": "bus", "models": ["sedan_family"]}, "no body model of kind bus"),
        ({"models": []}, "no body model"),
        ({"colours": []}, "no colour"),
    ],
    ids=["model", "colour", "empty choice", "no models", "no colours"],
)
def test_draw_rejects_what_leaves_nothing(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_individual(random.Random(0), **arguments)
