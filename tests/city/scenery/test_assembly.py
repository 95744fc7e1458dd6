from __future__ import annotations

import numpy as np
import pytest

from city.scenery.assembly import Assembly, Material
from city.scenery.shapes import box
from city.scenery.types import SurfaceKind

STONE = Material(np.zeros((4, 4, 4), np.uint8), SurfaceKind.MATTE, casts_shadow=False)
PROP = {"stone": box((1, 1, 1), centre=(0, 0, 0), swatch=(0, 0))}


def test_nothing_placed_gives_no_mesh():
    assert Assembly({"stone": STONE}).merged() == []


def test_things_of_one_material_become_one_mesh():
    assembly = Assembly({"other": STONE, "stone": STONE})
    assembly.add(PROP, 0, 0)
    assembly.add(PROP, 5, 0, z=2.0)
    (mesh,) = assembly.merged()
    assert len(mesh.mesh.indices) == 24
    assert mesh.mesh.vertices[:, :3].max(axis=0).tolist() == [5.5, 0.5, 2.5]
    assert mesh.kind is SurfaceKind.MATTE
    assert not mesh.casts_shadow


def test_an_unknown_material_is_refused():
    with pytest.raises(ValueError, match="no material 'stone'; known: \\['glass'\\]"):
        Assembly({"glass": STONE}).add(PROP, 0, 0)
