"""Settings of the single-camera tracker."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final

_SHARES: Final = {
    "high_confidence",
    "low_confidence",
    "min_iou",
    "weak_min_iou",
    "nested_iou",
    "duplicate_iou",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerSettings:
    """Settings of the tracker of one camera.

    Attributes:
        high_confidence: Least confidence, in [0, 1], of a detection that may found a track or bring
            back a lost one. ByteTrack of ultralytics has 0.25; the shipped detector reaches a
            precision of 0.9 at 0.29 on what it holds out by day.
        low_confidence: Least confidence of one that may continue a track (ByteTrack: 0.1).
        min_iou: Least overlap of a predicted box and a confident detection (ByteTrack: 0.2).
        weak_min_iou: The same for a weak detection (ByteTrack: 0.5).
        weak_max_gap_s: Seconds since a track was last seen after which weak detections no longer
            continue it; ByteTrack allows no gap at all, but one missed frame is no reason to stop.
        reach_max_gap_s: Seconds since a track was last seen after which it is no longer given a
            detection that it does not overlap.
        confirm_hits: Detections that a confirmed track has at least (DeepSORT: 3).
        confirm_confidence: Their total confidence at least: scenery that looks a little like a
            vehicle, at 0.3, has to do so six times.
        confirm_s: Seconds between first and last of them at least, so that a fast camera does not
            confirm what flickers up for a moment.
        tentative_max_gap_s: Seconds without a detection that end a tentative track.
        max_lost_s: Seconds without a detection that end a confirmed one.
        nested_iou: Overlap with a confirmed or older track above which a detection does not help to
            confirm another one: detectors give a lorry's cab, or half a car, a box of its own,
            which the other one covers. In nine rendered development scenes one box in twenty was
            such a second one. In five of them the mean IDF1 of a camera is 0.861 rather than 0.848,
            across cameras 0.884 rather than 0.864; no vehicle is lost altogether, and recall falls
            by 0.001. In a first version (confirmed ones only) 0.25, 0.35 and 0.45 gave 0.858, 0.857
            and 0.855 by camera.
        duplicate_iou: Overlap above which two tracks are one vehicle: a little more than what the
            detector leaves of two boxes (0.6).
        refind_distance: Greatest L2 distance of the mean appearances of a lost track and of the new
            track that continues it.
        refind_margin: How much nearer than any other lost track it must be.
        depart_distance: L2 distance between a track's mean appearance and what is seen after its
            box met another's, above which it has gone over to another vehicle. Of 86 meetings in a
            rendered development scene 11 ended on another vehicle; all of these were farther, and 7
            of the others. In a first version IDF1 across the cameras of three such scenes was 0.025
            lower without it, with 1.0 (and no exchange) 0.003, with 1.3 (and refinding up to a
            distance of 1.0) 0.019 lower than with 1.1. Tracks that are cut in two
            though they stayed with their vehicle are put together again by the association; mixed
            ones are not taken apart.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    high_confidence: float = 0.3
    low_confidence: float = 0.1
    min_iou: float = 0.2
    weak_min_iou: float = 0.5
    weak_max_gap_s: float = 0.5
    reach_max_gap_s: float = 1.0
    confirm_hits: int = 3
    confirm_confidence: float = 1.8
    confirm_s: float = 0.15
    tentative_max_gap_s: float = 0.25
    max_lost_s: float = 3.0
    nested_iou: float = 0.35
    duplicate_iou: float = 0.75
    refind_distance: float = 0.7
    refind_margin: float = 0.1
    depart_distance: float = 1.1

    def __post_init__(self) -> None:
        """Check every field."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not math.isfinite(value) or value < 0:
                raise ValueError(f"{field.name} must be finite and not negative, is {value}")
            if field.name in _SHARES and value > 1:
                raise ValueError(f"{field.name} must be at most 1, is {value}")
        if self.low_confidence > self.high_confidence:
            raise ValueError(
                f"low_confidence must not exceed high_confidence ({self.high_confidence}), "
                f"is {self.low_confidence}"
            )
        if self.confirm_hits < 1:
            raise ValueError(f"confirm_hits must be at least 1, is {self.confirm_hits}")
        if self.max_lost_s <= 0:
            raise ValueError(f"max_lost_s must be positive, is {self.max_lost_s}")
