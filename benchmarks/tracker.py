"""Single-camera tracking beside ultralytics' ByteTrack and BoT-SORT, all on the same detections.

`python -m benchmarks.tracker --videos DIR --truth DIR [--weights FILE] [--cache DIR] [--json FILE]`
prints IDF1, identities, switches, MOTA and milliseconds per frame, by camera and in the mean.

All trackers see the detections of one detector, kept in the cache folder, run with their default
settings, and are scored on the *detected* boxes of their tracks. BoT-SORT runs without compensating
camera motion, for the cameras stand still, and without ReID, as our tracker runs without embeddings
here. Ours is scored twice: as it reports at once, and as a recording is written in two passes,
where a track that was confirmed in the end counts from its first box on.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
import yaml
from numpy.typing import NDArray
from rich.table import Table

from app import terminal
from app.evaluation.mot import read_mot
from app.frames.recorded import RecordedSource
from benchmarks.environment import describe
from benchmarks.report import JsonFile, write_report
from detector.boxes import xyxy_to_xywh
from detector.computing.runtimes import OPENVINO
from detector.console.command_line import run_command
from detector.console.terminal import check_outputs, command_frame
from detector.network import locate
from detector.types import Detections
from detector.yolo import DEFAULT_WEIGHTS, DetectorSettings, YoloDetector
from tracking.evaluation.comparison import LabelledBoxes, compare
from tracking.evaluation.metrics import clear_scores, identity_scores
from tracking.single_camera.settings import TrackerSettings
from tracking.single_camera.tracker import Tracker
from tracking.types import TrackState

MIN_HEIGHT_PX: Final = 25.0
"""Boxes lower than this are not scored: the truth of the demo footage has none."""

Rows = list[tuple[int, int, NDArray[np.float32]]]
"""Frame from 1, track id and box of everything that a tracker reported."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """The detections of one video.

    Attributes:
        frames: Detections of each frame.
        timestamps: float64 (T,), seconds of each frame.
    """

    frames: list[Detections]
    timestamps: NDArray[np.float64]


def detect(video: Path, detector: YoloDetector, cache: Path) -> Recording:
    """Return the detections of a video, from the cache file if there is one."""
    if not cache.exists():
        source = RecordedSource(video.stem, video)
        found = [(detector([frame.image])[0], frame.timestamp) for frame in source.frames()]
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            cache,
            xyxy=np.concatenate([d.xyxy for d, _ in found]),
            confidence=np.concatenate([d.confidence for d, _ in found]),
            class_id=np.concatenate([d.class_id for d, _ in found]),
            counts=np.array([len(d) for d, _ in found]),
            timestamps=np.array([timestamp for _, timestamp in found]),
        )
    with np.load(cache) as stored:
        ends = np.cumsum(stored["counts"])
        everything = Detections(stored["xyxy"], stored["confidence"], stored["class_id"])
        frames = [
            everything[slice(end - count, end)]
            for end, count in zip(ends, stored["counts"], strict=True)
        ]
        return Recording(frames, stored["timestamps"])


class OurTracker:
    """Our tracker, as this benchmark runs them all."""

    def __init__(self, *, two_passes: bool) -> None:
        self._tracker = Tracker("camera", TrackerSettings())
        self._two_passes = two_passes
        self._confirmed: set[int] = set()

    def step(self, detections: Detections, timestamp: float) -> list[tuple[int, int]]:
        """Return (track id, row of its detection) for each track that is reported."""
        tracks = self._tracker.update(detections, timestamp)
        confirmed = {t.track_id for t in tracks if t.state is TrackState.CONFIRMED}
        self._confirmed |= confirmed
        return [
            (t.track_id, t.detection)
            for t in tracks
            if t.detection is not None and (self._two_passes or t.track_id in confirmed)
        ]

    def is_reported(self, track_id: int) -> bool:
        """Return whether the track counts, now that all is known."""
        return track_id in self._confirmed


class PeerBoxes:
    """Detections as ultralytics' trackers want them: arrays that a mask can index."""

    def __init__(self, detections: Detections) -> None:
        self._detections = detections
        self.xyxy = detections.xyxy
        self.conf = detections.confidence
        self.cls = detections.class_id.astype(np.float32)
        corner = xyxy_to_xywh(detections.xyxy)
        self.xywh = np.concatenate([corner[:, :2] + corner[:, 2:] / 2, corner[:, 2:]], axis=1)

    def __len__(self) -> int:
        """Return the number of boxes."""
        return len(self._detections)

    def __getitem__(self, rows: NDArray[np.bool_]) -> PeerBoxes:
        """Return the chosen boxes."""
        return PeerBoxes(self._detections[rows])


