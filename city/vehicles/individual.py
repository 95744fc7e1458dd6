"""Individuals: what tells one vehicle from another of the same model and paint."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypedDict

from city.vehicles.catalogue import MODELS, BodyModel, Kind
from city.vehicles.paints import PAINTS, Rgb

if TYPE_CHECKING:
    from collections.abc import Collection

PLATE_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"
RIM_DESIGNS: Final = 8
RIM_SHADES: Final[tuple[Rgb, ...]] = (
    (182, 184, 187),
    (150, 152, 156),
    (104, 106, 110),
    (42, 42, 45),
    (196, 198, 202),
)

KIND_SHARES: Final[dict[Kind, float]] = {
    Kind.SEDAN: 0.22,
    Kind.HATCHBACK: 0.19,
    Kind.WAGON: 0.05,
    Kind.COUPE: 0.02,
    Kind.SUV: 0.20,
    Kind.MPV: 0.05,
    Kind.VAN: 0.08,
    Kind.PICKUP: 0.03,
    Kind.MINIBUS: 0.01,
    Kind.BUS: 0.03,
    Kind.BOX_TRUCK: 0.05,
    Kind.SEMI_TRAILER: 0.02,
    Kind.MOTORCYCLE: 0.05,
}
"""What an urban camera sees of each kind, when nothing else is asked for."""

_TRAITS: Final[dict[str, float]] = {
    "chrome": 0.35,
    "sunroof": 0.22,
    "black_roof": 0.09,
    "white_roof": 0.015,
    "dark_glass": 0.25,
    "driver": 0.75,
    "passenger": 0.30,
    "window_sticker": 0.40,
    "sun_strip": 0.06,
    "roof_rails": 0.05,
    "roof_rack": 0.05,
    "roof_box": 0.04,
    "aerial": 0.30,
    "spoiler": 0.10,
    "fog_lamps": 0.45,
    "bumper_sticker": 0.22,
    "door_sticker": 0.10,
    "stripes": 0.04,
    "side_moulding": 0.20,
    "dent": 0.14,
    "scratch": 0.22,
    "bumper_scuff": 0.22,
    "rust": 0.05,
    "odd_door": 0.03,
    "odd_bonnet": 0.025,
    "missing_hubcap": 0.04,
    "mud": 0.12,
    "tow_bar": 0.12,
    "bull_bar": 0.02,
    "yellow_plate": 0.15,
    "square_plate": 0.25,
    "lettering": 0.06,
}
"""Traits by name and the share of cars that have them."""

_TRAITS_OF_KIND: Final[dict[Kind, dict[str, float]]] = {
    Kind.SUV: {"roof_rails": 0.50, "tow_bar": 0.25, "bull_bar": 0.06},
    Kind.WAGON: {"roof_rails": 0.60, "roof_box": 0.10, "tow_bar": 0.30},
    Kind.MPV: {"roof_rails": 0.30, "roof_box": 0.08},
    Kind.PICKUP: {"loaded": 0.4, "lettering": 0.15, "bull_bar": 0.18, "mud": 0.30, "chrome": 0.5},
    Kind.VAN: {"lettering": 0.65, "roof_rack": 0.20, "sunroof": 0.0, "mud": 0.15, "chrome": 0.05},
    Kind.MINIBUS: {"lettering": 0.50, "sunroof": 0.0},
    Kind.BOX_TRUCK: {
        **{"lettering": 0.75, "mud": 0.25, "chrome": 0.15},
        **{"loaded": 0.70, "beacon": 0.15, "deflector": 0.55},
    },
    Kind.SEMI_TRAILER: {"lettering": 0.75, "mud": 0.25, "chrome": 0.3},
    Kind.BUS: {"lettering": 0.55, "roof_pod": 0.70},
    Kind.MOTORCYCLE: {"luggage": 0.60},
    Kind.BICYCLE: {"luggage": 0.40},
    Kind.PEDESTRIAN: {"luggage": 0.60},
}
"""Where a kind's shares differ."""

_WITHOUT_BODYWORK: Final = frozenset((Kind.MOTORCYCLE, Kind.BICYCLE, Kind.PEDESTRIAN))
"""Kinds that have their own traits alone."""

_FIXED: Final = frozenset(("black_roof", "white_roof", "chrome", "sunroof"))
"""Traits that come with model and trim, so that look-alikes share them."""

TAXI_SHARE: Final = 0.08
"""Of sedans, and half of that of other cars that serve as taxis."""
WHITE_SHARE_OF_VANS: Final = 0.55


