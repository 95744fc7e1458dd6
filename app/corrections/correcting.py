"""Applies manual corrections to the identities in a store.

The association's decisions stay in the history, so that the identities can be derived from them
again whenever a correction is made or undone: nothing depends on the order of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.corrections.correction_request import check_against
from app.corrections.locating import locate, remember
from app.corrections.marks import Path, recording_name
from app.corrections.partition import SPLITTING, Ruling, corrected
from app.storage.records import CorrectionRecord, Revision
from tracking import decisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from app.corrections.correction import Correction, Corrections
    from app.corrections.correction_request import Request
    from app.corrections.marks import Mark
    from app.storage.records import Sighting
    from app.storage.store import Store
    from app.storage.store_reader import StoreReader
    from tracking.decisions import Key

_FOUNDED_KEY: Final = "identities_founded_by_corrections"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What corrections did to a run.

    Attributes:
        revisions: The identities that changed.
        rulings: Numbers of the corrections that say something of the run's sightings.
        warnings: What could not be done, one line each.
    """

    revisions: tuple[Revision, ...]
    rulings: tuple[int, ...]
    warnings: tuple[str, ...]


def apply_corrections(store: Store, corrections: Corrections) -> Outcome:
    """Bring a run's identities in line with all corrections that hold; the caller commits.

    Args:
        store: The run, whose association is finished: it remembers which sightings are meant.
        corrections: All of them, those taken back included.
    """
    sightings = {s.key: s for s in store.sightings()}
    keys = locate(store, corrections.sightings)
    remember(store, corrections.sightings, keys)
    rulings = rulings_of(corrections, keys)
    decided = _decided(store, sightings.values())
    moves = corrected(decided, rulings, new_identity=_founded(store, corrections.active))
    effective = {one.id: one for one in corrections.effective}
    for one in corrections.corrections:
        _record(store, effective.get(one.id, one), keys, sightings)
    listed = {one.id for one in corrections.corrections}
    for record in store.corrections():
        if record.correction_id not in listed:
            # Deleted by hand: it stays for the history, and says nothing of any sighting any more.
            store.put_correction(record, same=[], different=[])
    wanted = decided | {move.key: move.after for move in moves}
    causes = {move.key: move.correction_id for move in moves}
    last = {r.sighting_id: r.correction_id for r in store.revisions()}
    revisions = [
        Revision(
            sighting_id=sighting.sighting_id,
            before=sighting.identity_id,
            after=wanted[key],
            timestamp=None,
            cause="corrected" if key in causes else "undone",
            correction_id=causes.get(key, last.get(sighting.sighting_id)),
        )
        for key, sighting in sightings.items()
        if key in wanted and wanted[key] != sighting.identity_id
    ]
    for revision in revisions:
        store.revise(revision)
    store.rule_out(_ruled_out(rulings, sightings, wanted))
    return Outcome(
        tuple(revisions),
        tuple(ruling.correction_id for ruling in rulings),
        tuple(_unmatched(store, corrections, keys)),
    )


def add(
    store: Store, corrections: Corrections, request: Request, *, by: str, at: datetime, note: str
) -> Corrections:
    """Return the corrections and a new one; the store stays as it is.

    Args:
        store: The run that the request is about.
        corrections: Those made so far.
        request: What is asked for.
        by: Who asks.
        at: When, by the wall clock.
        note: Why.

    Raises:
        ConfigError: If it contradicts an older one.
    """
    keys = locate(store, corrections.sightings)
    check_against(request, rulings_of(corrections, keys), store)
    # A mark that means several fragments here cannot distinguish them.
    names = {found[0]: name for name, found in keys.items() if len(found) == 1}
    cameras = {camera.camera_id: camera for camera in store.cameras()}
    called = _called(corrections, keys)

    def mark(sighting: Sighting) -> Mark:
        # The same sighting always gets the same mark, so that contradictions show.
        if sighting.key in names:
            return corrections.sightings[names[sighting.key]]
        path = Path.of_sighting(sighting, store.track(sighting), cameras[sighting.camera_id])
        found = path.mark()
        called[found] = sighting.name
        return found

    return corrections.with_new(
        request.kind,
        same=[mark(sighting) for sighting in request.same],
        different_from=[mark(sighting) for sighting in request.different],
        by=by,
        at=at,
        note=note,
        called=called,
    )


def take_back(
    store: StoreReader, corrections: Corrections, correction_id: int, *, at: datetime
) -> Corrections:
    """Return the corrections with one taken back; the store stays as it is.

    Args:
        store: The run, by whose sightings a contradiction is told.
        corrections: Those made so far.
        correction_id: Number of the one that is taken back.
        at: When, by the wall clock.

    Raises:
        ConfigError: As `Corrections.undone`.
    """
    called = _called(corrections, locate(store, corrections.sightings))
    return corrections.undone(correction_id, at=at, called=called)


