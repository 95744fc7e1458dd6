"""Virtual cameras for crops: positions, heights, lenses, lighting and sensors of many kinds."""

from __future__ import annotations

import math
import random
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from city.arrangement import find_slots
from city.camera import CameraGeometry
from city.layouts.corridor import Corridor
from city.layouts.grid import Grid
from city.lighting import PRESETS, Lighting
from city.network import LaneUse, RoadNetwork
from city.roads import build_network
from city.sensor import SensorSettings

if TYPE_CHECKING:
    from city.network import Lane
    from city.roads import RoadPlan

LIGHTS: Final = (
    *("day", "overcast", "dusk", "morning", "rain", "night", "hazy", "afternoon", "noon"),
    *("overcast", "day", "night_rain"),
)
"""One after the other over the cameras: every second one by plain daylight."""
NIGHT_LIGHTS: Final = ("unlit", "night", "unlit", "night_rain", "unlit_rain")
"""One after the other over the cameras that see night as poor cameras do."""
CAMERAS_PER_PLACE: Final = 5
_SIZES: Final = ((960, 540), (960, 540), (1280, 720), (640, 480))
_STREET_SIZES: Final = ((800, 600), (960, 540), (1280, 720))
_STREET_JPEG_QUALITY: Final = 90
_LEAST_LANE_M: Final = 45.0
"""Cameras look at lanes of this length or more."""
LEAST_SLOTS: Final = 60
"""Places for a vehicle that a camera must see, a metre apart, over all lanes."""
_DRAWS: Final = 50
"""Geometries at most until one sees so many places; then the last one is taken."""
_CASTS: Final = (
    *((0.72, 1.0, 1.2), (0.8, 1.0, 1.4), (0.8, 1.12, 0.95), (1.1, 1.0, 0.8), (0.95, 1.0, 1.05)),
)
"""Of cameras at night: two blue ones, green, amber, and nearly none."""


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A camera for crops.

    Attributes:
        number: From 1, in the names of the crops.
        place: Index of its place.
        geometry: Where it stands and looks.
        lighting: The light.
        sensor: Its sensor.
        jpeg_quality: Of its images, before they are cut.
    """

    number: int
    place: int
    geometry: CameraGeometry
    lighting: Lighting
    sensor: SensorSettings
    jpeg_quality: int


def build_places(count: int, *, seed: int) -> list[RoadNetwork]:
    """Build the roads of some random districts.

    Raises:
        FileNotFoundError: If SUMO is not installed.
    """
    places = []
    for number in range(count):
        rng = random.Random(f"{seed} place {number}")
        with tempfile.TemporaryDirectory(prefix="city-") as folder:
            path = build_network(_plan(rng, number), Path(folder))
            places.append(RoadNetwork.from_file(path))
    return places


def _plan(rng: random.Random, number: int) -> RoadPlan:
    if number % 2:
        return Grid(
            columns=2,
            rows=1,
            spacing_x_m=rng.uniform(80, 130),
            skew_m=rng.uniform(-15, 15),
            lanes_x=rng.choice((1, 2)),
            rotation_deg=rng.uniform(0, 360),
        ).plan()
    return Corridor(
        junctions_m=(0.0, rng.uniform(90, 150)),
        side_streets=((0, "N", rng.uniform(70, 110)), (1, "S", rng.uniform(70, 110))),
        lanes=rng.choice((1, 2, 2, 3)),
        bend_m=rng.uniform(-20, 20),
        rotation_deg=rng.uniform(0, 360),
    ).plan()


def draw_viewpoints(
    count: int, places: list[RoadNetwork], *, seed: int, street: int = 0, night: int = 0
) -> list[Viewpoint]:
    """Draw cameras beside the roads, in turn over the places.

    Args:
        count: Number of cameras.
        places: Their roads.
        seed: Of everything random.
        street: How many of them, the last ones, are held in a hand at eye level, as the images
            of suspects are taken; the others stand on poles.
        night: How many of those on poles, the last ones, see night as poor cameras do. Each stands
            where it would stand without.
    """
    drawn = [
        _viewpoint(
            number,
            number % len(places),
            places,
            random.Random(f"{seed} camera {number}"),
            street=number >= count - street,
        )
        for number in range(count)
    ]
    first = count - street - night
    for index in range(night):
        rng = random.Random(f"{seed} night {first + index}")
        drawn[first + index] = _by_night(drawn[first + index], index, rng)
    return drawn


def _viewpoint(
    number: int, place: int, places: list[RoadNetwork], rng: random.Random, *, street: bool
) -> Viewpoint:
    lanes = [
        lane
        for lane in places[place].lanes
        if not lane.internal and lane.use is LaneUse.TRAFFIC and lane.length_m > _LEAST_LANE_M
    ]
    name = LIGHTS[number % len(LIGHTS)]
    draw = _street_geometry if street else _pole_geometry
    geometry = draw(rng.choice(lanes), rng)
    for _ in range(_DRAWS):
        if len(find_slots(places[place], geometry)) >= LEAST_SLOTS:
            break
        geometry = draw(rng.choice(lanes), rng)
    viewpoint = Viewpoint(
        number=number + 1,
        place=place,
        geometry=geometry,
        lighting=_vary(PRESETS[name], rng),
        sensor=_sensor(rng),
        jpeg_quality=rng.choice((35, 50, 65, 80, 92)),
    )
    if not street:
        return viewpoint
    sharp = replace(viewpoint.sensor, blur_px=0.4, noise=0.004)
    return replace(viewpoint, sensor=sharp, jpeg_quality=_STREET_JPEG_QUALITY)


def _by_night(viewpoint: Viewpoint, index: int, rng: random.Random) -> Viewpoint:
    """Return a camera as it is, but by night and poor: blinded, dim, smeared, with a cast."""
    light = NIGHT_LIGHTS[index % len(NIGHT_LIGHTS)]
    red, green, blue = rng.choice(_CASTS)
    # Where no street lamp helps, cameras amplify more.
    exposure = rng.uniform(0.4, 1.5) if light.startswith("unlit") else rng.uniform(-0.9, 0.4)
    sensor = SensorSettings(
        exposure_ev=exposure,
        gain_rgb=(red * rng.uniform(0.95, 1.05), green, blue * rng.uniform(0.95, 1.05)),
        saturation=rng.uniform(0.3, 0.75),
        contrast=rng.uniform(0.85, 1.05),
        vignette=rng.uniform(0.1, 0.35),
        blur_px=rng.choice((0.5, 0.8, 1.1, 1.5)),
        sharpen=rng.choice((0.0, 0.5, 0.8, 1.1)),
        bloom=rng.uniform(0.1, 0.25),
        noise=rng.uniform(0.012, 0.03),
        glare=0.012 * 10 ** rng.uniform(0, 1),
        denoise=rng.uniform(0.02, 0.08),
    )
    lighting = _vary(PRESETS[light], rng)
    return replace(
        viewpoint, lighting=lighting, sensor=sensor, jpeg_quality=rng.choice((35, 50, 65, 80))
    )


def _pole_geometry(lane: Lane, rng: random.Random) -> CameraGeometry:
    x, y, heading = lane.point_at(lane.length_m * rng.uniform(0.3, 0.7))
    # Mostly along the road, from its right side, as poles stand; sometimes across it.
    turn = rng.choice((-1, 1)) * math.radians(rng.uniform(0, 12))
    if rng.random() < 0.25:
        turn = -math.radians(rng.uniform(30, 80))
    azimuth = heading + turn + (math.pi if rng.random() < 0.5 else 0.0)
    away = rng.uniform(14, 30)
    aside = rng.uniform(3.5, 8.0)
    return CameraGeometry(
        eye=(
            x - away * math.cos(azimuth) + aside * math.sin(heading),
            y - away * math.sin(azimuth) - aside * math.cos(heading),
            rng.uniform(3.2, 9.5),
        ),
        look_at=(x, y, 0.6),
        fov_deg=rng.uniform(24, 46),
        size_wh=rng.choice(_SIZES),
    )


def _street_geometry(lane: Lane, rng: random.Random) -> CameraGeometry:
    x, y, heading = lane.point_at(lane.length_m * rng.uniform(0.3, 0.7))
    # At the front or rear quarter of who stands there, from either side.
    angle = math.radians(rng.choice((rng.uniform(20, 65), rng.uniform(115, 160))))
    azimuth = heading + rng.choice((-1, 1)) * angle
    away = rng.uniform(7, 14)
    return CameraGeometry(
        eye=(x + away * math.cos(azimuth), y + away * math.sin(azimuth), rng.uniform(1.3, 2.1)),
        look_at=(x, y, 0.8),
        fov_deg=rng.uniform(36, 55),
        size_wh=rng.choice(_STREET_SIZES),
    )


def _vary(lighting: Lighting, rng: random.Random) -> Lighting:
    """Turn sun and sky, and make the light a little stronger or weaker."""
    angle = rng.uniform(0, 2 * math.pi)
    x, y, z = lighting.sun_direction
    level = math.hypot(x, y)
    strength = rng.uniform(0.8, 1.2)
    red, green, blue = lighting.sun_rgb
    return replace(
        lighting,
        sun_direction=(level * math.cos(angle), level * math.sin(angle), z),
        sun_rgb=(red * strength, green * strength, blue * strength),
        environment_gain=lighting.environment_gain * rng.uniform(0.85, 1.15),
    )


def _sensor(rng: random.Random) -> SensorSettings:
    return SensorSettings(
        exposure_ev=rng.uniform(-0.25, 0.5),
        gain_rgb=(rng.uniform(0.92, 1.08), 1.0, rng.uniform(0.90, 1.10)),
        saturation=rng.uniform(0.6, 1.1),
        contrast=rng.uniform(0.85, 1.15),
        vignette=rng.uniform(0.0, 0.3),
        blur_px=rng.choice((0.4, 0.6, 0.9, 1.3)),
        sharpen=rng.choice((0.0, 0.0, 0.4, 0.8)),
        noise=rng.uniform(0.004, 0.02),
    )
