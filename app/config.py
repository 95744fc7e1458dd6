"""The run's configuration: one YAML file, read into strict models.

A file of a few lines is enough (`cameras:` with an `id` and a `source` each); everything else has a
default. The settings of the detector, tracker, embedder and association are the very dataclasses
that those parts take, so that a value is defined and checked in one place.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from app.frames.live import RECONNECT_S
from app.ground_points import homography_of
from app.roi import area
from detector.files.yaml_file import WrittenInt
from detector.yolo import DetectorSettings
from reid.embedder import EmbedderSettings
from tracking.appearance.calibration import Calibration
from tracking.association.settings import AssociationSettings
from tracking.ground import GIVEN, GroundPlane
from tracking.single_camera.settings import TrackerSettings
from tracking.single_camera.tracklet import TrackletSettings
from tracking.travel.links import CameraLink


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def as_text(value: object) -> object:
    """Return an id or another name as text, if YAML took it for a number."""
    # YAML reads an id such as 12 or 010 as a number; people mean its digits.
    if isinstance(value, WrittenInt):
        return value.text
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_FIRST_YEAR: Final = 1971
"""Times before count from the beginning of a recording (`app.times`)."""
_LAST_YEAR: Final = 2200
A_TIME: Final = "date and time (ISO 8601), such as 2026-05-04T08:30:00+02:00"
"""What a key wants that is a time, in words."""


def _utc(value: datetime) -> datetime:
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise ValueError(f"{A_TIME}, between the years {_FIRST_YEAR} and {_LAST_YEAR} is expected")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("a file, an RTSP address or a device number is expected")
    return value


CAMERA_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
"""An id becomes a file name."""
CameraId = Annotated[str, BeforeValidator(as_text), Field(pattern=CAMERA_ID)]


def _polygon(value: list[list[float]]) -> list[list[float]]:
    if not area(np.array(value)) >= 1:
        raise ValueError("the polygon contains no pixel")
    return value


def _points(value: list[list[float]]) -> list[list[float]]:
    GroundPlane(homography_of(value))
    return value


def _homography(value: list[list[float]]) -> list[list[float]]:
    if [len(row) for row in value] != [3, 3, 3]:
        raise ValueError("3 rows of 3 numbers are expected")
    GroundPlane(np.array(value, np.float64))
    return value


MOST_PX: Final = 1e6
"""No camera's image is a hundredth as wide."""
Pixels = Annotated[float, Field(ge=-MOST_PX, le=MOST_PX)]
Point = Annotated[list[Pixels], Field(min_length=2, max_length=2)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
MOST_STD_M: Final = 100.0
"""Nobody is recognised by places that are farther off."""
MOST_OFFSET_S: Final = 1e9
"""Some thirty years: a clock that was never set begins in 1970 or 2000."""
GroundPoint = Annotated[list[Finite], Field(min_length=4, max_length=4)]


class CameraConfig(_Strict):
    """One camera.

    Attributes:
        id: Its name, in all outputs; letters, digits, `_`, `-` and `.`, a letter or digit first.
        source: A video file (relative to the YAML file), an RTSP or HTTP address, or a device
            number such as 0.
        start_time: When the first frame was taken, by the camera's clock (ISO 8601; UTC if no zone
            is given). Without it the recording starts at time 0.
        clock_offset_s: Seconds to add to the camera's clock to get true time.
        reconnect_s: How long a live camera that does not answer when the run begins, or broke off,
            is called again; 0 for not at all, infinity (`.inf` in YAML) for ever.
        roi: Polygon in pixels; vehicles whose lower edge's middle is outside are ignored.
        ground_homography: 3 x 3 matrix from pixels (x, y, 1) to metres on the ground, on one plane
            for all cameras; None where the camera is not calibrated.
        ground_points: In place of it, four or more points of the ground: [x, y, east, north], in
            pixels and in metres.
        ground_map: Name of the map on which these metres are, where cameras have several: places on
            two maps are never compared. Cameras without a name share one.
        ground_std_m: Standard deviation of these places; above 0 where vehicles showed them, rather
            than that people measured them.
        confidence: Detections below this are ignored in this camera.
        tracker: Settings that differ from the common `tracker` ones in this camera.
    """

    id: CameraId
    source: Annotated[str, BeforeValidator(as_text), AfterValidator(_not_blank)]
    start_time: Annotated[datetime, AfterValidator(_utc)] | None = None
    clock_offset_s: Annotated[float, Field(ge=-MOST_OFFSET_S, le=MOST_OFFSET_S)] = 0.0
    reconnect_s: Annotated[float, Field(ge=0)] = RECONNECT_S
    roi: Annotated[list[Point], Field(min_length=3), AfterValidator(_polygon)] | None = None
    ground_homography: Annotated[list[list[float]], AfterValidator(_homography)] | None = None
    ground_points: (
        Annotated[list[GroundPoint], Field(min_length=4), AfterValidator(_points)] | None
    ) = None
    ground_map: Annotated[str, BeforeValidator(as_text), AfterValidator(_not_blank)] | None = None
    ground_std_m: Annotated[float, Field(ge=0, le=MOST_STD_M)] = 0.0
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    tracker: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_calibration(self) -> CameraConfig:
        if self.ground_homography is not None and self.ground_points is not None:
            raise ValueError("ground_homography or ground_points is expected, not both")
        calibrated = self.ground_homography is not None or self.ground_points is not None
        if self.ground_map is not None and not calibrated:
            raise ValueError("ground_map needs ground_homography or ground_points")
        if self.ground_std_m and not calibrated:
            raise ValueError("ground_std_m needs ground_homography or ground_points")
        return self

    def ground(self, frame: int) -> GroundPlane | None:
        """Return how the camera sees the ground, on a map of this number; None if unknown."""
        if self.ground_points is not None:
            matrix = homography_of(self.ground_points)
        elif self.ground_homography is not None:
            matrix = np.array(self.ground_homography, np.float64)
        else:
            return None
        return GroundPlane(matrix, frame=frame, std_m=self.ground_std_m)

    @property
    def start_timestamp(self) -> float:
        """UTC seconds of the first frame by the camera's own clock, 0 when unknown."""
        return self.start_time.timestamp() if self.start_time else 0.0


class LinkConfig(_Strict):
    """What is known of the way between two cameras.

    Attributes:
        from_camera: Camera that is left (`from` in YAML).
        to_camera: Camera that is reached (`to` in YAML).
        travel_time_s: Least and greatest seconds from the last sighting in `from` to the first in
            `to`; negative where the views overlap a little.
        overlap: Whether both see the same place, so that a vehicle may be in both at the same time.
        both_ways: Whether the same times hold from `to` to `from`; those of an overlap always do.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_camera: Annotated[CameraId, Field(alias="from")]
    to_camera: Annotated[CameraId, Field(alias="to")]
    travel_time_s: tuple[Finite, Finite] | None = None
    overlap: bool = False
    both_ways: bool = True

    @model_validator(mode="after")
    def _check(self) -> LinkConfig:
        if self.from_camera == self.to_camera:
            raise ValueError("a link connects two different cameras")
        if self.travel_time_s is None and not self.overlap:
            raise ValueError("travel_time_s: [min, max] or overlap: true is expected")
        if self.travel_time_s is not None and self.travel_time_s[0] > self.travel_time_s[1]:
            raise ValueError("travel_time_s must be [min, max] with min not above max")
        low, high = self.travel_time_s or (0.0, 0.0)
        if self.overlap and not low <= 0 <= high:
            raise ValueError(
                "overlap: true means that a vehicle may be in both at the same time, so "
                "travel_time_s must include 0"
            )
        return self

    def directions(self) -> list[CameraLink]:
        """Return the link as the association takes it, one per direction that it holds for."""
        low, high = self.travel_time_s or (0.0, 0.0)
        ways = [(self.from_camera, self.to_camera)]
        if self.both_ways or self.overlap:
            ways.append((self.to_camera, self.from_camera))
        return [CameraLink(a, b, min_s=low, max_s=high, overlap=self.overlap) for a, b in ways]

    def contradicts(self, other: LinkConfig) -> bool:
        """Return whether two links say different things of one direction between two cameras.

        >>> there = LinkConfig(from_camera="a", to_camera="b", travel_time_s=(4, 60))
        >>> there.contradicts(LinkConfig(from_camera="b", to_camera="a", travel_time_s=(4, 60)))
        False
        >>> there.contradicts(LinkConfig(from_camera="b", to_camera="a", travel_time_s=(5, 60)))
        True
        """
        said = {(one.from_camera, one.to_camera): one for one in self.directions()}
        return any(
            said.get((one.from_camera, one.to_camera), one) != one for one in other.directions()
        )


MOST_PIECE_S: Final = 86_400
"""A day: the index of a video, which is in memory until it ends, takes 160 MB then."""


class OutputConfig(_Strict):
    """What is written beside the store.

    Attributes:
        video: Whether annotated videos are written.
        mosaic: Whether all cameras are also shown in one video.
        mosaic_fps: Frames per second of the mosaic at most.
        piece_s: Videos of live cameras begin again after so many seconds: at the multiples of it,
            in UTC. Recordings have one video each.
        crf: H.264 quality, 0 (best) to 51.
        preset: x264's trade of time for size.
        max_gap_s: Gaps in a track up to this long are filled by straight lines in `tracks/`.
    """

    video: bool = True
    mosaic: bool = True
    mosaic_fps: Annotated[float, Field(gt=0, le=60)] = 10.0
    piece_s: Annotated[int, Field(ge=1, le=MOST_PIECE_S)] = 3600
    crf: Annotated[int, Field(ge=0, le=51)] = 26
    preset: Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"] = "veryfast"
    max_gap_s: Annotated[float, Field(ge=0)] = 1.0


class RunConfig(_Strict):
    """A whole run: cameras, what links them, and the settings of every part.

    Attributes:
        calibration: What distances of appearance mean; by default what the ReID weights say.
        record_searches: Whether searches of the run are recorded, and must be reasoned.
    """

    cameras: Annotated[list[CameraConfig], Field(min_length=1)]
    links: list[LinkConfig] = Field(default_factory=list)
    detector: DetectorSettings = Field(default_factory=DetectorSettings)
    tracker: TrackerSettings = Field(default_factory=TrackerSettings)
    tracklet: TrackletSettings = Field(default_factory=TrackletSettings)
    reid: EmbedderSettings = Field(default_factory=EmbedderSettings)
    association: AssociationSettings = Field(default_factory=AssociationSettings)
    calibration: Calibration | None = None
    output: OutputConfig = Field(default_factory=OutputConfig)
    record_searches: bool = False

    def camera_links(self) -> list[CameraLink]:
        """Return the links as the association takes them, one per direction."""
        return [one for link in self.links for one in link.directions()]

    def ground_maps(self) -> tuple[str, ...]:
        """Return the names of the maps that have one; they are numbered from 1, as planes are."""
        return tuple(sorted({c.ground_map for c in self.cameras if c.ground_map is not None}))

    def ground(self) -> dict[str, GroundPlane]:
        """Return how the calibrated cameras see the ground, by name."""
        named = enumerate(self.ground_maps(), GIVEN + 1)
        frames: dict[str | None, int] = {None: GIVEN} | {name: n for n, name in named}
        planes = {camera.id: camera.ground(frames[camera.ground_map]) for camera in self.cameras}
        return {name: plane for name, plane in planes.items() if plane is not None}

    def tracker_settings(self, camera: CameraConfig) -> TrackerSettings:
        """Return the common tracker settings with the camera's own ones put in."""
        return dataclasses.replace(self.tracker, **camera.tracker)
