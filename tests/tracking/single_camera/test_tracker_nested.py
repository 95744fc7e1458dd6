"""Second boxes on one vehicle, and vehicles that begin behind another."""

from __future__ import annotations

import pytest

from tests.tracking.shown import detections
from tracking.single_camera.settings import TrackerSettings
from tracking.single_camera.tracker import Tracker
from tracking.types import TrackState


@pytest.mark.parametrize("since", [0, 10], ids=["both at once", "the other is confirmed"])
@pytest.mark.parametrize(
    ("part", "states"),
    [
        pytest.param((50, 50, 100, 30), {TrackState.TENTATIVE}, id="half of it"),
        pytest.param(
            (50, 50, 100, 20), {TrackState.TENTATIVE, TrackState.CONFIRMED}, id="too little of it"
        ),
    ],
)
def test_a_box_within_a_vehicle_is_no_other_one(since, part, states):
    tracker = Tracker("a", TrackerSettings())
    whole, both = (50, 50, 100, 60), [(50, 50, 100, 60), (*part, 0.8)]
    seen = [
        {track.track_id: track.state for track in tracker.update(detections(*boxes), index * 0.1)}
        for index, boxes in enumerate([[whole]] * since + [both] * 20)
    ]
    assert seen[-1][1] is TrackState.CONFIRMED
    assert {tracks[2] for tracks in seen if 2 in tracks} == states


def test_who_comes_out_from_behind_another_is_confirmed_beside_it():
    tracker = Tracker("a", TrackerSettings())
    for index in range(5):
        tracker.update(detections((50, 50, 100, 60)), index * 0.1)
    found = [
        tracker.update(
            detections((50, 50, 100, 60), (80 + 10 * index, 50, 100, 60)), 0.5 + 0.1 * index
        )
        for index in range(12)
    ]
    confirmed = [track.track_id for track in found[-1] if track.state is TrackState.CONFIRMED]
    assert confirmed == [1, 2]
    # Not before they lie on each other by a third or less (from index 2 on), three times.
    first = next(
        index
        for index, tracks in enumerate(found)
        if any(track.track_id == 2 and track.state is TrackState.CONFIRMED for track in tracks)
    )
    assert first == 4
