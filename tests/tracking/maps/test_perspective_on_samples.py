"""Maps made of the true boxes of the sample videos, against the calibration of their cameras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from detector.types import CLASS_NAMES
from tests.tracking.pinhole import affine_between, sightings
from tracking.ground import GroundPlane
from tracking.maps.perspective import own_plane
from tracking.types import EMBEDDING_DIM, Tracklet

SAMPLES = Path(__file__).parents[3] / "sample_videos"
CAMERAS: list[dict[str, Any]] = yaml.safe_load((SAMPLES / "calibration.yaml").read_text())[
    "cameras"
]
FPS = 10.0


def tracklets(camera: str) -> list[Tracklet]:
    """Return what is visible of vehicles, from a height of 12 px on."""
    rows: dict[int, list[list[float]]] = {}
    kinds: dict[int, str] = {}
    for line in (SAMPLES / "gt_visible" / f"{camera}.txt").read_text().splitlines():
        frame, number, x, y, w, h, _, kind, share = line.split(",")
        if float(h) >= 12 and float(share) >= 0.5:
            box = [float(x), float(y), float(x) + float(w), float(y) + float(h)]
            rows.setdefault(int(number), []).append([float(frame) / FPS, *box])
            kinds[int(number)] = kind
    look = np.eye(1, EMBEDDING_DIM, dtype=np.float32)
    return [
        Tracklet(
            camera,
            number,
            np.array(path)[:, 0].copy(),
            np.array(path)[:, 1:].astype(np.float32),
            look[0],
            look,
            CLASS_NAMES.index(kinds[number]),
            ended=True,
        )
        for number, path in rows.items()
        if len(path) >= 4
    ]


@pytest.mark.parametrize("camera", CAMERAS, ids=lambda camera: str(camera["name"]))
def test_the_map_is_the_true_one_but_for_an_affine_map(camera: dict[str, Any]) -> None:
    seen = tracklets(camera["name"])
    plane = own_plane(sightings(seen, [camera["name"]]), frame=1)
    assert plane is not None
    true = GroundPlane(np.array(camera["H_image_to_ground"]))
    boxes = np.concatenate([t.xyxy for t in seen])
    found, expected = (which.places(boxes)[:, :2] for which in (plane, true))
    known = np.isfinite(found).all(axis=1) & np.isfinite(expected).all(axis=1)
    found, expected = found[known], expected[known]
    onto = affine_between(found, expected)
    apart = np.linalg.norm(found @ onto[:, :2].T + onto[:, 2] - expected, axis=1)
    assert np.median(apart) < 0.6
    # In metres, with some percent for the grid of heights, more along the view by the lens.
    stretch = np.linalg.svd(onto[:, :2])[1]
    assert 0.75 < stretch.min() < stretch.max() < 1.3
