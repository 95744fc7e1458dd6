"""Settings of the association across cameras."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationSettings:
    """How tracklets become identities.

    Never chosen on the demo or a benchmark scene. On the product's tracklets of three rendered
    development scenes (not kept) with calibrated cameras, correlation 0.5, 0.7, 0.8, 0.85, 0.9 and
    1 gave mean IDF1 0.780, 0.779, 0.791, 0.799, 0.799, 0.799 (online 0.695, 0.717, 0.717, 0.721,
    0.719, 0.715); simulated traffic (`benchmarks.oracle`, "mid", seed 21) does not tell 0.7 from
    0.85. min_probability 0.5, 0.4 and 0.3 gave 0.779, 0.778, 0.777 (0.717, 0.703, 0.696), stay_nats
    0.5, 1 and 2 0.779 each (0.715, 0.717, 0.711). The durations were not searched.

    Attributes:
        min_probability: A tracklet that is an earlier vehicle with less probability than this is
            taken for a new one, and keeps its candidates; in [0, 1]. At one half every pair that
            is made is more likely right than wrong.
        stay_nats: Log-odds by which another answer must be better for a revision, until the last
            look; not negative.
        correlation: How much the appearance evidence of further sightings repeats that of the
            first, in [0, 1]; at 1 they add nothing.
        revision_s: Tracklets that were seen within these last seconds of stream time are decided
            together, again and again.
        solve_every_s: Stream seconds between two joint decisions.
        horizon_s: Settled vehicles unseen for longer are found by appearance only, among the
            nearest `archive_candidates`.
        archive_candidates: How many of those are compared with a new tracklet.
        final_tracklets: With at most so many tracklets, all are decided again at the end.
        exclusive: Whether two tracks that one camera saw at the same time are two vehicles. For
            ablations.
        travel_times: Whether travel times count. For ablations.
        learn_links: Whether they are learned, beyond what is given. For ablations.
        learn_ground: Whether it is learned, too, how cameras that are not calibrated see the
            ground, and which of them share a view; never without `learn_links`. For ablations.
        joint: Whether tracklets are decided together again; else each one whenever it is given,
            until another follows it (`sequential`). For ablations.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    min_probability: float = 0.5
    stay_nats: float = 1.0
    correlation: float = 0.85
    revision_s: float = 120.0
    solve_every_s: float = 1.0
    horizon_s: float = 600.0
    archive_candidates: int = 4
    final_tracklets: int = 5000
    exclusive: bool = True
    travel_times: bool = True
    learn_links: bool = True
    learn_ground: bool = True
    joint: bool = True

    def __post_init__(self) -> None:
        """Check every field."""
        for name in ("min_probability", "correlation"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in [0, 1], is {getattr(self, name)}")
        for name in ("stay_nats", "revision_s", "solve_every_s", "horizon_s"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be finite and not negative, is {value}")
        for name in ("archive_candidates", "final_tracklets"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, is {getattr(self, name)}")
