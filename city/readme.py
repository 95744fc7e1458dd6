"""README of a set of recordings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from city.mot import MIN_VISIBILITY, MIN_VISIBLE_HEIGHT_PX
from city.sightings import cameras_of, returning

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from city.population import Actor
    from city.scene import CameraSettings, Scene
    from city.sightings import Journeys

_FILES: Final = (
    ("CAM.mp4", "H.264 recording; timestamps are those of capture"),
    ("cams.yaml", "configuration for `python -m app.run --cams`, without the clock errors"),
    (
        "gt/CAM.txt",
        "ground truth in MOT format: frame (from 1), id (the same in every camera), x, y, w, h, 1, "
        "class, visibility; boxes of whole vehicles, clipped to the image, with at least "
        f"{MIN_VISIBLE_HEIGHT_PX} px of visible height and {MIN_VISIBILITY:.0%} visible",
    ),
    (
        "gt_all/CAM.txt",
        "the same for every vehicle with a visible pixel; boxes that are here but not in `gt/` are "
        "ignored by the evaluation",
    ),
    ("gt_visible/CAM.txt", "boxes of the visible part, for the same lines as `gt_all/`"),
    (
        "calibration.yaml",
        "each camera's K, R, t (x_cam = R x + t, OpenCV's axes) and its homography from image to "
        "ground",
    ),
    (
        "identities.csv",
        "each vehicle's model, kind, class, colour, plate, attributes, look-alike group, and the "
        "times at which each camera saw it (true time)",
    ),
    (
        "truth.json",
        "clock errors, travel times between cameras, sightings, returning vehicles, look-alikes",
    ),
    (
        "queries/",
        "query images of suspects from other viewpoints in other light, with their answers in "
        "`queries.json`; those marked `absent` appear in no camera",
    ),
)


def readme(
    cameras: Sequence[CameraSettings],
    scene: Scene,
    actors: Mapping[int, Actor],
    ways: Journeys,
    *,
    boxes: Mapping[str, int],
) -> str:
    """Return the README of a set, with counts.

    Args:
        cameras: The recorded cameras.
        scene: Their scene.
        actors: All actors of the scene.
        ways: Journeys of the vehicles that were seen.
        boxes: Number of boxes in each camera's `gt/`.
    """
    lines = [
        f"# Scene `{scene.name}`: recordings of a rendered city",
        "",
        f"Rendered with seed {scene.seed}: streets, vehicles, people, traffic and cameras are all",
        "generated, so they show no real car or person, and the ground truth is exact.",
        "",
        "| camera | video | boxes in `gt/` |",
        "|---|---|---|",
        *(
            f"| {c.id} | {c.size[0]}×{c.size[1]}, {c.frame_rate:g} fps | {boxes[c.id]} |"
            for c in cameras
        ),
        "",
        *_counts(actors, ways),
        "",
        "## Files",
        "",
        "| path | contents |",
        "|---|---|",
        *(f"| `{path}` | {what} |" for path, what in _FILES),
    ]
    return "\n".join(lines) + "\n"


def _counts(actors: Mapping[int, Actor], ways: Journeys) -> list[str]:
    classes = Counter(actors[vehicle].body.detector_class for vehicle in ways)
    named = ", ".join(f"{number} {name}" for name, number in classes.most_common()) or "none"
    several = sum(len(cameras_of(way)) > 1 for way in ways.values())
    parked = sum(actors[vehicle].parked for vehicle in ways)
    sizes = Counter(group for vehicle in ways if (group := actors[vehicle].group))
    groups = [group for group, size in sizes.items() if size > 1]  # Of some only one was seen.
    return [
        f"Vehicles seen: {len(ways)} ({named}), of these {parked} parked, {several} in two or more",
        f"cameras, {len(returning(ways))} returning. Look-alike groups, which share model and "
        f"colour and",
        f"differ only in details: {len(groups)}.",
    ]
