"""Which tracklets of different cameras are the same vehicle?

Online: every tracklet is compared with the identities known so far and joins one or founds one. A
decision is *provisional* while the tracklet or others of its time are still being seen: all
tracklets of the last seconds are decided together again whenever one of them is new or has ended.
What is older than that stays as it is.

The decision is agglomerative: sightings and identities are merged in rounds, each round a minimum
cost matching of groups to earlier groups, so that look-alikes compete for the one place that only
one of them can take.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tracking.agglomeration import agglomerate
from tracking.decisions import Assignment
from tracking.evidence import Evidence, by_identity, weigh, without_self
from tracking.gallery import Gallery, Sightings
from tracking.links import LinkGraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tracking.links import CameraLink
    from tracking.types import Tracklet


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationSettings:
    """What may be taken for the same vehicle.

    The distances belong to the network that makes the embeddings, and have to be chosen anew with
    it. For the shipped one they were chosen by the identity F1 on true tracks of two rendered
    validation scenes (docs/training-data.md), whose link windows came from their own truth:
    max_linked_distance was the best of 0.8 to 1.15 in steps of 0.05 (0.84; 0.83 to 0.84 from 1.0
    to 1.1), max_distance, without links, is the middle of a plateau (0.70 to 0.71 from 0.9 to
    1.0), and max_return_distance hardly mattered between 0 and 0.6 (all within 0.02).

    Attributes:
        max_distance: Greatest mean L2 distance of appearance between the sightings of one vehicle
            in cameras about whose travel time nothing is known; in (0, 2].
        max_linked_distance: The same where the gaps lie within the links' travel windows. It is
            greater, since a window already rules out most strangers.
        max_return_distance: The same between two sightings of one camera. It is smaller: the same
            view and light make a vehicle look more like itself, but strangers more alike, too.
        min_absence_s: Seconds out of sight before a vehicle can come back to the same camera.
        clock_tolerance_s: How far apart the cameras' clocks may be; all windows widen by it.
        revision_s: Tracklets seen within these last seconds are decided again, together, with each
            new one; 0 decides each once when it is new and once when it has ended.
        horizon_s: A vehicle unseen for longer is not compared any more; it stays in the store.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    max_distance: float = 0.95
    max_linked_distance: float = 1.05
    max_return_distance: float = 0.4
    min_absence_s: float = 2.0
    clock_tolerance_s: float = 0.5
    revision_s: float = 20.0
    horizon_s: float = 86_400.0

    def __post_init__(self) -> None:
        """Check every field."""
        for name in ("max_distance", "max_linked_distance", "max_return_distance"):
            if not 0 < getattr(self, name) <= 2:
                raise ValueError(f"{name} must be above 0 and at most 2, is {getattr(self, name)}")
        for name in ("min_absence_s", "clock_tolerance_s", "revision_s", "horizon_s"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be negative, is {getattr(self, name)}")


class Associator:
    """Gives every tracklet an identity, online."""

    def __init__(self, settings: AssociationSettings, links: Sequence[CameraLink] = ()) -> None:
        """Start with an empty gallery.

        Args:
            settings: What may be taken for the same vehicle.
            links: What is known of the ways between cameras.
        """
        self._settings = settings
        self._graph = LinkGraph(
            links,
            min_absence_s=settings.min_absence_s,
            clock_tolerance_s=settings.clock_tolerance_s,
        )
        self._gallery = Gallery()
        self._open: dict[tuple[str, int], Tracklet] = {}
        self._assigned: dict[tuple[str, int], Assignment] = {}
        self._next_identity = 1
        self._now = -np.inf

    def update(self, tracklets: Sequence[Tracklet]) -> dict[tuple[str, int], Assignment]:
        """Decide, or decide again, which vehicles some tracklets are.

        Args:
            tracklets: Those that have just become ripe for a first decision, and those that have
                just ended; the order does not matter, and a tracklet may come any number of times.

        Returns:
            By camera and track: the assignment of each of these, and of each older one that is
            another now.

        Raises:
            ValueError: If a tracklet is given twice.
        """
        given = {t.key for t in tracklets}
        if len(given) < len(tracklets):
            raise ValueError("a tracklet is given twice in one update")
        if not given:
            return {}
        self._open.update((t.key, t) for t in tracklets)
        batch = sorted(self._open.values(), key=lambda t: (t.first_timestamp, t.key))
        before = {key: assignment.identity_id for key, assignment in self._assigned.items()}
        self._decide(batch)
        changed = {
            t.key: self._assigned[t.key]
            for t in batch
            if t.key in given or self._assigned[t.key].identity_id != before.get(t.key)
        }
        self._close_old()
        return changed

    def _decide(self, batch: Sequence[Tracklet]) -> None:
        # Takes the batch out of the gallery, groups it anew, and puts it back.
        former = [self._gallery.remove(t.key) for t in batch]
        sightings = Sightings.of(batch, self._graph)
        identities, known = by_identity(
            self._weigh(sightings, self._gallery.sightings), self._gallery.identity
        )
        evidence = known.beside(without_self(self._weigh(sightings, sightings)))
        group = agglomerate(evidence)
        names = self._name(group, identities, former)
        together = group[:, None] == np.concatenate([np.arange(len(identities)), group])
        nearest = np.where(together, evidence.distance, np.inf).min(axis=1)
        for i, tracklet in enumerate(batch):
            self._gallery.put(tracklet.key, sightings[i : i + 1], identity=names[i])
            self._assigned[tracklet.key] = Assignment(
                names[i], float(nearest[i]) if np.isfinite(nearest[i]) else None
            )

    def _weigh(self, a: Sightings, b: Sightings) -> Evidence:
        return weigh(
            a,
            b,
            self._graph,
            max_distance=self._settings.max_distance,
            max_linked_distance=self._settings.max_linked_distance,
            max_return_distance=self._settings.max_return_distance,
            horizon_s=self._settings.horizon_s,
        )

    def _name(
        self, group: NDArray[np.intp], identities: NDArray[np.int64], former: Sequence[int | None]
    ) -> list[int]:
        # A new group keeps the number that one of its members founded, if no one else has it.
        name_of = dict(enumerate(identities.tolist()))
        taken = set(self._gallery.identity[np.isin(self._gallery.identity, _numbers(former))])
        names = []
        for label in group.tolist():
            if label not in name_of:
                members = (former[i] for i in np.flatnonzero(group == label).tolist())
                free = (f for f in members if f is not None and f not in taken)
                name_of[label] = next(free, None) or self._new_identity()
                taken.add(name_of[label])
            names.append(name_of[label])
        return names

    def _new_identity(self) -> int:
        self._next_identity += 1
        return self._next_identity - 1

    def _close_old(self) -> None:
        self._now = max([self._now, *(t.last_timestamp for t in self._open.values())])
        oldest = self._now - self._settings.revision_s
        for key in [k for k, t in self._open.items() if t.last_timestamp <= oldest]:
            del self._open[key], self._assigned[key]


def _numbers(former: Sequence[int | None]) -> list[int]:
    return [f for f in former if f is not None]
