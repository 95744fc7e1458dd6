"""Road plan, and the SUMO network that netconvert builds from it."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from city.sumo import run_tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Point = tuple[float, float]


class RoadType(StrEnum):
    """What a road is built as."""

    STREET = "street"
    MOTORWAY = "motorway"
    RAMP = "ramp"
    ROUNDABOUT = "roundabout"
    AISLE = "aisle"


class Parking(StrEnum):
    """Where vehicles stand at a road's right kerb."""

    NONE = "none"
    ALONG = "along"
    ACROSS = "across"


@dataclass(frozen=True, slots=True)
class RoadStandard:
    """What all roads of a type share: speed limit, lane width and right of way."""

    speed_mps: float
    lane_width_m: float
    priority: int


STANDARDS: Final[Mapping[RoadType, RoadStandard]] = MappingProxyType(
    {
        RoadType.STREET: RoadStandard(13.9, 3.4, 3),
        RoadType.MOTORWAY: RoadStandard(29.0, 3.75, 9),
        RoadType.RAMP: RoadStandard(15.0, 3.75, 6),
        RoadType.ROUNDABOUT: RoadStandard(8.3, 4.2, 7),
        RoadType.AISLE: RoadStandard(4.2, 3.0, 1),
    }
)
PARKING_LANE_M: Final[Mapping[Parking, float]] = MappingProxyType(
    {Parking.ALONG: 2.3, Parking.ACROSS: 5.2}
)
"""Width of the parking lane."""
SIGNAL_CYCLE_S: Final = 32
_LONGEST_GREEN_S: Final = 20


@dataclass(frozen=True, slots=True)
class Node:
    """Where roads start, meet or end: metres east and north."""

    node_id: str
    x: float
    y: float
    signalled: bool = False


@dataclass(frozen=True, slots=True)
class Road:
    """One direction of a road.

    Attributes:
        start: Node it comes from.
        end: Node it leads to.
        lanes: Lanes for traffic.
        road_type: Its standard.
        parking: Whether vehicles stand at its right kerb.
        shape: Its line, where it is not straight from node to node.
        one_way: Whether its lanes lie on both sides of its line; else they lie right of it.
    """

    start: str
    end: str
    lanes: int = 1
    road_type: RoadType = RoadType.STREET
    parking: Parking = Parking.NONE
    shape: tuple[Point, ...] = ()
    one_way: bool = False

    @property
    def edge_id(self) -> str:
        """Its id in the network."""
        return edge_between(self.start, self.end)


@dataclass(frozen=True, slots=True)
class RoadPlan:
    """Nodes and roads.

    Raises:
        ValueError: If a road's end is no node, or two roads join the same nodes the same way.
    """

    nodes: tuple[Node, ...]
    roads: tuple[Road, ...]

    def __post_init__(self) -> None:
        """Check that it hangs together."""
        known = {node.node_id for node in self.nodes}
        for road in self.roads:
            for end in (road.start, road.end):
                if end not in known:
                    raise ValueError(f"road {road.edge_id}: no node {end!r}")
        if len({road.edge_id for road in self.roads}) < len(self.roads):
            raise ValueError("two roads join the same nodes in the same direction")

    def borders(self) -> tuple[str, ...]:
        """Return the nodes where traffic enters or leaves the map, in order."""
        out = {node.node_id: set[str]() for node in self.nodes}
        for road in self.roads:
            out[road.start].add(road.end)
            out[road.end].add(road.start)
        return tuple(node_id for node_id, others in out.items() if len(others) == 1)

    def rotated(self, degrees: float) -> RoadPlan:
        """Return the plan turned anticlockwise about the origin."""
        nodes = tuple(
            replace(node, x=x, y=y)
            for node in self.nodes
            for x, y in [_turned((node.x, node.y), degrees)]
        )
        roads = tuple(
            replace(road, shape=tuple(_turned(point, degrees) for point in road.shape))
            for road in self.roads
        )
        return RoadPlan(nodes, roads)


def edge_between(start: str, end: str) -> str:
    """Return the id in the network of the road from one node to another."""
    return f"{start}_{end}"


def both_ways(
    start: str, end: str, lanes: int = 1, *, parking: Parking = Parking.NONE
) -> tuple[Road, Road]:
    """Return the two directions of a street."""
    return (
        Road(start, end, lanes, parking=parking),
        Road(end, start, lanes, parking=parking),
    )


def build_network(plan: RoadPlan, folder: Path) -> Path:
    """Have netconvert build the network of a plan.

    Args:
        plan: The roads.
        folder: An existing folder for the files.

    Returns:
        The network's file.

    Raises:
        FileNotFoundError: If SUMO is not installed.
        ValueError: If netconvert refuses the plan.
    """
    paths = {name: folder / f"roads.{name}.xml" for name in ("nod", "edg", "typ", "net")}
    _write(paths["nod"], "nodes", map(_node_element, plan.nodes))
    _write(paths["edg"], "edges", map(_road_element, plan.roads))
    _write(paths["typ"], "types", (ET.Element("type", id=kind.value) for kind in RoadType))
    files = ["-n", paths["nod"], "-e", paths["edg"], "-t", paths["typ"], "-o", paths["net"]]
    options = {
        "no-turnarounds": "true",
        "roundabouts.guess": "true",
        "default.junctions.radius": 6,
        "junctions.corner-detail": 5,
        "junctions.limit-turn-speed": 3.5,  # m/s² sideways: a comfortable turn
        "tls.cycle.time": SIGNAL_CYCLE_S,
        "tls.yellow.time": 3,
        "tls.default-type": "actuated",
        "tls.max-dur": _LONGEST_GREEN_S,
        "offset.disable-normalization": "true",
        "no-warnings": "true",
    }
    arguments = [str(value) for value in files]
    arguments += [str(part) for name, value in options.items() for part in (f"--{name}", value)]
    run_tool("netconvert", arguments)
    return paths["net"]


def _turned(point: Point, degrees: float) -> Point:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return c * point[0] - s * point[1], s * point[0] + c * point[1]


def _write(path: Path, root_tag: str, elements: Iterable[ET.Element]) -> None:
    root = ET.Element(root_tag)
    root.extend(elements)
    ET.ElementTree(root).write(path, encoding="unicode")


def _node_element(node: Node) -> ET.Element:
    kind = "traffic_light" if node.signalled else "priority"
    return ET.Element("node", id=node.node_id, x=f"{node.x:.3f}", y=f"{node.y:.3f}", type=kind)


def _road_element(road: Road) -> ET.Element:
    standard = STANDARDS[road.road_type]
    parking_lanes = int(road.parking is not Parking.NONE)
    element = ET.Element(
        "edge",
        {
            "id": road.edge_id,
            "from": road.start,
            "to": road.end,
            "type": road.road_type.value,
            "numLanes": str(road.lanes + parking_lanes),
            "speed": str(standard.speed_mps),
            "width": str(standard.lane_width_m),
            "priority": str(standard.priority),
            "spreadType": "center" if road.one_way else "right",
        },
    )
    if road.shape:
        element.set("shape", " ".join(f"{x:.3f},{y:.3f}" for x, y in road.shape))
    if parking_lanes:
        width = str(PARKING_LANE_M[road.parking])
        ET.SubElement(element, "lane", index="0", disallow="all", width=width)
    return element
