"""Roads of simulated traffic: cameras at junctions, and the routes between them.

Every camera watches a junction of up to four arms. An arm either leads to an arm of another camera,
which is a `Way`, or out of the network, where vehicles come from and go to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from tracking.travel.links import CameraLink

Layout = Literal["corridor", "grid", "ring"]

IMAGE_WH: Final = (1280, 720)
EAST, NORTH, WEST, SOUTH = range(4)
OPPOSITE: Final = (WEST, SOUTH, EAST, NORTH)

_REACH: Final = np.array([0.47 * IMAGE_WH[0], 0.44 * IMAGE_WH[1]])
"""From the middle of the image to where vehicles come in, in pixels."""

_Z_99: Final = 2.326
"""The normal distribution's 99th percentile."""


@dataclass(frozen=True, slots=True)
class Zone:
    """Where an arm leaves the view.

    Attributes:
        x: Of the middle of the lower edge of a box there, in pixels.
        y: The same, downwards.
        heading: Of a vehicle that leaves by this arm, in radians clockwise from the right as seen
            in the image; one that comes in has the opposite heading.
    """

    x: float
    y: float
    heading: float


@dataclass(frozen=True, slots=True)
class OracleCamera:
    """One camera.

    Attributes:
        name: Its id.
        zones: By arm (`EAST`, `NORTH`, `WEST`, `SOUTH`); arms that are missing have no road.
        clock_offset_s: What its clock shows too much: it stamps true time plus this.
    """

    name: str
    zones: dict[int, Zone]
    clock_offset_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A directed way from an arm of one camera to an arm of another.

    Attributes:
        source: Index of the camera that is left.
        exit_arm: By this arm.
        target: Index of the camera that is reached.
        entry_arm: By this arm.
        median_s: Median of the travel time without stops (log-normal).
        sigma: Standard deviation of its logarithm.
        signal_share: Share of the vehicles that have to stop on the way.
        red_s: Least and greatest duration of such a stop, uniform.
        overlap: Whether the two cameras see the same place: a vehicle comes into the second while
            it is still in the first.
    """

    source: int
    exit_arm: int
    target: int
    entry_arm: int
    median_s: float
    sigma: float
    signal_share: float
    red_s: tuple[float, float]
    overlap: bool = False

    @property
    def window_s(self) -> tuple[float, float]:
        """About the 1st and the 99th percentile of the gap between the sightings, in seconds.

        Exact where no vehicle has to stop; else the tails are those of going through and of the
        longest stop.
        """
        low, high = (self.median_s * float(np.exp(z * self.sigma)) for z in (-_Z_99, _Z_99))
        return low, high + (self.red_s[1] if self.signal_share > 0 else 0.0)


@dataclass(frozen=True, slots=True)
class Roads:
    """The network.

    Attributes:
        cameras: By index.
        ways: By camera and arm that a vehicle leaves.
        outer: Camera and arm of every road out of the network.
    """

    cameras: tuple[OracleCamera, ...]
    ways: dict[tuple[int, int], Way]
    outer: tuple[tuple[int, int], ...]

    def camera_links(self) -> list[CameraLink]:
        """Return what an operator who has measured all ways would write into `cams.yaml`.

        The windows run from the 1st to the 99th percentile of the travel time, in true time: an
        operator does not know that a clock is wrong.
        """
        links = []
        for way in self.ways.values():
            names = (self.cameras[way.source].name, self.cameras[way.target].name)
            if way.overlap:
                links.append(CameraLink(*names, overlap=True))
            else:
                low, high = way.window_s
                links.append(CameraLink(*names, min_s=low, max_s=high))
        return links


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadSettings:
    """What network is drawn.

    Attributes:
        layout: "corridor" (a row), "grid" (as square as it gets) or "ring".
        cameras: How many.
        overlap_pairs: Pairs of neighbours that see the same place.
        side_road_share: Chance of each free arm to be a road out of the network; the ends of a
            corridor always are.
        travel_s: Least and greatest median travel time of a way, log-uniform.
        travel_sigma: Of the log-normal travel time.
        signal_share: Share of the vehicles that stop on a way: travel times have two modes.
        red_s: Least and greatest duration of a stop.
        clock_offset_s: Clocks are wrong by up to this, uniform; the first camera's is right.
    """

    layout: Layout = "corridor"
    cameras: int = 6
    overlap_pairs: int = 1
    side_road_share: float = 0.5
    travel_s: tuple[float, float] = (8.0, 40.0)
    travel_sigma: float = 0.2
    signal_share: float = 0.3
    red_s: tuple[float, float] = (8.0, 40.0)
    clock_offset_s: float = 0.0

    def __post_init__(self) -> None:
        """Check what cannot be drawn."""
        least = 3 if self.layout == "ring" else 1
        if self.cameras < least:
            raise ValueError(f"cameras must be at least {least}, is {self.cameras}")
        if self.overlap_pairs > len(_edges(self.layout, self.cameras)):
            raise ValueError(f"overlap_pairs must be at most the edges, is {self.overlap_pairs}")


def draw_roads(settings: RoadSettings, rng: np.random.Generator) -> Roads:
    """Draw a network.

    Args:
        settings: What kind of network.
        rng: Where the numbers come from.
    """
    edges = _edges(settings.layout, settings.cameras)
    inner = {end for a, arm_a, b, arm_b in edges for end in ((a, arm_a), (b, arm_b))}
    outer = _outer_arms(settings, inner, rng)
    offsets = rng.uniform(-settings.clock_offset_s, settings.clock_offset_s, settings.cameras)
    offsets[0] = 0.0
    cameras = tuple(
        OracleCamera(
            f"c{index:03d}",
            _draw_zones([arm for camera, arm in sorted(inner | outer) if camera == index], rng),
            float(offsets[index]),
        )
        for index in range(settings.cameras)
    )
    overlapping = set(rng.permutation(len(edges))[: settings.overlap_pairs].tolist())
    ways = {}
    for number, (a, arm_a, b, arm_b) in enumerate(edges):
        for source, leave, target, enter in ((a, arm_a, b, arm_b), (b, arm_b, a, arm_a)):
            ways[source, leave] = Way(
                source=source,
                exit_arm=leave,
                target=target,
                entry_arm=enter,
                median_s=float(np.exp(rng.uniform(*np.log(settings.travel_s)))),
                sigma=settings.travel_sigma,
                signal_share=settings.signal_share,
                red_s=settings.red_s,
                overlap=number in overlapping,
            )
    return Roads(cameras, ways, tuple(sorted(outer)))


def _edges(layout: Layout, n: int) -> list[tuple[int, int, int, int]]:
    # Camera and arm of both ends of each road between two cameras.
    if layout == "corridor":
        return [(i, EAST, i + 1, WEST) for i in range(n - 1)]
    if layout == "ring":
        return [(i, EAST, (i + 1) % n, WEST) for i in range(n)]
    columns = int(np.ceil(np.sqrt(n)))
    east = [(i, EAST, i + 1, WEST) for i in range(n - 1) if (i + 1) % columns]
    south = [(i, SOUTH, i + columns, NORTH) for i in range(n - columns)]
    return east + south


def _outer_arms(
    settings: RoadSettings, inner: set[tuple[int, int]], rng: np.random.Generator
) -> set[tuple[int, int]]:
    free = [
        (camera, arm)
        for camera in range(settings.cameras)
        for arm in range(4)
        if (camera, arm) not in inner
    ]
    chosen = {end for end in free if rng.random() < settings.side_road_share}
    if settings.layout == "corridor":
        chosen |= {(0, WEST), (settings.cameras - 1, EAST)}
    # Traffic needs somewhere to come from and somewhere else to go.
    return chosen if len(chosen) > 1 else set(free[:2])


def _draw_zones(arms: list[int], rng: np.random.Generator) -> dict[int, Zone]:
    turn = rng.uniform(0, 2 * np.pi)
    zones = {}
    for arm in arms:
        angle = turn - arm * np.pi / 2 + rng.uniform(-0.25, 0.25)
        x, y = (np.array(IMAGE_WH) / 2 + _REACH * [np.cos(angle), np.sin(angle)]).tolist()
        zones[arm] = Zone(x, y, float(angle % (2 * np.pi)))
    return zones


def boxes_on_path(entry: Zone, leave: Zone, share: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the boxes of a vehicle at shares of its way through the image.

    Args:
        entry: Where it comes in.
        leave: Where it goes out.
        share: float64 (T,), 0 at the entry and 1 at the exit.

    Returns:
        float32 (T, 4), greater where it is nearer to the lower edge, and so to the camera.
    """
    start, end = np.array([entry.x, entry.y]), np.array([leave.x, leave.y])
    middle = np.array(IMAGE_WH) / 2
    s = share[:, None]
    # A quadratic Bezier curve through the junction.
    foot = (1 - s) ** 2 * start + 2 * s * (1 - s) * middle + s**2 * end
    height = 30.0 + 110.0 * foot[:, 1] / IMAGE_WH[1]
    width = 1.3 * height
    x, y = foot[:, 0], foot[:, 1]
    return np.stack([x - width / 2, y - height, x + width / 2, y], axis=1).astype(np.float32)
