import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.truth import FrameTruth, clip_hull, projection, visible_parts, whole_box
from city.types import ActorState, Pose
from tests.city.solids import actor, block, camera, draw, standing

VIEW = camera()


def truth_of(states, models, view=VIEW):
    mask = draw(states, models, view)
    return {found.actor_id: found for found in FrameTruth(view)(states, models, mask)}, mask


def mask_box(mask, actor_id):
    rows, columns = np.nonzero(mask == actor_id)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_nobody_is_there():
    found, _ = truth_of([], {})
    assert found == {}


def test_one_that_nothing_hides():
    found, mask = truth_of([standing(3, 20, 0)], {3: actor()})
    assert found[3].visibility == 1
    assert found[3].visible_pixels == (mask == 3).sum()
    assert found[3].visible_xyxy == mask_box(mask, 3)
    assert np.abs(np.subtract(found[3].whole_xyxy, mask_box(mask, 3))).max() <= 1


def test_one_behind_another():
    models = {1: actor(), 2: actor(block(height=3.0))}
    found, mask = truth_of([standing(1, 30, 0), standing(2, 20, 0.7)], models)
    alone, _ = truth_of([standing(1, 30, 0)], models)
    assert found[1].whole_xyxy == alone[1].whole_xyxy
    assert found[1].visible_xyxy == mask_box(mask, 1)
    assert 0 < found[1].visibility < 1
    assert found[1].visibility == found[1].visible_pixels / alone[1].visible_pixels
    assert found[2].visibility == 1


def test_one_that_is_wholly_hidden_is_left_out():
    models = {1: actor(), 2: actor(block(height=6.0, width=8.0))}
    found, _ = truth_of([standing(1, 30, 0), standing(2, 20, 0)], models)
    assert list(found) == [2]


def test_what_lies_outside_of_the_picture_is_not_visible():
    wide = camera((480, 90))
    models = {1: actor()}
    states = [standing(1, 20, 11.5, heading=1.5)]
    narrow, _ = truth_of(states, models)
    whole, _ = truth_of(states, models, wide)
    assert narrow[1].whole_xyxy[0] == 0
    expected = narrow[1].visible_pixels / whole[1].visible_pixels
    assert narrow[1].visibility == pytest.approx(expected)
    assert 0.05 < expected < 0.95


def test_a_trailer_belongs_to_its_tractor():
    models = {5: actor(block(length=4), block(length=8, height=3))}
    state = ActorState(5, (Pose(22, 3, 1.5), Pose(22, -4, 1.4)))
    found, mask = truth_of([state], models)
    assert np.abs(np.subtract(found[5].whole_xyxy, mask_box(mask, 5))).max() <= 1
    assert found[5].visibility == 1


def test_one_that_reaches_behind_the_camera():
    low = camera(eye=(0.0, 0.0, 2.0), look_at=(20.0, 0.0, 1.0))
    models = {1: actor(block(length=10.0))}
    found, mask = truth_of([standing(1, 3, 0.5)], models, low)
    assert found[1].visible_xyxy == mask_box(mask, 1)
    assert np.abs(np.subtract(found[1].whole_xyxy, mask_box(mask, 1))).max() <= 1
    assert found[1].visibility < 0.2


def test_one_behind_the_camera_has_no_box():
    box = whole_box(actor(), (Pose(-30, 0, 0),), projection(VIEW), VIEW.size_wh)
    assert box[2] < box[0]


@pytest.mark.parametrize(
    ("points", "box"),
    [
        pytest.param([[1, 1], [3, 2], [2, 4]], (1, 1, 3, 4), id="within"),
        # The corner at the right is cut where the triangle is 4 high.
        pytest.param([[2, 0], [2, 8], [18, 4]], (2, 0, 10, 8), id="a corner outside"),
        pytest.param([[-10, 5], [20, 4], [20, 6]], (0, 4.33, 10, 5.67), id="both sides outside"),
        pytest.param([[-9, -9], [90, -9], [90, 90], [-9, 90]], (0, 0, 10, 10), id="all around"),
    ],
)
def test_clip_hull(points, box):
    clipped = clip_hull(np.array(points, np.float64), (10, 10))
    assert [*clipped.min(axis=0), *clipped.max(axis=0)] == pytest.approx(box, abs=0.01)


def test_clip_hull_outside_of_the_picture():
    assert len(clip_hull(np.array([[20.0, 1], [30, 2], [25, 9]]), (10, 10))) == 0
    assert len(clip_hull(np.zeros((0, 2)), (10, 10))) == 0


def test_ids_without_a_state_and_states_out_of_sight():
    mask = np.full((90, 160), -1, np.int32)
    mask[4, 7] = 9
    assert FrameTruth(VIEW)([standing(1, 20, 0)], {1: actor()}, mask) == []


def test_order_is_by_id():
    models = dict.fromkeys((1, 2, 7), actor())
    states = [standing(7, 20, 0), standing(1, 20, 4), standing(2, 20, -4)]
    mask = draw(states, models, VIEW)
    assert [f.actor_id for f in FrameTruth(VIEW)(states, models, mask)] == [1, 2, 7]


def test_a_vehicle_that_moves_on_gets_a_new_silhouette():
    models = {1: actor()}
    truth = FrameTruth(VIEW)
    for x in (40, 40, 15):
        states = [standing(1, x, 0)]
        found = truth(states, models, draw(states, models, VIEW))
        assert found[0].visibility == 1


def test_a_mask_of_another_size():
    with pytest.raises(ValueError, match=r"actor_mask must be \(90, 160\)"):
        FrameTruth(VIEW)([], {}, np.zeros((90, 161), np.int32))


def test_visible_parts_lie_where_they_lie_in_the_whole_mask():
    mask = np.full((40, 60), -1, np.int32)
    mask[10:20, 30:50], mask[15:25, 35:40] = 7, 0
    assert visible_parts(mask) == {7: ((30, 10, 50, 20), 175), 0: ((35, 15, 40, 25), 50)}


def test_visible_parts_of_an_empty_mask():
    assert visible_parts(np.full((3, 4), -1, np.int32)) == {}


@settings(max_examples=40)
@given(st.floats(12, 60), st.floats(-8, 8), st.floats(-3.2, 3.2))
def test_boxes_agree_with_the_picture(x, y, heading):
    states = [standing(1, x, y, heading=heading)]
    found, mask = truth_of(states, {1: actor()})
    for truth in found.values():
        assert np.abs(np.subtract(truth.whole_xyxy, mask_box(mask, 1))).max() <= 1
        assert truth.whole_xyxy[0] <= truth.visible_xyxy[0]
        assert truth.whole_xyxy[3] >= truth.visible_xyxy[3]
        assert 0 < truth.visibility <= 1
