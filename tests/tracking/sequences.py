"""Small sequences of labelled boxes for the tests of the measures."""

from __future__ import annotations

import numpy as np

from tracking.evaluation.comparison import LabelledBoxes

SIZE = np.array([12.0, 9.0])


def labelled(rows: list[tuple[float, ...]]) -> LabelledBoxes:
    """Rows are (frame, identity, x) of 10 x 10 boxes at height 0, or with (…, x1, y1, x2, y2)."""
    full = [(f, i, c[0], 0, c[0] + 10, 10) if len(c) == 1 else (f, i, *c) for f, i, *c in rows]
    table = np.array(full, np.float64).reshape(-1, 6)
    return LabelledBoxes(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2:])


def random_pair(
    seed: int, *, frames: int = 40, vehicles: int = 6, jitter: float = 2.0
) -> tuple[LabelledBoxes, LabelledBoxes]:
    """A crowd walking at random, and a tracker that misses, invents, wobbles and mixes up."""
    rng = np.random.default_rng(seed)
    place = rng.uniform(0, 40, (vehicles, 2))
    name = rng.permutation(vehicles) + 100
    truth, predicted = [], []
    for frame in range(1, frames + 1):
        place += rng.normal(0, 2, place.shape)
        if rng.random() < 0.15 and vehicles > 1:
            a, b = rng.choice(vehicles, 2, replace=False)
            name[[a, b]] = name[[b, a]]
        if rng.random() < 0.1:
            name[rng.integers(vehicles)] = 200 + frame
        for i in range(vehicles):
            corner = place[i]
            if rng.random() < 0.9:
                truth.append((frame, i, *corner, *(corner + SIZE)))
            if rng.random() < 0.85:
                shift = corner + rng.normal(0, jitter, 2)
                predicted.append((frame, name[i], *shift, *(shift + SIZE)))
        if rng.random() < 0.2:
            corner = rng.uniform(0, 40, 2)
            predicted.append((frame, 999, *corner, *(corner + SIZE)))
    return labelled(truth), labelled(predicted)
