from __future__ import annotations

import numpy as np
import pytest

from city.vehicles.layout import Swatch
from city.vehicles.patch import Patch, box, wedge

LOW, HIGH = (1.0, -0.5, 2.0), (3.0, 0.5, 3.0)


@pytest.mark.parametrize("shape", [box, wedge])
def test_faces_look_outwards_and_close_the_body(shape):
    patch: Patch = shape(LOW, HIGH, Swatch(0, 0))
    middle = patch.position.mean(axis=0)
    corners = patch.position[patch.indices]
    outward = corners.mean(axis=1) - middle
    normal = patch.normal[patch.indices[:, 0]]
    assert (np.sum(outward * normal, axis=1) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(patch.normal, axis=1), 1)
    assert patch.position.min(axis=0) == pytest.approx(LOW)
    assert patch.position.max(axis=0) == pytest.approx(HIGH)


def test_a_wedge_falls_from_its_rear_to_its_front():
    patch = wedge(LOW, HIGH, Swatch(0, 0))
    rear = patch.position[patch.position[:, 0] == LOW[0]]
    front = patch.position[patch.position[:, 0] == HIGH[0]]
    assert rear[:, 2].max() == pytest.approx(3.0)
    assert front[:, 2].max() == pytest.approx(2.15)
    # Slope 0.85 m over 2 m: the upper face leans forward by that share of its height.
    upper = patch.normal[(patch.normal[:, 2] > 0) & (patch.normal[:, 2] < 1)]
    assert upper[0, 0] / upper[0, 2] == pytest.approx(0.85 / 2.0)
