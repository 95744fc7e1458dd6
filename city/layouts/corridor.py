"""A main road with side streets."""

from __future__ import annotations

import itertools
import math
from typing import Annotated, Literal

from pydantic import Field

from city.layouts.base import Lanes, Layout, Metres
from city.roads import Node, Parking, Road, RoadPlan, both_ways

SideStreet = tuple[Annotated[int, Field(ge=0)], Literal["N", "S"], float]


class Corridor(Layout):
    """A main road through signalled junctions.

    Attributes:
        layout: `corridor`.
        junctions_m: Where they lie along the main road, from west to east.
        side_streets: Number of the junction, the side, and the angle to the main road in degrees
            (90 is square, less leans east).
        lanes: Lanes in each direction of the main road.
        arm_m: Length of the main road beyond the outermost junctions.
        side_m: Length of the side streets.
        bend_m: How far the main road is off the straight, at 100 m from the origin (a parabola).
        parking: Whether cars stand along the kerbs of the side streets.
    """

    layout: Literal["corridor"] = "corridor"
    junctions_m: tuple[float, ...] = Field(default=(0.0, 120.0), min_length=1, max_length=10)
    side_streets: tuple[SideStreet, ...] = ((0, "N", 90.0), (1, "S", 90.0))
    lanes: Lanes = 2
    arm_m: Metres = 130.0
    side_m: Metres = 115.0
    bend_m: float = 0.0
    parking: bool = False

    def unrotated_plan(self) -> RoadPlan:
        """Return junctions M<number>, ends W and E, and side ends M<number>N and M<number>S."""
        xs = self.junctions_m
        if list(xs) != sorted(set(xs)):
            raise ValueError(f"junctions_m must rise from west to east, is {list(xs)}")
        main = [("W", xs[0] - self.arm_m), *((f"M{i}", x) for i, x in enumerate(xs))]
        main.append(("E", xs[-1] + self.arm_m))
        nodes = {
            name: Node(name, x, self._offset(x), signalled=name.startswith("M")) for name, x in main
        }
        roads: list[Road] = []
        for (start, _), (end, _) in itertools.pairwise(main):
            roads += both_ways(start, end, self.lanes)
        kerb = Parking.ALONG if self.parking else Parking.NONE
        for number, side, angle_deg in self.side_streets:
            if number >= len(xs):
                raise ValueError(f"side_streets: there is no junction {number}")
            name, angle = f"M{number}{side}", math.radians(angle_deg)
            y = self.side_m * math.sin(angle) * (1 if side == "N" else -1)
            x = xs[number] + self.side_m * math.cos(angle)
            nodes[name] = Node(name, x, self._offset(xs[number]) + y)
            roads += both_ways(f"M{number}", name, 1, parking=kerb)
        return RoadPlan(tuple(nodes.values()), tuple(roads))

    def _offset(self, x: float) -> float:
        return self.bend_m * (x / 100.0) ** 2
