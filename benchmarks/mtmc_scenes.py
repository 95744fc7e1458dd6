"""The whole product on rendered scenes, and the baseline: BoT-SORT per camera and greedy matching.

The baseline gets our detections and our embeddings, one crop per track and second, so that tracking
and association are compared, not the networks.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import yaml
from numpy.typing import NDArray

from app.atomic import write_text
from app.evaluation.ground_truth import Tracks, check_fit, read_online, read_run, read_truth
from app.evaluation.scores import evaluate
from app.frames.recorded import RecordedSource
from benchmarks.child import ChildFailedError
from benchmarks.greedy import GreedyMatcher
from benchmarks.tracker import PeerTracker, Rows, detect, follow
from detector.yolo import DetectorSettings, YoloDetector
from reid.embedder import Embedder, EmbedderSettings
from tracking.evaluation.comparison import LabelledBoxes

PEER: Final = "BoT-SORT + greedy nearest neighbour"
PEER_THRESHOLD: Final = 0.9
"""L2 distance; the best of 0.75, 0.8 … 1.05 for the shipped network on two validation scenes."""

EMBED_EVERY_S: Final = 1.0
"""Seconds of a track between two of its crops that the baseline has embedded."""
MIN_HEIGHT_PX: Final = 20.0


def product(
    scene: Path,
    run: Path,
    *,
    max_frames: int | None,
    uncalibrated: bool = False,
    learn_from: Path | None = None,
) -> dict[str, dict[str, float]]:
    """Score what the product says of a scene, final and online; arguments as of `make_run`."""
    make_run(scene, run, max_frames=max_frames, uncalibrated=uncalibrated, learn_from=learn_from)
    found = {"ours": read_run(run), "ours, online": read_online(run)}
    return {
        name: _numbers(scene, tracks, max_frames=max_frames)
        for name, tracks in found.items()
        if tracks is not None
    }


def make_run(
    scene: Path,
    run: Path,
    *,
    max_frames: int | None = None,
    uncalibrated: bool = False,
    learn_from: Path | None = None,
) -> None:
    """Run the product on a scene, unless it has been.

    Args:
        scene: Recordings, `cams.yaml` and truth.
        run: Where the run goes, or is.
        max_frames: Frames of each camera; None reads all.
        uncalibrated: Whether nothing is said of where cameras are: no calibration and no links.
        learn_from: An earlier run of these cameras, that it begins with.

    Raises:
        ChildFailedError: If the run fails.
    """
    if (run / "tracks").is_dir():
        return
    cams = scene / "cams.yaml"
    if uncalibrated:
        cams = run.with_name(f"{run.name}.yaml")
        write_text(cams, _without_places(scene))
    command = [sys.executable, "-m", "app.run", "--cams", str(cams)]
    command += ["--out", str(run), "--no-video"]
    command += [] if max_frames is None else ["--max-frames", str(max_frames)]
    command += [] if learn_from is None else ["--learn-from", str(learn_from)]
    done = subprocess.run(command, check=False)
    if done.returncode:
        raise ChildFailedError(f"{' '.join(command)} ended with {done.returncode}")


def _without_places(scene: Path) -> str:
    """Return a scene's configuration without all that says where its cameras are."""
    told = yaml.safe_load((scene / "cams.yaml").read_text(encoding="utf-8"))
    told.pop("links", None)
    for camera in told["cameras"]:
        camera["source"] = str((scene / camera["source"]).resolve())
        for key in ("ground_homography", "ground_points", "ground_map", "ground_std_m"):
            camera.pop(key, None)
    return yaml.safe_dump(told, sort_keys=False)


def peer(
    scene: Path, cache: Path, *, weights: str, max_frames: int | None
) -> dict[str, dict[str, float]]:
    """Run the baseline on a scene and score it.

    Args:
        scene: Recordings and truth.
        cache: Folder where the detections are kept.
        weights: Of the detector.
        max_frames: Frames of each camera; None takes all.
    """
    detector = YoloDetector(DetectorSettings(weights=weights))
    embedder = Embedder(EmbedderSettings())
    rows: dict[str, Rows] = {}
    ended: list[tuple[float, str, int, NDArray[np.float32]]] = []
    for camera in sorted(read_truth(scene).counted):
        source = RecordedSource(camera, scene / f"{camera}.mp4")
        recording = detect(source.path, detector, cache / f"{camera}.npz")
        found, _ = follow(PeerTracker("botsort"), recording)
        rows[camera] = [row for row in found if row[0] <= (max_frames or row[0])]
        looks = _mean_embeddings(source, rows[camera], recording.timestamps, embedder)
        last = {track: recording.timestamps[frame - 1] for frame, track, _ in rows[camera]}
        ended += [(float(last[track]), camera, track, look) for track, look in looks.items()]
    matcher = GreedyMatcher(PEER_THRESHOLD)
    names = {
        (camera, track): matcher.match(look)
        for _, camera, track, look in sorted(ended, key=lambda one: one[:3])
    }
    boxes = {camera: _labelled(camera, found, names) for camera, found in rows.items()}
    return {PEER: _numbers(scene, Tracks(cache, boxes), max_frames=max_frames)}


def _mean_embeddings(
    source: RecordedSource, rows: Rows, timestamps: NDArray[np.float64], embedder: Embedder
) -> dict[int, NDArray[np.float32]]:
    wanted: dict[int, list[tuple[int, NDArray[np.float32]]]] = defaultdict(list)
    due: dict[int, float] = {}
    for frame, track, box in rows:
        time = float(timestamps[frame - 1])
        if box[3] - box[1] >= MIN_HEIGHT_PX and time >= due.get(track, time):
            wanted[frame].append((track, box))
            due[track] = time + EMBED_EVERY_S
    sums: dict[int, NDArray[np.float32]] = {}
    last = max(wanted, default=0)
    for picture in source.frames():
        number = picture.index + 1
        if number > last:
            break
        if chosen := wanted.get(number):
            vectors = embedder([picture.image], [np.stack([box for _, box in chosen])])
            for (track, _), vector in zip(chosen, vectors, strict=True):
                sums[track] = sums.get(track, np.zeros_like(vector)) + vector
    return {track: np.asarray(s / np.linalg.norm(s), np.float32) for track, s in sums.items()}


def _labelled(camera: str, rows: Rows, names: Mapping[tuple[str, int], int]) -> LabelledBoxes:
    # Two tracks of one camera may have got the same number: of those in one frame the first counts,
    # as in the evaluation of the AI City Challenge.
    first: dict[tuple[int, int], NDArray[np.float32]] = {}
    for frame, track, box in rows:
        if (camera, track) in names:
            first.setdefault((frame, names[camera, track]), box)
    keys = np.array(list(first), np.int64).reshape(-1, 2)
    boxes = np.array(list(first.values()), np.float64).reshape(-1, 4)
    return LabelledBoxes(keys[:, 0], keys[:, 1], boxes)


def _numbers(scene: Path, tracks: Tracks, *, max_frames: int | None) -> dict[str, float]:
    truth = read_truth(scene)
    check_fit(truth, tracks, max_frames=max_frames)
    result = evaluate(truth, tracks, max_frames=max_frames)
    together = result.together
    cameras = [scores.identity.idf1 for scores in result.cameras.values()]
    return {
        "idf1": together.identity.idf1,
        "idp": together.identity.idp,
        "idr": together.identity.idr,
        "hota": together.hota.hota,
        "mean_camera_idf1": float(np.mean(cameras)),
        "split": len(together.errors.split),
        "merged": len(together.errors.merged),
    }
