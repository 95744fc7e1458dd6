"""Identity errors: vehicles split among several identities, and identities that merge several.

IDF1 says how much is wrong, this says what. Cameras are evaluated one by one and then together, so
that an error across cameras (not re-identified, or confused with another) shows beside one within a
camera (a track that switched to another vehicle).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.evaluation.metrics import clear_matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tracking.evaluation.comparison import Comparison

MIN_SHARE: Final = 0.1
"""Share of an identity's matched boxes below which another identity's hold on it is passing noise
(boxes that cross for some frames), not a split or a merge."""


@dataclass(frozen=True, slots=True, order=True)
class Passage:
    """Where a true identity and a predicted one go together in one camera.

    Attributes:
        camera_id: The camera.
        vehicle: The true identity.
        identity: The predicted one.
        boxes: How many matched boxes they share, at least 1.
        first_frame: The first of these, numbered as in the comparison.
        last_frame: The last of these.
    """

    camera_id: str
    vehicle: int
    identity: int
    boxes: int
    first_frame: int
    last_frame: int


@dataclass(frozen=True, slots=True)
class IdentityError:
    """A vehicle that was split, or a predicted identity that was merged.

    Attributes:
        name: The true identity of a split, the predicted one of a merge.
        parts: By identity of the other side, from the most boxes to the least, where it goes
            together with this one; at least two.
    """

    name: int
    parts: Mapping[int, tuple[Passage, ...]]

    @property
    def boxes(self) -> dict[int, int]:
        """Number of boxes of each part."""
        return {other: sum(p.boxes for p in passages) for other, passages in self.parts.items()}

    @property
    def wrong_boxes(self) -> int:
        """Boxes outside of the greatest part: how bad it is."""
        return sum(list(self.boxes.values())[1:])


@dataclass(frozen=True, slots=True)
class IdentityErrors:
    """Which identities do not stand for exactly one vehicle.

    Attributes:
        split: True identities split among several predicted ones, the worst first.
        merged: Predicted identities that hold several true ones, the worst first.
    """

    split: tuple[IdentityError, ...]
    merged: tuple[IdentityError, ...]


def matched_passages(camera_id: str, comparison: Comparison) -> list[Passage]:
    """Return which true and predicted identities go together in a camera, matched as CLEAR does.

    Args:
        camera_id: The camera.
        comparison: Of its truth and prediction.
    """
    matched = clear_matches(comparison)
    t, p = comparison.truth_row[matched], comparison.predicted_row[matched]
    names = np.stack([comparison.truth.identity[t], comparison.predicted.identity[p]], axis=1)
    pairs, which = np.unique(names, axis=0, return_inverse=True)
    # Pairs ascend by frame, so that the first and the last of each are found by position.
    order = np.argsort(which.ravel(), kind="stable")
    counts = np.bincount(which.ravel(), minlength=len(pairs))
    frames = comparison.frame[matched][order]
    ends = np.cumsum(counts)
    return [
        Passage(camera_id, vehicle, identity, n, int(frames[end - n]), int(frames[end - 1]))
        for (vehicle, identity), n, end in zip(
            pairs.tolist(), counts.tolist(), ends.tolist(), strict=True
        )
    ]


def identity_errors(passages: Iterable[Passage]) -> IdentityErrors:
    """Return the vehicles that were split and the predicted identities that were merged.

    A vehicle is split when two or more predicted identities each have at least `MIN_SHARE` of its
    matched boxes, and a predicted identity is merged when two or more vehicles each have at least
    as much of its own.

    Args:
        passages: Of one camera, or of several under global identities.
    """
    known = sorted(passages)
    return IdentityErrors(
        split=_errors((p.vehicle, p.identity, p) for p in known),
        merged=_errors((p.identity, p.vehicle, p) for p in known),
    )


def _errors(passages: Iterable[tuple[int, int, Passage]]) -> tuple[IdentityError, ...]:
    by_name: dict[int, dict[int, list[Passage]]] = defaultdict(lambda: defaultdict(list))
    for name, other, passage in passages:
        by_name[name][other].append(passage)
    found = []
    for name, parts in by_name.items():
        sizes = {other: sum(p.boxes for p in seen) for other, seen in parts.items()}
        least = MIN_SHARE * sum(sizes.values())
        strong = [other for other, size in sizes.items() if size >= least]
        if len(strong) > 1:
            strong.sort(key=lambda other: (-sizes[other], other))
            found.append(IdentityError(name, {other: tuple(parts[other]) for other in strong}))
    return tuple(sorted(found, key=lambda error: (-error.wrong_boxes, error.name)))
