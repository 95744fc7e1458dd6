"""Placement of curve labels in an image without overlaps.

Each label may lie at several positions along its curve or close beside it. They are chosen one
after the other, and then again given all others, until nothing changes (iterated conditional modes;
Besag, "On the statistical analysis of dirty pictures", 1986). That is enough for the few dozen
labels that are legible at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ALONG: Final = (0.36, 0.44, 0.5, 0.28, 0.58, 0.66, 0.2, 0.74, 0.8)
"""Shares of a curve's length, the best first: nearer to where it begins, so that the two ways
between two points, which are nearest to each other in the middle, have their labels apart."""
_ASIDE_PX: Final = (0.0, 13.0, -13.0, 26.0, -26.0)
"""Distances from the curve, the best first."""
_GAP_PX: Final = 3.0
"""Left free around a label."""
_ROUNDS: Final = 10

# By what is bad about a place: pixels of area on another label or a thing, points of another curve
# under it, and how far down the list of places it comes.
_LABEL_COST: Final = 100.0
_CROSSING_COST: Final = 60.0
_RANK_COST: Final = 5.0

_SAMPLES: Final = 40


def place_labels(
    curves: NDArray[np.float64],
    sizes_wh: NDArray[np.float64],
    things: NDArray[np.float64],
    *,
    picture_wh: tuple[float, float],
) -> NDArray[np.float64]:
    """Return the boxes of the labels, float64 (N, 4), xyxy in pixels.

    Args:
        curves: float64 (N, 3, 2), begin, control point and end of each quadratic Bezier curve.
        sizes_wh: float64 (N, 2), width and height of each label.
        things: float64 (M, 4), boxes that should not be covered.
        picture_wh: Width and height of the image, in which all labels lie.
    """
    if not len(curves):
        return np.zeros((0, 4))
    points = np.stack([_points(curve) for curve in curves])
    places = [
        _places(curve, wh, picture_wh=picture_wh)
        for curve, wh in zip(curves, sizes_wh, strict=True)
    ]
    fixed = [
        _fixed_cost(boxes, things, np.delete(points, n, axis=0).reshape(-1, 2))
        for n, boxes in enumerate(places)
    ]
    chosen = [int(cost.argmin()) for cost in fixed]
    # Short curves have the least choice.
    order = np.argsort([np.hypot(*(curve[2] - curve[0])) for curve in curves], kind="stable")
    for _ in range(_ROUNDS):
        before = list(chosen)
        for n in order.tolist():
            others = [places[m][chosen[m]] for m in range(len(places)) if m != n]
            overlap = _shared_area(places[n], np.array(others).reshape(-1, 4)).sum(axis=1)
            chosen[n] = int((fixed[n] + _LABEL_COST * overlap).argmin())
        if chosen == before:
            break
    return np.stack([boxes[one] for boxes, one in zip(places, chosen, strict=True)])


def _points(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    return _at(curve, np.linspace(0, 1, _SAMPLES))


def _at(curve: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    s = share[:, None]
    return np.asarray((1 - s) ** 2 * curve[0] + 2 * s * (1 - s) * curve[1] + s**2 * curve[2])


def _places(
    curve: NDArray[np.float64], wh: NDArray[np.float64], *, picture_wh: tuple[float, float]
) -> NDArray[np.float64]:
    """Return the boxes that a label may have, the best first; float64 (K, 4)."""
    along = curve[2] - curve[0]
    aside = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)
    on_curve = _at(curve, np.array(_ALONG))
    centres = np.concatenate([on_curve + aside * away for away in _ASIDE_PX])
    half = wh / 2
    centres = np.clip(centres, half, np.maximum(np.array(picture_wh) - half, half))
    return np.concatenate([centres - half, centres + half], axis=1)


def _fixed_cost(
    boxes: NDArray[np.float64], things: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what is bad about each place whatever the other labels do, float64 (K,)."""
    x, y = points[None, :, 0], points[None, :, 1]
    x1, y1, x2, y2 = (edge[:, None] for edge in boxes.T)
    under = ((x > x1) & (x < x2) & (y > y1) & (y < y2)).sum(axis=1)
    covered = _shared_area(boxes, things).sum(axis=1)
    return np.asarray(
        _LABEL_COST * covered + _CROSSING_COST * under + _RANK_COST * np.arange(len(boxes))
    )


def _shared_area(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the area that boxes share, (A, B), with the gap that is to be between them."""
    low = np.maximum(a[:, None, :2], b[None, :, :2]) - _GAP_PX
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    return np.asarray(np.clip(high - low, 0, None).prod(axis=2))
