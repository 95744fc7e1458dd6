"""Manual corrections of identities, in a form that outlives a run.

A correction names sightings that are one vehicle, and others that are certainly not that vehicle.
Sightings are written as marks (see `app.corrections.marks`) and not by number, so that they are
found again when the same recordings are processed again. Undone corrections stay in the file, as a
record.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count, product
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, Field

from app.corrections.marks import Mark
from app.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VERSION: Final = 1
_NO_NAMES: Final[Mapping[Mark, str]] = MappingProxyType({})
Kind = Literal["merge", "split", "confirm", "reject"]


def _utc(value: datetime) -> datetime:
    # As in `cams.yaml`, wherever the file is read; Python takes what names no zone for local time.
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_utc)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One thing that a person said.

    Attributes:
        id: Its number, from 1, never used again.
        kind: What was asked for: merge, split, confirm or reject.
        by: Who said it.
        at: When, in UTC by the wall clock; read, it is UTC unless it names a zone.
        same: Names of the sightings that are one vehicle; at least one. Of a "confirm", the last
            is the sighting of the identity that the others belong to.
        different_from: Names of sightings that none of these is the same vehicle as.
        note: Why.
        undone_at: When it was taken back; None while it holds.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    id: Annotated[int, Field(ge=1)]
    kind: Kind
    by: str
    at: Moment
    same: Annotated[tuple[str, ...], Field(min_length=1)]
    different_from: tuple[str, ...] = ()
    note: str = ""
    undone_at: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """All corrections of some recordings.

    Attributes:
        version: Of the file's layout.
        corrections: In the order in which they were made.
        sightings: The marks by name.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    version: Literal[1] = VERSION
    corrections: tuple[Correction, ...] = ()
    sightings: dict[str, Mark] = field(default_factory=dict)

    @property
    def active(self) -> tuple[Correction, ...]:
        """Those that hold."""
        return tuple(one for one in self.corrections if one.undone_at is None)

    @property
    def effective(self) -> tuple[Correction, ...]:
        """Those that hold, as later ones leave them.

        To merge identities is said of many sightings at once. A sighting that is rejected
        afterwards was looked at by itself, so that the merge says nothing of it any more.
        """
        left: set[str] = set()
        found = []
        for one in reversed(self.active):
            if one.kind == "merge":
                same = tuple(name for name in one.same if name not in left)
                one = replace(one, same=same or one.same[:1])
            elif one.kind in ("split", "reject"):
                left.update(one.same)
            found.append(one)
        return tuple(reversed(found))

    def named(self, mark: Mark) -> tuple[str, Corrections]:
        """Return the name of a mark, and the corrections that know it by that name."""
        for name, known in self.sightings.items():
            if known == mark:
                return name, self
        names = (f"{mark.camera_id}-{n}" for n in count(1))
        name = next(name for name in names if name not in self.sightings)
        return name, replace(self, sightings=self.sightings | {name: mark})

    def with_new(
        self,
        kind: Kind,
        *,
        same: Iterable[Mark],
        different_from: Iterable[Mark] = (),
        by: str,
        at: datetime,
        note: str = "",
        called: Mapping[Mark, str] = _NO_NAMES,
    ) -> Corrections:
        """Return these and one more correction.

        Args:
            kind: What was asked for.
            same: Sightings that are one vehicle.
            different_from: Sightings that are not that vehicle.
            by: Who said it.
            at: When.
            note: Why.
            called: As for `contradictions`.

        Raises:
            ConfigError: If it contradicts an older one.
        """
        grown = self
        names: list[list[str]] = [[], []]
        for found, marks in zip(names, (same, different_from), strict=True):
            for mark in marks:
                name, grown = grown.named(mark)
                found.append(name)
        correction = Correction(
            id=max((one.id for one in self.corrections), default=0) + 1,
            kind=kind,
            by=by,
            at=at,
            same=tuple(names[0]),
            different_from=tuple(names[1]),
            note=note,
        )
        grown = replace(grown, corrections=(*grown.corrections, correction))
        for finding in contradictions(grown, called):
            raise ConfigError(f"{finding}; undo that one first with `undo`")
        return grown

    def undone(
        self, correction_id: int, *, at: datetime, called: Mapping[Mark, str] = _NO_NAMES
    ) -> Corrections:
        """Return these with one taken back.

        Args:
            correction_id: Its number.
            at: When.
            called: As for `contradictions`.

        Raises:
            ConfigError: If there is no such correction that holds, or those that remain contradict
                each other: a merge says something again of sightings that were distinguished by the
                one that is taken back.
        """
        if correction_id not in [one.id for one in self.active]:
            known = ", ".join(str(one.id) for one in self.active) or "none"
            raise ConfigError(
                f"correction {correction_id}: no such correction in effect; known: {known}"
            )
        rest = replace(
            self,
            corrections=tuple(
                replace(one, undone_at=at) if one.id == correction_id else one
                for one in self.corrections
            ),
        )
        for finding in contradictions(rest, called):
            raise ConfigError(
                f"undo: without correction {correction_id}, {finding}; undo one of these first"
            )
        return rest


def contradictions(corrections: Corrections, called: Mapping[Mark, str] = _NO_NAMES) -> list[str]:
    """Return one line for each correction that says A ≠ B where others say A = B.

    "The same" carries over: A = B and B = C leave no room for A ≠ C.

    Args:
        corrections: All of them.
        called: What the sightings that marks mean are called in the run at hand; others are called
            by the mark's name in the file, for many may be in one camera at one time.
    """
    vehicle = _vehicles(corrections)
    findings = []
    for one in corrections.effective:
        for a, b in product(one.same, one.different_from):
            if vehicle[a] == vehicle[b]:
                joining = ", ".join(
                    str(other.id)
                    for other in corrections.effective
                    if len(other.same) > 1 and vehicle[other.same[0]] == vehicle[a]
                )
                first, second = (_called(corrections, name, called) for name in (a, b))
                findings.append(
                    f"{first} and {second} are two vehicles by correction {one.id}, "
                    f"but one by correction {joining or one.id}"
                )
                break
    return findings


def _called(corrections: Corrections, name: str, called: Mapping[Mark, str]) -> str:
    mark = corrections.sightings[name]
    return called.get(mark) or f"{name} ({mark})"


def _vehicles(corrections: Corrections) -> dict[str, str]:
    """Return a common name for all sightings that are one vehicle, by sighting."""
    vehicle = {name: name for name in corrections.sightings}
    for one in corrections.effective:
        joined = {vehicle[name] for name in one.same}
        first = vehicle[one.same[0]]
        vehicle = {name: first if v in joined else v for name, v in vehicle.items()}
    return vehicle
