"""The learned camera graph, in readable numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.decisions import LinkEstimate, Route
from tracking.travel.zones import MAX_ZONES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tracking.learning.link_learning import CameraZones
    from tracking.travel.gap_densities import Moves
    from tracking.travel.travel_times import TravelTimes

LEAST_COUNT: Final = 3.0
"""Links and routes that rest on fewer matches are not reported: as many arise by chance."""

LEAST_SHARE: Final = 0.03
"""Nor those taken by a smaller share of the vehicles that leave a camera."""

_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_QUARTILES: Final = (0.25, 0.5, 0.75)


def estimate_links(
    zones: CameraZones, times: TravelTimes, moves: Moves, cameras: Sequence[str]
) -> list[LinkEstimate]:
    """Return the links between cameras, the most travelled first.

    Args:
        zones: Of the cameras.
        times: What was learned.
        moves: That it was learned from, by the cameras' clocks.
        cameras: Their names by index.
    """
    source, target = moves.source // MAX_ZONES, moves.target // MAX_ZONES
    departures = times.departures.reshape(-1, MAX_ZONES).sum(axis=1)
    found = []
    for a, b in np.argwhere(times.camera_matches >= LEAST_COUNT).tolist():
        share = float(times.camera_matches[a, b] / max(departures[a], 1.0))
        if a == b or share < LEAST_SHARE:
            continue
        own = (source == a) & (target == b)
        gap, weight = moves.gap[own], moves.weight[own]
        mean = float(np.average(gap, weights=weight))
        q05, q25, q50, q75, q95 = weighted_quantiles(gap, weight, _QUANTILES)
        found.append(
            LinkEstimate(
                from_camera=cameras[a],
                to_camera=cameras[b],
                count=float(weight.sum()),
                share=min(share, 1.0),
                mean_s=mean,
                std_s=float(np.sqrt(np.average((gap - mean) ** 2, weights=weight))),
                quantiles_s=(q05, q25, q50, q75, q95),
                overlap=q50 < 0,
                routes=_routes(zones, moves, own),
                late_s=_late_quartiles(moves, own),
            )
        )
    return sorted(found, key=lambda link: (-link.count, link.from_camera, link.to_camera))


def _late_quartiles(moves: Moves, own: NDArray[np.bool_]) -> tuple[float, float, float] | None:
    known = own & np.isfinite(moves.late_s)
    if moves.weight[known].sum() < LEAST_COUNT:
        return None
    q25, q50, q75 = weighted_quantiles(moves.late_s[known], moves.weight[known], _QUARTILES)
    return q25, q50, q75


def weighted_quantiles(
    values: NDArray[np.float64], weights: NDArray[np.float64], shares: Sequence[float]
) -> list[float]:
    """Return the values below which these shares of the weight lie."""
    order = values.argsort(kind="stable")
    rising = np.cumsum(weights[order])
    places = np.searchsorted(rising, np.array(shares) * rising[-1])
    return [float(values[order][place]) for place in np.minimum(places, len(order) - 1)]


def _routes(zones: CameraZones, moves: Moves, own: NDArray[np.bool_]) -> tuple[Route, ...]:
    source, target = moves.source[own], moves.target[own]
    routes = []
    for p, q in sorted(set(zip(source.tolist(), target.tolist(), strict=True))):
        along = (source == p) & (target == q)
        weight = moves.weight[own][along]
        if weight.sum() >= LEAST_COUNT:
            routes.append(
                Route(
                    exit_xy=zones.exits[p // MAX_ZONES].place(p % MAX_ZONES),
                    entry_xy=zones.entries[q // MAX_ZONES].place(q % MAX_ZONES),
                    count=float(weight.sum()),
                    median_s=weighted_quantiles(moves.gap[own][along], weight, [0.5])[0],
                )
            )
    return tuple(sorted(routes, key=lambda route: -route.count))
