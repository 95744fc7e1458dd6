from __future__ import annotations

import numpy as np
import pytest

from city.ground.extension import extend_borders
from tests.city.streets import crossing, street


def test_a_lone_street_grows_at_both_ends():
    low, high = extend_borders(street(60.0), 40.0).bounds
    assert low.tolist() == [-40.0, -1.7]
    assert high.tolist() == [100.0, 1.7]


def test_only_the_ends_of_arms_grow():
    before, after = crossing(), extend_borders(crossing(), 25.0)
    for old, new in zip(before.lanes, after.lanes, strict=True):
        grown = 0.0 if old.internal else 25.0
        assert new.length_m == pytest.approx(old.length_m + grown)
        inner = old.shape[-1] if old.to_junction == "M" else old.shape[0]
        if not old.internal:
            assert np.linalg.norm(new.shape - inner, axis=1).min() == 0.0
