"""A simulated investigator who confirms and rules out what the first answer shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.storage.store import Store
from benchmarks.feedback import search_again
from benchmarks.suspects import Suspect
from tests.app.stores import START, assign, axis, camera, tracklet, view

FIRST, ALL = "the first correct sighting", "all correct ones of the first ten"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Store]:
    """Four sightings of four identities; to the image, (1, 0), they come in this order."""
    looks = [axis(20, 1), axis(20, 0, 2), axis(1, 0, 1), axis(1, 1)]
    with Store.create(tmp_path) as store:
        store.put_camera(camera("gate"))
        for number, look in enumerate(looks, start=1):
            at = START + 10 * number
            seen = tracklet("gate", number, at=at, embedding=look)
            store.upsert_sighting(seen, view(at=at), first_frame=0, last_frame=9)
            assign(store, "gate", number, identity_id=number)
        yield store


def asked(run: Store, vehicles: dict[int, int], *, vehicle: int | None = 7) -> dict[str, list[str]]:
    """Which sightings listed are right, by what was known."""
    suspects = [(Suspect(Path("q.jpg"), vehicle), axis(1)[None])]
    return {
        name: ["".join("+" if right else "-" for right in one.sightings) for one in answers]
        for name, answers in search_again(run, suspects, vehicles).items()
    }


def test_what_is_confirmed_is_judged_in_no_answer_and_what_is_wrong_in_some(run: Store) -> None:
    # The suspect is seen from the side that (0, 0, 1) stands for, by the second and the third.
    found = asked(run, {1: 5, 2: 7, 3: 7, 4: 5})
    assert found == {
        f"{FIRST}: before": ["-+-"],
        f"{FIRST}: confirmed": ["-+-"],
        f"{FIRST}: before, wrong ones left out": ["+-"],
        f"{FIRST}: confirmed, wrong ones left out": ["+-"],
    }


def test_what_was_confirmed_brings_what_resembles_it_to_the_front(run: Store) -> None:
    found = asked(run, {1: 7, 2: 5, 3: 5, 4: 7})
    assert found[f"{FIRST}: before"] == ["--+"]
    assert found[f"{FIRST}: confirmed"] == ["-+-"]
    assert found[f"{FIRST}: before, wrong ones left out"] == ["--+"]  # none is above the first


def test_all_that_is_right_can_be_confirmed(run: Store) -> None:
    for track in range(8):  # so that the fourth sighting is not among the first ten
        seen = tracklet("gate", 20 + track, embedding=axis(9, 0, 0, 1))
        run.upsert_sighting(seen, view(), first_frame=0, last_frame=9)
    found = asked(run, {1: 7, 2: 7, 4: 7})
    assert found[f"{ALL}: before"] == ["-" * 9 + "+"]
    # Those without an identity are ruled out one by one, but one was not looked at.
    assert found[f"{ALL}: before, wrong ones left out"] == ["-+"]
    assert found[f"{FIRST}: before"][0].count("+") == 2


@pytest.mark.parametrize(
    ("vehicles", "vehicle"),
    [
        pytest.param({1: 7, 2: 5}, 7, id="there is nothing else to find"),
        pytest.param({1: 7, 2: 7}, None, id="nobody saw the suspect"),
    ],
)
def test_who_is_not_searched_again(run: Store, vehicles, vehicle) -> None:
    assert asked(run, vehicles, vehicle=vehicle) == {}


def test_an_image_without_a_vehicle_is_not_searched_again(run: Store) -> None:
    nothing = np.zeros((0, 512), np.float32)
    assert search_again(run, [(Suspect(Path("q.jpg"), 7), nothing)], {1: 7, 2: 7}) == {}
