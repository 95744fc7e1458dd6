import inspect

import numpy as np
import pytest

from benchmarks.city import (
    CAMERAS_OF_CROPS,
    KINDS,
    MASK,
    SCENE,
    Stopwatch,
    main,
    masks_noted,
    table_of,
    ten_vehicles,
)
from city.cutting import BATCH
from city.renderer.actor_pass import ActorPass
from city.scene import load_scene


def test_ten_vehicles_drive_in_both_directions_within_the_first_cameras_view():
    camera = load_scene(SCENE).cameras[0].geometry
    for frame in (0, 7, 8):
        states = ten_vehicles(frame)
        assert [state.actor_id for state in states] == list(range(len(KINDS))) == list(range(10))
        middles = np.array([(s.poses[0].x, s.poses[0].y, 1.0) for s in states])
        pixels, depth = camera.project(middles)
        assert (depth > 0).all()
        inside = (pixels >= 0).all(1) & (pixels < camera.size_wh).all(1)
        assert inside.sum() >= 7
    assert {state.poses[0].heading > 1 for state in states} == {True, False}


def test_a_stage_is_noted_per_frame():
    watch = Stopwatch()
    with watch.stage("draw"):
        pass
    with watch.stage("draw", frames=4):
        pass
    assert len(watch.wall["draw"]) == len(watch.cpu["draw"]) == 2
    assert set(watch.spreads()) == {"draw"}


def test_masks_are_noted_while_asked_for(monkeypatch):
    drawn = []
    monkeypatch.setattr(ActorPass, "draw_mask", lambda *_, mask: drawn.append(mask))
    before, watch = ActorPass.draw_mask, Stopwatch()
    with masks_noted(watch):
        ActorPass.draw_mask(None, mask=7)
    assert drawn == [7]
    assert len(watch.wall[MASK]) == 1
    assert ActorPass.draw_mask is before


def test_every_camera_makes_a_whole_batch_of_crops():
    crops = inspect.signature(main).parameters["crops"].default
    assert crops >= CAMERAS_OF_CROPS * BATCH


@pytest.mark.parametrize("stage", ["render and mask", "reference"])
def test_the_table_names_every_stage(stage):
    spread = {"median": 2.0, "least": 1.0, "greatest": 3.0}
    spent = {"cpu_s": spread, "wall_s": spread}
    table = table_of({"day": {"stages": {"render and mask": spent, "reference": spent}}})
    assert stage in list(table.columns[1].cells)
    assert next(iter(table.columns[4].cells)) == "1.00"
