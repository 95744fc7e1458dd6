"""Simulates the traffic with SUMO and turns it into smooth, realistic motion."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from city.kerbside import Halt, pull_over
from city.signals import states_request
from city.smoothing import smooth_path
from city.sumo import run_tool
from city.towing import drag_bodies
from city.trajectories import STEP_S, Motion
from city.vehicles.catalogue import MODELS, BodyModel, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from city.population import Actor, Population
    from city.scene import Scene

_SUMO_CLASS: Final = {
    Kind.BUS: "bus",
    Kind.BOX_TRUCK: "truck",
    Kind.SEMI_TRAILER: "trailer",
    Kind.MOTORCYCLE: "motorcycle",
    Kind.BICYCLE: "bicycle",
    Kind.VAN: "delivery",
}
"""Of the kinds that are not simply passenger cars."""
_DYNAMICS: Final = {
    "bus": {"accel": "1.2", "decel": "3.5", "maxSpeed": "25"},
    "truck": {"accel": "1.2", "decel": "3.5", "maxSpeed": "25"},
    "trailer": {"accel": "1.0", "decel": "3.5", "maxSpeed": "24"},
    "motorcycle": {"accel": "3.0", "decel": "6", "minGapLat": "0.5"},
    "bicycle": {"accel": "1.0", "decel": "3", "maxSpeed": "5.5", "latAlignment": "right"},
}
"""What differs from a car's, by class."""
_CAR_DYNAMICS: Final = {"accel": "2.6", "decel": "4.5", "sigma": "0.4", "minGap": "2.2"}
_SPREAD_OF_SPEED: Final = "normc(1,0.1,0.8,1.2)"
SIGNALS_FILE: Final = "signals.xml"
"""What the traffic lights showed, in the folder of SUMO's files."""
_LATERAL_RESOLUTION_M: Final = 0.8
"""Of SUMO's sublane model, in which two-wheelers filter and are overtaken within a lane."""

_BRAKES_FROM_MPS2: Final = 0.6
"""Deceleration from which a driver has a foot on the brake; less is the engine's."""
_STANDS_BELOW_MPS: Final = 0.15
_LAMP_SMOOTHING: Final = 5
"""Steps: brake lamps change state no faster than this."""


@dataclass(slots=True)
class _Record:
    """SUMO's output for the same vehicle, one item per step."""

    first_s: float
    angle_deg: float
    front: list[tuple[float, float]] = field(default_factory=list)
    speed: list[float] = field(default_factory=list)


def simulate(
    scene: Scene,
    population: Population,
    network: Path,
    *,
    folder: Path,
    halts: Mapping[int, Halt] = MappingProxyType({}),
) -> list[Motion]:
    """Let the population drive.

    Args:
        scene: Seed, warm-up and duration.
        population: Who drives where.
        network: The SUMO network.
        folder: An existing folder for SUMO's files; `SIGNALS_FILE` stays there.
        halts: Who pulls over on the way, by the number of the trip.

    Returns:
        The motions of the trips that took place, from the scene's start to its end, by actor and
        time. A trip of an actor that was still under way on another one is left out.

    Raises:
        FileNotFoundError: If SUMO is not installed.
        ValueError: If SUMO refuses the routes.
    """
    routes, positions = folder / "traffic.rou.xml", folder / "traffic.fcd.xml"
    _write_routes(routes, population, halts, warm_up_s=scene.warm_up_s)
    _run_sumo(scene, network, routes, positions)
    actors = {actor.actor_id: actor for actor in population.actors}
    motions = [
        _motion(
            actors[population.trips[number].actor_id],
            record,
            warm_up_s=scene.warm_up_s,
            halt=halts.get(number),
        )
        for number, record in sorted(_read_positions(positions).items())
    ]
    return _one_at_a_time([motion for motion in motions if motion is not None])


def _run_sumo(scene: Scene, network: Path, routes: Path, positions: Path) -> None:
    """Have SUMO write the positions, and the states of the signals beside them."""
    additional = positions.with_name("request.add.xml")
    additional.write_text(states_request(positions.with_name(SIGNALS_FILE)))
    options = {
        "net-file": network,
        "route-files": routes,
        "additional-files": additional,
        "fcd-output": positions,
        "fcd-output.attributes": "x,y,angle,speed",
        "precision": 4,
        "step-length": STEP_S,
        "end": scene.warm_up_s + scene.end_s + 2 * STEP_S,
        "seed": scene.seed % (1 << 31),
        "lateral-resolution": _LATERAL_RESOLUTION_M,
        "time-to-teleport": -1,
        "collision.action": "none",
        "no-warnings": "true",
        "no-step-log": "true",
    }
    run_tool("sumo", [f"--{name}={value}" for name, value in options.items()])


