"""Scores a run against the truth: each camera by itself, and all cameras together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import yaml

from app.errors import ConfigError
from app.mot import read_mot
from tracking.comparison import LabelledBoxes, compare
from tracking.hota import HotaScores, hota_scores
from tracking.metrics import (
    ClearScores,
    IdentityErrors,
    IdentityScores,
    clear_scores,
    identity_errors,
    identity_scores,
)
from tracking.multicamera import join_cameras, within, without_ignored

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

LEAST_SHARE_OF_FRAMES: Final = 0.5
"""A run whose last box comes before this share of the truth's frames was cut short, not blind."""


@dataclass(frozen=True, slots=True)
class Scores:
    """All measures of one sequence.

    Attributes:
        truth_boxes: Number of true boxes that were asked for.
        predicted_boxes: Number of predicted boxes that were scored.
        identity: IDF1, IDP, IDR.
        hota: HOTA, DetA, AssA.
        clear: MOTA, false and missed boxes, identity switches.
        errors: Vehicles that were split and identities that were merged.
    """

    truth_boxes: int
    predicted_boxes: int
    identity: IdentityScores
    hota: HotaScores
    clear: ClearScores
    errors: IdentityErrors


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run's scores.

    Attributes:
        cameras: Of each camera by itself, in order of the names.
        together: Of all cameras as one sequence, by the AI City rule.
    """

    cameras: dict[str, Scores]
    together: Scores


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is known to be true.

    Attributes:
        counted: By camera, the boxes that are asked for.
        everything: By camera, these and those too small or hidden to be asked for; the same where
            the truth does not tell.
        frames: By camera, the number of frames.
    """

    counted: dict[str, LabelledBoxes]
    everything: dict[str, LabelledBoxes]
    frames: dict[str, int]


def read_truth(folder: Path) -> Truth:
    """Read the truth of a set of cameras.

    Args:
        folder: Has `gt/<camera>.txt` or `<camera>.txt`, and may have `gt_all/<camera>.txt` (all
            vehicles, however small) and `cams.yaml` (which tells the number of frames).

    Raises:
        ConfigError: If there is no truth in the folder, or a file cannot be read.
    """
    counted = _read_folder(folder / "gt" if (folder / "gt").is_dir() else folder)
    everything = counted
    if (folder / "gt_all").is_dir():
        everything = counted | _read_folder(folder / "gt_all")
        everything = {camera: everything[camera] for camera in counted}
    frames = {camera: _last_frame(boxes) for camera, boxes in everything.items()}
    return Truth(counted, everything, frames | _stated_frames(folder, frames))


def read_run(folder: Path) -> dict[str, LabelledBoxes]:
    """Read the tracks of a run, by camera.

    Args:
        folder: Has `tracks/<camera>.txt`, as a run writes it, or `<camera>.txt`.

    Raises:
        ConfigError: If there are no tracks in the folder, or a file cannot be read.
    """
    return _read_folder(folder / "tracks" if (folder / "tracks").is_dir() else folder)


def _read_folder(folder: Path) -> dict[str, LabelledBoxes]:
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder")
    paths = sorted(p for p in folder.glob("*.txt") if p.stem.lower() != "readme")
    if not paths:
        raise ConfigError(f"{folder}: no MOT files (<camera>.txt) in this folder")
    return {path.stem: read_mot(path) for path in paths}


def _stated_frames(folder: Path, cameras: Mapping[str, int]) -> dict[str, int]:
    path = folder / "cams.yaml"
    if not path.is_file():
        return {}
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))["cameras"]
        stated = {str(c["name"]): c.get("frames") for c in listed}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, UnicodeDecodeError):
        # It is another kind of file, such as a run's own configuration.
        return {}
    return {c: n for c, n in stated.items() if c in cameras and isinstance(n, int)}


def _last_frame(boxes: LabelledBoxes) -> int:
    return int(boxes.frame.max(initial=0))


def check_fit(
    truth: Truth, run: Mapping[str, LabelledBoxes], *, max_frames: int | None = None
) -> None:
    """Refuse a run that cannot be of the same recordings as the truth.

    Args:
        truth: What is known.
        run: Predicted boxes by camera.
        max_frames: Frames that are scored, if not all.

    Raises:
        ConfigError: If the cameras differ, a run goes on after the last true frame, or it has no
            box in the second half of any camera's frames (it was cut short).
    """
    if run.keys() != truth.counted.keys():
        raise ConfigError(
            f"truth and run have different cameras: {', '.join(sorted(truth.counted))} in the "
            f"truth, {', '.join(sorted(run))} in the run"
        )
    for camera, boxes in run.items():
        if _last_frame(boxes) > truth.frames[camera]:
            raise ConfigError(
                f"truth and run do not fit: {camera} has frame {_last_frame(boxes)} in the run, "
                f"but only {truth.frames[camera]} frames in the truth"
            )
    ends = [
        (_last_frame(boxes), min(truth.frames[camera], max_frames or truth.frames[camera]))
        for camera, boxes in run.items()
    ]
    if any(end for end, _ in ends) and all(e < LEAST_SHARE_OF_FRAMES * n for e, n in ends):
        raise ConfigError(
            f"truth and run do not fit: the run ends at frame {max(e for e, _ in ends)}, the truth "
            f"has {max(n for _, n in ends)}; give --max-frames if only the beginning was run"
        )


def evaluate(
    truth: Truth,
    run: Mapping[str, LabelledBoxes],
    *,
    regions: Mapping[str, NDArray[np.float64]] | None = None,
    min_cameras: int = 2,
    max_frames: int | None = None,
    ignore_uncounted: bool = True,
) -> Evaluation:
    """Score a run.

    Args:
        truth: Of the same cameras.
        run: Predicted boxes by camera, under global identities.
        regions: By camera, polygon (V, 2) outside of which no box counts, on either side.
        min_cameras: Vehicles and identities in fewer cameras are left out of the joint score.
        max_frames: Only frames up to this one count.
        ignore_uncounted: Leave out predicted boxes that lie on a vehicle which the truth knows but
            does not ask for, instead of calling them false.
    """
    expected, found = {}, {}
    for camera in sorted(truth.counted):
        boxes = run[camera]
        if ignore_uncounted:
            boxes = without_ignored(boxes, truth.counted[camera], truth.everything[camera])
        region = (regions or {}).get(camera)
        expected[camera], found[camera] = (
            _limited(b, region, max_frames=max_frames) for b in (truth.counted[camera], boxes)
        )
    return Evaluation(
        cameras={camera: _score(expected[camera], found[camera]) for camera in expected},
        together=_score(*join_cameras(expected, found, min_cameras=min_cameras)),
    )


def _limited(
    boxes: LabelledBoxes, region: NDArray[np.float64] | None, *, max_frames: int | None
) -> LabelledBoxes:
    if region is not None:
        boxes = within(boxes, region)
    return boxes if max_frames is None else boxes[boxes.frame <= max_frames]


def _score(truth: LabelledBoxes, predicted: LabelledBoxes) -> Scores:
    comparison = compare(truth, predicted)
    return Scores(
        truth_boxes=len(truth),
        predicted_boxes=len(predicted),
        identity=identity_scores(comparison),
        hota=hota_scores(comparison),
        clear=clear_scores(comparison),
        errors=identity_errors(comparison),
    )
