"""Query images of rendered scenes, searched in runs over these: how often is the vehicle found?

Each scene comes with images that were taken in the street, of vehicles that its cameras saw and
of others that they never saw (`queries/` of `city.render`). They are searched as `app.query` does:
the vehicle is found in the image, embedded, and compared with all that the run has stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.errors import ConfigError, QueryError
from app.evaluation.ground_truth import Truth
from app.pipeline import Detector, Embedder
from app.search.query_image import find_vehicle, read_picture
from app.search.ranking import NO_VIEWS, Match, search
from app.search.subject import of_picture
from app.storage.records import SightingFilter
from app.storage.rows import EVERYTHING
from app.storage.store_reader import StoreReader
from tracking.evaluation.comparison import LabelledBoxes, compare
from tracking.evaluation.identity_errors import matched_passages

LISTED: Final = 10
"""Sightings that a person looks through."""

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


def look_at(
    suspects: Iterable[Suspect],
    vehicles: Mapping[int, int],
    *,
    detector: Detector,
    embedder: Embedder,
) -> list[tuple[Suspect, NDArray[np.float32]]]:
    """Return what suspects look like.

    Args:
        suspects: Whom; those that are there but in no sighting are left out.
        vehicles: Which vehicle each sighting shows.
        detector: Finds the vehicle in an image.
        embedder: The one of the run.

    Returns:
        Suspects with an embedding, float32 (1, 512), or with none where no vehicle is found in the
        image, (0, 512).
    """
    stored = {None, *vehicles.values()}
    return [
        (suspect, _embedded(suspect, detector, embedder))
        for suspect in suspects
        if suspect.vehicle in stored
    ]


def _embedded(suspect: Suspect, detector: Detector, embedder: Embedder) -> NDArray[np.float32]:
    picture = read_picture(suspect.picture)
    try:
        xyxy, description = find_vehicle(picture.image, detector, name=suspect.picture.name)
    except QueryError:
        return NO_VIEWS
    return of_picture(picture, xyxy, description=description, embedder=embedder).images


def ask(
    run: StoreReader,
    suspects: Iterable[tuple[Suspect, NDArray[np.float32]]],
    vehicles: Mapping[int, int],
) -> dict[str, list[Answer]]:
    """Search for suspects.

    Args:
        run: Where.
        suspects: Whom, and what they look like.
        vehicles: Which vehicle each sighting shows.

    Returns:
        The answers, by the name of the listing.
    """
    answers: dict[str, list[Answer]] = {name: [] for name in LISTINGS}
    for suspect, image in suspects:
        matches = search_all(run, image)
        for name, listing in LISTINGS.items():
            answers[name].append(judge(listing(matches), suspect, vehicles))
    return answers


def search_all(
    run: StoreReader,
    image: NDArray[np.float32],
    sightings: NDArray[np.float32] = NO_VIEWS,
    *,
    where: SightingFilter = EVERYTHING,
) -> list[Match]:
    """Return all vehicles of a run, the nearest first; none if there is nothing to compare with."""
    if not len(image):
        return []
    return search(run, image, sightings=sightings, where=where, top=None)


def judge(
    entries: Sequence[tuple[float, list[int]]], suspect: Suspect, vehicles: Mapping[int, int]
) -> Answer:
    """Return which entries of a list, and which sightings in them, are right."""
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
