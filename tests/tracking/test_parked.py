"""Parked vehicles, whose tracks break whenever somebody hides them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tracking.yard import GROUND, seen
from tracking.association.associator import Associator
from tracking.association.settings import AssociationSettings
from tracking.ground import GroundPlane
from tracking.maps.standing import StandingPlaces, has_moved
from tracking.types import EMBEDDING_DIM, Tracklet

FRAGMENTS = 40
NOISE = 0.5
"""Of a view, beside an own look and a common one of length 1 each."""


def yard(seed: int = 0) -> list[Tracklet]:
    """A car that stands, its track broken every 10 s, and as many others that pass it."""
    rng = np.random.default_rng(seed)
    looks = rng.normal(size=(FRAGMENTS + 2, EMBEDDING_DIM))
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)

    def viewed(tracklet: Tracklet, vehicle: int) -> Tracklet:
        view = looks[vehicle] + looks[-1]
        view += rng.normal(size=EMBEDDING_DIM) * NOISE / EMBEDDING_DIM**0.5
        view = (view / np.linalg.norm(view)).astype(np.float32)
        return replace(tracklet, embedding=view, exemplars=np.tile(view, (4, 1)))

    drawn = []
    for number in range(FRAGMENTS):
        begin = 10.0 * number
        drawn.append(viewed(seen("a", number, (begin, begin + 6), (0, 0)), 0))
        passing = seen("a", 1000 + number, (begin + 2, begin + 6), (-20, 8), (9, 0))
        drawn.append(viewed(passing, 1 + number))
    return sorted(drawn, key=lambda t: (t.last_timestamp, t.track_id))


@pytest.mark.parametrize("ground", [None, GROUND], ids=["not calibrated", "calibrated"])
def test_a_parked_vehicle_keeps_its_identity_however_often_its_track_breaks(
    ground: Mapping[str, GroundPlane] | None,
) -> None:
    associator = Associator(AssociationSettings(), ground=ground)
    identity = {}
    for tracklet in yard():
        told = associator.update([tracklet])
        identity |= {key: one.identity_id for key, one in told.items()}
    identity |= {key: one.identity_id for key, one in associator.flush().items()}
    parked = {number for (_, track), number in identity.items() if track < 1000}
    others = {number for (_, track), number in identity.items() if track >= 1000}
    assert len(parked) == 1
    assert len(others) == FRAGMENTS
    assert not parked & others


def boxes(*feet: float, height: float = 40.0) -> NDArray[np.float64]:
    """Boxes whose lower edge's middle is at these x, one for each frame."""
    return np.array([[x - 30, 100 - height, x + 30, 100] for x in feet])


def hidden_below(xyxy: NDArray[np.float64], rows: slice, share: float) -> NDArray[np.float64]:
    """The boxes, the lower part of some of them hidden."""
    found = xyxy.copy()
    found[rows, 3] -= share * (found[rows, 3] - found[rows, 1])
    return found


@pytest.mark.parametrize(
    ("xyxy", "moved"),
    [
        pytest.param(boxes(*np.linspace(0, 200, 20)), True, id="passes"),
        pytest.param(boxes(*[0.0] * 20), False, id="stands"),
        pytest.param(boxes(*[0.0, 3.0, -3.0, 1.0] * 5), False, id="stands, and trembles"),
        pytest.param(boxes(*[0.0] * 14, *np.linspace(0, 90, 10)), True, id="starts"),
        pytest.param(
            hidden_below(boxes(*[0.0] * 20), slice(17, 20), 0.8), False, id="hidden at the end"
        ),
        pytest.param(boxes(5.0), False, id="seen once"),
    ],
)
def test_who_has_moved(xyxy: NDArray[np.float64], moved: bool) -> None:
    assert has_moved(xyxy) is moved


def test_who_stands_is_new_once_at_each_place_of_each_camera() -> None:
    places = StandingPlaces()
    here = seen("a", 1, (0, 4), (0, 0))
    again = [replace(here, track_id=2), seen("a", 3, (9, 12), (0.3, 0.2))]
    elsewhere = [seen("a", 4, (9, 12), (2.5, 0)), seen("b", 1, (0, 4), (0, 0))]
    passing = [seen("a", 5, (5, 9), (-20, 0), (9, 0))] * 2
    assert places.first_time([here]).tolist() == [True]
    assert places.first_time([*again, *elsewhere, *passing]).tolist() == [False] * 2 + [True] * 4
    assert places.first_time(elsewhere).tolist() == [False] * 2
