"""The built road network: lanes, junctions, signals and parking bays of a SUMO network."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_PERPENDICULAR_FROM_M: Final = 4.0
"""A parking lane as wide as this holds cars across it, a narrower one along it."""
_BAY_WIDTH_M: Final = 2.6
_BAY_LENGTH_M: Final = 6.2
_DEFAULT_LANE_WIDTH_M: Final = 3.2
_STANDS_BEFORE_JUNCTION_M: Final = 8.0
"""Bays keep this far from both ends of their lane, so that a parked car hides nobody who turns."""


class LaneUse(StrEnum):
    """Who uses a lane."""

    TRAFFIC = "traffic"
    PARKING = "parking"


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One lane.

    Attributes:
        edge_id: The edge it belongs to.
        index: Its number in the edge, 0 at the right kerb.
        internal: Whether it lies inside a junction.
        shape: float64 (N, 2), its centre line in the direction of travel, metres.
        width_m: Its width.
        speed_mps: Speed limit.
        road_type: `street`, `motorway`, `ramp`, `roundabout` or `aisle` (of a car park).
        use: Traffic, or parking.
        from_junction: Id of the junction it comes from; empty for internal lanes.
        to_junction: Id of the junction it leads to; empty for internal lanes.
        is_leftmost: Whether no lane of its edge lies further left.
    """

    edge_id: str
    index: int
    internal: bool
    shape: NDArray[np.float64]
    width_m: float
    speed_mps: float
    road_type: str
    use: LaneUse
    from_junction: str
    to_junction: str
    is_leftmost: bool

    @property
    def length_m(self) -> float:
        """Length along the centre line."""
        return float(np.linalg.norm(np.diff(self.shape, axis=0), axis=1).sum())

    def point_at(self, along_m: float) -> tuple[float, float, float]:
        """Return x, y in metres and the heading in radians at a distance from the lane's start."""
        steps = np.diff(self.shape, axis=0)
        lengths = np.linalg.norm(steps, axis=1)
        ends = np.cumsum(lengths)
        k = min(int(np.searchsorted(ends, along_m)), len(steps) - 1)
        into = along_m - (ends[k] - lengths[k])
        x, y = self.shape[k] + steps[k] / lengths[k] * into
        return float(x), float(y), math.atan2(steps[k, 1], steps[k, 0])


@dataclass(frozen=True, slots=True, eq=False)
class Junction:
    """Where edges meet.

    Attributes:
        junction_id: Its id.
        kind: SUMO's type: `traffic_light`, `priority`, `dead_end`, …
        shape: float64 (N, 2), its outline.
        centre: float64 (2,).
    """

    junction_id: str
    kind: str
    shape: NDArray[np.float64]
    centre: NDArray[np.float64]

    @property
    def signalled(self) -> bool:
        """Whether traffic lights rule it."""
        return "traffic" in self.kind

    @property
    def has_area(self) -> bool:
        """Whether its outline holds any ground: that of a dead end has fewer than three points."""
        return len(self.shape) > 2


@dataclass(frozen=True, slots=True)
class Signal:
    """A signalled lane's stop line.

    Attributes:
        junction_id: The junction whose lights these are.
        edge_id: The edge that ends here.
        lane_index: The lane that ends here.
        x: Middle of the stop line, metres east.
        y: Middle of the stop line, metres north.
        heading: Direction of the traffic that stops, radians.
    """

    junction_id: str
    edge_id: str
    lane_index: int
    x: float
    y: float
    heading: float


@dataclass(frozen=True, slots=True)
class Bay:
    """A marked place for one parked vehicle.

    Attributes:
        edge_id: The edge of its parking lane.
        x: Its middle, metres east.
        y: Its middle, metres north.
        heading: Direction of a vehicle that stands in it forwards, radians.
        length_m: Along the heading.
        width_m: Across.
        perpendicular: Whether it lies across the lane (car parks) rather than along the kerb.
    """

    edge_id: str
    x: float
    y: float
    heading: float
    length_m: float
    width_m: float
    perpendicular: bool


