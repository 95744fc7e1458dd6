from __future__ import annotations

import numpy as np
import pytest

from city.scenery.shapes import merge
from city.scenery.types import StaticMesh, SurfaceKind


def test_a_texture_needs_alpha():
    with pytest.raises(ValueError, match="texture must have shape"):
        StaticMesh(merge([]), np.zeros((4, 4, 3), np.uint8), SurfaceKind.MATTE)


def test_shadows_are_cast_unless_told():
    assert StaticMesh(merge([]), np.zeros((4, 4, 4), np.uint8), SurfaceKind.LAMP).casts_shadow