class PeerTracker:
    """One of ultralytics' trackers with its default settings."""

    def __init__(self, name: str) -> None:
        from ultralytics.cfg import __file__ as configurations
        from ultralytics.trackers import BOTSORT, BYTETracker
        from ultralytics.utils import IterableSimpleNamespace

        defaults = Path(configurations).parent / "trackers" / f"{name}.yaml"
        arguments = yaml.safe_load(defaults.read_text()) | {"gmc_method": "none"}
        tracker = {"bytetrack": BYTETracker, "botsort": BOTSORT}[name]
        self._tracker: Any = tracker(IterableSimpleNamespace(**arguments))

    def step(self, detections: Detections, timestamp: float) -> list[tuple[int, int]]:
        """Return (track id, row of its detection); the peers count frames, not seconds."""
        # They want an image to compensate camera motion, which is switched off.
        found = self._tracker.update(PeerBoxes(detections), np.zeros((1, 1, 3), np.uint8))
        return [(int(row[4]), int(row[7])) for row in found]

    def is_reported(self, track_id: int) -> bool:
        """Return that every track counts."""
        return True


TRACKERS: Final[dict[str, Callable[[], OurTracker | PeerTracker]]] = {
    "ours": lambda: OurTracker(two_passes=True),
    "ours, at once": lambda: OurTracker(two_passes=False),
    "ByteTrack": lambda: PeerTracker("bytetrack"),
    "BoT-SORT": lambda: PeerTracker("botsort"),
}

LABELS: Final = {"ours, at once": "ours, online"}
"""What the table calls them, where that is not their key in the JSON."""


def follow(tracker: OurTracker | PeerTracker, recording: Recording) -> tuple[Rows, float]:
    """Run a tracker over a recording; return what it reported, and the median ms per frame."""
    rows: Rows = []
    times = []
    for index, detections in enumerate(recording.frames):
        start = time.perf_counter()
        reported = tracker.step(detections, float(recording.timestamps[index]))
        times.append(time.perf_counter() - start)
        rows += [(index + 1, track_id, detections.xyxy[row]) for track_id, row in reported]
    kept = [row for row in rows if tracker.is_reported(row[1])]
    return kept, 1000 * statistics.median(times)


def score(rows: Rows, truth: LabelledBoxes) -> dict[str, float]:
    """Return the measures of one tracker on one camera."""
    tall = [row for row in rows if row[2][3] - row[2][1] >= MIN_HEIGHT_PX]
    predicted = LabelledBoxes(
        np.array([row[0] for row in tall], np.int64),
        np.array([row[1] for row in tall], np.int64),
        np.array([row[2] for row in tall], np.float64).reshape(-1, 4),
    )
    comparison = compare(truth, predicted)
    clear = clear_scores(comparison)
    return {
        "idf1": identity_scores(comparison).idf1,
        "identities": len(comparison.predicted_id_sizes),
        "switches": clear.id_switches,
        "mota": clear.mota,
    }


def table_of(results: dict[str, dict[str, dict[str, float]]]) -> Table:
    """Return the table: a row per camera and tracker, and the means."""
    table = Table("camera", "tracker", "IDF1", "identities", "switches", "MOTA", "ms/frame")
    for camera, by_tracker in results.items():
        for name, r in by_tracker.items():
            cells = [f"{r['idf1']:.3f}", f"{r['identities']:.0f}", f"{r['switches']:.0f}"]
            table.add_row(
                camera,
                LABELS.get(name, name),
                *cells,
                f"{r['mota']:.3f}",
                f"{r['ms_per_frame']:.2f}",
            )
        table.add_section()
    return table


def means(results: dict[str, dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Return the mean of every measure over the cameras, by tracker."""
    cameras = list(results.values())
    return {
        name: {key: statistics.mean(c[name][key] for c in cameras) for key in cameras[0][name]}
        for name in TRACKERS
    }


def _fingerprint(weights: str) -> str:
    """Return what tells weights from others, for the name of a folder."""
    path = locate(weights)
    # An OpenVINO network has its numbers in a second file.
    files = [path, path.with_suffix(".bin")] if path.suffix == OPENVINO else [path]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def main(
    videos: Annotated[Path, typer.Option(help="Folder of <camera>.mp4.")],
    truth: Annotated[Path, typer.Option(help="Folder of <camera>.txt, MOT format.")],
    weights: Annotated[str, typer.Option(help="Weights of the detector.")] = DEFAULT_WEIGHTS,
    cache: Annotated[Path, typer.Option(help="Folder for detections.")] = Path("build/detections"),
    json_file: JsonFile = None,
) -> None:
    """Compare trackers on the same detections."""
    with terminal.command_frame(), command_frame():
        check_outputs([json_file])
        # Before: its load is that of other programs.
        environment = describe()
        os.environ.setdefault("YOLO_OFFLINE", "1")
        detector = YoloDetector(DetectorSettings(weights=weights))
        folder = cache / _fingerprint(weights)
        results: dict[str, dict[str, dict[str, float]]] = {}
        found = sorted(videos.glob("*.mp4"))
        if not found:
            raise typer.BadParameter(f"no *.mp4 in {videos}")
        for video in found:
            recording = detect(video, detector, folder / f"{video.stem}.npz")
            labelled = read_mot(truth / f"{video.stem}.txt")
            results[video.stem] = {}
            for tracker, make in TRACKERS.items():
                rows, milliseconds = follow(make(), recording)
                results[video.stem][tracker] = score(rows, labelled) | {
                    "ms_per_frame": milliseconds
                }
        results["mean"] = means(results)
        terminal.console().print(table_of(results))
        write_report(json_file, {"environment": environment, "results": results})


if __name__ == "__main__":
    run_command(main)
