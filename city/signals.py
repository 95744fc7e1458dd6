"""States of the traffic lights at any moment, as switched by the simulation."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from city.network import RoadNetwork


class Aspect(StrEnum):
    """What a traffic light shows."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"


_OF_LINK: Final = {"g": Aspect.GREEN, "G": Aspect.GREEN, "y": Aspect.AMBER, "Y": Aspect.AMBER}
"""SUMO's letter for a movement; all others are red. A small one has to give way."""
_STRONGEST_FIRST: Final = (Aspect.GREEN, Aspect.AMBER)
"""One head stands for all movements of an approach: it is red if none of them may go."""


def lamp_id(edge_id: str, aspect: Aspect) -> str:
    """Return the name of the lamps that show an aspect to who comes along an edge."""
    return f"{edge_id} {aspect}"


@dataclass(frozen=True, slots=True)
class Change:
    """From when on an approach shows what."""

    time_s: float
    aspect: Aspect


class SignalPlan:
    """What each signalled approach shows over time.

    Args:
        changes: Of each approach, by edge, in the order of their times.
    """

    def __init__(self, changes: Mapping[str, Sequence[Change]]) -> None:
        self._changes = {edge: tuple(own) for edge, own in changes.items() if own}
        self._times = {edge: [c.time_s for c in own] for edge, own in self._changes.items()}

    @property
    def edges(self) -> tuple[str, ...]:
        """The signalled approaches."""
        return tuple(self._changes)

    def aspect_at(self, edge_id: str, time_s: float) -> Aspect:
        """Return what an approach shows; before the first change, what that shows.

        Raises:
            KeyError: If the edge has no signal.
        """
        # Times are multiples of a step; without this, a change at 0.3 would come after 0.1 × 3.
        number = bisect_right(self._times[edge_id], time_s + 1e-6) - 1
        return self._changes[edge_id][max(number, 0)].aspect

    def lit_at(self, time_s: float) -> frozenset[str]:
        """Return the names of all lamps that are lit."""
        return frozenset(lamp_id(edge, self.aspect_at(edge, time_s)) for edge in self._changes)


def standing_plan(network: RoadNetwork) -> SignalPlan:
    """Return a plan for a place where nobody drives: roads from east and west have green."""
    return SignalPlan(
        {
            signal.edge_id: [
                Change(0.0, Aspect.GREEN if abs(math.cos(signal.heading)) > 0.7 else Aspect.RED)
            ]
            for signal in network.signals
        }
    )


def states_request(path: Path) -> str:
    """Return the additional file that has SUMO write the states of all signals to a path."""
    root = ET.Element("additional")
    ET.SubElement(root, "timedEvent", type="SaveTLSStates", dest=str(path))
    return ET.tostring(root, encoding="unicode")


def read_signal_plan(net_file: Path, states: Path, *, warm_up_s: float) -> SignalPlan:
    """Read what SUMO's signals showed.

    Args:
        net_file: The network; says which movements a signal's letters stand for.
        states: What `states_request` asked for.
        warm_up_s: SUMO's time at the scene's start.

    Returns:
        The plan, in the scene's seconds.
    """
    links = _links(net_file)
    changes: dict[str, list[Change]] = {}
    if not links:
        return SignalPlan(changes)  # where there are no signals, SUMO writes no file
    for _, element in ET.iterparse(states):
        if element.tag != "tlsState":
            continue
        time_s = float(element.attrib["time"]) - warm_up_s
        for edge, numbers in links.get(element.attrib["id"], {}).items():
            aspect = _aspect([element.attrib["state"][k] for k in numbers])
            own = changes.setdefault(edge, [])
            if not own or own[-1].aspect is not aspect:
                own.append(Change(time_s, aspect))
        element.clear()
    return SignalPlan(changes)


def _links(net_file: Path) -> dict[str, dict[str, list[int]]]:
    """Return the places in its signal's letters of each approach's movements, by signal."""
    links: dict[str, dict[str, list[int]]] = {}
    for connection in ET.parse(net_file).getroot().findall("connection"):
        signal = connection.get("tl")
        if signal is not None:
            edge = connection.attrib["from"]
            numbers = links.setdefault(signal, {}).setdefault(edge, [])
            numbers.append(int(connection.attrib["linkIndex"]))
    return links


def _aspect(letters: Sequence[str]) -> Aspect:
    shown = {_OF_LINK.get(letter, Aspect.RED) for letter in letters}
    return next((aspect for aspect in _STRONGEST_FIRST if aspect in shown), Aspect.RED)
