from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from city.ground.arrows import draw_arrow
from city.ground.canvas import Canvas, Tile
from city.ground.markings import trace_markings
from city.ground.style import MapStyle, draw_ground_style
from city.network import RoadNetwork
from tests.city.streets import crossing, lane, motorway, street

STYLE = replace(draw_ground_style(MapStyle.TOWN, 1), yellow_centre=True, zebra=True)


def paint_of(network, tile, style=STYLE):
    return trace_markings(network, tile, style=style)


def test_directions_are_parted_in_the_styles_colour():
    tile = Tile(20.0, -5.0, 10.0, 100, 100)
    yellow = paint_of(street(), tile)
    white = paint_of(street(), tile, replace(STYLE, yellow_centre=False))
    assert yellow.yellow[48:52].mean() > 0.3
    assert white.yellow.max() == 0
    assert white.white[48:52].mean() > 0.3


def test_lanes_of_a_motorway_are_parted_by_dashes_two_fifths_long():
    tile = Tile(60.0, -12.0, 10.0, 600, 100)
    white = paint_of(motorway(), tile).white
    between = white[(np.arange(100) / 10 - 12 > -7.6) & (np.arange(100) / 10 - 12 < -6.9)]
    assert (between.max(axis=0) > 0.5).mean() == pytest.approx(0.4, abs=0.05)


def test_crossings_lie_at_signals_alone():
    tile = Tile(-10.0, -5.0, 10.0, 50, 100)
    assert paint_of(crossing(signalled=True), tile).white.sum() > 200
    assert paint_of(crossing(signalled=False), tile).white.sum() == 0


def test_stop_line_lies_at_the_end_of_the_arriving_lane():
    tile = Tile(10.0, -4.0, 20.0, 30, 160)
    white = paint_of(crossing(), tile).white
    at_line = white[:, 12]
    assert at_line[82:146].mean() > 0.8
    assert at_line[10:70].mean() < 0.2


def test_bays_are_marked():
    bays = lane("p", [(0, -1.1), (60, -1.1)], parking=True, width_m=2.2)
    tile = Tile(0.0, -3.0, 10.0, 600, 60)
    assert paint_of(RoadNetwork((bays,), ()), tile).white.sum() > 100


def test_left_and_right_arrows_mirror_each_other():
    areas = []
    for direction in ("left", "right"):
        canvas = Canvas(Tile(-4.0, -4.0, 20.0, 160, 160))
        draw_arrow(canvas, np.zeros(2), 0.0, directions=[direction])
        areas.append(canvas.cover if direction == "left" else canvas.cover[::-1])
    assert np.abs(areas[0] - areas[1]).mean() < 0.01
    assert areas[0][80:].sum() > areas[0][:80].sum()


def test_an_unknown_direction_is_refused():
    canvas = Canvas(Tile(0.0, 0.0, 1.0, 4, 4))
    with pytest.raises(ValueError, match=r"direction must be one of .*is 'back'"):
        draw_arrow(canvas, np.zeros(2), 0.0, directions=["back"])
