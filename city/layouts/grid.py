"""Crossing streets."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from pydantic import Field

from city.layouts.base import Lanes, Layout, Metres
from city.roads import Node, Parking, Road, RoadPlan, both_ways

Count = Annotated[int, Field(ge=1, le=6)]


class Grid(Layout):
    """A grid of streets with traffic lights where they cross.

    Attributes:
        layout: `grid`.
        columns: Streets from south to north.
        rows: Streets from west to east.
        spacing_x_m: Between columns.
        spacing_y_m: Between rows.
        skew_m: Each row's shift to the east of the one below it.
        lanes_x: Lanes in each direction of the rows.
        lanes_y: Lanes in each direction of the columns.
        arm_m: Length of the streets beyond the outermost crossings.
        parking: Whether cars stand along the kerbs of the columns.
    """

    layout: Literal["grid"] = "grid"
    columns: Count = 2
    rows: Count = 2
    spacing_x_m: Metres = 110.0
    spacing_y_m: Metres = 110.0
    skew_m: float = 0.0
    lanes_x: Lanes = 1
    lanes_y: Lanes = 1
    arm_m: Metres = 90.0
    parking: bool = False

    def unrotated_plan(self) -> RoadPlan:
        """Return crossings G<column><row> and borders W<row>, E<row>, S<column>, N<column>."""
        nodes: dict[str, Node] = {}
        for row in range(-1, self.rows + 1):
            for column in range(-1, self.columns + 1):
                name = self._name(column, row)
                if name:
                    nodes[name] = self._node(name, column, row)
        kerb = Parking.ALONG if self.parking else Parking.NONE
        roads: list[Road] = []
        for row in range(self.rows):
            names = [self._name(column, row) for column in range(-1, self.columns + 1)]
            for start, end in itertools.pairwise(names):
                roads += both_ways(start, end, self.lanes_x)
        for column in range(self.columns):
            names = [self._name(column, row) for row in range(-1, self.rows + 1)]
            for start, end in itertools.pairwise(names):
                roads += both_ways(start, end, self.lanes_y, parking=kerb)
        return RoadPlan(tuple(nodes.values()), tuple(roads))

    def _name(self, column: int, row: int) -> str:
        inside_x, inside_y = 0 <= column < self.columns, 0 <= row < self.rows
        if inside_x and inside_y:
            return f"G{column}{row}"
        if inside_y:
            return f"{'W' if column < 0 else 'E'}{row}"
        if inside_x:
            return f"{'S' if row < 0 else 'N'}{column}"
        return ""

    def _node(self, name: str, column: int, row: int) -> Node:
        along_x = _position(column, self.columns, spacing=self.spacing_x_m, arm=self.arm_m)
        along_y = _position(row, self.rows, spacing=self.spacing_y_m, arm=self.arm_m)
        x = along_x + along_y / self.spacing_y_m * self.skew_m
        return Node(name, x, along_y, signalled=name.startswith("G"))


def _position(index: int, count: int, *, spacing: float, arm: float) -> float:
    if index < 0:
        return -arm
    if index >= count:
        return (count - 1) * spacing + arm
    return index * spacing
