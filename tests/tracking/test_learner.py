"""What is kept for learning."""

from __future__ import annotations

import numpy as np
import pytest

import tracking.learner
from tests.tracking.corridor import passing
from tests.tracking.pinhole import LOOK_ALIKES, Pinhole, film, street
from tracking.calibration import Calibration, Curves
from tracking.ground import LEARNED
from tracking.learner import SIGHTINGS, LinkLearner
from tracking.links import LinkGraph
from tracking.terrain import Terrain


def test_only_the_latest_sightings_are_kept_where_nothing_is_learned() -> None:
    learner = LinkLearner(LinkGraph(), Curves(Calibration()), correlation=1.0, learning=False)
    look = np.eye(1, 512)[0]
    for n in range(0, 3 * SIGHTINGS, 50):
        ended = [passing("a", n + k, np.array([n + k, n + k + 0.5]), look) for k in range(50)]
        learner.add(ended)
    assert len(learner._keys) == sum(map(len, learner._parts)) <= 2 * SIGHTINGS
    assert learner._keys[-1] == ("a", 3 * SIGHTINGS - 1)


def test_the_ground_is_learned_by_the_clocks_that_are_believed_at_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terrain = Terrain()
    learner = LinkLearner(
        LinkGraph(), LOOK_ALIKES, correlation=1.0, learning=False, terrain=terrain, surveying=True
    )
    drives = street(30, from_y=-20, to_y=110)
    beside = Pinhole("b", at=(14.0, -3.0), yaw_deg=-5, pitch_deg=17, height_m=8)
    # Looks say nothing by now: only who was seen is of matter here.
    monkeypatch.setattr(tracking.survey, "_looks", lambda a, b, _: np.full((len(a), len(b)), 3.0))
    for tracklets in (film(Pinhole("a"), drives), film(beside, drives, shift_s=11.0)):
        learner.add(tracklets)
    found = []
    for offset_s in (0.0, -11.0, -11.0, 0.0):
        offsets = np.array([0.0, offset_s])
        monkeypatch.setattr(tracking.learner, "sure_offsets", lambda *_, known=offsets: known)
        learner.learn()
        found.append(terrain.frames(["a", "b"]).tolist())
    apart, together = [LEARNED, LEARNED + 1], [LEARNED] * 2
    assert found == [apart, together, together, apart]
