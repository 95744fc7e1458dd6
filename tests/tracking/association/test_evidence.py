from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from tracking.association.evidence import followed
from tracking.decisions import Key

A, B, C = ("a", 1), ("b", 1), ("c", 1)


@pytest.mark.parametrize(
    ("previous", "expected"),
    [
        pytest.param({}, [], id="nothing was said"),
        pytest.param({B: None}, [], id="it founded an identity"),
        pytest.param({B: A}, [(0, 0)], id="it followed another"),
        pytest.param({B: A, C: B}, [(0, 0), (1, 1)], id="a chain"),
        pytest.param({B: ("d", 1)}, [], id="it followed one that is not compared any more"),
    ],
)
def test_followed(previous: Mapping[Key, Key | None], expected: list[tuple[int, int]]) -> None:
    found = followed([A, B, C], [B, C], previous)
    assert found.shape == (3, 2)
    assert [tuple(pair) for pair in np.argwhere(found).tolist()] == expected


def test_followed_of_nothing() -> None:
    assert followed([], [], {A: B}).shape == (0, 0)
