from __future__ import annotations

import numpy as np
import pytest

from city.vehicles.car_models import CAR_SHAPES
from city.vehicles.loft import LEVELS, loft, sections, stations
from city.vehicles.patch import box, ellipsoid, tube
from city.vehicles.shapes import CarShape


class Flat:
    """A skin that shows everything from above."""

    def project(self, points: np.ndarray) -> np.ndarray:
        return points[:, :2]


@pytest.fixture(params=["sedan_family", "hatch_city", "pickup_crew"])
def shape(request: pytest.FixtureRequest) -> CarShape:
    return CAR_SHAPES[request.param]


def test_coarse_stations_are_among_the_fine_ones(shape):
    fine, medium, coarse = (stations(shape.body, level.step_m) for level in LEVELS)
    assert set(coarse) <= set(medium) <= set(fine)
    assert fine[0] == 0
    assert fine[-1] == shape.body.length
    assert np.diff(fine).max() <= LEVELS[0].step_m + 1e-9


def test_sections_are_symmetric_and_as_wide_and_high_as_the_body(shape):
    rows = sections(shape.body, stations(shape.body, 0.1), LEVELS[0], flares=shape.axles)
    np.testing.assert_allclose(rows[..., 1], -rows[:, ::-1, 1], atol=1e-12)
    np.testing.assert_allclose(rows[..., 2], rows[:, ::-1, 2], atol=1e-12)
    assert rows[..., 2].min() == pytest.approx(shape.body.sill)
    assert rows[..., 2].max() == pytest.approx(max(z for _, z in shape.body.top), abs=0.01)
    assert 2 * rows[..., 1].max() == pytest.approx(shape.body.width, rel=0.02)


@pytest.mark.parametrize(
    "patch",
    [
        box((0, 0, 0), (1, 2, 3), Flat()),
        ellipsoid((1, 2, 3), (0.5, 1.0, 2.0), Flat()),
        tube(np.array([[0, 0, 0], [0, 0, 1], [0, 0, 2]]), np.array([0.3, 0.3, 0.0]), Flat()),
    ],
    ids=["box", "ellipsoid", "tube"],
)
def test_primitives_are_sound_and_their_normals_point_outwards(patch):
    np.testing.assert_allclose(np.linalg.norm(patch.normal, axis=1), 1)
    assert patch.indices.max() < len(patch.position)
    middle = (patch.position.min(0) + patch.position.max(0)) / 2
    outward = ((patch.position - middle) * patch.normal).sum(1)
    assert (outward > -1e-9).mean() > 0.9


def test_a_box_takes_its_corners_in_any_order():
    one, two = box((0, 0, 0), (1, 2, 3), Flat()), box((1, 0, 3), (0, 2, 0), Flat())
    np.testing.assert_array_equal(one.position, two.position)


def test_a_lofted_body_has_no_normal_that_points_inwards(shape):
    skins = dict.fromkeys(("left", "right", "top", "front", "rear"), Flat())
    patches = loft(shape.body, LEVELS[0], skins, flares=shape.axles)
    position = np.concatenate([patch.position for patch in patches])
    normal = np.concatenate([patch.normal for patch in patches])
    middle = np.array([shape.body.length / 2, 0.0, 0.7])
    assert ((position - middle) * normal).sum(1).min() > -0.2
    assert (((position - middle) * normal).sum(1) > 0).mean() > 0.97
