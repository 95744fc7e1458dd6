"""Smooths the paths of a traffic simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.ndimage import gaussian_filter1d

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FAST_MPS: Final = 8.0
"""Well below this speed lines are smoothed over distance, well above it over time."""
_SIGMA_M: Final = 1.5
"""Standard deviation of the smoothing at low speed; 1.5 m cuts a corner of 6 m by 0.2 m."""
_GRID_M: Final = 0.25


def smooth_path(
    points: NDArray[np.float64], speed_mps: NDArray[np.float64], step_s: float
) -> NDArray[np.float64]:
    """Return a path without kinks and jumps, and without any motion at a standstill.

    The simulation's lanes are polygons, it changes lanes sideways at one speed, and where one
    edge ends and the next begins its positions jump by some decimetres. All that is smoothed by a
    Gaussian along `u`, with du/dt = v / (1 + v / v_fast): a distance for slow vehicles, a time for
    fast ones, and constant for those that stand.

    Args:
        points: float64 (N, 2), one per step, metres.
        speed_mps: float64 (N,).
        step_s: Between two points.

    Returns:
        float64 (N, 2), metres.
    """
    rate = speed_mps / (1.0 + speed_mps / _FAST_MPS)
    # SUMO moves a vehicle by its new speed, so that one whose speed is 0 has not moved.
    u = np.concatenate([[0.0], np.cumsum(rate[1:] * step_s)])
    if len(points) < 2 or u[-1] < 2 * _GRID_M:
        return np.repeat(points[:1], len(points), axis=0)
    grid = np.linspace(0.0, u[-1], 2 + int(u[-1] / _GRID_M))
    # Of the points at a standstill, which all lie at one u, the last one counts.
    moving = np.append(np.diff(u) > 0, True)
    sampled = np.stack([np.interp(grid, u[moving], points[moving, k]) for k in (0, 1)], axis=1)
    margin = min(len(grid) - 1, int(4 * _SIGMA_M / _GRID_M))
    # Mirrored at its ends through the end points, a straight line remains one.
    before = 2 * sampled[0] - sampled[margin:0:-1]
    after = 2 * sampled[-1] - sampled[-2 : -margin - 2 : -1]
    extended = np.concatenate([before, sampled, after])
    sigma = _SIGMA_M / (grid[1] - grid[0])
    smooth = gaussian_filter1d(extended, sigma, axis=0, truncate=4.0)[margin : margin + len(grid)]
    return np.stack([np.interp(u, grid, smooth[:, k]) for k in (0, 1)], axis=1)
