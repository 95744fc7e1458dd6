"""Files beside the recordings: cams.yaml, calibration.yaml, identities.csv, truth.json."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import yaml

from city.sightings import cameras_of, returning, travel_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from city.population import Actor
    from city.scene import CameraSettings, Scene
    from city.sightings import Journeys, Sighting

_WHO: Final = ("id", "model", "kind", "class", "colour", "plate", "attributes", "lookalike_group")
"""First columns of every identities.csv."""


def cams_yaml(cameras: Sequence[CameraSettings], scene: Scene, links: list[dict[str, Any]]) -> str:
    """Return the configuration of a run over the recordings.

    The cameras' clock errors are omitted: an operator does not know them either.
    """
    listed = [
        {
            "id": camera.id,
            "source": f"{camera.id}.mp4",
            "start_time": _iso(scene.stated_start(camera)),
            "ground_homography": _rounded(camera.geometry.ground_homography()),
        }
        for camera in cameras
    ]
    head = f"# Recordings of the scene {scene.name!r}: python -m app.run --cams cams.yaml\n"
    head += "# Homographies are those of calibration.yaml, from pixels to metres on the ground.\n"
    head += "# The links follow from the map and the cameras' views, not from the truth.\n"
    body = yaml.safe_dump({"cameras": listed}, sort_keys=False, default_flow_style=None, width=200)
    if links:
        body += yaml.safe_dump({"links": links}, sort_keys=False, default_flow_style=None)
    return head + body


def calibration_yaml(
    cameras: Sequence[CameraSettings], scene: Scene, frames: Mapping[str, int]
) -> str:
    """Return where each camera stands and what it sees.

    Args:
        cameras: Those that were recorded.
        scene: Theirs.
        frames: Number of images of each.
    """
    listed = []
    for camera in cameras:
        geometry = camera.geometry
        listed.append(
            {
                "name": camera.id,
                "video": f"{camera.id}.mp4",
                "start_time": _iso(scene.stated_start(camera)),
                "fps": camera.frame_rate,
                "resolution": list(camera.size),
                "frames": frames[camera.id],
                "K": _rounded(geometry.intrinsics),
                "R": _rounded(geometry.rotation),
                "t": _rounded(geometry.translation),
                "H_image_to_ground": _rounded(geometry.ground_homography()),
            }
        )
    tree = {"ground_units": "metres, z up, origin of the map", "cameras": listed}
    return yaml.safe_dump(tree, sort_keys=False, default_flow_style=None, width=200)


def identities_csv(actors: Mapping[int, Actor], ways: Journeys, scene: Scene) -> str:
    """Return one row per vehicle that was seen; times are true ones."""
    more = ("parked", "n_cameras", "cameras (first..last seen, wall clock)")
    rows = {
        vehicle: (int(actors[vehicle].parked), len(cameras_of(way)), _seen(way, scene))
        for vehicle, way in ways.items()
    }
    return identities_table(actors, more, rows)


def identities_table(
    actors: Mapping[int, Actor], more: Sequence[str], rows: Mapping[int, Sequence[object]]
) -> str:
    """Return a table (CSV) of vehicles with their attributes and sightings.

    Args:
        actors: The vehicles, and maybe others.
        more: Names of the further columns.
        rows: Of each vehicle, the values of those.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*_WHO, *more])
    for vehicle, values in rows.items():
        actor = actors[vehicle]
        who, body = actor.individual, actor.body
        described = (who.model, body.kind.value, body.detector_class, who.colour, who.plate)
        table.writerow([vehicle, *described, " ".join(who.attributes), actor.group, *values])
    return text.getvalue()


def _seen(way: Iterable[Sighting], scene: Scene) -> str:
    by_camera = sorted(way, key=lambda s: (s.camera_id, s.first_s))
    return "; ".join(
        f"{s.camera_id} {_wall(scene.time_of(s.first_s))}..{_wall(scene.time_of(s.last_s))}"
        for s in by_camera
    )


def appearances(way: Iterable[Sighting]) -> list[dict[str, Any]]:
    """Return a vehicle's sightings as the JSON files have them."""
    return [
        {"cam": s.camera_id, "first": round(s.first_s, 2), "last": round(s.last_s, 2)} for s in way
    ]


def truth_json(
    cameras: Sequence[CameraSettings], scene: Scene, actors: Mapping[int, Actor], ways: Journeys
) -> str:
    """Return what is true of the cameras' clocks and of where everybody went."""
    several = sum(len(cameras_of(way)) > 1 for way in ways.values())
    groups: dict[str, list[str]] = {}
    for vehicle in ways:
        if group := actors[vehicle].group:
            groups.setdefault(group, []).append(str(vehicle))
    tree = {
        "scene": scene.name,
        "seed": scene.seed,
        "epoch": _wall(scene.start_time),
        "times": "seconds since epoch, true time",
        "clocks": {camera.id: _clock(camera) for camera in cameras},
        "travel_times": {
            f"{a}>{b}": _distribution(times) for (a, b), times in travel_times(ways).items()
        },
        "sightings": {str(vehicle): appearances(way) for vehicle, way in ways.items()},
        "vehicles": len(ways),
        "parked": [str(vehicle) for vehicle in ways if actors[vehicle].parked],
        "share_in_2_or_more_cameras": round(several / max(len(ways), 1), 3),
        "returning": [str(vehicle) for vehicle in returning(ways)],
        "lookalike_groups": {group: groups[group] for group in sorted(groups)},
    }
    return json.dumps(tree, indent=1) + "\n"


def _clock(camera: CameraSettings) -> dict[str, float]:
    return {
        "true_start": camera.start_offset_s,
        "stated_start": round(camera.start_offset_s + camera.clock_offset_s, 6),
        "clock_error": camera.clock_offset_s,
        "frame_rate": camera.frame_rate,
        "dropped_frames": camera.dropped_frames,
    }


def _distribution(times: Sequence[float]) -> dict[str, Any]:
    return {
        "n": len(times),
        "min": round(times[0], 2),
        "median": round(float(np.median(times)), 2),
        "max": round(times[-1], 2),
        "all": [round(time, 2) for time in times],
    }


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _iso(time: datetime) -> str:
    return _utc(time).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _wall(time: datetime) -> str:
    return _utc(time).replace(tzinfo=None).isoformat(timespec="milliseconds")


def _rounded(values: ArrayLike) -> Any:
    """Return nested lists with eight significant digits."""
    array = np.asarray(values, np.float64)
    return np.array([float(f"{v:.8g}") for v in array.ravel()]).reshape(array.shape).tolist()
