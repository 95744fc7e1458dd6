"""Decisions of the association, their reasons, and manual corrections passed to it.

A *key* names a tracklet by its camera and its track there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

Key = tuple[str, int]
"""Camera and track id, as `Tracklet.key`."""

End = tuple[float, float, float, float]
"""End of a path: middle of the box's lower edge (x, y in pixels), and heading, a unit vector."""

FINAL: Final = "final"
"""Cause of what the final pass over everything decided, when no frame was to come any more."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An identity that a tracklet may have.

    Attributes:
        identity_id: The identity.
        probability: That the tracklet is this vehicle, in [0, 1].
    """

    identity_id: int
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Why a tracklet was joined to its identity, by the sighting that it follows on best.

    Attributes:
        previous: That other sighting of the same identity; most often the one just before.
        distance: L2 distance of appearance to it, in [0, 2].
        appearance_probability: What this distance alone says: the probability that both are one
            vehicle if that was as likely as not before.
        gap_s: Seconds from its last to this one's first time, negative if both were in view.
        travel_time_likelihood: How many times likelier the gap (with place and direction) is for
            one vehicle than for an unrelated arrival; above 1 speaks for the match.
        link: The cameras of the two, in order of time; None if it is the same camera.
        runner_up: The next best identity, None if there is no other.
        margin: Log-odds (nats) by which the identity is ahead of the runner-up, or of being a new
            vehicle if there is none.
    """

    previous: Key
    distance: float
    appearance_probability: float
    gap_s: float
    travel_time_likelihood: float
    link: tuple[str, str] | None
    runner_up: Candidate | None
    margin: float


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which vehicle a tracklet is.

    Attributes:
        identity_id: From 1, never used for another vehicle.
        distance: L2 distance of appearance to the sighting named in the reasons; None where the
            tracklet founded the identity.
        probability: That the identity is right: of being that vehicle, or, for the first sighting
            of an identity, of being none of those known.
        reasons: Why it was joined to other sightings; None for the first of an identity.
        candidates: The identities that it might have instead, most probable first; empty where
            the matter is clear. "Possibly the same as".
    """

    identity_id: int
    distance: float | None
    probability: float = 1.0
    reasons: Reasons | None = None
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Revision:
    """A later correction of an identity that was given before.

    Attributes:
        key: The tracklet.
        before: The identity that it had.
        after: The identity that it has now.
        timestamp: UTC seconds of stream time at which this was decided.
        cause: "evidence" for what was seen since, "ended" where the tracklet itself was seen to
            its end, "final" for the final pass over everything.
    """

    key: Key
    before: int
    after: int
    timestamp: float
    cause: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A manual correction about two tracklets; it overrides any evidence.

    Attributes:
        first: One tracklet.
        second: Another one.
        same: Whether both are one vehicle (must-link), or certainly not (cannot-link).
    """

    first: Key
    second: Key
    same: bool

    def __post_init__(self) -> None:
        """Check that there are two."""
        if self.first == self.second:
            raise ValueError(f"a correction is about two tracklets, both are {self.first}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEstimate:
    """What was learned of the way from one camera to another.

    Times are gaps by the cameras' clocks: from the last sighting in one camera to the first in the
    other, negative where both saw the vehicle.

    Attributes:
        from_camera: The camera that is left.
        to_camera: The camera that is reached.
        count: Matches that the estimate rests on, each counted by its probability.
        share: Of the vehicles that leave `from_camera`, those seen next in `to_camera`, in [0, 1].
        mean_s: Mean travel time in seconds.
        std_s: Its standard deviation.
        quantiles_s: Its 5 %, 25 %, 50 %, 75 % and 95 % quantiles.
        overlap: Whether the two see the same place at least in part: most gaps are negative.
        routes: The ways through the images, the most used first.
        late_s: How much later vehicles came than places and speeds on the ground foretell, 25 %,
            50 % and 75 % quantiles; None where cameras are not calibrated.
    """

    from_camera: str
    to_camera: str
    count: float
    share: float
    mean_s: float
    std_s: float
    quantiles_s: tuple[float, float, float, float, float]
    overlap: bool
    routes: tuple[Route, ...] = ()
    late_s: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.from_camera == self.to_camera:
            raise ValueError(f"a link joins two different cameras, both are {self.from_camera}")
        if not (math.isfinite(self.count) and self.count >= 0):
            raise ValueError(f"count must be finite and not negative, is {self.count}")


@dataclass(frozen=True, slots=True)
class SharedView:
    """Two cameras that see the same ground at least in part, as their vehicles showed.

    Attributes:
        first_camera: One of them.
        second_camera: The other one.
        vehicles: How many moving vehicles were in one place for both.
        std_m: By how much the two places differ, in metres: a standard deviation.
    """

    first_camera: str
    second_camera: str
    vehicles: int
    std_m: float


@dataclass(frozen=True, slots=True)
class GroundEstimate:
    """How a camera that is not calibrated sees the ground, as its vehicles showed.

    Attributes:
        camera_id: The camera.
        map_number: Cameras of one number have one map; metres of two maps cannot be compared.
        homography: 3 x 3, rows first: from pixels (x, y, 1) to metres on that map.
        made: Whether it is a calibrated map, with its number (`GroundPlane.frame`): the
            camera's view overlaps that of a calibrated one. Learned maps are numbered from 1.
        std_m: Standard deviation of places there, in metres, beside the noise of the boxes.
    """

    camera_id: str
    map_number: int
    homography: tuple[tuple[float, float, float], ...]
    made: bool = False
    std_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Route:
    """Where vehicles of a link leave one view and enter the other.

    Attributes:
        exit_xy: Middle of the lower edge of the last boxes, in pixels.
        entry_xy: The same of the first boxes in the other camera.
        count: Matches, each counted by its probability.
        median_s: Their median travel time in seconds.
    """

    exit_xy: tuple[float, float]
    entry_xy: tuple[float, float]
    count: float
    median_s: float


@dataclass(frozen=True, slots=True)
class Onward:
    """A camera that vehicles reach next.

    Attributes:
        camera_id: The camera.
        share: Of the vehicles that leave, those seen there next, in [0, 1].
        quantiles_s: Seconds until it sees them, by the cameras' clocks: the quantiles
            0, 10 % … 100 %, none negative.
    """

    camera_id: str
    share: float
    quantiles_s: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check the numbers."""
        rising = all(a <= b for a, b in pairwise(self.quantiles_s))
        if len(self.quantiles_s) != 11 or not rising:
            raise ValueError(f"quantiles_s must be 11 rising numbers, is {self.quantiles_s}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitEstimate:
    """Statistics of vehicles that leave a view, and are in no other by then.

    Attributes:
        camera_id: The camera that is left.
        end: Where; None for anywhere.
        size_px: Pixels by which places of this camera are compared (`zones.nearest`).
        count: Vehicles that the estimate rests on.
        onward: The cameras that may see them next; all others and none have the rest.
    """

    camera_id: str
    end: End | None
    size_px: float
    count: float
    onward: tuple[Onward, ...]


@dataclass(frozen=True, slots=True)
class ClockEstimate:
    """How wrong a camera's clock seems to be.

    Attributes:
        camera_id: The camera.
        offset_s: Seconds to add to its clock, against the common time of all cameras that are
            joined to it; what `clock_offset_s` in `cams.yaml` should grow by.
        std_s: Standard error of that.
        count: Matches that it rests on; with 0 nothing is known, and the offset is 0.
    """

    camera_id: str
    offset_s: float
    std_s: float
    count: float
