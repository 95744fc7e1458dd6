"""Ground truth as MOT text: `frame,id,x,y,width,height,1,class,visibility`, frames from 1.

Reference: Dendorfer et al., "MOT20: A benchmark for multi object tracking in crowded scenes", 2020,
Sect. 2.4; with the class by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from city.truth import ActorTruth

FOLDERS: Final = ("gt", "gt_all", "gt_visible")
"""Of what counts, of all that is visible, and of the visible part of all."""
MIN_VISIBLE_HEIGHT_PX: Final = 25
"""Smaller vehicles are not required: too few pixels to tell a car from a van."""
MIN_VISIBILITY: Final = 0.05
"""Neither are those of which less is visible."""


@dataclass(frozen=True, slots=True)
class Label:
    """One vehicle in one image.

    Attributes:
        frame: Number of the image in its video, from 1.
        vehicle_class: One of `detector.types.CLASS_NAMES`.
        truth: Where it is.
    """

    frame: int
    vehicle_class: str
    truth: ActorTruth


def is_counted(truth: ActorTruth) -> bool:
    """Return whether the ground truth requires this vehicle in this image."""
    height = truth.visible_xyxy[3] - truth.visible_xyxy[1]
    return height >= MIN_VISIBLE_HEIGHT_PX and truth.visibility >= MIN_VISIBILITY


def whole_line(label: Label) -> str:
    """Return the line of a vehicle's whole box."""
    return _line(label, label.truth.whole_xyxy)


def visible_line(label: Label) -> str:
    """Return the line of the box around a vehicle's visible part."""
    return _line(label, label.truth.visible_xyxy)


def _line(label: Label, xyxy: tuple[float, float, float, float]) -> str:
    x0, y0, x1, y1 = (round(value, 1) for value in xyxy)
    box = f"{x0:g},{y0:g},{round(x1 - x0, 1):g},{round(y1 - y0, 1):g}"
    visibility = f"{label.truth.visibility:.3g}" if label.truth.visibility < 0.001 else ""
    visibility = visibility or f"{round(label.truth.visibility, 3):g}"
    return f"{label.frame},{label.truth.actor_id},{box},1,{label.vehicle_class},{visibility}"


def mot_files(labels: Iterable[Label]) -> dict[str, str]:
    """Return the text of a camera's file in each of `FOLDERS`."""
    kept = list(labels)
    files = (
        [whole_line(label) for label in kept if is_counted(label.truth)],
        [whole_line(label) for label in kept],
        [visible_line(label) for label in kept],
    )
    return {
        name: "".join(f"{line}\n" for line in lines)
        for name, lines in zip(FOLDERS, files, strict=True)
    }
