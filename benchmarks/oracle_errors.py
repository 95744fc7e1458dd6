"""Errors of a single-camera tracker, applied to the true tracks of a simulated scene."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.oracle import Observation, Part, Scene
from tracking.types import Tracklet


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackErrors:
    """How often a tracker goes wrong.

    Attributes:
        missed_share: Passages without a track.
        swapped_share: Tracks that exchange their vehicles with another one that is in the image
            at the same time, where there is one.
        fragmented_share: Tracks that end too early, and continue under another number.
        gap_s: Least and greatest time between such fragments.
        min_duration_s: Shorter tracks are left whole, and no fragment is shorter.
    """

    missed_share: float = 0.03
    swapped_share: float = 0.02
    fragmented_share: float = 0.08
    gap_s: tuple[float, float] = (0.3, 3.0)
    min_duration_s: float = 1.5


def with_errors(scene: Scene, errors: TrackErrors, *, seed: int) -> Scene:
    """Return a scene whose tracks have errors; its truth stays.

    Args:
        scene: With true tracks.
        errors: How often what goes wrong.
        seed: Of the random numbers.
    """
    rng = np.random.default_rng(seed)
    kept = [o for o in scene.observations if rng.random() >= errors.missed_share]
    tracks = Counter({camera.name: 0 for camera in scene.roads.cameras})
    for observation in scene.observations:
        tracks[observation.tracklet.camera_id] += 1
    cut: list[Observation] = []
    for observation in _swap(kept, errors, rng):
        if rng.random() < errors.fragmented_share:
            camera = observation.tracklet.camera_id
            pieces = _fragment(observation, tracks[camera] + 1, errors, rng)
            tracks[camera] += len(pieces) - 1
            cut += pieces
        else:
            cut.append(observation)
    ordered = sorted(cut, key=lambda o: (o.tracklet.last_timestamp, o.tracklet.key))
    return replace(scene, observations=ordered)


def _swap(
    observations: Sequence[Observation], errors: TrackErrors, rng: np.random.Generator
) -> list[Observation]:
    found = list(observations)
    by_camera: dict[str, list[int]] = defaultdict(list)
    for index, observation in enumerate(found):
        by_camera[observation.tracklet.camera_id].append(index)
    free = set(range(len(found)))
    for rows in by_camera.values():
        for i in rows:
            if i not in free or rng.random() >= errors.swapped_share:
                continue
            partners = [j for j in rows if j != i and j in free]
            middles = ((j, _crossing(found[i], found[j], errors)) for j in partners)
            crossing = next(((j, at) for j, at in middles if at is not None), None)
            if crossing is not None:
                j, at = crossing
                free -= {i, j}
                found[i], found[j] = (
                    _joined(found[i], found[j], at),
                    _joined(found[j], found[i], at),
                )
    return found


def _crossing(a: Observation, b: Observation, errors: TrackErrors) -> float | None:
    # The middle of the time that both are in view, if there is enough on both sides of it.
    first = max(a.tracklet.first_timestamp, b.tracklet.first_timestamp)
    last = min(a.tracklet.last_timestamp, b.tracklet.last_timestamp)
    return (first + last) / 2 if last - first >= 2 * errors.min_duration_s else None


def _joined(head: Observation, tail: Observation, at: float) -> Observation:
    # The track of the one until a time, and from then on that of the other.
    start, end = _before(head, at), _after(tail, at)
    tracklet = _tracklet(
        head.tracklet,
        start.tracklet.track_id,
        np.concatenate([start.tracklet.timestamps, end.tracklet.timestamps]),
        np.concatenate([start.tracklet.xyxy, end.tracklet.xyxy]),
        np.concatenate([start.tracklet.exemplars, end.tracklet.exemplars]),
    )
    return Observation(tracklet, start.parts + end.parts, head.colour)


def _fragment(
    observation: Observation, next_track: int, errors: TrackErrors, rng: np.random.Generator
) -> list[Observation]:
    tracklet = observation.tracklet
    duration = tracklet.last_timestamp - tracklet.first_timestamp
    gap = float(rng.uniform(*errors.gap_s))
    slack = duration - gap - 2 * errors.min_duration_s
    if slack <= 0:
        return [observation]
    end = tracklet.first_timestamp + errors.min_duration_s + float(rng.uniform(0, slack))
    later = _after(observation, end + gap)
    renumbered = replace(later.tracklet, track_id=next_track)
    return [_before(observation, end), replace(later, tracklet=renumbered)]


def _before(observation: Observation, at: float) -> Observation:
    known = observation.tracklet.timestamps <= at
    views = observation.tracklet.exemplars
    return _part(observation, known, views[: max(1, len(views) // 2)])


def _after(observation: Observation, at: float) -> Observation:
    known = observation.tracklet.timestamps > at
    views = observation.tracklet.exemplars
    return _part(observation, known, views[min(len(views) - 1, len(views) // 2) :])


def _part(
    observation: Observation, known: NDArray[np.bool_], views: NDArray[np.float32]
) -> Observation:
    whole = observation.tracklet
    tracklet = _tracklet(whole, whole.track_id, whole.timestamps[known], whole.xyxy[known], views)
    first, last = tracklet.first_timestamp, tracklet.last_timestamp
    parts = tuple(
        Part(part.vehicle, part.camera, max(part.first_s, first), min(part.last_s, last))
        for part in observation.parts
        if part.first_s <= last and part.last_s >= first
    )
    return Observation(tracklet, parts, observation.colour)


def _tracklet(
    like: Tracklet,
    track_id: int,
    timestamps: NDArray[np.float64],
    xyxy: NDArray[np.float32],
    views: NDArray[np.float32],
) -> Tracklet:
    mean = views.mean(axis=0, dtype=np.float64)
    return replace(
        like,
        track_id=track_id,
        timestamps=timestamps,
        xyxy=xyxy,
        embedding=(mean / np.linalg.norm(mean)).astype(np.float32),
        exemplars=views,
    )