def _called(corrections: Corrections, keys: Mapping[str, Sequence[Key]]) -> dict[Mark, str]:
    """Return what the sightings that marks mean in a run are called there, by mark."""
    return {
        corrections.sightings[name]: ", ".join(f"{camera}:{track}" for camera, track in found)
        for name, found in keys.items()
        if found
    }


def constraints(store: StoreReader, corrections: Corrections) -> list[decisions.Correction]:
    """Return what the corrections that hold say, as the association takes it.

    Args:
        store: All sightings; their identities do not matter.
        corrections: The corrections.
    """
    rulings = rulings_of(corrections, locate(store, corrections.sightings))
    return [
        decisions.Correction(first, second, same=same)
        for ruling in rulings
        for first, second, same in ruling.pairs()
    ]


def rulings_of(corrections: Corrections, keys: Mapping[str, Sequence[Key]]) -> list[Ruling]:
    """Return what the corrections that hold say of the sightings of a run.

    Args:
        corrections: The corrections.
        keys: The sightings that each mark means there.
    """
    rulings = []
    told_apart: set[Key] = set()
    for one in reversed(corrections.effective):
        same = tuple(dict.fromkeys(key for name in one.same for key in keys[name]))
        different = {key for name in one.different_from for key in keys[name]} - set(same)
        if one.kind == "merge":
            # As `Corrections.effective`, where a mark means fragments of which one is
            # distinguished.
            same = tuple(key for key in same if key not in told_apart)
        elif one.kind in SPLITTING:
            told_apart.update(same)
        if len(same) > 1 or (same and different):
            ruling = Ruling(
                correction_id=one.id, kind=one.kind, same=same, different=frozenset(different)
            )
            rulings.append(ruling)
    rulings.reverse()
    return rulings


def _decided(store: StoreReader, sightings: Iterable[Sighting]) -> dict[Key, int]:
    """Return the identities that the association gave, those of no identity left out."""
    decided: dict[int, int | None] = {}
    for revision in store.revisions():
        if revision.correction_id is None:
            decided[revision.sighting_id] = revision.after
        else:
            decided.setdefault(revision.sighting_id, revision.before)
    by_key = {s.key: decided.get(s.sighting_id, s.identity_id) for s in sightings}
    return {key: identity_id for key, identity_id in by_key.items() if identity_id is not None}


def _founded(store: Store, active: Sequence[Correction]) -> dict[int, int]:
    """Return the identity that each splitting correction founds: the same one every time."""
    founded = {int(key): int(number) for key, number in store.meta(_FOUNDED_KEY, {}).items()}
    for one in active:
        if one.kind in SPLITTING and one.id not in founded:
            founded[one.id] = store.highest_identity() + 1
            store.add_identity(founded[one.id])
    store.set_meta(_FOUNDED_KEY, founded)
    return founded


def _record(
    store: Store,
    correction: Correction,
    keys: Mapping[str, Sequence[Key]],
    sightings: Mapping[Key, Sighting],
) -> None:
    same = {key for name in correction.same for key in keys[name]}
    different = {key for name in correction.different_from for key in keys[name]} - same
    store.put_correction(
        CorrectionRecord(
            correction_id=correction.id,
            kind=correction.kind,
            made_by=correction.by,
            made_at=correction.at.timestamp(),
            undone_at=None if correction.undone_at is None else correction.undone_at.timestamp(),
            note=correction.note,
        ),
        same=[sightings[key].sighting_id for key in sorted(same)],
        different=[sightings[key].sighting_id for key in sorted(different)],
    )


def _ruled_out(
    rulings: Sequence[Ruling], sightings: Mapping[Key, Sighting], identity: Mapping[Key, int]
) -> set[tuple[int, int]]:
    """Return the sightings and identities that corrections keep apart."""
    return {
        (sightings[key].sighting_id, identity[other])
        for a, b, same in (pair for ruling in rulings for pair in ruling.pairs())
        if not same
        for key, other in ((a, b), (b, a))
        if other in identity
    }


def _unmatched(
    store: StoreReader, corrections: Corrections, keys: Mapping[str, Sequence[Key]]
) -> Iterator[str]:
    cameras = {camera.camera_id: camera for camera in store.cameras()}
    for one in corrections.active:
        missing = [name for name in (*one.same, *one.different_from) if not keys[name]]
        reasons: list[str] = []
        unseen = []
        for mark in (corrections.sightings[name] for name in missing):
            camera = cameras.get(mark.camera_id)
            if camera is None:
                reasons.append(f"the run has no camera {mark.camera_id}")
            elif (read := recording_name(camera)) != mark.recording:
                reasons.append(f"for camera {mark.camera_id} it read {read}, not {mark.recording}")
            else:
                unseen.append(str(mark))
        if unseen:
            reasons.append(f"no vehicle was seen in {', '.join(unseen)}")
        if reasons:
            yield f"correction {one.id} ({one.kind}): {'; '.join(dict.fromkeys(reasons))}"
