"""Reads the input of scoring: the ground truth, the run's tracks, and whether they match."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from app.errors import ConfigError, StoreError
from app.evaluation.cityflow import name_cameras, read_cityflow
from app.evaluation.mot import read_mot
from app.frames.recorded import RecordedSource
from app.storage.run_folder import RunFolder
from app.storage.run_state import is_tracked
from app.storage.store import Store, store_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tracking.evaluation.comparison import LabelledBoxes

LEAST_SHARE_OF_FRAMES: Final = 0.5
"""Where nobody says how many frames there are: if the boxes of one side end before this share of
the other's frames, it is of another length, and not only blind for a while."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is known to be true.

    Attributes:
        place: Where it was read from.
        counted: By camera, the boxes that are asked for.
        everything: By camera, these and those too small or hidden to be asked for; the same where
            the truth does not tell.
        frames: By camera, the number of frames, where a recording beside the truth says so.
    """

    place: Path
    counted: dict[str, LabelledBoxes]
    everything: dict[str, LabelledBoxes]
    frames: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """What a run, or somebody else's system, says.

    Attributes:
        place: Where it was read from.
        boxes: By camera, under global identities.
        frames: By camera, the number of frames seen, where the run's store says so.
    """

    place: Path
    boxes: dict[str, LabelledBoxes]
    frames: dict[str, int] = field(default_factory=dict)

    def until(self, last_frame: int | None) -> Tracks:
        """Return these without the boxes after a frame; all if it is None."""
        if last_frame is None:
            return self
        kept = {camera: b[b.frame <= last_frame] for camera, b in self.boxes.items()}
        return replace(self, boxes=kept)


def read_both(truth: Path, run: Path) -> tuple[Truth, Tracks]:
    """Read truth and tracks; each is a folder, or a file in CityFlow's format.

    Where one side names its cameras and the other numbers them, the names are used for both.

    Raises:
        ConfigError: If either is missing or cannot be read.
        StoreError: If the run has a store that cannot be read.
    """
    if truth.is_file():
        tracks = _tracks_of_file(run, ()) if run.is_file() else read_run(run)
        boxes = name_cameras(read_cityflow(truth), tracks.boxes)
        return Truth(truth, boxes, boxes), tracks
    known = read_truth(truth)
    return known, _tracks_of_file(run, known.counted) if run.is_file() else read_run(run)


def _tracks_of_file(path: Path, names: Iterable[str]) -> Tracks:
    return Tracks(path, name_cameras(read_cityflow(path), names))


def read_truth(folder: Path) -> Truth:
    """Read the truth of a set of cameras.

    Args:
        folder: Has `gt/<camera>.txt`, `<camera>.txt` or `<camera>/gt/gt.txt` (as CityFlow), and
            may have `gt_all/<camera>.txt` (all vehicles, however small) and the recordings
            themselves, `<camera>.mp4` (which tell the number of frames).

    Raises:
        ConfigError: If there is no truth in the folder, no box in all of it, or a file cannot be
            read.
        SourceError: If a recording cannot be read.
    """
    counted = _read_folder(folder / "gt" if (folder / "gt").is_dir() else folder)
    if not any(map(len, counted.values())):
        raise ConfigError(f"{folder}: no boxes in this ground truth")
    everything = counted
    if (folder / "gt_all").is_dir():
        everything = counted | _read_folder(folder / "gt_all")
        everything = {camera: everything[camera] for camera in counted}
    recordings = {c: p for c in counted if (p := folder / f"{c}.mp4").is_file()}
    stated = {c: RecordedSource(c, path).info.frame_count for c, path in recordings.items()}
    return Truth(folder, counted, everything, {c: n for c, n in stated.items() if n is not None})


def read_run(folder: Path) -> Tracks:
    """Read the tracks of a run.

    Args:
        folder: Has `tracks/<camera>.txt`, as a run writes it, or `<camera>.txt`.

    Raises:
        ConfigError: If there are no tracks in the folder, or a file cannot be read.
        StoreError: If it has a store that cannot be read, or has not finished.
    """
    tracks = RunFolder(folder).tracks
    if not tracks.is_dir() and store_path(folder).is_file():
        with Store.open(folder) as store:
            if not is_tracked(store):
                raise StoreError(
                    f"{store.path}: the run has not finished, so that there are no tracks to score"
                )
    boxes = _read_folder(tracks if tracks.is_dir() else folder)
    return Tracks(folder, boxes, _frames_seen(folder))


def read_online(folder: Path) -> Tracks | None:
    """Read what a run knew at the time, `tracks_online/`; None where that was not kept."""
    tracks = RunFolder(folder, online=True).tracks
    if not tracks.is_dir():
        return None
    return Tracks(folder, _read_folder(tracks), _frames_seen(folder))


def _frames_seen(folder: Path) -> dict[str, int]:
    if not store_path(folder).is_file():
        return {}
    with Store.open(folder) as store:
        return {camera.camera_id: camera.frames for camera in store.cameras()}


def _read_folder(folder: Path) -> dict[str, LabelledBoxes]:
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder")
    paths = {p.stem: p for p in sorted(folder.glob("*.txt")) if p.stem.lower() != "readme"}
    paths = paths or {p.parts[-3]: p for p in sorted(folder.glob("*/gt/gt.txt"))}
    if not paths:
        raise ConfigError(f"{folder}: no MOT files (<camera>.txt) in this folder")
    return {camera: read_mot(path) for camera, path in paths.items()}


def check_fit(truth: Truth, tracks: Tracks, *, max_frames: int | None = None) -> None:
    """Refuse tracks that cannot be of the same recordings as the truth.

    Args:
        truth: What is known.
        tracks: What is to be scored, up to `max_frames`.
        max_frames: Frames that are scored, if not all.

    Raises:
        ConfigError: If the cameras differ or the numbers of frames do; names both places.
    """
    both = f"truth {truth.place} and run {tracks.place} do not match"
    if tracks.boxes.keys() != truth.counted.keys():
        raise ConfigError(
            f"{both}: cameras {', '.join(sorted(truth.counted))} in the truth, "
            f"{', '.join(sorted(tracks.boxes))} in the run"
        )
    true_end = {
        c: _limit(truth.frames.get(c) or _end(truth.everything[c]), max_frames)
        for c in truth.counted
    }
    found_end = {
        c: _limit(tracks.frames.get(c) or _end(b), max_frames) for c, b in tracks.boxes.items()
    }
    for camera, end in found_end.items():
        exact = camera in truth.frames and camera in tracks.frames
        if exact and end != true_end[camera]:
            raise ConfigError(
                f"{both}: camera {camera} has {true_end[camera]} frames in the truth, {end} in the "
                "run; give --max-frames if only the beginning was run"
            )
        too_long = end > true_end[camera] / (1 if camera in truth.frames else LEAST_SHARE_OF_FRAMES)
        if too_long and true_end[camera]:
            raise ConfigError(
                f"{both}: camera {camera} has frames up to {end} in the run, but only up "
                f"to {true_end[camera]} in the truth"
            )
    _check_not_cut_short(both, true_end, found_end)


def _check_not_cut_short(
    both: str, true_end: Mapping[str, int], found_end: Mapping[str, int]
) -> None:
    # A run without any vehicle is blind, not cut short; so is one that sees nothing for a while.
    early = all(found_end[c] < LEAST_SHARE_OF_FRAMES * n for c, n in true_end.items())
    if any(found_end.values()) and early:
        raise ConfigError(
            f"{both}: the run ends at frame {max(found_end.values())}, the truth at frame "
            f"{max(true_end.values())}; give --max-frames if only the beginning was run"
        )


def _limit(frames: int, most: int | None) -> int:
    return frames if most is None else min(frames, most)


def _end(boxes: LabelledBoxes) -> int:
    return int(boxes.frame.max(initial=0))
