from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.tracking.corridor import passing
from tracking.association.shown_numbers import ShownNumbers
from tracking.types import EMBEDDING_DIM

SEEN = passing("a", 1, np.arange(100.0, 121.0), np.eye(1, EMBEDDING_DIM)[0])
KEY = SEEN.key


def test_nobody_was_shown_before_the_first_decision() -> None:
    assert ShownNumbers().seconds(SEEN) == {}


def test_time_before_the_first_decision_is_the_first_numbers() -> None:
    shown = ShownNumbers()
    shown.note({KEY: 7}, 105.0)
    assert shown.seconds(SEEN) == {7: 20.0}


def test_each_number_has_the_seconds_from_when_it_was_given() -> None:
    shown = ShownNumbers()
    for now, number in ((101.0, 7), (104.0, 7), (110.0, 9), (112.0, 7)):
        shown.note({KEY: number}, now)
    assert shown.seconds(SEEN) == {7: 18.0, 9: 2.0}


def test_out_of_view_nothing_is_shown() -> None:
    shown = ShownNumbers()
    shown.note({KEY: 7}, 101.0)
    shown.note({KEY: 9}, 130.0)
    assert shown.seconds(SEEN) == {7: 20.0, 9: 0.0}


def test_a_camera_whose_clock_is_ahead_shows_no_negative_time() -> None:
    shown = ShownNumbers()
    shown.note({KEY: 7}, 90.0)
    shown.note({KEY: 9}, 95.0)
    assert shown.seconds(SEEN) == {7: 0.0, 9: 20.0}


def test_sightings_are_told_apart_and_forgotten() -> None:
    shown = ShownNumbers()
    shown.note({KEY: 7, ("b", 1): 8}, 101.0)
    shown.forget([KEY, ("c", 1)])
    assert shown.seconds(SEEN) == {}
    assert shown.seconds(replace(SEEN, camera_id="b")) == {8: 20.0}
