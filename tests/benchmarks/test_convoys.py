from __future__ import annotations

import numpy as np

from benchmarks.convoys import draw, measure, with_errors


def test_planted_vehicles_pass_what_the_others_pass() -> None:
    passes, planted = draw("grid", 9, per_hour=600, vehicles=40, convoys=5, seed=3)
    alone, none = draw("grid", 9, per_hour=600, vehicles=40, convoys=0, seed=3)
    assert len(planted) == 5
    assert not none
    for (leader, follower), cameras in planted.items():
        own, other = (np.flatnonzero(passes.vehicle == one) for one in (leader, follower))
        assert passes.camera[own].tolist() == passes.camera[other].tolist()
        assert len(set(passes.camera[own].tolist())) == cameras
        assert np.abs(passes.time[other] - passes.time[own] - 2.5).max() < 6
    assert len(alone) == np.count_nonzero(passes.vehicle < 40)


def test_errors_leave_the_longer_parts_as_the_planted_pair() -> None:
    passes, planted = draw("grid", 9, per_hour=600, vehicles=60, convoys=20, seed=3)
    seen, told = with_errors(passes, planted, seed=3)
    assert 0.8 * len(passes) < len(seen) < len(passes)
    assert 0 < len(told) <= len(planted)
    for pair, cameras in told.items():
        both = [set(seen.camera[seen.vehicle == one].tolist()) for one in pair]
        assert len(both[0] & both[1]) == cameras > 1


def test_convoys_in_many_cameras_are_found() -> None:
    found = measure("grid", 25, per_hour=1_000, vehicles=400, convoys=8, errors=False, seeds=[1])
    assert found.planted == 8
    assert found.first >= 4
    assert found.right <= found.out
    assert found.none_out <= 1
