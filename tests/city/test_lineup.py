import pytest

from city.lineup import draw_lineup
from city.population import split_colours, split_models
from city.vehicles.catalogue import MODELS


def test_numbers_and_groups():
    lineup = draw_lineup(400, seed=1, split="training", first_id=7)
    assert list(lineup) == list(range(7, 407))
    grouped = [actor for actor in lineup.values() if actor.group]
    assert 0.15 < len(grouped) / 400 < 0.35
    for name in {actor.group for actor in grouped}:
        members = [actor.individual for actor in grouped if actor.group == name]
        assert 2 <= len(members) <= 4
        assert len({(m.model, m.rgb) for m in members}) == 1
        assert len({m.plate for m in members} | {m.seed for m in members}) > 1


def test_splits_share_nothing():
    train = draw_lineup(150, seed=1, split="training")
    validation = draw_lineup(150, seed=1, split="validation")
    for attribute, allowed in (("model", split_models), ("colour", split_colours)):
        sets = [
            {getattr(actor.individual, attribute) for actor in lineup.values()}
            for lineup in (train, validation)
        ]
        if attribute == "model":
            assert not sets[0] & sets[1]
        assert sets[0] <= set(allowed("training"))


def test_the_same_seed_gives_the_same_vehicles():
    assert draw_lineup(9, seed=4, split="training") == draw_lineup(9, seed=4, split="training")
    assert draw_lineup(9, seed=4, split="training") != draw_lineup(9, seed=5, split="training")


@pytest.mark.parametrize("count", [0, 1])
def test_too_few(count):
    with pytest.raises(ValueError, match="identities must be at least 2"):
        draw_lineup(count, seed=1, split="training")


def test_variants_change_shapes_only_and_look_alikes_share_theirs():
    lineup = draw_lineup(300, seed=1, split="training", variants=6)
    assert {actor.individual.variant for actor in lineup.values()} == set(range(1, 7))
    groups = {actor.group for actor in lineup.values() if actor.group}
    for name in groups:
        members = [actor.individual for actor in lineup.values() if actor.group == name]
        assert len({(m.model, m.variant) for m in members}) == 1
    with pytest.raises(ValueError, match="variants must not be negative, is -1"):
        draw_lineup(3, seed=1, split="training", variants=-1)


def test_only_the_classes_that_are_asked_for_are_drawn() -> None:
    both = draw_lineup(60, seed=1, split="training", classes=["motorcycle", "bus"])
    drawn = {MODELS[actor.individual.model].detector_class for actor in both.values()}
    assert drawn == {"motorcycle", "bus"}
