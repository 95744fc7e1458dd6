import numpy as np

from city.renderer.lamps import find_lamps, nearest_lamps
from city.scenery.types import StaticMesh, SurfaceKind
from city.types import Mesh


def triangles(*centres):
    """One small triangle around each point."""
    corners = np.array([[0.1, 0, 0], [-0.1, 0.1, 0], [0, -0.1, 0]], np.float32)
    vertices = np.zeros((3 * len(centres), 9), np.float32)
    for k, centre in enumerate(centres):
        vertices[3 * k : 3 * k + 3, :3] = corners + np.array(centre, np.float32)
    indices = np.arange(len(vertices), dtype=np.int32).reshape(-1, 3)
    return Mesh(vertices, indices)


def lit(mesh, kind=SurfaceKind.LAMP):
    return StaticMesh(mesh, np.zeros((4, 4, 4), np.uint8), kind)


def test_lamps_are_found_high_up_and_once():
    mesh = triangles((0, 0, 8), (0.3, 0, 8), (20, 0, 6), (5, 5, 2))
    lamps = find_lamps([lit(mesh), lit(triangles((9, 9, 9)), SurfaceKind.METAL)])
    assert lamps.shape == (2, 3)
    assert sorted(lamps[:, 0].round().tolist()) == [0, 20]


def test_no_lamps():
    assert find_lamps([]).shape == (0, 3)
    assert nearest_lamps(np.empty((0, 3)), np.zeros(2), count=4).shape == (0, 3)


def test_nearest_lamps():
    lamps = np.array([[50.0, 0, 8], [1, 0, 8], [10, 0, 8]])
    np.testing.assert_array_equal(nearest_lamps(lamps, np.zeros(2), count=2)[:, 0], [1, 10])
