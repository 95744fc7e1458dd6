"""A motorway with a rest area on each side."""

from __future__ import annotations

import math
from typing import Any, Final, Literal

from city.layouts.base import Lanes, Layout, Metres
from city.roads import STANDARDS, Node, Parking, Point, Road, RoadPlan, RoadType

_RAMP_M: Final = 110.0
_NOSE_M: Final = 12.0
"""From where the exit leaves to where its own line begins."""
_RAMP_POINTS: Final = 12
_LANE_M: Final = 110.0
"""Length of the lanes for braking and for joining."""
_SERVICE_OFFSET_M: Final = 38.0


class Motorway(Layout):
    """Two carriageways; on each side an exit, a service road with parking bays, and an entry.

    Attributes:
        layout: `motorway`.
        length_m: Of the whole motorway.
        lanes: Lanes of each carriageway.
        median_m: Between the carriageways.
        exit_m: From the start of a carriageway to where the exit leaves it.
        service_m: Length of the service road.
    """

    layout: Literal["motorway"] = "motorway"
    length_m: Metres = 900.0
    lanes: Lanes = 3
    median_m: Metres = 5.0
    exit_m: Metres = 300.0
    service_m: Metres = 160.0

    def unrotated_plan(self) -> RoadPlan:
        """Return two carriageways: nodes E… eastbound, W… westbound.

        Per carriageway, in the order of travel: 0 start, 1 the exit lane opens, 2 the exit leaves,
        3 the entry joins, 4 its lane ends, 5 the end; P and Q are the ends of the service road,
        X where the exit leaves the map and Y where the entry comes from.
        """
        needed = self.exit_m + self.service_m + 2 * _RAMP_M + _LANE_M
        if self.length_m < needed + 100:
            raise ValueError(f"length_m must be at least {needed + 100:g}, is {self.length_m:g}")
        nodes: list[Node] = []
        roads: list[Road] = []
        for letter, sign in (("E", 1.0), ("W", -1.0)):
            nodes += self._nodes(letter, sign)
            roads += self._roads(letter, sign)
        return RoadPlan(tuple(nodes), tuple(roads))

    def _nodes(self, letter: str, sign: float) -> list[Node]:
        start, y = -self.length_m / 2, -self.median_m / 2
        leaves, service_y = start + self.exit_m, y - _SERVICE_OFFSET_M
        joins = leaves + self.service_m + 2 * _RAMP_M
        at = {
            "0": (start, y),
            "1": (leaves - _LANE_M, y),
            "2": (leaves, y),
            "3": (joins, y),
            "4": (joins + _LANE_M, y),
            "5": (-start, y),
            "P": (leaves + _RAMP_M, service_y),
            "Q": (joins - _RAMP_M, service_y),
            "X": (leaves + _RAMP_M + 50, service_y - 80),
            "Y": (joins - _RAMP_M - 50, service_y - 80),
        }
        return [Node(f"{letter}{k}", sign * x, sign * y) for k, (x, y) in at.items()]

    def _roads(self, letter: str, sign: float) -> list[Road]:
        def road(ends: str, lanes: int, kind: RoadType, **more: Any) -> Road:
            return Road(letter + ends[0], letter + ends[1], lanes, kind, **more)

        down = [(sign * x, sign * y) for x, y in self._exit()]
        up = [(-sign * x + sign * self._mirror(), sign * y) for x, y in reversed(self._exit())]
        return [
            road("01", self.lanes, RoadType.MOTORWAY),
            road("12", self.lanes + 1, RoadType.MOTORWAY),
            road("23", self.lanes, RoadType.MOTORWAY),
            road("34", self.lanes + 1, RoadType.MOTORWAY),
            road("45", self.lanes, RoadType.MOTORWAY),
            road("2P", 1, RoadType.RAMP, shape=tuple(down)),
            road("PQ", 1, RoadType.AISLE, parking=Parking.ACROSS),
            road("Q3", 1, RoadType.RAMP, shape=tuple(up)),
            road("PX", 1, RoadType.RAMP),
            road("YQ", 1, RoadType.RAMP),
        ]

    def _exit(self) -> list[Point]:
        """Return the left edge of the eastbound exit: half a cosine, tangential at both ends."""
        start = -self.length_m / 2 + self.exit_m
        top = -self.median_m / 2 - self.lanes * STANDARDS[RoadType.MOTORWAY].lane_width_m
        bottom = -self.median_m / 2 - _SERVICE_OFFSET_M
        shares = [k / _RAMP_POINTS for k in range(_RAMP_POINTS + 1)]
        return [
            (
                start + _NOSE_M + share * (_RAMP_M - _NOSE_M),
                top + (bottom - top) * (1 - math.cos(math.pi * share)) / 2,
            )
            for share in shares
        ]

    def _mirror(self) -> float:
        """Return twice the x of the eastbound service road's middle, which mirrors the ramps."""
        return 2 * (-self.length_m / 2 + self.exit_m + _RAMP_M) + self.service_m
