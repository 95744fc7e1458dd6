"""Tracklet: the appearance of a vehicle in one camera, and the choice of crops to embed.

An embedding costs far more than a box, and neighbouring frames show almost the same image. So a
track is embedded once it is confirmed, and again only if its crop is clearly better, if it shows
another viewpoint, if some time has passed, or if an embedding decides whether it still is the same
vehicle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from detector.types import check_array
from tracking.types import EMBEDDING_DIM, Track, Tracklet, TrackState

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_WEIGHT: Final = 1e-6
"""Weight of a crop of no quality: it counts only where there is no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackletSettings:
    """When to embed, and how much to keep of a pass.

    Attributes:
        min_height_px: Boxes lower than this are never embedded: too few pixels to tell vehicles
            apart.
        good_quality: Quality at which a first crop is taken at once (a car of 64 px, in full view,
            at confidence 0.4, has 0.2).
        patience_s: Seconds after which the first crop is taken whatever its quality.
        better_by: A crop is embedded again when its quality exceeds the best so far by this share.
        aspect_change: Share by which width / height must differ from every embedded crop to count
            as another aspect of the vehicle.
        acceptable_share: Share of the best quality below which a crop is not embedded for its
            aspect or its age.
        refresh_s: Seconds after which a crop is embedded anyway.
        min_interval_s: Seconds between two embeddings at least, for a vehicle that comes closer is
            better in every frame.
        max_embeddings: Embeddings of one track at most.
        max_exemplars: Single views kept beside the mean.
        max_samples: Samples of the path kept, first and last included.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    min_height_px: float = 20.0
    good_quality: float = 0.15
    patience_s: float = 1.0
    better_by: float = 0.3
    aspect_change: float = 0.25
    acceptable_share: float = 0.5
    refresh_s: float = 2.0
    min_interval_s: float = 0.5
    max_embeddings: int = 12
    max_exemplars: int = 4
    max_samples: int = 128

    def __post_init__(self) -> None:
        """Check every field."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not math.isfinite(value) or value < 0:
                raise ValueError(f"{field.name} must be finite and not negative, is {value}")
        for name, least in (("max_embeddings", 1), ("max_exemplars", 1), ("max_samples", 3)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, is {getattr(self, name)}")
        if self.acceptable_share > 1:
            raise ValueError(f"acceptable_share must be at most 1, is {self.acceptable_share}")


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """One view of a vehicle.

    Attributes:
        timestamp: UTC seconds.
        xyxy: float32 (4,), its box.
        quality: As `tracking.single_camera.quality.crop_quality` puts it, in [0, 1].
    """

    timestamp: float
    xyxy: NDArray[np.float32]
    quality: float

    @property
    def height(self) -> float:
        """Height of the box in pixels."""
        return float(self.xyxy[3] - self.xyxy[1])

    @property
    def log_aspect(self) -> float:
        """Logarithm of width / height; a box without area counts as a square."""
        width = float(self.xyxy[2] - self.xyxy[0])
        return math.log(width / self.height) if width > 0 and self.height > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """An embedded view."""

    crop: Crop
    embedding: NDArray[np.float32]

    @property
    def weight(self) -> float:
        return max(self.crop.quality, MIN_WEIGHT)


class _Appearance:
    """The mean of some embeddings, and the most diverse of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.total = np.zeros(EMBEDDING_DIM)
        self.exemplars: list[_Look] = []

    def copy(self) -> _Appearance:
        copy = _Appearance(self._most)
        copy.total, copy.exemplars = self.total, list(self.exemplars)
        return copy

    def add(self, look: _Look) -> None:
        """Add an embedding; of the closest pair among one exemplar too many, the worse goes."""
        self.total = self.total + look.weight * look.embedding.astype(np.float64)
        self.exemplars.append(look)
        if len(self.exemplars) <= self._most:
            return
        views = np.stack([one.embedding for one in self.exemplars])
        distances = np.linalg.norm(views[:, None] - views[None, :], axis=2)
        distances[np.tril_indices(len(views))] = np.inf
        pair = np.unravel_index(int(distances.argmin()), distances.shape)
        self.exemplars.pop(min((int(i) for i in pair), key=lambda i: self.exemplars[i].weight))


class TrackletBuilder:
    """Gathers path and appearance of one track; its memory hardly grows with its length.

    In every frame in which the track has a detection: `see`; then, if `wants_embedding`, have its
    newest crop embedded and `add` the result.
    """

    def __init__(self, camera_id: str, track_id: int, settings: TrackletSettings) -> None:
        self._camera_id = camera_id
        self._track_id = track_id
        self._settings = settings
        self._path: list[Crop] = []
        self._spacing_s = 0.0
        self._confirmed_at: float | None = None
        self._class_id = 0
        self._to_settle = False
        self._looks: list[_Look] = []
        self._appearance = _Appearance(settings.max_exemplars)
        # Of those looks that are not kept one by one any more.
        self._earlier = self._appearance.copy()

    def see(self, track: Track, quality: float) -> None:
        """Take note of a frame in which the track has a detection.

        Args:
            track: Its snapshot.
            quality: Of its crop, in [0, 1].

        Raises:
            ValueError: If the snapshot is of another track, has no detection, or is not newer than
                the one before.
        """
        if (track.camera_id, track.track_id) != (self._camera_id, self._track_id):
            raise ValueError(
                f"track must be {self._camera_id}/{self._track_id}, "
                f"is {track.camera_id}/{track.track_id}"
            )
        if track.detection is None:
            raise ValueError(f"track {track.track_id} has no detection at {track.timestamp}")
        if self._path and track.timestamp <= self._path[-1].timestamp:
            raise ValueError(
                f"timestamp must be after {self._path[-1].timestamp}, is {track.timestamp}"
            )
        crop = Crop(track.timestamp, track.xyxy, quality)
        self._class_id = track.class_id
        if self._confirmed_at is None and track.state is TrackState.CONFIRMED:
            self._confirmed_at = track.timestamp
        self._to_settle = track.to_settle
        self._extend_path(crop)
        if not track.in_doubt:
            # What was seen up to now stays this track's, so that no look is asked for by itself.
            while len(self._looks) > self._settings.max_embeddings:
                self._earlier.add(self._looks.pop(0))

    def wants_embedding(self) -> bool:
        """Return whether the newest crop is worth an embedding."""
        settings = self._settings
        if self._confirmed_at is None:
            return False
        crop = self._path[-1]
        if crop.height < settings.min_height_px:
            return False
        if not self._looks:
            waited_s = crop.timestamp - self._confirmed_at
            return crop.quality >= settings.good_quality or waited_s >= settings.patience_s
        since_s = crop.timestamp - self._looks[-1].crop.timestamp
        if since_s < settings.min_interval_s:
            return False
        if self._to_settle:
            return True
        if len(self._looks) >= settings.max_embeddings:
            return False
        best = max(look.crop.quality for look in self._looks)
        if crop.quality > best * (1 + settings.better_by):
            return True
        if crop.quality < best * settings.acceptable_share:
            return False
        return since_s >= settings.refresh_s or self._is_new_aspect(crop)

    def add(self, embedding: NDArray[np.float32]) -> None:
        """Add the embedding of the newest crop, weighted by its quality; float32 (512,), unit.

        Raises:
            ValueError: If the embedding is invalid, or no crop was seen.
        """
        check_array("embedding", embedding, dtype=np.float32, shape=(EMBEDDING_DIM,))
        if not self._path:
            raise ValueError(f"track {self._track_id} has no crop that an embedding could be of")
        self._add(_Look(self._path[-1], embedding))

    def absorb(self, later: TrackletBuilder) -> None:
        """Go on with what a track gathered that turned out to be the continuation of this one.

        Raises:
            ValueError: If its path does not begin after the end of this one.
        """
        if self._path and later._path and later._path[0].timestamp <= self._path[-1].timestamp:
            raise ValueError(
                f"track {later._track_id} must begin after {self._path[-1].timestamp}, "
                f"begins at {later._path[0].timestamp}"
            )
        for crop in later._path:
            self._extend_path(crop)
        if self._confirmed_at is None:
            self._confirmed_at = later._confirmed_at
        self._class_id = later._class_id
        for look in later._looks:
            self._add(look)

    def split_off(self, since: float, *, track_id: int) -> TrackletBuilder:
        """Hand what was gathered from a time on to another track, of whose vehicle it is.

        Args:
            since: UTC seconds, after the first embedding of this one, and since it has been in
                doubt.
            track_id: The other track.
        """
        later = TrackletBuilder(self._camera_id, track_id, self._settings)
        later._path = [crop for crop in self._path if crop.timestamp >= since]
        later._spacing_s = self._spacing_s
        later._confirmed_at = since
        later._class_id = self._class_id
        self._path = [crop for crop in self._path if crop.timestamp < since]
        looks, self._looks, self._appearance = self._looks, [], self._earlier.copy()
        for look in looks:
            (self if look.crop.timestamp < since else later)._add(look)
        return later

    def tracklet(self, *, ended: bool, looked_until: float = -math.inf) -> Tracklet | None:
        """Return the pass as far as it was seen; None before the first embedding.

        Args:
            ended: Whether nothing will come any more.
            looked_until: UTC seconds of the camera's newest frame.
        """
        appearance = self._appearance
        norm = float(np.linalg.norm(appearance.total))
        if not appearance.exemplars or norm == 0.0:
            return None
        return Tracklet(
            camera_id=self._camera_id,
            track_id=self._track_id,
            timestamps=np.array([crop.timestamp for crop in self._path], np.float64),
            xyxy=np.stack([crop.xyxy for crop in self._path]),
            embedding=(appearance.total / norm).astype(np.float32),
            exemplars=np.stack([look.embedding for look in appearance.exemplars]),
            class_id=self._class_id,
            ended=ended,
            unseen_s=0.0 if ended else max(0.0, looked_until - self._path[-1].timestamp),
        )

    def _is_new_aspect(self, crop: Crop) -> bool:
        nearest = min(abs(crop.log_aspect - look.crop.log_aspect) for look in self._looks)
        return nearest > math.log1p(self._settings.aspect_change)

    def _extend_path(self, crop: Crop) -> None:
        """Append to the path, keeping its samples evenly spaced and no more than allowed."""
        path = self._path
        if len(path) >= 2 and path[-1].timestamp - path[-2].timestamp < self._spacing_s:
            path[-1] = crop
            return
        path.append(crop)
        if len(path) > self._settings.max_samples:
            self._path = path[:-1:2] + path[-1:]
            duration_s = crop.timestamp - path[0].timestamp
            self._spacing_s = 2 * duration_s / self._settings.max_samples

    def _add(self, look: _Look) -> None:
        self._looks.append(look)
        self._appearance.add(look)
