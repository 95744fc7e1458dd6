"""Roundabouts in a row."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from city.layouts.base import Lanes, Layout, Metres
from city.roads import Node, Parking, Road, RoadPlan, RoadType, both_ways

_SIDES = ("E", "N", "W", "S")
_POINTS_PER_QUARTER = 6


class Roundabouts(Layout):
    """Roundabouts along a street, each with an arm to the north and one to the south.

    Attributes:
        layout: `roundabouts`.
        count: How many.
        spacing_m: Between their centres.
        radius_m: Of the circle that their lanes follow.
        ring_lanes: Lanes of the circle.
        lanes: Lanes in each direction of the street.
        arm_m: Length of the outermost streets.
        parking: Whether cars stand along the kerbs of the northern and southern arms.
    """

    layout: Literal["roundabouts"] = "roundabouts"
    count: Annotated[int, Field(ge=1, le=4)] = 1
    spacing_m: Metres = 190.0
    radius_m: Annotated[float, Field(ge=12, le=60)] = 20.0
    ring_lanes: Lanes = 1
    lanes: Lanes = 1
    arm_m: Metres = 130.0
    parking: bool = False

    def unrotated_plan(self) -> RoadPlan:
        """Return circles of nodes R<number><side> and borders W, E, N<number>, S<number>."""
        if self.spacing_m < 2 * self.radius_m + 40:
            raise ValueError(f"spacing_m must be 40 m above 2 radius_m, is {self.spacing_m:g}")
        nodes: list[Node] = []
        roads: list[Road] = []
        kerb = Parking.ALONG if self.parking else Parking.NONE
        reach = self.radius_m + self.arm_m
        for number in range(self.count):
            x = number * self.spacing_m
            for quarter, side in enumerate(_SIDES):
                nodes.append(Node(f"R{number}{side}", *self._on_circle(x, quarter)))
                after = f"R{number}{_SIDES[(quarter + 1) % 4]}"
                arc = tuple(
                    self._on_circle(x, quarter + k / _POINTS_PER_QUARTER)
                    for k in range(_POINTS_PER_QUARTER + 1)
                )
                roads.append(
                    Road(
                        f"R{number}{side}",
                        after,
                        self.ring_lanes,
                        RoadType.ROUNDABOUT,
                        shape=arc,
                        one_way=True,
                    )
                )
            for side, sign in (("N", 1.0), ("S", -1.0)):
                nodes.append(Node(f"{side}{number}", x, sign * reach))
                roads += both_ways(f"R{number}{side}", f"{side}{number}", 1, parking=kerb)
            if number:
                roads += both_ways(f"R{number - 1}E", f"R{number}W", self.lanes)
        nodes += [Node("W", -reach, 0.0), Node("E", (self.count - 1) * self.spacing_m + reach, 0.0)]
        roads += both_ways("W", "R0W", self.lanes)
        roads += both_ways(f"R{self.count - 1}E", "E", self.lanes)
        return RoadPlan(tuple(nodes), tuple(roads))

    def _on_circle(self, x: float, quarter: float) -> tuple[float, float]:
        angle = math.pi / 2 * quarter
        return x + self.radius_m * math.cos(angle), self.radius_m * math.sin(angle)
