"""A map that gives every node and street."""

from __future__ import annotations

from typing import Literal

from city.layouts.base import Lanes, Layout
from city.roads import Node, Parking, Point, Road, RoadPlan, both_ways


class ExplicitMap(Layout):
    """Nodes and the streets between them.

    Attributes:
        layout: `explicit`.
        nodes: x and y in metres by id.
        streets: Two nodes and the number of lanes in each direction.
        signals: Nodes with traffic lights.
        parking: Two nodes: cars stand along both kerbs of this street.
    """

    layout: Literal["explicit"] = "explicit"
    nodes: dict[str, Point]
    streets: tuple[tuple[str, str, Lanes], ...]
    signals: tuple[str, ...] = ()
    parking: tuple[tuple[str, str], ...] = ()

    def unrotated_plan(self) -> RoadPlan:
        """Return the nodes and streets as given."""
        for name in (*self.signals, *(end for street in self.parking for end in street)):
            if name not in self.nodes:
                raise ValueError(f"signals and parking must name nodes; {name!r} is none")
        parked = {frozenset(street) for street in self.parking}
        roads: list[Road] = []
        for start, end, lanes in self.streets:
            kerb = Parking.ALONG if frozenset((start, end)) in parked else Parking.NONE
            roads += both_ways(start, end, lanes, parking=kerb)
        nodes = (Node(k, x, y, signalled=k in self.signals) for k, (x, y) in self.nodes.items())
        return RoadPlan(tuple(nodes), tuple(roads))
