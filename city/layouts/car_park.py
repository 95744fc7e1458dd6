"""A car park beside a street."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from city.layouts.base import Lanes, Layout, Metres
from city.roads import Node, Parking, Road, RoadPlan, RoadType, both_ways


class CarPark(Layout):
    """Rows of bays with two driveways to a street.

    Attributes:
        layout: `car_park`.
        rows: Aisles, with bays on both sides of each.
        width_m: Length of the aisles, and between the driveways.
        setback_m: From the street to the first aisle.
        row_m: Between aisles; at least two bays and two lanes.
        lanes: Lanes in each direction of the street.
        arm_m: Length of the street beyond the driveways.
        signals: Whether traffic lights stand at the driveways.
    """

    layout: Literal["car_park"] = "car_park"
    rows: Annotated[int, Field(ge=1, le=6)] = 3
    width_m: Metres = 90.0
    setback_m: Annotated[float, Field(ge=20, le=100)] = 28.0
    row_m: Annotated[float, Field(ge=17, le=40)] = 18.0
    lanes: Lanes = 1
    arm_m: Metres = 110.0
    signals: bool = False

    def unrotated_plan(self) -> RoadPlan:
        """Return the street W, M0, M1, E and the aisles between L<row> and R<row>."""
        nodes = [
            Node("W", -self.arm_m, 0.0),
            Node("M0", 0.0, 0.0, signalled=self.signals),
            Node("M1", self.width_m, 0.0, signalled=self.signals),
            Node("E", self.width_m + self.arm_m, 0.0),
        ]
        roads: list[Road] = []
        for start, end in (("W", "M0"), ("M0", "M1"), ("M1", "E")):
            roads += both_ways(start, end, self.lanes)
        below = {"L": "M0", "R": "M1"}
        for row in range(self.rows):
            y = self.setback_m + row * self.row_m
            for side, x in (("L", 0.0), ("R", self.width_m)):
                name = f"{side}{row}"
                nodes.append(Node(name, x, y))
                roads += _aisle(below[side], name, Parking.NONE)
                below[side] = name
            roads += _aisle(f"L{row}", f"R{row}", Parking.ACROSS)
        return RoadPlan(tuple(nodes), tuple(roads))


def _aisle(start: str, end: str, parking: Parking) -> tuple[Road, Road]:
    return (
        Road(start, end, 1, RoadType.AISLE, parking),
        Road(end, start, 1, RoadType.AISLE, parking),
    )
