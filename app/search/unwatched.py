"""Camera outages as text and JSON."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from app.storage.coverage import AFTER, BEFORE, NEVER, NO_PICTURE, NO_RUN, coverage
from app.storage.run_state import is_cut_short
from app.times import format_second, is_elapsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.search.answer import Scope
    from app.search.searched_runs import SearchedRun
    from app.storage.coverage import Absence, Coverage
    from app.storage.store_reader import StoreReader

MOST_OUTAGES: Final = 4
"""Of one camera that are told one by one in a line."""

_PLAIN: Final = (NEVER, BEFORE, AFTER, NO_RUN)
"""Reasons that the times say."""
UNKNOWN: Final = (
    "This run was made by an earlier version, which did not record when cameras were lost or did "
    "not answer."
)
"""Said of runs of before outages were kept."""


def scope_values(scope: Scope) -> dict[str, Any]:
    """Return what was searched and when cameras did not watch, for JSON.

    Runs, and when there was none, are of interest only where several were searched.
    """
    values: dict[str, Any] = {}
    if scope.several:
        values["runs"] = [{"run": one.name, "store": str(one.store.path)} for one in scope.runs]
    values |= {
        "not_watching": [
            run.tag | absence
            for run, found in zip(scope.runs, scope.coverage, strict=True)
            for absence in not_watching_values(found)
        ],
        "few_frames": [
            run.tag | {"camera_id": camera_id, "frames_per_second": round(rate, 2)}
            for run, found in zip(scope.runs, scope.coverage, strict=True)
            for camera_id, rate in found.few
        ],
        "outages_known": all(found.outages_known for found in scope.coverage),
        "unfinished": [run.tag | {"last": last} for run, last in scope.unfinished],
        "cut_short": [run.tag | {"last": last} for run, last in scope.cut_short],
    }
    if scope.between is not None:
        away = scope.between.absences
        values["no_run"] = [{"first": one.first, "last": one.last} for one in away]
    return values


def not_watching_values(found: Coverage) -> list[dict[str, Any]]:
    """Return when cameras did not watch in values that JSON knows; times are UTC seconds."""
    return [asdict(absence) for absence in found.absences]


def scope_lines(scope: Scope) -> list[str]:
    """Return when cameras did not watch in all runs that were searched, and when there was none.

    A line for each run, as of `not_watching_lines`; none where all cameras watched all the time. A
    run that has not come to its end is said to be as far as it is, and one that was stopped before
    that of its recordings, where it stopped.
    """
    lines = [
        line
        for run, found in zip(scope.runs, scope.coverage, strict=True)
        for line in not_watching_lines(found, run=run.label)
    ]
    if scope.between is not None and scope.between.absences:
        lines.append(f"no run: {_in_words(scope.between.absences, scope.between)}")
    lines += (_unfinished_line(run, last) for run, last in scope.unfinished)
    return [*lines, *(_cut_short_line(last, run=run.label) for run, last in scope.cut_short)]


def _unfinished_line(run: SearchedRun, last: float | None) -> str:
    """Return how far a run is that goes on, or was killed: nobody can tell which."""
    far = "it has seen nothing" if last is None else f"it has seen until {format_second(last)}"
    return f"not finished{run.label and ': '}{run.label}: the run goes on or broke off, {far}"


def _cut_short_line(last: float | None, *, run: str = "") -> str:
    """Return that a run was stopped before the end of its recordings.

    Args:
        last: UTC seconds up to which it has seen them, None for nothing.
        run: What to call the run, empty where only one is spoken of.

    >>> _cut_short_line(90.0)
    'stopped early: the recordings were read until 0:01:30, and not beyond'
    """
    far = "not at all" if last is None else f"until {format_second(last)}, and not beyond"
    return f"stopped early: {run and f'{run}: '}the recordings were read {far}"


def cut_short_lines(store: StoreReader) -> list[str]:
    """Return that in a line, none of a run that has read all of its recordings."""
    return [_cut_short_line(coverage(store).last)] if is_cut_short(store) else []


def not_watching_lines(found: Coverage, *, run: str = "") -> list[str]:
    """Return when cameras did not watch in a line, none where all did all the time.

    Where few frames of a camera were looked at, or outages are not known, another line says that.

    Args:
        found: What is known of it.
        run: What to call the run, empty where only one is spoken of.

    >>> from app.storage.coverage import BEFORE, LOST, Absence, Coverage
    >>> lost = Absence(camera_id="bridge", first=70.0, last=340.0, reason=LOST)
    >>> late = Absence(camera_id="gate", first=0.0, last=12.0, reason=BEFORE)
    >>> not_watching_lines(Coverage(first=0.0, last=900.0, cameras=3, absences=(late, lost)))
    ['not watching: gate until 0:00:12; bridge 0:01:10 – 0:05:40 (lost)']
    """
    by_camera: dict[str, list[Absence]] = {}
    for absence in found.absences:
        by_camera.setdefault(absence.camera_id, []).append(absence)
    by_words: dict[str, list[str]] = {}
    for camera_id, own in by_camera.items():
        by_words.setdefault(_in_words(own, found), []).append(camera_id)
    parts = []
    for words, names in by_words.items():
        everywhere = 1 < len(names) == found.cameras
        parts.append(f"{'all cameras' if everywhere else ', '.join(names)} {words}")
    whose = f" in {run}" if run else ""
    if parts and found.run is not None:
        parts.append(f"the run is of {_whole(*found.run)}")
    lines = [f"not watching{whose}: {'; '.join(parts)}"] if parts else []
    if found.few:
        rates = ", ".join(f"{camera_id} {rate:.1f}" for camera_id, rate in found.few)
        lines.append(f"few frames{whose}: {rates} a second; vehicles are missed there")
    return [*lines, *unknown_lines(found, run=run)]


def unknown_lines(found: Coverage, *, run: str = "") -> list[str]:
    """Return in a line that outages of a run are not known, none where they are."""
    if found.outages_known:
        return []
    return [UNKNOWN.replace("This run", f"The run {run}") if run else UNKNOWN]


def absences_of(found: Coverage, camera_id: str) -> str:
    """Return when one camera did not watch, empty if it always did.

    >>> from app.storage.coverage import LOST, Absence, Coverage
    >>> lost = Absence(camera_id="bridge", first=70.0, last=340.0, reason=LOST)
    >>> absences_of(Coverage(first=0.0, last=900.0, cameras=3, absences=(lost,)), "bridge")
    '0:01:10 – 0:05:40 (lost)'
    """
    own = [absence for absence in found.absences if absence.camera_id == camera_id]
    return _in_words(own, found) if own else ""


def few_frames_of(found: Coverage, camera_id: str) -> str:
    """Return that one camera had too few frames, empty if it had enough.

    >>> from app.storage.coverage import Coverage
    >>> few_frames_of(Coverage(first=0, last=9, cameras=1, absences=(), few=(("gate", 2),)), "gate")
    'few frames: 2.0 a second; vehicles are missed there'
    """
    return "".join(
        f"few frames: {rate:.1f} a second; vehicles are missed there"
        for name, rate in found.few
        if name == camera_id
    )


def _whole(first: float, last: float) -> str:
    """Return from when to when a run goes."""
    same_day = first // 86_400 == last // 86_400
    zone = " since its start" if is_elapsed(first) else " (UTC)"
    return f"{format_second(first)} – {format_second(last, date=not same_day)}{zone}"


def _in_words(own: Sequence[Absence], found: Coverage) -> str:
    """Return when one camera did not watch.

    >>> from app.storage.coverage import Absence, Coverage
    >>> times = ((0.0, 30.0, BEFORE), (30.0, 60.0, NO_PICTURE), (60.0, 900.0, AFTER))
    >>> own = [Absence(camera_id="roof", first=a, last=b, reason=why) for a, b, why in times]
    >>> _in_words(own, Coverage(first=0.0, last=900.0, cameras=2, absences=tuple(own)))
    'at any time (no picture)'
    """
    if _saw_nothing(own, found):
        own = [replace(own[0], last=own[-1].last, reason=NO_PICTURE)]
    words = [_one(absence, found) for absence in own]
    between = [
        number
        for number, one in enumerate(own)
        if one.first != found.first and one.last != found.last
    ]
    if len(between) > MOST_OUTAGES:
        # Nothing but outages lies between the first frame and the last one.
        outages = own[between[0] : between[-1] + 1]
        reasons = ", ".join(dict.fromkeys(one.reason for one in outages))
        within = _one(replace(outages[0], last=outages[-1].last, reason=reasons), found)
        away_s = sum((one.last or 0.0) - (one.first or 0.0) for one in outages)
        words[between[0] : between[-1] + 1] = [
            f"{len(outages)} times within {within}, {away_s:.0f} s in all"
        ]
    return ", ".join(words)


def _saw_nothing(own: Sequence[Absence], found: Coverage) -> bool:
    """Return whether a camera was there for a while, and all its images were blank."""
    ends = [found.first, *(one.last for one in own)]
    reasons = {one.reason for one in own}
    return NO_PICTURE in reasons <= {BEFORE, NO_PICTURE, AFTER} and ends == [
        *(one.first for one in own),
        found.last,
    ]


def _one(absence: Absence, found: Coverage) -> str:
    """Return one absence in words."""
    why = f" ({absence.reason})" if absence.reason not in _PLAIN else ""
    first, last = absence.first, absence.last
    if first is None or last is None or (first, last) == (found.first, found.last):
        return f"at any time{why}"
    several_days = (found.first or 0.0) // 86_400 != (found.last or 0.0) // 86_400
    begin, end = (format_second(t, date=several_days) for t in (first, last))
    if first == found.first:
        return f"until {end}{why}"
    if last == found.last:
        return f"from {begin}{why}"
    if first // 86_400 == last // 86_400:
        end = format_second(last, date=False)
    return f"{begin} – {end}{why}"