def _write_routes(
    path: Path, population: Population, halts: Mapping[int, Halt], *, warm_up_s: float
) -> None:
    root = ET.Element("routes")
    models = {actor.actor_id: actor.individual.model for actor in population.actors}
    for name in sorted(set(models.values())):
        root.append(_vehicle_type(MODELS[name]))
    for number, trip in enumerate(population.trips):
        vehicle = ET.SubElement(
            root,
            "vehicle",
            id=str(number),
            type=models[trip.actor_id],
            depart=f"{trip.depart_s + warm_up_s:.2f}",
            departLane="best",
            departSpeed="max",
        )
        ET.SubElement(vehicle, "route", edges=" ".join(trip.edges))
        if number in halts:
            vehicle.append(_halt_element(halts[number]))
    ET.ElementTree(root).write(path, encoding="unicode")


def _halt_element(halt: Halt) -> ET.Element:
    return ET.Element(
        "stop",
        lane=f"{halt.bay.edge_id}_{halt.lane_index}",
        endPos=f"{halt.front_m:.2f}",
        duration=f"{halt.duration_s:.1f}",
        parking="true",
    )


def _vehicle_type(body: BodyModel) -> ET.Element:
    sumo_class = _SUMO_CLASS.get(body.kind, "passenger")
    attributes = {
        "id": body.name,
        "vClass": sumo_class,
        "length": f"{overall_length(body):.3f}",
        "width": f"{body.width_m:.3f}",
        "height": f"{body.height_m:.3f}",
        "speedFactor": _SPREAD_OF_SPEED,
        **_CAR_DYNAMICS,
        **_DYNAMICS.get(sumo_class, {}),
    }
    return ET.Element("vType", attributes)


def overall_length(body: BodyModel) -> float:
    """Return the length with a straight trailer, metres."""
    trailer = body.trailer
    if trailer is None:
        return body.length_m
    middle = trailer.fifth_wheel_x_m - trailer.kingpin_x_m
    return body.length_m / 2 - (middle - trailer.shape.length / 2)


def _read_positions(path: Path) -> dict[int, _Record]:
    """Read SUMO's floating car data: the middle of each front bumper at each step."""
    records: dict[int, _Record] = {}
    time_s = 0.0
    for event, element in ET.iterparse(path, events=("start", "end")):
        if element.tag == "timestep":
            if event == "start":
                time_s = float(element.attrib["time"])
            else:
                element.clear()
        elif element.tag == "vehicle" and event == "start":
            values = element.attrib
            trip = int(values["id"])
            if trip not in records:
                records[trip] = _Record(time_s, float(values["angle"]))
            records[trip].front.append((float(values["x"]), float(values["y"])))
            records[trip].speed.append(float(values["speed"]))
    path.unlink()
    return records


def _motion(actor: Actor, record: _Record, *, warm_up_s: float, halt: Halt | None) -> Motion | None:
    """Turn a record into a motion from the scene's start on; None if it ended before."""
    start = round((record.first_s - warm_up_s) / STEP_S)
    heading = math.radians(90 - record.angle_deg)  # SUMO's are clockwise from north
    speed = np.array(record.speed)
    front = np.array(record.front)
    if halt is not None:
        front = pull_over(front, speed, halt, step_s=STEP_S)
    front = smooth_path(front, speed, STEP_S)
    poses = drag_bodies(front, heading, actor.body)
    skipped = max(0, -start)
    if skipped >= len(poses):
        return None
    return Motion(
        actor_id=actor.actor_id,
        start=start + skipped,
        poses=poses[skipped:],
        speed_mps=speed[skipped:],
        braking=_brake_lamps(speed)[skipped:],
    )


def _brake_lamps(speed: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return when the brake lamps are lit: on deceleration, and at a standstill."""
    if len(speed) < 2:
        return np.zeros(len(speed), bool)
    window = np.ones(_LAMP_SMOOTHING) / _LAMP_SMOOTHING
    padded = np.pad(np.gradient(speed, STEP_S), _LAMP_SMOOTHING // 2, mode="edge")
    acceleration = np.convolve(padded, window, mode="valid")
    return (acceleration < -_BRAKES_FROM_MPS2) | (speed < _STANDS_BELOW_MPS)


def _one_at_a_time(motions: list[Motion]) -> list[Motion]:
    kept: list[Motion] = []
    for motion in sorted(motions, key=lambda m: (m.actor_id, m.start)):
        if not kept or kept[-1].actor_id != motion.actor_id or motion.start > kept[-1].last:
            kept.append(motion)
    return kept
