from __future__ import annotations

import itertools

import numpy as np
import pytest

from city.vehicles.layout import LONG_WIDTH_PX, WIDTH_PX, Extent, plan

CAR = Extent(4.0, 1.8, 1.5)
TRAILER = Extent(13.6, 2.55, 4.0, "trailer_")


@pytest.mark.parametrize(
    ("extents", "width", "views"),
    [((), WIDTH_PX, 0), ((CAR,), WIDTH_PX, 5), ((CAR, TRAILER), LONG_WIDTH_PX, 10)],
    ids=["rider", "car", "semi-trailer"],
)
def test_views_do_not_overlap_and_lie_inside(extents, width, views):
    layout = plan(extents)
    assert layout.width == width
    assert len(layout.views) == views
    boxes = [view.box for view in layout.views.values()]
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= layout.width
        assert 0 <= top < bottom <= layout.height
    for one, two in itertools.combinations(boxes, 2):
        apart = one[2] <= two[0] or two[2] <= one[0] or one[3] <= two[1] or two[3] <= one[1]
        assert apart


@pytest.mark.parametrize(
    ("view", "axis", "sign"),
    [("left", 0, -1), ("right", 0, 1), ("top", 0, 1), ("front", 1, 1), ("rear", 1, -1)],
)
def test_views_are_seen_from_outside(view, axis, sign):
    """Seen from its left, a car drives to the left of the picture; and so on."""
    layout = plan((CAR,))
    here, there = np.array([[2.0, 0.0, 0.5]]), np.array([[2.0, 0.0, 0.5]])
    there[0, axis] += 0.1
    moved = layout.views[view].project(there) - layout.views[view].project(here)
    assert np.sign(moved[0, 0]) == sign
    assert moved[0, 1] == pytest.approx(0)


def test_place_agrees_with_project():
    view = plan((CAR,)).views["left"]
    points = np.array([[0.3, 0.9, 0.2], [3.0, -0.9, 1.4]])
    np.testing.assert_allclose(view.place(points[:, [0, 2]]), view.project(points))


def test_a_whole_body_fits_its_views():
    layout = plan((CAR,))
    corners = np.array(list(itertools.product((0, 4.0), (-0.9, 0.9), (0, 1.5))))
    for view in layout.views.values():
        pixels = view.project(corners)
        left, top, right, bottom = view.box
        assert (pixels >= (left, top)).all()
        assert (pixels <= (right, bottom)).all()


def test_swatches_keep_what_they_cover_inside_them():
    layout = plan(())
    points = np.random.default_rng(0).normal(size=(200, 3)) * 3
    swatch = layout.swatches["top"]
    pixels = swatch.project(points)
    assert (pixels >= (swatch.x, swatch.y)).all()
    assert (pixels <= (swatch.x + 24, swatch.y + 24)).all()
