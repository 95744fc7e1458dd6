import pytest

from city.stage import ACTOR_RANGE_M, REACH_M, in_view
from tests.city.solids import camera, standing


@pytest.mark.parametrize(
    ("x", "y", "kept"),
    [
        pytest.param(20, 0, True, id="in the middle"),
        pytest.param(20, 25, True, id="just outside, with its shadow"),
        pytest.param(20, 60, False, id="far aside"),
        pytest.param(-8, 3, True, id="under the camera"),
        pytest.param(-REACH_M - 3, 0, False, id="behind"),
        pytest.param(ACTOR_RANGE_M - 5, 0, True, id="far away"),
        pytest.param(ACTOR_RANGE_M + 5, 0, False, id="too far"),
    ],
)
def test_who_is_in_view(x, y, kept):
    states = [standing(4, x, y)]
    assert in_view(states, camera()) == (states if kept else [])


def test_nobody_and_many():
    assert in_view([], camera()) == []
    states = [standing(1, 20, 0), standing(2, -90, 0), standing(3, 30, 1)]
    assert [state.actor_id for state in in_view(states, camera())] == [1, 3]
