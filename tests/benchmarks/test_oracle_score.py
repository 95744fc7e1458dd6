from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.oracle import Key, Observation, OracleSettings, Part, Scene, draw_scene
from benchmarks.oracle_errors import TrackErrors, with_errors
from benchmarks.oracle_roads import Roads, RoadSettings
from benchmarks.oracle_score import FRAME_S, History, feed, score, unchanging
from benchmarks.oracle_traffic import TrafficSettings
from tests.tracking.sequences import labelled
from tracking.evaluation.comparison import LabelledBoxes, compare
from tracking.evaluation.metrics import identity_scores
from tracking.evaluation.multicamera import join_cameras
from tracking.types import EMBEDDING_DIM, Tracklet

LOOK = np.eye(1, EMBEDDING_DIM, dtype=np.float32)


def seen(camera: int, track: int, vehicle: int, first_s: float, last_s: float) -> Observation:
    times = np.array([first_s, last_s])
    boxes = np.zeros((2, 4), np.float32)
    tracklet = Tracklet(f"c{camera}", track, times, boxes, LOOK[0], LOOK, 0, ended=True)
    return Observation(tracklet, (Part(vehicle, camera, first_s, last_s),), 0)


def scene(observations: list[Observation]) -> Scene:
    truth = [part for o in observations for part in o.parts]
    return Scene(Roads((), {}, ()), observations, truth, {})


# Vehicles 1 and 2 pass both cameras; each passage has 11 frames.
PASSES = [seen(c, v, v, 10.0 * c, 10.0 * c + 1) for c in (0, 1) for v in (1, 2)]


@pytest.mark.parametrize(
    ("names", "idf1", "precision", "recall", "split", "merged"),
    [
        pytest.param([1, 2, 1, 2], 1, 1, 1, 0, 0, id="right"),
        # Identities of one camera are left out: half of the frames are missed.
        pytest.param([1, 2, 1, 9], 2 * 22 / (44 + 22), 1, 0.5, 1, 0, id="2 not recognised"),
        pytest.param([1, 2, 2, 1], 0.5, 0, 0, 2, 2, id="exchanged"),
        pytest.param([1, 1, 1, 1], 0.5, 2 / 6, 1, 0, 1, id="all one"),
    ],
)
def test_score_by_hand(
    names: list[int], idf1: float, precision: float, recall: float, split: int, merged: int
) -> None:
    answer = {o.tracklet.key: name for o, name in zip(PASSES, names, strict=True)}
    found = score(scene(PASSES), unchanging(answer))
    assert found.identity.idf1 == pytest.approx(idf1)
    assert (found.pair_precision, found.pair_recall) == pytest.approx((precision, recall))
    assert (found.split, found.merged) == (split, merged)


def test_nothing_and_no_answer() -> None:
    assert score(scene([]), {}).identity.idf1 == 0
    assert score(scene(PASSES), {}).identity.idfn == 44


def test_identity_that_is_revised_counts_from_then_on() -> None:
    answer = unchanging({o.tracklet.key: o.vehicle for o in PASSES})
    answer[PASSES[2].tracklet.key] = [(10.2, 7), (10.5, 1)]
    # Frames 100 to 104 are under identity 7, which is in one camera only.
    found = score(scene(PASSES), answer)
    assert (found.identity.idtp, found.identity.idfn, found.identity.idfp) == (39, 5, 0)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([1, 2]))
def test_equals_the_measure_over_frames(seed: int, min_cameras: int) -> None:
    world = OracleSettings(
        roads=RoadSettings(cameras=3), traffic=TrafficSettings(vehicles=15), seed=seed
    )
    errors = TrackErrors(missed_share=0.1, swapped_share=0.2, fragmented_share=0.3)
    drawn = with_errors(draw_scene(world), errors, seed=seed)
    answer = random_answer(drawn.observations, np.random.default_rng(seed))
    by_frames = identity_scores(
        compare(
            *join_cameras(true_boxes(drawn), given_boxes(drawn, answer), min_cameras=min_cameras)
        )
    )
    assert score(drawn, answer, min_cameras=min_cameras).identity == by_frames


def random_answer(
    observations: Sequence[Observation], rng: np.random.Generator
) -> dict[Key, History]:
    # No two tracklets of one camera share an identity, so that none is twice in a frame.
    free = {o.tracklet.camera_id: rng.permutation(2 * len(observations)) for o in observations}
    mixed = {part.vehicle for o in observations if len(o.parts) > 1 for part in o.parts}
    answer = {}
    for turn, o in enumerate(observations):
        first, last = o.tracklet.first_timestamp, o.tracklet.last_timestamp
        times = [first + 0.5, *sorted(rng.uniform(first, last, rng.integers(2)))]
        names = free[o.tracklet.camera_id][2 * turn : 2 * turn + 2].tolist()
        right = names[0] if o.vehicle in mixed else o.vehicle + 1000
        answer[o.tracklet.key] = list(zip(times, [right, names[1]], strict=False))
    return answer


def frames(part: Part) -> range:
    return range(int(np.ceil(part.first_s / FRAME_S)), int(np.floor(part.last_s / FRAME_S)) + 1)


def row(frame: int, name: int, vehicle: int) -> tuple[float, ...]:
    return (frame, name, 20 * vehicle, 0, 20 * vehicle + 10, 10)


def true_boxes(drawn: Scene) -> dict[str, LabelledBoxes]:
    return {
        camera.name: labelled(
            [
                row(frame, part.vehicle, part.vehicle)
                for part in drawn.truth
                if part.camera == index
                for frame in frames(part)
            ]
        )
        for index, camera in enumerate(drawn.roads.cameras)
    }


def given_boxes(drawn: Scene, answer: Mapping[Key, History]) -> dict[str, LabelledBoxes]:
    rows: dict[str, dict[tuple[int, int], tuple[float, ...]]] = {
        c.name: {} for c in drawn.roads.cameras
    }
    for o in drawn.observations:
        history = answer[o.tracklet.key]
        for part in o.parts:
            for frame in frames(part):
                known = [i for time, i in history if time <= frame * FRAME_S] or [history[0][1]]
                one = row(frame, known[-1], part.vehicle)
                rows[o.tracklet.camera_id][frame, known[-1]] = one
    return {camera: labelled(list(found.values())) for camera, found in rows.items()}


@dataclass(frozen=True)
class Named:
    identity_id: int


class ThinksBetter:
    """Gives every tracklet a number of its own, and vehicle 1 at its end."""

    def update(self, tracklets: Sequence[Tracklet]) -> dict[Key, Named]:
        return {t.key: Named(1 if t.ended else 50 + t.track_id) for t in tracklets}


def test_feed_keeps_what_was_known_when() -> None:
    answer = feed(ThinksBetter(), [seen(0, 3, 0, 5.0, 9.0)])
    # The samples of this one are at its ends: at first, only the first is known. What is said at
    # 9.0 counts for the frame at 8.0, which is asked for a second later.
    assert answer.online == {("c0", 3): [(4.0, 53), (8.0, 1)]}
    assert answer.final == {("c0", 3): [(8.0, 1)]}


class LooksBack(ThinksBetter):
    def flush(self) -> dict[Key, Named]:
        return {("c0", 3): Named(7)}


def test_last_look_counts_at_the_end_only() -> None:
    answer = feed(LooksBack(), [seen(0, 3, 0, 5.0, 9.0)])
    assert answer.online == {("c0", 3): [(4.0, 53), (8.0, 1)]}
    assert answer.final == {("c0", 3): [(0.0, 7)]}
