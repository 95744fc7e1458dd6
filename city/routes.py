"""Routes through a map, from node to node."""

from __future__ import annotations

import heapq
import itertools
import math
from typing import TYPE_CHECKING

from city.roads import STANDARDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from city.roads import RoadPlan

Nodes = tuple[str, ...]

_DETOUR = 1.9
"""A road may look this many times as long as it is, so that not everyone takes the shortest way."""
_MAX_TRIES = 2000


class RouteMap:
    """The roads as a directed graph."""

    def __init__(self, plan: RoadPlan) -> None:
        at = {node.node_id: (node.x, node.y) for node in plan.nodes}
        self._next: dict[str, list[tuple[str, float]]] = {node_id: [] for node_id in at}
        lanes: dict[str, int] = {}
        for road in plan.roads:
            line = [at[road.start], *road.shape, at[road.end]]
            length = sum(math.dist(a, b) for a, b in itertools.pairwise(line))
            seconds = length / STANDARDS[road.road_type].speed_mps
            self._next[road.start].append((road.end, seconds))
            lanes[road.start] = max(lanes.get(road.start, 0), road.lanes)
        entered = {road.end for road in plan.roads}
        borders = plan.borders()
        self.entries = tuple(n for n in borders if self._next[n])
        self.exits = tuple(n for n in borders if n in entered)
        self._entry_weights = [lanes[node] ** 1.5 for node in self.entries]

    def check(self, nodes: Sequence[str]) -> None:
        """Raise if nodes are no route.

        Raises:
            ValueError: If a node is unknown, no road leads from one to the next, it turns back on
                the spot, or there are fewer than two.
        """
        if len(nodes) < 2:
            raise ValueError("at least two nodes are expected")
        for node in nodes:
            if node not in self._next:
                raise ValueError(f"no node {node!r}; known: {', '.join(self._next)}")
        for start, end in itertools.pairwise(nodes):
            if end not in (node for node, _ in self._next[start]):
                raise ValueError(f"no road leads from {start} to {end}")
        for before, after in zip(nodes, nodes[2:], strict=False):
            if before == after:
                raise ValueError(f"it makes a U-turn beside {before}")

    def shortest(self, start: str, end: str, weights: Mapping[tuple[str, str], float]) -> Nodes:
        """Return the quickest route; empty if there is none.

        Args:
            start: First node.
            end: Last node.
            weights: How many times its length a road counts, 1 where missing.
        """
        reached = {start: 0.0}
        came_from: dict[str, str] = {}
        queue = [(0.0, start)]
        while queue:
            cost, node = heapq.heappop(queue)
            if node == end:
                return _trace(came_from, end)
            for after, seconds in self._next[node]:
                new = cost + seconds * weights.get((node, after), 1.0)
                if new < reached.get(after, math.inf):
                    reached[after], came_from[after] = new, node
                    heapq.heappush(queue, (new, after))
        return ()

    def random_route(self, rng: Random, *, start: str | None = None) -> Nodes:
        """Draw a route between two borders of the map.

        Args:
            rng: Where the numbers come from.
            start: Where it starts; drawn if None, wide roads the more often.

        Raises:
            ValueError: If no two borders are joined by a route over three nodes or more.
        """
        for _ in range(_MAX_TRIES):
            first = start or rng.choices(self.entries, self._entry_weights)[0]
            last = rng.choice(self.exits)
            if first == last:
                continue
            weights = {
                (node, after): rng.uniform(1.0, _DETOUR)
                for node, following in self._next.items()
                for after, _ in following
            }
            nodes = self.shortest(first, last, weights)
            if len(nodes) > 2:
                return nodes
        raise ValueError("the map has no two borders with a route between them")

    def seconds(self, nodes: Sequence[str]) -> float:
        """Return how long a route takes on empty roads."""
        steps = itertools.pairwise(nodes)
        return sum(dict(self._next[start])[end] for start, end in steps)


def _trace(came_from: Mapping[str, str], end: str) -> Nodes:
    nodes = [end]
    while nodes[-1] in came_from:
        nodes.append(came_from[nodes[-1]])
    return tuple(reversed(nodes))
