import numpy as np
import pytest

from reid.evaluation.metrics import Gallery, squared_l2
from reid.evaluation.protocols import PROTOCOLS, VEHICLE_ID_DRAWS


def gallery(vectors, identity, camera) -> Gallery:
    return Gallery(
        np.array(vectors, np.float32).reshape(len(identity), -1),
        np.array(identity, np.int64),
        np.array(camera, np.int64),
    )


def run(name: str, query: Gallery, items: Gallery | None = None):
    return PROTOCOLS[name](query, query if items is None else items, squared_l2)


def test_own_identity_in_own_camera_is_left_out():
    items = gallery([0, 0, 5], [1, 1, 1], [0, 0, 1])
    assert run("cross_camera", items).first_match.tolist() == [0, 0, 0]
    assert run("cross_camera", gallery([0, 0], [1, 1], [0, 0])).queries == 0


def test_camera_to_camera_asks_both_ways():
    # Camera 0 holds 1 and 2 at 0 and 9; camera 1 holds them at 1 and 6.
    scores = run("camera_to_camera", gallery([0, 9, 1, 6], [1, 2, 1, 2], [0, 0, 1, 1]))
    assert scores.queries == 4
    assert scores.cmc(1) == 1
    assert run("camera_to_camera", gallery([0, 1], [1, 2], [0, 0])).queries == 0


def test_each_way_between_two_cameras():
    # Among camera 1's 1, 6 and 9.5 (a stranger) is 1 found from 0, but not 6 from 9.
    items = gallery([0, 9, 1, 6, 9.5], [1, 2, 1, 2, 3], [0, 0, 1, 1, 1])
    there, back = run("camera_1_to_2", items), run("camera_2_to_1", items)
    assert there.first_match.tolist() == [0, 1]
    assert back.first_match.tolist() == [0, 0, -1]
    both = run("camera_to_camera", items)
    assert both.first_match.tolist() == [*there.first_match, *back.first_match]
    for cameras in ([0, 0], [0, 1, 2]):
        with pytest.raises(ValueError, match=f"two cameras, there are {len(set(cameras))}"):
            run("camera_1_to_2", gallery([0] * len(cameras), [1] * len(cameras), cameras))


def test_first_is_searched_among_the_last():
    # Identity 1 moves from 0 to 10, identity 2 stays at 1: the first of 1 finds the last of 2.
    scores = run("first_to_last", gallery([0, 5, 10, 1, 1], [1, 1, 1, 2, 2], [0] * 5))
    assert scores.first_match.tolist() == [1, 0]
    assert run("first_to_last", gallery([0], [1], [0])).queries == 0


def test_the_first_half_is_searched_among_the_last_halves():
    # 1 goes from 0 over 4 (in the middle, left out) to 10; 2 from 9 to 1; 3 is alone.
    items = gallery([0, 4, 10, 9, 8, 2, 1, 7], [1, 1, 1, 2, 2, 2, 2, 3], [0] * 8)
    scores = run("early_to_late", items)
    assert scores.identity.tolist() == [1, 2, 2]
    assert scores.first_match.tolist() == [2, 1, 1]
    assert scores.average_precision.tolist() == pytest.approx([1 / 3, 7 / 12, 7 / 12])
    assert run("early_to_late", gallery([0], [1], [0])).queries == 0
    query = gallery([0, 9, 3], [1, 1, 2], [0, 0, 0])
    later = run("early_to_late", query, gallery([1, 2, 3], [1, 1, 2], [0, 0, 0]))
    assert later.identity.tolist() == [1, 2]
    assert later.first_match.tolist() == [0, 0]


def test_queries_of_their_own_are_searched_in_the_gallery_alone():
    query = gallery([0, 9], [1, 2], [0, 0])
    items = gallery([1, 8, 3], [1, 2, 2], [1, 1, 0])
    assert run("cross_camera", query, items).first_match.tolist() == [0, 0]
    assert run("first_to_last", query, items).first_match.tolist() == [0, 0]


def test_tracklets_are_compared_by_their_means():
    items = gallery([[1, 0], [0, 1], [0, 2]], [4, 4, 5], [0, 0, 1])
    assert run("tracklet_to_tracklet", items).queries == 0


@pytest.mark.parametrize("sizes", [[1, 3], [2, 2, 2], [5]], ids=str)
def test_vehicle_id_searches_all_but_one_of_each_vehicle_ten_times(sizes):
    identity = np.repeat(np.arange(len(sizes)), sizes)
    items = gallery(identity * 10.0, identity, np.arange(len(identity)))
    scores = run("vehicle_id", items)
    assert len(scores.first_match) == VEHICLE_ID_DRAWS * (sum(sizes) - len(sizes))
    assert scores.cmc(1) == 1.0


def test_vehicle_id_draws_differ_and_repeat():
    rng = np.random.default_rng(0)
    items = gallery(rng.normal(size=(40, 3)), rng.integers(0, 5, 40), np.arange(40))
    first, second = run("vehicle_id", items), run("vehicle_id", items)
    assert first.first_match.tolist() == second.first_match.tolist()
    per_draw = first.first_match.reshape(VEHICLE_ID_DRAWS, -1)
    assert len(np.unique(per_draw, axis=0)) > 1
