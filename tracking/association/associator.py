"""Association across cameras: which tracklets of different cameras are the same vehicle.

Online: a tracklet gets an identity as soon as it arrives, by comparison with what is known at that
moment, and jointly with the tracklets that came shortly before it. About every second, all
tracklets of the last minutes are decided jointly again, and wrong identities are revised. Older
ones are settled, until the end of the recordings: then a final pass decides everything once more,
with all that was learned.

Evidence adds up as log-odds: appearance (`calibration`), travel time and zone (`travel_times`,
learned online by `link_learning`; for calibrated cameras on the ground plane, `ways`), exclusivity
(`exclusivity`) and manual corrections (`constraints`). The joint decision is
`tracking.chains.solver.solve`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.appearance.calibration import Calibration, Curves
from tracking.association.book import Book, View
from tracking.association.replay import decide_again
from tracking.association.sequential import decided_again
from tracking.association.settings import AssociationSettings
from tracking.association.shown_numbers import ShownNumbers
from tracking.decisions import FINAL, Revision
from tracking.learning.learner import LinkLearner
from tracking.maps.terrain import Terrain
from tracking.travel.links import LinkGraph

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from tracking.decisions import (
        Assignment,
        ClockEstimate,
        Correction,
        ExitEstimate,
        GroundEstimate,
        Key,
        LinkEstimate,
        SharedView,
    )
    from tracking.ground import GroundPlane
    from tracking.learning.recollection import Recollection
    from tracking.travel.links import CameraLink
    from tracking.types import Tracklet

RIVALS: Final = 200
"""A tracklet is decided for the first time together with so many of those that came into view last:
one of them may have been given its identity when nobody else was there, and what is decided beside
fewer is soon undone by a joint decision. In a system of a few cameras these are the last minute or
so; in a large one, where all would take too long, some seconds (docs/experiments.md).
"""


class Associator:
    """Gives every tracklet an identity, online, and corrects itself.

    Args:
        settings: How.
        links: Known links between cameras.
        calibration: Calibration of distances; belongs to the network.
        young: The same where one of the two vehicles was seen in a crop or two only (`Curves`).
        corrections: Manual corrections; they override any evidence.
        ground: How calibrated cameras see the ground, by name; others may be missing.
    """

    def __init__(
        self,
        settings: AssociationSettings,
        links: Sequence[CameraLink] = (),
        *,
        calibration: Calibration | None = None,
        young: Calibration | None = None,
        corrections: Iterable[Correction] = (),
        ground: Mapping[str, GroundPlane] | None = None,
    ) -> None:
        self._settings = settings
        self._curves = Curves(calibration or Calibration(), young)
        self._corrections = tuple(corrections)
        self._graph = LinkGraph(links)
        self._terrain = Terrain(ground)
        self._learner = LinkLearner(
            self._graph,
            self._curves,
            correlation=settings.correlation,
            learning=settings.learn_links,
            terrain=self._terrain,
            surveying=settings.learn_ground,
        )
        self._book = self._new_book()
        self._window: dict[Key, Tracklet] = {}
        self._assigned: dict[Key, Assignment] = {}
        self._identities: dict[Key, int] = {}
        self._previous: dict[Key, Key | None] = {}
        self._past: dict[Key, tuple[Tracklet, int]] | None = {}
        self._shown = ShownNumbers()
        self._revisions: list[Revision] = []
        self._numbers = count(1)
        self._now = -math.inf
        self._solved_at = -math.inf

    def update(self, tracklets: Sequence[Tracklet]) -> dict[Key, Assignment]:
        """Decide, or decide again, which vehicles some tracklets are.

        Args:
            tracklets: Those that have just become ripe for a first decision, and those that have
                just ended; the order does not matter, and a tracklet may come any number of times
                until it has ended.

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
        before = dict(self._identities)
        ended = sorted((t for t in tracklets if t.ended), key=_in_time)
        for camera_id in sorted({t.camera_id for t in tracklets}):
            self._graph.index(camera_id)
        self._window.update((t.key, t) for t in tracklets)
        self._now = max(self._now, *(t.last_timestamp for t in tracklets))
        self._learner.add(ended, [t for t in self._window.values() if not t.ended])
        if not self._settings.joint:
            conflicts = self._book.conflicts if self._settings.exclusive else None
            again = decided_again(
                given, self._window, self._identities, self._previous, conflicts=conflicts
            )
            self._decide(again, given)
        elif self._now - self._solved_at >= self._settings.solve_every_s:
            self._decide(self._window.keys(), given)
            self._solved_at = self._now
        else:
            self._decide(self._with_rivals(given - self._assigned.keys()), given)
        changed = self._changes(before, {t.key: "ended" for t in ended}, given)
        self._settle(self._now - self._settings.revision_s if self._settings.joint else math.inf)
        return changed

    def recall(self, earlier: Recollection) -> None:
        """Learn from what an earlier run saw of the cameras, before anything is given.

        Args:
            earlier: Of cameras that stand where they stood, and of the same network.
        """
        for camera_id in sorted({t.camera_id for t in earlier.tracklets}):
            self._graph.index(camera_id)
        self._learner.recall(earlier)

    def correct(self, corrections: Iterable[Correction]) -> None:
        """Replace manual corrections, for the final pass over everything; see `looks_back`.

        Which tracklets they mean is often known only when all have been seen.
        """
        self._corrections = tuple(corrections)

    @property
    def looks_back(self) -> bool:
        """Whether the final pass is over everything, so that it respects manual corrections."""
        return self._settings.joint and self._past is not None

    def flush(self) -> dict[Key, Assignment]:
        """Take a final pass over everything with all that was learned, and settle it.

        Returns:
            The assignments of all that was decided again, whether they are others now or not.
        """
        if not self._settings.joint or not (self._window or self._past):
            return {}
        before = dict(self._identities)
        if self._settings.learn_links:
            self._learner.learn(last=True)
        if self._past is None:
            self._decide(self._window.keys(), self._window.keys())
        else:
            before.update((key, number) for key, (_, number) in self._past.items())
            self._decide_all_again()
            learning = self._settings.learn_links and self._settings.travel_times
            if learning and self._learner.learn_visits(self._previous):
                # Chains are longer than they were, and show more of who returned.
                self._decide_all_again()
        return self._changes(before, dict.fromkeys(before, FINAL), self._assigned.keys())

    def revisions(self) -> list[Revision]:
        """Return the identities that were corrected since the last call, in order."""
        found, self._revisions = self._revisions, []
        return found

    def links(self) -> list[LinkEstimate]:
        """Return the learned links between cameras, the most travelled first."""
        return self._learner.links()

    def exits(self) -> list[ExitEstimate]:
        """Return what becomes of vehicles that leave a camera, by each of its exits and by any."""
        return self._learner.exits()

    def clocks(self) -> list[ClockEstimate]:
        """Return how wrong the cameras' clocks seem to be."""
        return self._learner.clocks()

    def views(self) -> list[SharedView]:
        """Return pairs of cameras with overlapping views, at least one of them uncalibrated."""
        return list(self._terrain.views)

    def ground(self) -> list[GroundEstimate]:
        """Return how cameras that are not calibrated see the ground, if others are on their map."""
        return self._terrain.shared()

    def _decide(self, keys: Collection[Key], given: Collection[Key]) -> None:
        """Decide some tracklets of the window together, the others being as they are."""
        if not keys:
            return
        view = self._view()
        chosen = self._in_true_time((self._window[key] for key in keys), view)
        others = [t for key, t in self._window.items() if key not in keys]
        stays = {t.key: self._identities[t.key] for t in others}
        decision = self._book.decide(chosen, others, stays, view, self._previous)
        shown = [self._shown.seconds(t) for t in chosen]
        held = {n for n in set().union(*shown) if self._book.holds(n)}
        numbers = decision.identities(
            shown, taken=held | set(stays.values()), new_number=self._numbers.__next__
        )
        found = dict(zip(decision.keys, numbers, strict=True))
        # Reasons cost more than the decision: only for what is going to be told.
        told = {k for k, number in found.items() if k in given or self._identities.get(k) != number}
        self._assigned |= decision.assignments(numbers, told, self._graph.names)
        self._identities |= found
        self._shown.note(found, self._now)
        self._previous |= decision.previous()
        self._learner.heed(decision.previous())

    def _with_rivals(self, new: set[Key]) -> set[Key]:
        """Return new tracklets and those that came into view last; none without any new ones."""
        if not new:
            return new
        latest = sorted(self._window.values(), key=_in_time)[-RIVALS:]
        return new | {t.key for t in latest}

    def _decide_all_again(self) -> None:
        """Decide everything from the beginning."""
        assert self._past is not None
        tracklets = [*(t for t, _ in self._past.values()), *self._window.values()]
        view = self._view()
        tracklets = self._in_true_time((replace(t, ended=True) for t in tracklets), view)
        shown = [self._shown.seconds(t) for t in tracklets]
        self._book = self._new_book()
        self._assigned = decide_again(
            tracklets,
            shown,
            self._new_book(),
            view,
            new_number=self._numbers.__next__,
            cameras=self._graph.names,
        )
        self._identities = {key: one.identity_id for key, one in self._assigned.items()}
        self._previous = {
            key: None if one.reasons is None else one.reasons.previous
            for key, one in self._assigned.items()
        }
        self._window = {t.key: t for t in tracklets}
        self._past = {}

    def _changes(
        self, before: Mapping[Key, int], cause: Mapping[Key, str], given: Collection[Key]
    ) -> dict[Key, Assignment]:
        """Return the assignments of what was given or has changed; take note of revisions."""
        changed = {}
        for key, one in self._assigned.items():
            old = before.get(key)
            if old is not None and old != one.identity_id:
                why = cause.get(key, "evidence")
                self._revisions.append(Revision(key, old, one.identity_id, self._now, why))
            if key in given or old != one.identity_id:
                changed[key] = one
        return changed

    def _settle(self, until: float) -> None:
        """Settle what ended before a time, unless it follows on something that is still open."""
        settled: dict[Key, Tracklet] = {}
        due = [t for t in self._window.values() if t.ended and t.last_timestamp <= until]
        for tracklet in sorted(due, key=_in_time):
            previous = self._previous[tracklet.key]
            if previous not in self._window or previous in settled:
                settled[tracklet.key] = tracklet
        if not settled:
            return
        numbers = {key: self._identities.pop(key) for key in settled}
        self._book.settle(list(settled.values()), list(numbers.values()), now=self._now)
        for key, tracklet in settled.items():
            del self._window[key], self._assigned[key], self._previous[key]
            if self._past is not None:
                # Single views are forgotten, but not how many there were.
                views = np.broadcast_to(tracklet.embedding, tracklet.exemplars.shape)
                slim = replace(tracklet, exemplars=views)
                self._past[key] = slim, numbers[key]
        if self._past is None:
            self._shown.forget(settled)
        elif len(self._past) > self._settings.final_tracklets:
            self._shown.forget(self._past)
            self._past = None

    def _in_true_time(self, tracklets: Iterable[Tracklet], view: View) -> list[Tracklet]:
        """Return tracklets in order of their first times by corrected clocks."""
        offset_s = dict(zip(self._graph.names, view.offsets.tolist(), strict=True))

        def first(tracklet: Tracklet) -> tuple[float, Key]:
            return tracklet.first_timestamp + offset_s[tracklet.camera_id], tracklet.key

        return sorted(tracklets, key=first)

    def _view(self) -> View:
        zones, times = self._learner.current()
        settings = self._settings
        return View(
            zones=zones,
            times=times if settings.travel_times else None,
            offsets=self._learner.offsets,
            curves=self._curves,
            visits=self._learner.visits if settings.joint else None,
            now=self._now,
            settings=settings,
        )

    def _new_book(self) -> Book:
        return Book(
            self._graph.index,
            self._learner.cohort,
            self._learner.cameras,
            self._corrections,
            horizon_s=self._settings.horizon_s,
            terrain=self._terrain,
        )


def _in_time(tracklet: Tracklet) -> tuple[float, Key]:
    return tracklet.first_timestamp, tracklet.key
