"""Query images of rendered scenes, searched in runs over these: how often is the vehicle found?

Each scene comes with images that were taken in the street, of vehicles that its cameras saw and
of others that they never saw (`queries/` of `city.render`). They are searched as `app.query` does:
the vehicle is found in the image, embedded, and compared with all that the run has stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.errors import ConfigError, QueryError
from app.ground_truth import Truth
from app.pipeline import Detector, Embedder
from app.search import Match, search
from app.store_reader import StoreReader
from app.subject import find_vehicle, of_picture, read_picture
from reid.metrics import RetrievalScores, score_ranking
from tracking.comparison import LabelledBoxes, compare
from tracking.identity_errors import matched_passages

LISTED: Final = 10
"""Sightings that a person looks through."""

MARGINS: Final = (0.0, 0.03, 0.1, 0.2, float("inf"))
"""Between these the certainty is given."""

NEARNESS: Final = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
"""Distances below which vehicles are told of (`app.query --nearer-than`)."""

LEAST_SHARE: Final = 0.5
"""Of a sighting's boxes that lie on a vehicle, for it to show that vehicle."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """An image of a vehicle.

    Attributes:
        picture: The file.
        vehicle: Which one of the truth it is; None if no camera saw it.
    """

    picture: Path
    vehicle: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a search said about a suspect.

    Attributes:
        there: Whether the cameras saw it.
        entries: bool (E,), what was listed, best first: whether any sighting in it is of the
            suspect.
        sightings: bool (S,), the sightings in the order in which a person sees them: whether they
            are of the suspect.
        distances: float64 (E,), of the entries.
    """

    there: bool
    entries: NDArray[np.bool_]
    sightings: NDArray[np.bool_]
    distances: NDArray[np.float64]

    @property
    def distance(self) -> float:
        """Of the first entry; infinite without one."""
        return float(self.distances[0]) if len(self.distances) else float("inf")

    @property
    def margin(self) -> float:
        """By how much the first entry is nearer than the second; 0 without any, else infinite."""
        if len(self.distances) < 2:
            return float("inf") if len(self.distances) else 0.0
        return float(self.distances[1] - self.distances[0])


@dataclass(frozen=True, slots=True)
class Scores:
    """How well some suspects were found.

    Attributes:
        there: Suspects that were seen and stored, and so can be found.
        elsewhere: Suspects that no camera saw.
        top1: Share of those there of which the first entry has a sighting.
        top5: Share of which one of the first five entries has.
        mean_ap: Mean average precision over sightings.
        listed: Share of a suspect's sightings (of ten at most) among the first ten.
        told_apart: Probability that one that is there has a nearer first entry than one that is
            not; None without both kinds.
    """

    there: int
    elsewhere: int
    top1: float
    top5: float
    mean_ap: float
    listed: float
    told_apart: float | None


@dataclass(frozen=True, slots=True)
class Certainty:
    """How often the first entry was right, by how much nearer it was than the second.

    Attributes:
        least: Least such margin.
        below: Margins are below this.
        answers: How many there were, of suspects who were not there as well.
        right: How many of these were right.
    """

    least: float
    below: float
    answers: int
    right: int


@dataclass(frozen=True, slots=True)
class Alarms:
    """What is told where every entry nearer than a distance is.

    Attributes:
        nearer_than: The distance.
        found: Share of the suspects that are there of which an entry is told; NaN without any.
        others: Entries told that do not show the suspect, per hundred that were listed; of those
            who are not there as well.
    """

    nearer_than: float
    found: float
    others: float


Listing = Callable[[Sequence[Match]], list[tuple[float, list[int]]]]
"""Maps the whole result of a search to entries, best first: distance and ids of sightings."""


def by_vehicle(matches: Sequence[Match]) -> list[tuple[float, list[int]]]:
    """List vehicles with all of their sightings, as the product does."""
    return [
        (match.distance, [one.sighting_id for one in match.sightings])
        for match in matches
        if match.distance is not None
    ]


def by_sighting(matches: Sequence[Match]) -> list[tuple[float, list[int]]]:
    """List each sighting by itself, by its nearest view, as ReID networks are compared."""
    single = [
        (distance, one.sighting_id)
        for match in matches
        for one, distance in zip(match.sightings, match.distances, strict=True)
        if distance is not None
    ]
    return [(distance, [key]) for distance, key in sorted(single)]


LISTINGS: Final[dict[str, Listing]] = {"vehicles": by_vehicle, "single sightings": by_sighting}


def read_suspects(scene: Path) -> list[Suspect]:
    """Return the suspects of a scene.

    Raises:
        ConfigError: If there are none, or their file cannot be read.
    """
    path = scene / "queries" / "queries.json"
    try:
        queries = json.loads(path.read_text(encoding="utf-8"))
        found = [
            Suspect(path.parent / one["image"], None if one["id"] is None else int(one["id"]))
            for one in queries
        ]
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file; a scene with suspects is needed, as city.render writes it"
        ) from None
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{path}: not a list of suspects as city.render writes it ({error!r})"
        ) from None
    if not found:
        raise ConfigError(f"{path}: there is no suspect in it")
    return found