class _Marks(TypedDict):
    """What look-alikes differ in."""

    plate: str
    rim: int
    rim_rgb: Rgb
    dirt: float
    traits: tuple[str, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class Individual:
    """One road user.

    Attributes:
        model: Name in `catalogue.MODELS`.
        colour: Name in `paints.PAINTS`.
        rgb: Its shade, sRGB.
        metallic: Whether the paint has flakes.
        plate: Characters of its number plate; empty for those without one.
        livery: "taxi", or empty.
        rim: Design of its wheels, below `RIM_DESIGNS`.
        rim_rgb: Their shade, sRGB.
        dirt: From 0, just washed, to 1.
        traits: Names of accessories, stickers and damage that it has, sorted.
        seed: Places stickers, dents, dirt; chooses lettering, clothes and cargo.
        variant: Number of its body shape among those of the model; 0 is the catalogue's.
    """

    model: str
    colour: str
    rgb: Rgb
    metallic: bool
    plate: str
    livery: str
    rim: int
    rim_rgb: Rgb
    dirt: float
    traits: tuple[str, ...]
    seed: int
    variant: int = 0

    def has(self, trait: str) -> bool:
        """Whether it has the trait."""
        return trait in self.traits

    @property
    def attributes(self) -> tuple[str, ...]:
        """What a witness may tell beside model and paint: livery, if any, and traits."""
        return (*([self.livery] if self.livery else []), *self.traits)


def draw_individual(
    rng: random.Random,
    *,
    kind: Kind | str | None = None,
    models: Collection[str] | None = None,
    colours: Collection[str] | None = None,
) -> Individual:
    """Draw a road user.

    Args:
        rng: Source of randomness.
        kind: Only of this kind; None for any vehicle, as often as a street shows it.
        models: Only models of these names; None for all.
        colours: Only paints of these names; None for all.

    Raises:
        ValueError: If no model or no paint is left, or a name is unknown.
    """
    model = _draw_model(rng, kind, models)
    colour = _draw_colour(rng, model, colours)
    rgb = _vary(rng, rng.choice(PAINTS[colour].shades))
    livery = _draw_livery(rng, model)
    return Individual(
        model=model.name,
        colour=colour,
        rgb=rgb,
        metallic=rng.random() < PAINTS[colour].metallic,
        livery=livery,
        **_draw_marks(rng, model, livery),
    )


def look_alike(individual: Individual, rng: random.Random) -> Individual:
    """Return another of the same model and paint: other plate, rims, stickers, damage, dirt."""
    model = MODELS[individual.model]
    marks = _draw_marks(rng, model, individual.livery)
    shared = _FIXED & set(individual.traits)
    marks["traits"] = tuple(sorted((set(marks["traits"]) - _FIXED) | shared))
    return replace(individual, **marks)


def _draw_model(
    rng: random.Random, kind: Kind | str | None, models: Collection[str] | None
) -> BodyModel:
    unknown = sorted(set(models or ()) - set(MODELS))
    if unknown:
        raise ValueError(f"unknown body models: {', '.join(unknown)}")
    names = [name for name in MODELS if models is None or name in models]
    kinds = {MODELS[name].kind for name in names} & ({Kind(kind)} if kind else set(KIND_SHARES))
    if not kinds:
        raise ValueError(f"no body model of kind {kind or 'vehicle'} among {', '.join(names)}")
    choice = [k for k in Kind if k in kinds]
    drawn = rng.choices(choice, [KIND_SHARES.get(k, 1.0) for k in choice])[0]
    return MODELS[rng.choice([name for name in names if MODELS[name].kind is drawn])]


def _draw_colour(rng: random.Random, model: BodyModel, colours: Collection[str] | None) -> str:
    unknown = sorted(set(colours or ()) - set(PAINTS))
    if unknown:
        raise ValueError(f"unknown colours: {', '.join(unknown)}")
    names = [name for name in PAINTS if colours is None or name in colours]
    if not names:
        raise ValueError("no colour to draw from")
    working = model.kind in (Kind.VAN, Kind.MINIBUS, Kind.BOX_TRUCK, Kind.SEMI_TRAILER)
    if working and "white" in names and rng.random() < WHITE_SHARE_OF_VANS:
        return "white"
    # Buses come in every colour of an operator, so rare colours are as good as common ones.
    power = 0.25 if model.kind is Kind.BUS else 1.0
    return rng.choices(names, [PAINTS[name].share ** power for name in names])[0]


def _draw_livery(rng: random.Random, model: BodyModel) -> str:
    share = {Kind.SEDAN: TAXI_SHARE, Kind.WAGON: TAXI_SHARE / 2, Kind.MPV: TAXI_SHARE / 2}
    return "taxi" if rng.random() < share.get(model.kind, 0.0) else ""


def _draw_marks(rng: random.Random, model: BodyModel, livery: str) -> _Marks:
    usual = {} if model.kind in _WITHOUT_BODYWORK else _TRAITS
    shares = {**usual, **_TRAITS_OF_KIND.get(model.kind, {})}
    traits = {name for name, share in shares.items() if rng.random() < share}
    if livery == "taxi":
        traits = (traits | {"driver"}) - {"roof_box", "roof_rack", "stripes"}
    plated = model.detector_class is not None
    return {
        "plate": _draw_plate(rng) if plated else "",
        "rim": rng.randrange(RIM_DESIGNS),
        "rim_rgb": rng.choice(RIM_SHADES),
        "dirt": round(min(1.0, rng.expovariate(3.2)), 3),
        "traits": tuple(sorted(traits)),
        "seed": rng.randrange(1 << 31),
    }


def _draw_plate(rng: random.Random) -> str:
    letters = [rng.choice(PLATE_LETTERS) for _ in range(5)]
    return f"{letters[0]}{letters[1]}{rng.randint(10, 99)} {''.join(letters[2:])}"


def _vary(rng: random.Random, rgb: Rgb) -> Rgb:
    """Return the shade a little lighter or darker, as batches and years of sun make it."""
    shift = rng.gauss(0, 5)
    red, green, blue = (int(min(248, max(4, v + shift + rng.gauss(0, 2)))) for v in rgb)
    return red, green, blue
