from __future__ import annotations

import numpy as np
import pytest

from city.vehicles.canvas import Canvas, Ink, Material, glyphs, rectangle, rounded
from city.vehicles.layout import Extent, plan

GREY = Ink((100, 100, 100), Material(10))
RED = Ink((200, 0, 0), Material(250, 20, 30, 40))


@pytest.fixture
def canvas() -> Canvas:
    return Canvas(plan((Extent(4.0, 1.8, 1.5),)), GREY)


def pixel(canvas: Canvas, view: str, point: tuple[float, float]) -> tuple[int, int]:
    x, y = canvas.layout.views[view].place(point)[0]
    return int(y), int(x)


def test_filling_paints_colour_and_material_inside_and_nothing_outside(canvas):
    canvas.face("left").rectangle((1.0, 0.4), (2.0, 0.8), RED)
    inside, outside = pixel(canvas, "left", (1.5, 0.6)), pixel(canvas, "left", (2.2, 0.6))
    assert tuple(canvas.rgb[inside]) == RED.rgb
    assert tuple(canvas.material[inside]) == tuple(RED.material)
    assert tuple(canvas.rgb[outside]) == GREY.rgb
    assert tuple(canvas.rgb[pixel(canvas, "right", (1.5, 0.6))]) == GREY.rgb


def test_nothing_is_painted_beyond_a_view(canvas):
    before = canvas.rgb.copy()
    canvas.face("front").rectangle((-9, -9), (9, 9), RED)
    left, top, right, bottom = canvas.layout.views["front"].box
    changed = (canvas.rgb != before).any(-1)
    assert changed[top:bottom, left:right].all()
    changed[top:bottom, left:right] = False
    assert not changed.any()


def test_edges_are_antialiased(canvas):
    canvas.face("left").fill([(1.0, 0.2), (3.0, 0.5), (1.0, 1.2)], RED)
    assert len(np.unique(canvas.rgb[..., 0])) > 8


@pytest.mark.parametrize(("opacity", "expected"), [(0.25, 125), (0.5, 150), (1.0, 200)])
def test_opacity_blends(canvas, opacity, expected):
    canvas.face("top").rectangle((1, -0.5), (2, 0.5), RED, opacity=opacity)
    found = canvas.rgb[pixel(canvas, "top", (1.5, 0.0))][0]
    assert int(found) == pytest.approx(expected, abs=1)


def test_cutting_leaves_the_colour_and_takes_the_surface(canvas):
    canvas.face("left").cut(rectangle((1.0, 0.4), (2.0, 0.8)))
    assert canvas.alpha[pixel(canvas, "left", (1.5, 0.6))] == 0
    assert canvas.alpha[pixel(canvas, "left", (2.5, 0.6))] == 255


def test_text_reads_within_its_width(canvas):
    face = canvas.face("right")
    face.text((2.0, 0.7), 0.3, "SCAN", RED, width_m=0.4)
    changed = np.flatnonzero((canvas.rgb != 100).any(-1).any(0))
    assert 0 < np.ptp(changed) <= 0.4 * face.view.scale + 1


def test_words_keep_their_spaces():
    assert glyphs("A B").shape[1] > glyphs("AB").shape[1]
    assert glyphs("").shape == (1, 1)


def test_rounded_corners_stay_inside_the_rectangle():
    outline = rounded((2.0, 1.0), (0.0, 0.0), 5.0)
    assert outline.min(0) == pytest.approx((0, 0))
    assert outline.max(0) == pytest.approx((2, 1))


def test_an_ink_cannot_leave_its_range():
    assert RED.shaded(2.0, 10).rgb == (255, 10, 10)
    assert RED.shaded(0.0).rgb == (0, 0, 0)
