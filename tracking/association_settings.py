"""What can be set of the association across cameras."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationSettings:
    """How tracklets become identities.

    Never chosen on the demo. On drawn traffic (`benchmarks.oracle`, "mid", a corridor and a grid of
    seed 101) correlation 0.2, 0.5, 0.8 and 1.0 gave IDF1 0.82, 0.85, 0.86, 0.86, before distances
    were standardised, and 0.7 lies between the best; min_probability 0.35 and 0.5 gave the same.
    stay_nats 0 and 1 gave online IDF1 0.79 and 0.79 there (corridors of seeds 101 and 102), 0.62
    and 0.66 on the shipped network's embeddings of two validation scenes; 2 gave 0.65. The
    durations were not searched. These numbers are older than how travel times are learned now.

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
        exclusive: Whether two tracks that one camera saw at once are two vehicles. For ablations.
        travel_times: Whether travel times count. For ablations.
        learn_links: Whether they are learned, beyond what is given. For ablations.
        joint: Whether tracklets are decided together again; else each one once when it is new
            and once when it has ended. For ablations.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    min_probability: float = 0.5
    stay_nats: float = 1.0
    correlation: float = 0.7
    revision_s: float = 120.0
    solve_every_s: float = 1.0
    horizon_s: float = 600.0
    archive_candidates: int = 4
    final_tracklets: int = 5000
    exclusive: bool = True
    travel_times: bool = True
    learn_links: bool = True
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
