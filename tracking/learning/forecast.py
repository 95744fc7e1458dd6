"""Forecast of the next camera of a vehicle that has left a view, and of its arrival time.

The statistics of the exit by which it left (`exits`) are conditioned on what was watched since:
each second in which a camera did not see it makes that camera less probable, and all others and
none more probable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.travel.zones import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tracking.decisions import End, ExitEstimate, Onward

WINDOW: Final = (0.1, 0.5, 0.9)
"""Quantiles of the time of arrival: the window begins, its median, and it ends."""

TOLD: Final = 3
"""Maximum number of cameras in a forecast."""

LEAST_PROBABILITY: Final = 0.05
"""Less probable ones are not."""

LEAST_USUAL: Final = 0.5
"""Where more than this go, a vehicle that did not was due: where few go, few are missed."""


@dataclass(frozen=True, slots=True)
class Due:
    """A camera that may see the vehicle next.

    Attributes:
        camera_id: The camera.
        usual: Of the vehicles that leave like this one, the share that it sees next.
        probability: That it sees this one next, after all that was watched.
        window_s: Seconds after the vehicle left until it comes there: the quantiles `WINDOW`, by
            the cameras' clocks. As usual where that is over, else as it is by now.
        over: Whether the usual window has gone by without it.
    """

    camera_id: str
    usual: float
    probability: float
    window_s: tuple[float, float, float]
    over: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where a vehicle goes next.

    Attributes:
        due: The cameras, by how usual they are.
        none: Probability that no camera sees it again.
    """

    due: tuple[Due, ...]
    none: float


def choose_exit(
    exits: Sequence[ExitEstimate],
    camera_id: str,
    end: End | None,
) -> ExitEstimate | None:
    """Return the exit by which a vehicle left.

    Args:
        exits: What is known of all cameras.
        camera_id: The camera that it left.
        end: Where it was last, and its heading, as `ExitEstimate.end`; None if it may leave
            anywhere.

    Returns:
        None if nothing is known of it.
    """
    own = [
        one for one in exits if one.camera_id == camera_id and (one.end is None) == (end is None)
    ]
    if end is None or not own:
        return own[0] if own else None
    middles = np.array([one.end for one in own], np.float64)
    return own[int(nearest(np.array([end]), middles, size=own[0].size_px)[0])]


def foresee(
    left_by: ExitEstimate, watched_s: Mapping[str, Sequence[tuple[float, float]]]
) -> Forecast:
    """Return where a vehicle goes next.

    Args:
        left_by: Its exit.
        watched_s: By camera, from when to when it watched without seeing the vehicle, in seconds
            after that left, in order; a camera that is missing did not watch.
    """
    usual_none = 1.0 - sum(one.share for one in left_by.onward)
    arrived = [_share_within(one, watched_s.get(one.camera_id, ())) for one in left_by.onward]
    open_ = [one.share * (1 - by_now) for one, by_now in zip(left_by.onward, arrived, strict=True)]
    total = max(usual_none + sum(open_), 1e-9)
    due = []
    for one, by_now, still in zip(left_by.onward, arrived, open_, strict=True):
        over = by_now >= WINDOW[-1]
        since = 0.0 if over else by_now
        early, middle, late = (_quantile(one, since + (1 - since) * share) for share in WINDOW)
        due.append(Due(one.camera_id, one.share, still / total, (early, middle, late), over))
    due.sort(key=lambda one: (-one.usual, one.camera_id))
    return Forecast(tuple(due), usual_none / total)


def worth_telling(forecast: Forecast) -> list[Due]:
    """Return the cameras of the forecast: those still possible, then those where it was due."""
    coming = [one for one in forecast.due if not one.over and one.probability >= LEAST_PROBABILITY]
    coming.sort(key=lambda one: (-one.probability, one.camera_id))
    missed = [one for one in forecast.due if one.over and one.usual >= LEAST_USUAL]
    return [*coming, *missed][:TOLD]


def _quantile(onward: Onward, share: float) -> float:
    return float(np.interp(share, _grid(onward), onward.quantiles_s))


def _share_within(onward: Onward, spans: Sequence[tuple[float, float]]) -> float:
    """Return the share of those who come that does so within some stretches of time."""
    # Who was there before it left here is one of those whom a camera saw that watched by then.
    return sum(
        _share_until(onward, end) - (_share_until(onward, begin) if begin > 0 else 0.0)
        for begin, end in spans
    )


def _share_until(onward: Onward, seconds: float) -> float:
    return float(np.interp(seconds, onward.quantiles_s, _grid(onward), left=0.0))


def _grid(onward: Onward) -> NDArray[np.float64]:
    return np.linspace(0, 1, len(onward.quantiles_s))
