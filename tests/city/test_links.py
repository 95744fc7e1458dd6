import numpy as np
import pytest

from city.links import LENGTH_M, SPEEDING, distance, footprint, plan_links
from tests.city.solids import camera

SQUARE = np.array([[0.0, 0], [4, 0], [4, 4], [0, 4]])


@pytest.mark.parametrize(
    ("shift", "apart"),
    [
        pytest.param((0, 0), 0, id="the same"),
        pytest.param((3, 3), 0, id="overlapping"),
        pytest.param((10, 0), 6, id="beside"),
        pytest.param((7, 8), 5, id="corner to corner"),
    ],
)
def test_distance(shift, apart):
    assert distance(SQUARE, SQUARE + shift) == pytest.approx(apart)
    assert distance((SQUARE + shift)[::-1], SQUARE) == pytest.approx(apart)


def test_one_within_the_other():
    assert distance(SQUARE, SQUARE * 0.2 + 1) == 0


def test_footprint_lies_before_the_camera():
    polygon = footprint(camera((960, 540)))
    focal = camera((960, 540)).focal_px
    assert polygon[:, 0].min() > 3
    # A lorry of 3.8 m is 25 pixels high at this distance, as far as the view's middle goes.
    assert np.linalg.norm(polygon, axis=1).max() == pytest.approx(focal * 3.8 / 25, rel=0.01)


def test_links():
    eyes = {"a": 0.0, "b": 20.0, "c": 600.0}
    cameras = {
        name: camera((960, 540), eye=(x, 0.0, 5.0), look_at=(x + 20.0, 0.0, 1.0))
        for name, x in eyes.items()
    }
    links = {(link["from"], link["to"]): link for link in plan_links(cameras, speed_limit_mps=10)}
    assert links["a", "b"]["overlap"] is True
    assert "overlap" not in links["a", "c"]
    gap = distance(footprint(cameras["a"]), footprint(cameras["c"])) - LENGTH_M
    least, most = links["a", "c"]["travel_time_s"]
    assert least == pytest.approx(gap / (10 * SPEEDING), abs=0.1)
    assert most == 60 + 600 * 1.5 / 3


def test_one_camera_has_no_links():
    assert plan_links({"a": camera()}, speed_limit_mps=10) == []