def true_vehicles(run: StoreReader, truth: Truth) -> dict[int, int]:
    """Return which vehicle each sighting shows; those that show none for long are left out.

    Raises:
        ConfigError: If the run has a camera of which nothing is known to be true.
    """
    found: dict[int, int] = {}
    for camera in run.cameras():
        name = camera.camera_id
        if name not in truth.everything:
            raise ConfigError(f"truth {truth.place} and run {run.path} do not match: camera {name}")
        boxes = list(run.boxes(name))
        tracks = LabelledBoxes(
            np.array([box.frame + 1 for box in boxes], np.int64),
            np.array([box.track_id for box in boxes], np.int64),
            np.array([box.xyxy for box in boxes], np.float64).reshape(-1, 4),
        )
        sizes = dict(zip(*np.unique(tracks.identity, return_counts=True), strict=True))
        for passage in matched_passages(name, compare(truth.everything[name], tracks)):
            sighting = run.sighting_by_key((name, passage.identity))
            if sighting and passage.boxes > LEAST_SHARE * sizes[passage.identity]:
                found[sighting.sighting_id] = passage.vehicle
    return found


def ask(
    run: StoreReader,
    suspects: Iterable[Suspect],
    vehicles: Mapping[int, int],
    *,
    detector: Detector,
    embedder: Embedder,
) -> dict[str, list[Answer]]:
    """Search for suspects.

    Args:
        run: Where.
        suspects: Whom; those that are there but in no sighting of the run are left out.
        vehicles: Which vehicle each sighting shows.
        detector: Finds the vehicle in an image.
        embedder: The one of the run.

    Returns:
        The answers, by the name of the listing.
    """
    answers: dict[str, list[Answer]] = {name: [] for name in LISTINGS}
    stored = set(vehicles.values())
    for suspect in suspects:
        if suspect.vehicle is not None and suspect.vehicle not in stored:
            continue
        matches = _search(run, suspect, detector, embedder)
        for name, listing in LISTINGS.items():
            answers[name].append(_answer(listing(matches), suspect, vehicles))
    return answers


def _search(
    run: StoreReader, suspect: Suspect, detector: Detector, embedder: Embedder
) -> list[Match]:
    image = read_picture(suspect.picture)
    try:
        xyxy, description = find_vehicle(image, detector, name=suspect.picture.name)
    except QueryError:
        return []
    subject = of_picture(image, xyxy, description=description, embedder=embedder)
    return search(run, subject.vectors, top=max(1, run.totals().vehicles))


def _answer(
    entries: Sequence[tuple[float, list[int]]], suspect: Suspect, vehicles: Mapping[int, int]
) -> Answer:
    there = suspect.vehicle is not None
    right = [
        [there and vehicles.get(key) == suspect.vehicle for key in keys] for _, keys in entries
    ]
    return Answer(
        there=there,
        entries=np.array([any(some) for some in right], np.bool_),
        sightings=np.array([one for some in right for one in some], np.bool_),
        distances=np.array([distance for distance, _ in entries], np.float64),
    )


def alarms(answers: Sequence[Answer]) -> list[Alarms]:
    """Return what is told of the suspects, by distance."""
    found = []
    listed = sum(len(one.entries) for one in answers)
    there = [one for one in answers if one.there]
    for nearest in NEARNESS:
        hits = sum(bool(one.entries[one.distances < nearest].any()) for one in there)
        others = sum(int((~one.entries & (one.distances < nearest)).sum()) for one in answers)
        found.append(
            Alarms(
                nearer_than=nearest,
                found=hits / len(there) if there else float("nan"),
                others=100 * others / listed if listed else float("nan"),
            )
        )
    return found


def certainties(answers: Sequence[Answer]) -> list[Certainty]:
    """Return how often the first entry was right, by margin."""
    found = []
    for least, below in pairwise(MARGINS):
        last = below == MARGINS[-1]
        some = [one for one in answers if least <= one.margin and (last or one.margin < below)]
        right = sum(bool(one.entries[:1].any()) for one in some)
        found.append(Certainty(least, below, len(some), right))
    return found


def summarize(answers: Sequence[Answer]) -> Scores:
    """Return how well suspects were found; shares are NaN where none is there."""
    there = [one for one in answers if one.there]
    elsewhere = [one for one in answers if not one.there]
    entries = [score_ranking(one.entries) for one in there]
    first = RetrievalScores(
        np.array([precision for precision, _ in entries]),
        np.array([rank for _, rank in entries], np.int64),
        np.arange(len(entries)),
    )
    precision = [score_ranking(one.sightings)[0] for one in there]
    listed = [
        one.sightings[:LISTED].sum() / min(LISTED, max(1, int(one.sightings.sum())))
        for one in there
    ]
    return Scores(
        there=len(there),
        elsewhere=len(elsewhere),
        top1=_share(first, 1, of=len(there)),
        top5=_share(first, 5, of=len(there)),
        mean_ap=float(np.mean(np.nan_to_num(precision))) if there else float("nan"),
        listed=float(np.mean(listed)) if there else float("nan"),
        told_apart=_told_apart(
            np.array([one.distance for one in there]),
            np.array([one.distance for one in elsewhere]),
        ),
    )


def _share(first: RetrievalScores, rank: int, *, of: int) -> float:
    hits = (first.first_match >= 0) & (first.first_match < rank)
    return float(hits.sum() / of) if of else float("nan")


def _told_apart(there: NDArray[np.float64], elsewhere: NDArray[np.float64]) -> float | None:
    """Return the area under the ROC curve; equal distances count half."""
    if not len(there) or not len(elsewhere):
        return None
    nearer = there[:, None] < elsewhere[None]
    equal = there[:, None] == elsewhere[None]
    return float((nearer + 0.5 * equal).mean())
