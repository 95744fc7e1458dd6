"""A made-up street: vehicles pass cameras in a row, and each camera sees them a little differently.

It isolates the association: tracks are true, embeddings are drawn at a stated difficulty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tests.tracking.sequences import labelled
from tracking.association.associator import Associator
from tracking.evaluation.comparison import LabelledBoxes, compare
from tracking.evaluation.metrics import identity_scores
from tracking.evaluation.multicamera import join_cameras
from tracking.travel.links import CameraLink
from tracking.types import EMBEDDING_DIM, Tracklet

N_CAMERAS = 4
SAMPLE_S = 0.5
TRAVEL_S = (6.0, 14.0)
PASSAGE_S = (4.0, 12.0)
LINKS = [
    CameraLink(f"c{a}", f"c{b}", min_s=5, max_s=15)
    for a in range(N_CAMERAS)
    for b in (a - 1, a + 1)
    if 0 <= b < N_CAMERAS
]


@dataclass(frozen=True)
class Passage:
    """One vehicle's way through one camera."""

    vehicle: int
    tracklet: Tracklet


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def corridor(seed: int, *, noise: float, vehicles: int = 40, span_s: float = 240) -> list[Passage]:
    """Draw a street where one vehicle in five has a look-alike and one in ten turns back.

    Args:
        seed: Of the random numbers.
        noise: Length of what changes from view to view, beside an own look of length 1, a common
            look of all vehicles of length 1 and a camera's look of length 0.5.
        vehicles: How many.
        span_s: Time in which they set out.
    """
    rng = np.random.default_rng(seed)

    def directions(n: int) -> NDArray[np.float64]:
        return unit(rng.normal(size=(n, EMBEDDING_DIM)))

    looks = directions(vehicles)
    for v in range(1, vehicles):
        if rng.random() < 0.2:
            looks[v] = unit(looks[rng.integers(v)] + 0.5 * directions(1)[0])
    looks += directions(1)
    of_camera = 0.5 * directions(N_CAMERAS)
    passages, tracks = [], [0] * N_CAMERAS
    for v in range(vehicles):
        way = list(range(N_CAMERAS))[:: rng.choice([1, -1])]
        if rng.random() < 0.1:
            way += way[-2::-1]
        time = rng.uniform(0, span_s)
        for c in way:
            tracks[c] += 1
            times = np.arange(time, time + rng.uniform(*PASSAGE_S), SAMPLE_S)
            embedding = unit(looks[v] + of_camera[c] + noise * directions(1)[0])
            passages.append(Passage(v, passing(f"c{c}", tracks[c], times, embedding)))
            time = times[-1] + rng.uniform(*TRAVEL_S)
    return passages


def passing(
    camera: str,
    track: int,
    times: NDArray[np.float64],
    embedding: NDArray[np.float64],
    *,
    class_id: int = 0,
    ended: bool = True,
) -> Tracklet:
    look = embedding.astype(np.float32)
    box = np.array([20 * track, 0, 20 * track + 10, 10], np.float32)
    boxes = np.tile(box, (len(times), 1))
    return Tracklet(camera, track, times, boxes, look, look[None], class_id, ended)


def run(associator: Associator, passages: list[Passage]) -> dict[tuple[str, int], int]:
    """Feed the passages as a pipeline would: each when it is a second old and when it has ended."""
    events = []
    for tracklet in (p.tracklet for p in passages):
        young = tracklet.timestamps <= tracklet.first_timestamp + 1.0
        seen = replace(
            tracklet,
            timestamps=tracklet.timestamps[young],
            xyxy=tracklet.xyxy[young],
            ended=False,
        )
        events += [(seen.last_timestamp, 0, seen), (tracklet.last_timestamp, 1, tracklet)]
    identities = {}
    for _, _, tracklet in sorted(events, key=lambda e: (e[0], e[1], e[2].key)):
        for key, assignment in associator.update([tracklet]).items():
            identities[key] = assignment.identity_id
    identities |= {key: found.identity_id for key, found in associator.flush().items()}
    return identities


def idf1(passages: list[Passage], identities: dict[tuple[str, int], int]) -> float:
    """Return the multi-camera IDF1 by the AI City rule."""

    def boxes(camera: str, *, true: bool) -> LabelledBoxes:
        return labelled(
            [
                (round(t / SAMPLE_S), p.vehicle if true else identities[p.tracklet.key], *box)
                for p in passages
                if p.tracklet.camera_id == camera
                for t, box in zip(p.tracklet.timestamps, p.tracklet.xyxy, strict=True)
            ]
        )

    cameras = sorted({p.tracklet.camera_id for p in passages})
    truth, predicted = ({c: boxes(c, true=side) for c in cameras} for side in (True, False))
    return identity_scores(compare(*join_cameras(truth, predicted))).idf1
