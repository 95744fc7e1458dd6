"""Motion model: a constant-velocity Kalman filter in pixels and seconds.

The state of a track is (cx, cy, w, h) and its rate of change per second. The filter steps are
filterpy's; this module supplies the model. Noise is scaled by the height of the box, as in
DeepSORT and ByteTrack, because the height of a vehicle is what tells a near one from a far one.

Departures from DeepSORT, which counts in frames:
    * Everything is per second, with dt from timestamps: the process noise is that of white-noise
      acceleration and of a random walk of the box, discretised exactly, so that two steps of dt/2
      give what one step of dt gives.
    * The rate of change of the size fades away, so that the box of a vehicle that is not seen for a
      while neither swells nor vanishes (ByteTrack sets it to zero at the first miss).
    * A new track may have any speed of traffic. DeepSORT's narrow prior suits people at 30 frames
      per second and loses a car at 5.

Reference: Wojke et al., "Simple online and realtime tracking with a deep association metric",
ICIP 2017, Sect. 2.1; Bar-Shalom et al., "Estimation with applications to tracking and navigation",
2001, Sect. 6.2.2 (continuous white-noise acceleration).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from filterpy import kalman

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MEASUREMENT_STD: Final = 1 / 20
"""Standard deviation of a detected coordinate, in box heights (DeepSORT's)."""

ACCELERATION_DENSITY: Final = 0.35
"""Root spectral density of the acceleration, in box heights / s^1.5.

DeepSORT's 1/160 box heights per frame and frame comes to 0.2 at 10 frames per second and to 1.0 at
30. A car is about 1.5 m high and changes its speed by some 0.5 m/s in a second of steady traffic.
Chosen with `JITTER_DENSITY` on rendered validation traffic at 5 and 10 frames per second.
"""

JITTER_DENSITY: Final = 0.16
"""Root spectral density of the random walk of the box itself, in box heights / s^0.5.

What a detector takes for the edges of a vehicle wanders with its aspect and with what hides it,
without the vehicle changing its speed. DeepSORT's 1/20 box height per frame at 10 frames per
second.
"""

INITIAL_SPEED_STD: Final = 5.0
"""Standard deviation of the speed of a new track, in box heights / s.

A car is about 1.5 m high: 7.5 m/s, so that two standard deviations cover a city's 50 km/h.
"""

INITIAL_GROWTH_STD: Final = 1.0
"""Standard deviation of a new track's rate of growth, in box heights / s."""

GROWTH_TIME_S: Final = 1.0
"""Time in which a rate of growth fades to 1/e, in seconds."""

MIN_SIZE_PX: Final = 1.0
"""Smallest width and height of a predicted box."""

_MEASURED: Final = np.eye(4, 8)


@dataclass(frozen=True, slots=True, eq=False)
class MotionState:
    """A Gaussian belief about one box and its motion.

    Attributes:
        mean: float64 (8,), (cx, cy, w, h) in pixels, then their rates in pixels / s.
        covariance: float64 (8, 8).
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


def initiate(xyxy: NDArray[np.float32]) -> MotionState:
    """Return the belief after a first sighting: the box as seen, of unknown speed; xyxy (4,)."""
    measured = _to_cxcywh(xyxy)
    stds = np.array(
        [MEASUREMENT_STD] * 4 + [INITIAL_SPEED_STD] * 2 + [INITIAL_GROWTH_STD] * 2, np.float64
    )
    return MotionState(
        mean=np.concatenate([measured, np.zeros(4)]),
        covariance=np.diag((stds * measured[3]) ** 2),
    )


def predict(state: MotionState, dt_s: float) -> MotionState:
    """Return the belief `dt_s` seconds later.

    Raises:
        ValueError: If `dt_s` is negative.
    """
    if dt_s < 0:
        raise ValueError(f"dt_s must not be negative, is {dt_s}")
    mean, covariance = kalman.predict(
        state.mean, state.covariance, F=_transition(dt_s), Q=_process_noise(dt_s, state.mean[3])
    )
    return MotionState(_with_positive_size(mean), covariance)


def update(state: MotionState, xyxy: NDArray[np.float32]) -> MotionState:
    """Return the belief after the box `xyxy` (4,) was detected."""
    measured = _to_cxcywh(xyxy)
    noise = np.diag(np.full(4, (MEASUREMENT_STD * measured[3]) ** 2))
    mean, covariance = kalman.update(state.mean, state.covariance, measured, noise, _MEASURED)
    return MotionState(_with_positive_size(mean), covariance)


def boxes(states: Sequence[MotionState]) -> NDArray[np.float32]:
    """Return the expected boxes; float32 (N, 4), xyxy, never without area."""
    means = np.array([state.mean[:4] for state in states]).reshape(-1, 4)
    half = means[:, 2:] / 2
    return np.concatenate([means[:, :2] - half, means[:, :2] + half], axis=1).astype(np.float32)


def squared_offsets(
    states: Sequence[MotionState], xyxy: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return how surprising each coordinate of each box would be for each state.

    The coordinates are independent in this model, so no matrix needs inverting: their sum over k
    coordinates is the squared Mahalanobis distance, chi-square distributed with k degrees of
    freedom where box and state belong together.

    Args:
        states: N beliefs, predicted to the time of the boxes.
        xyxy: float32 (M, 4), detected boxes.

    Returns:
        float64 (N, M, 4), squared offsets of cx, cy, w and h in standard deviations.
    """
    measured = _to_cxcywh(xyxy)
    means = np.array([state.mean[:4] for state in states]).reshape(-1, 4)
    variances = np.array([state.covariance.diagonal()[:4] for state in states]).reshape(-1, 4)
    noise = (MEASUREMENT_STD * measured[:, 3]) ** 2
    spread = variances[:, None, :] + noise[None, :, None]
    return np.asarray((means[:, None, :] - measured[None, :, :]) ** 2 / spread)


def _to_cxcywh(xyxy: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return centre and size of boxes, the size at least `MIN_SIZE_PX`; (..., 4) -> (..., 4)."""
    corners = xyxy.astype(np.float64)
    low, high = corners[..., :2], corners[..., 2:]
    return np.concatenate([(low + high) / 2, np.maximum(high - low, MIN_SIZE_PX)], axis=-1)


def _transition(dt_s: float) -> NDArray[np.float64]:
    """Return the (8, 8) matrix that moves a state `dt_s` seconds on."""
    transition = np.eye(8)
    fade = math.exp(-dt_s / GROWTH_TIME_S)
    transition[[0, 1], [4, 5]] = dt_s
    transition[[2, 3], [6, 7]] = GROWTH_TIME_S * (1 - fade)
    transition[[6, 7], [6, 7]] = fade
    return transition


def _process_noise(dt_s: float, height: float) -> NDArray[np.float64]:
    """Return the (8, 8) covariance that `dt_s` seconds of random acceleration and jitter add."""
    density = (ACCELERATION_DENSITY * height) ** 2
    noise = np.zeros((8, 8))
    axes = np.arange(4)
    noise[axes, axes] = density * dt_s**3 / 3 + (JITTER_DENSITY * height) ** 2 * dt_s
    noise[axes, axes + 4] = noise[axes + 4, axes] = density * dt_s**2 / 2
    noise[axes + 4, axes + 4] = density * dt_s
    return noise


def _with_positive_size(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean with sizes of at least `MIN_SIZE_PX`, which shrink no further."""
    small = mean[2:4] < MIN_SIZE_PX
    if not small.any():
        return mean
    kept = mean.copy()
    kept[2:4][small] = MIN_SIZE_PX
    kept[6:8][small] = np.maximum(kept[6:8][small], 0.0)
    return kept
