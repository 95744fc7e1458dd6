"""Suspects searched again with what an investigator saw in the first answer.

The simulated investigator looks through the first ten sightings listed, names those that show the
suspect (`app.query --sighting`), and rules out vehicles that do not (`--not`). What was confirmed
is left out of all answers that are compared: a search is judged by what it finds besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.search.ranking import Match
from app.storage.records import SightingFilter
from app.storage.store_reader import StoreReader
from benchmarks.suspects import LISTED, Answer, Suspect, by_vehicle, judge, search_all

CONFIRMED: Final = {"the first correct sighting": 1, "all correct ones of the first ten": LISTED}
"""How many sightings the investigator confirms at most."""


def search_again(
    run: StoreReader,
    suspects: Iterable[tuple[Suspect, NDArray[np.float32]]],
    vehicles: Mapping[int, int],
) -> dict[str, list[Answer]]:
    """Search for suspects before and after the investigator looked at the first answer.

    Args:
        run: Where.
        suspects: Whom, and what they look like. Those are left out of whom no sighting is among the
            first ten, or none besides those that are confirmed is stored.
        vehicles: Which vehicle each sighting shows.

    Returns:
        The answers, by what was known.
    """
    answers: dict[str, list[Answer]] = {}
    for suspect, image in suspects:
        matches = search_all(run, image)
        listed = [one.sighting_id for match in matches for one in match.sightings][:LISTED]
        right = [key for key in listed if _shows(suspect, key, vehicles)]
        stored = sum(vehicle == suspect.vehicle for vehicle in vehicles.values())
        for name, most in CONFIRMED.items():
            chosen = right[:most]
            if not chosen or stored == len(chosen):
                continue
            confirmed = SightingFilter(exclude_sightings=frozenset(chosen))
            looks = _mean_looks(run, chosen)
            # Wrong vehicles above the first correct one, or as far as the investigator looked.
            seen = listed[: listed.index(chosen[0])] if most == 1 else listed
            both = _without_wrong(confirmed, matches, seen, suspect, vehicles)
            for known, found in (
                ("before", search_all(run, image, where=confirmed)),
                ("confirmed", search_all(run, image, looks, where=confirmed)),
                ("before, wrong ones left out", search_all(run, image, where=both)),
                ("confirmed, wrong ones left out", search_all(run, image, looks, where=both)),
            ):
                answer = judge(by_vehicle(found), suspect, vehicles)
                answers.setdefault(f"{name}: {known}", []).append(answer)
    return answers


def _shows(suspect: Suspect, sighting: int, vehicles: Mapping[int, int]) -> bool:
    return suspect.vehicle is not None and vehicles.get(sighting) == suspect.vehicle


def _mean_looks(run: StoreReader, sightings: Sequence[int]) -> NDArray[np.float32]:
    """Return the mean look of sightings, float32 (S, 512)."""
    means = []
    for key in sightings:
        _, vectors = next(iter(run.vectors(SightingFilter(sighting_id=key))))
        means.append(vectors[0])
    return np.stack(means)


def _without_wrong(
    where: SightingFilter,
    matches: Sequence[Match],
    seen: Sequence[int],
    suspect: Suspect,
    vehicles: Mapping[int, int],
) -> SightingFilter:
    """Return a filter that also leaves out the vehicles seen that show nothing of the suspect."""
    identities: set[int] = set()
    sightings: set[int] = set(where.exclude_sightings)
    for match in matches:
        keys = {one.sighting_id for one in match.sightings}
        if keys.isdisjoint(seen) or any(_shows(suspect, key, vehicles) for key in keys):
            continue
        if match.identity_id is None:
            sightings |= keys
        else:
            identities.add(match.identity_id)
    return SightingFilter(
        exclude_identities=frozenset(identities), exclude_sightings=frozenset(sightings)
    )
