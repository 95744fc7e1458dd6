from __future__ import annotations

import math

import numpy as np
import pytest

from city.scenery.shapes import board, box, merge, placed, post, quad, tube

SWATCH = (0.25, 0.75)
BOX = box((2, 4, 6), centre=(1, 0, 3), swatch=SWATCH)


def corners_of(mesh):
    return mesh.vertices[:, :3].min(axis=0).tolist(), mesh.vertices[:, :3].max(axis=0).tolist()


def face_normals(mesh):
    a, b, c = (mesh.vertices[mesh.indices[:, k], :3] for k in range(3))
    return np.cross(b - a, c - a)


def test_a_box_has_its_size_and_place():
    assert corners_of(BOX) == ([0, -2, 0], [2, 2, 6])
    assert BOX.vertices[:, 6:8].tolist() == [list(SWATCH)] * 24


def test_a_box_open_below_has_no_lower_face():
    mesh = box((2, 4, 6), centre=(0, 0, 0), swatch=SWATCH, open_below=True)
    assert len(mesh.indices) == 10
    assert mesh.vertices[:, 5].min() == 0


@pytest.mark.parametrize(
    "mesh",
    [
        pytest.param(BOX, id="box"),
        pytest.param(post(0.5, 0, 3, swatch=SWATCH, top_radius_m=0.2), id="post"),
        pytest.param(
            tube(np.array([(0, 0, 0), (0, 0, 2.0), (0, 2, 3)]), 0.1, swatch=SWATCH), id="tube"
        ),
        pytest.param(board(2, 1, bottom_m=1, uv=(0, 0, 1, 1)), id="board"),
    ],
)
def test_normals_have_unit_length_and_nothing_spins(mesh):
    assert np.linalg.norm(mesh.vertices[:, 3:6], axis=1) == pytest.approx(1.0, abs=1e-5)
    assert not mesh.vertices[:, 8].any()
    assert mesh.indices.max() < len(mesh.vertices)


def test_faces_of_a_box_turn_outward():
    normals = BOX.vertices[BOX.indices[:, 0], 3:6]
    assert ((face_normals(BOX) * normals).sum(axis=1) > 0).all()


def test_a_board_shows_its_picture_upright():
    mesh = board(2.0, 1.0, bottom_m=3.0, uv=(0.1, 0.2, 0.5, 0.6))
    upper = mesh.vertices[:, 2] == 4.0
    assert set(mesh.vertices[upper, 7].round(3)) == {np.float32(0.2)}
    assert mesh.vertices[:, 3].tolist() == [1.0] * 4


def test_merge_of_none_one_and_many():
    assert len(merge([]).indices) == 0
    assert merge([BOX]).indices.tolist() == BOX.indices.tolist()
    both = merge([BOX, BOX])
    assert both.indices[12:].tolist() == (BOX.indices + 24).tolist()


def test_placed_turns_scales_and_moves():
    flat = quad([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], uv=SWATCH)
    mesh = placed(flat, 10, 20, heading=math.pi / 2, z=5, scale=2)
    assert mesh.vertices[1, :3].tolist() == pytest.approx([10, 22, 5], abs=1e-5)
    assert placed(BOX, 0, 0, heading=math.pi / 2).vertices[0, 3:6].tolist() == pytest.approx(
        [0, 1, 0], abs=1e-6
    )
