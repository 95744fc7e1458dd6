"""What is kept for learning."""

from __future__ import annotations

import numpy as np

from tests.tracking.corridor import passing
from tracking.calibration import Calibration, Curves
from tracking.learner import SIGHTINGS, LinkLearner
from tracking.links import LinkGraph


def test_only_the_latest_sightings_are_kept_where_nothing_is_learned() -> None:
    learner = LinkLearner(LinkGraph(), Curves(Calibration()), correlation=1.0, learning=False)
    look = np.eye(1, 512)[0]
    for n in range(0, 3 * SIGHTINGS, 50):
        ended = [passing("a", n + k, np.array([n + k, n + k + 0.5]), look) for k in range(50)]
        learner.add(ended)
    assert len(learner._keys) == sum(map(len, learner._parts)) <= 2 * SIGHTINGS
    assert learner._keys[-1] == ("a", 3 * SIGHTINGS - 1)