@dataclass(frozen=True, slots=True, eq=False)
class RoadNetwork:
    """A SUMO network's geometry.

    Attributes:
        lanes: All lanes, internal ones and parking lanes included.
        junctions: All junctions but SUMO's internal ones.
    """

    lanes: tuple[Lane, ...]
    junctions: tuple[Junction, ...]

    @classmethod
    def from_file(cls, path: Path) -> RoadNetwork:
        """Read the `.net.xml` that netconvert wrote.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If it is no SUMO network or has no lanes.
        """
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file; a SUMO network is expected")
        try:
            root = ET.parse(path).getroot()
        except ET.ParseError as error:
            raise ValueError(f"{path}: not XML ({error}); a SUMO network is expected") from None
        lanes = tuple(lane for edge in root.findall("edge") for lane in _lanes_of(edge))
        if not lanes:
            raise ValueError(f"{path}: no lanes in it; a SUMO network is expected")
        junctions = tuple(
            _junction(element)
            for element in root.findall("junction")
            if element.get("type") != "internal"
        )
        return cls(lanes=lanes, junctions=junctions)

    @property
    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The smallest and the largest x, y of all centre lines: two float64 (2,), metres."""
        points = np.vstack([lane.shape for lane in self.lanes])
        return points.min(axis=0), points.max(axis=0)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The stop lines of all lanes that lead to a signalled junction."""
        signalled = {j.junction_id for j in self.junctions if j.signalled}
        ends = [
            lane
            for lane in self.lanes
            if lane.to_junction in signalled and lane.use is LaneUse.TRAFFIC
        ]
        return tuple(
            Signal(lane.to_junction, lane.edge_id, lane.index, *lane.point_at(lane.length_m))
            for lane in ends
        )

    @property
    def bays(self) -> tuple[Bay, ...]:
        """The marked parking places of all parking lanes, in the order of the lanes."""
        parking = (lane for lane in self.lanes if lane.use is LaneUse.PARKING)
        return tuple(bay for lane in parking for bay in _bays_of(lane))


def _points(text: str) -> NDArray[np.float64]:
    pairs: Sequence[Sequence[float]] = [
        [float(value) for value in point.split(",")[:2]] for point in text.split()
    ]
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)


def _lanes_of(edge: ET.Element) -> list[Lane]:
    elements = [lane for lane in edge.findall("lane") if _has_length(lane)]
    internal = edge.get("function") == "internal"
    return [
        Lane(
            edge_id=edge.get("id", ""),
            index=int(element.get("index", "0")),
            internal=internal,
            shape=_points(element.get("shape", "")),
            width_m=float(element.get("width", _DEFAULT_LANE_WIDTH_M)),
            speed_mps=float(element.get("speed", "13.9")),
            road_type=edge.get("type", "street"),
            use=LaneUse.PARKING if element.get("disallow") == "all" else LaneUse.TRAFFIC,
            from_junction="" if internal else edge.get("from", ""),
            to_junction="" if internal else edge.get("to", ""),
            is_leftmost=element is elements[-1],
        )
        for element in elements
    ]


def _has_length(lane: ET.Element) -> bool:
    shape = _points(lane.get("shape", ""))
    return len(shape) > 1 and bool(np.ptp(shape, axis=0).max() > 0)


def _junction(element: ET.Element) -> Junction:
    return Junction(
        junction_id=element.get("id", ""),
        kind=element.get("type", ""),
        shape=_points(element.get("shape", "")),
        centre=np.array([float(element.get("x", "0")), float(element.get("y", "0"))]),
    )


def _bays_of(lane: Lane) -> list[Bay]:
    perpendicular = lane.width_m >= _PERPENDICULAR_FROM_M
    pitch = _BAY_WIDTH_M if perpendicular else _BAY_LENGTH_M
    free = lane.length_m - 2 * _STANDS_BEFORE_JUNCTION_M
    bays = []
    for k in range(max(0, int(free // pitch))):
        x, y, heading = lane.point_at(_STANDS_BEFORE_JUNCTION_M + (k + 0.5) * pitch)
        bays.append(
            Bay(
                edge_id=lane.edge_id,
                x=x,
                y=y,
                heading=heading - math.pi / 2 if perpendicular else heading,
                length_m=lane.width_m if perpendicular else pitch,
                width_m=_BAY_WIDTH_M if perpendicular else lane.width_m,
                perpendicular=perpendicular,
            )
        )
    return bays
