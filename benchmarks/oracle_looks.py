"""Appearance in simulated traffic: kinds of vehicles, and embeddings of a given difficulty.

An embedding is a sum of directions in a latent space, as the variance of a real network's
embeddings lies in a few dozen of its 512 dimensions (20 effective ones for ours): a component
common to all vehicles, the vehicle's own, that of its model and that of its colour (look-alikes
share both), a shift of the camera, one of the viewpoint, and noise. The shares of the difficulty
"mid" are such that the distances of tracklets are those of the shipped network on the demo footage:
0.89 +- 0.18 of one vehicle in two cameras, 1.34 +- 0.15 of two vehicles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from tracking.types import EMBEDDING_DIM

Difficulty = Literal["easy", "mid", "hard"]

COLOURS: Final = ("white", "black", "grey", "silver", "blue", "red", "brown", "green", "yellow")
COLOUR_SHARES: Final = (0.26, 0.2, 0.17, 0.13, 0.1, 0.07, 0.03, 0.02, 0.02)
"""About those of new cars."""
CLASS_SHARES: Final = (0.84, 0.03, 0.04, 0.09)
"""By `detector.types.CLASS_NAMES`."""
MODELS: Final = (40, 6, 4, 10)
"""Models of each class; the n-th is 1 / n as frequent as the first."""
CONFUSED_CLASS: Final = (3, 1, 3, 0)
"""What each class is taken for: vans pass as trucks, and buses as trucks."""

LATENT_DIM: Final = 64
VIEWS: Final = 8
"""Directions from which a vehicle is seen; neighbouring ones look alike."""

_LOOKS: Final = 2
_WORLD: Final = 3
"""Mark the generators of vehicles and of what they share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookSettings:
    """How much of an embedding is what; lengths before it is brought to unit length.

    Attributes:
        shared: What all vehicles have in common.
        kind: What the vehicles of one class have in common.
        model: What those of one model have in common.
        colour: What those of one colour have in common.
        own: What one vehicle has of its own.
        camera: Shift of a camera, for all vehicles.
        viewpoint: Shift of the side from which a vehicle is seen, for each model another one.
        pass_noise: What changes from one passage to the next: light, dirt, occlusion.
        pass_spread: Standard deviation of the logarithm of that: some passages are seen badly.
        view_noise: What changes from view to view of one passage.
        views: Views of a passage at most (the exemplars of a tracklet).
        wrong_class_share: Passages whose class is mistaken.
        wrong_colour_share: Passages whose colour is mistaken.
    """

    shared: float = 0.35
    kind: float = 0.3
    model: float = 0.6
    colour: float = 0.6
    own: float = 0.35
    camera: float = 0.2
    viewpoint: float = 0.45
    pass_noise: float = 0.53
    pass_spread: float = 0.55
    view_noise: float = 0.9
    views: int = 3
    wrong_class_share: float = 0.04
    wrong_colour_share: float = 0.1


DIFFICULTIES: Final[dict[Difficulty, LookSettings]] = {
    "easy": LookSettings(own=0.72, pass_noise=0.42, viewpoint=0.25, camera=0.15),
    "mid": LookSettings(),
    "hard": LookSettings(own=0.25, pass_noise=0.7, viewpoint=0.5, camera=0.3),
}
"""mAP 0.87, 0.44 and 0.29 of finding the other passages of a vehicle among those of 300 vehicles,
in the median of the scenes of `mtmc_oracle`; mid has 0.71 among 55 vehicles, and the shipped
network 0.64 among the 53 of the demo footage (`oracle_score.retrieval` measures it again)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What kind a vehicle is; those of one kind are look-alikes.

    Attributes:
        class_id: Index into `detector.types.CLASS_NAMES`.
        model: Index within the class.
        colour: Index into `COLOURS`.
    """

    class_id: int
    model: int
    colour: int


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """What was seen of one passage.

    Attributes:
        views: float32 (E, 512), unit length: single views, in order of time.
        class_id: As the detector has it.
        colour: As a colour classifier would have it.
    """

    views: NDArray[np.float32]
    class_id: int
    colour: int

    def mean(self) -> NDArray[np.float32]:
        """Return the mean of the views, at unit length; (512,)."""
        return _unit(self.views.mean(axis=0, dtype=np.float64))


class DrawnLooks:
    """What vehicles look like; the same numbers for the same seed, in any order of asking.

    Args:
        settings: The difficulty.
        cameras: How many there are.
        seed: Of the random numbers.
    """

    def __init__(self, settings: LookSettings, *, cameras: int, seed: int) -> None:
        rng = np.random.default_rng([seed, _WORLD])
        self._settings = settings
        self._seed = seed
        # A spectrum that falls off as 1 / k has about twenty effective dimensions.
        spectrum = 1 / np.sqrt(np.arange(3, LATENT_DIM + 3))
        self._scale = spectrum / np.linalg.norm(spectrum)
        basis = np.linalg.qr(rng.normal(size=(EMBEDDING_DIM, LATENT_DIM)))[0]
        self._basis = basis.T.astype(np.float32)
        self._shared = self._draw(rng)
        self._kinds = self._draw(rng, len(MODELS))
        self._models = [self._draw(rng, n) for n in MODELS]
        self._colours = self._draw(rng, len(COLOURS))
        self._cameras = self._draw(rng, cameras)
        self._viewpoints = [_smooth(self._draw(rng, n, VIEWS)) for n in MODELS]

    def kind(self, vehicle: int) -> Kind:
        """Return what kind a vehicle is."""
        return self._vehicle(vehicle)[0]

    def appearance(
        self, vehicle: int, *, camera: int, direction: float, rng: np.random.Generator
    ) -> Appearance:
        """Draw what is seen of one passage.

        Args:
            vehicle: Its number.
            camera: Index of the camera.
            direction: Heading in the image, in radians: which side of it is seen.
            rng: Of this passage.
        """
        s = self._settings
        kind, own = self._vehicle(vehicle)
        view = round(direction / (2 * np.pi) * VIEWS) % VIEWS
        noise = s.pass_noise * float(np.exp(s.pass_spread * rng.normal()))
        latent = (
            s.shared * self._shared
            + s.kind * self._kinds[kind.class_id]
            + s.model * self._models[kind.class_id][kind.model]
            + s.colour * self._colours[kind.colour]
            + s.own * own
            + s.camera * self._cameras[camera]
            + s.viewpoint * self._viewpoints[kind.class_id][kind.model, view]
            + noise * self._draw(rng)
        )
        views = latent + s.view_noise * self._draw(rng, s.views)
        mistaken = rng.random(2) < (s.wrong_class_share, s.wrong_colour_share)
        colour = (kind.colour + 1) % len(COLOURS) if mistaken[1] else kind.colour
        return Appearance(
            _unit(views.astype(np.float32) @ self._basis),
            CONFUSED_CLASS[kind.class_id] if mistaken[0] else kind.class_id,
            colour,
        )

    def _vehicle(self, vehicle: int) -> tuple[Kind, NDArray[np.float64]]:
        rng = np.random.default_rng([self._seed, _LOOKS, vehicle])
        class_id = _choose(CLASS_SHARES, rng)
        frequency = 1 / np.arange(1, MODELS[class_id] + 1)
        model = _choose(frequency / frequency.sum(), rng)
        return Kind(class_id, model, _choose(COLOUR_SHARES, rng)), self._draw(rng)

    def _draw(self, rng: np.random.Generator, *shape: int) -> NDArray[np.float64]:
        # Vectors of about unit length, with most of it in the first dimensions.
        return rng.normal(size=(*shape, LATENT_DIM)) * self._scale


def _smooth(around: NDArray[np.float64]) -> NDArray[np.float64]:
    # (N, VIEWS, D): each viewpoint is half its own and half its neighbours', at the same length.
    neighbours = np.roll(around, 1, axis=1) + np.roll(around, -1, axis=1)
    return np.asarray((around + 0.5 * neighbours) / np.sqrt(1.5))


def _choose(shares: tuple[float, ...] | NDArray[np.float64], rng: np.random.Generator) -> int:
    # The last one takes what rounding leaves.
    below = np.cumsum(shares)[:-1]
    return int(np.searchsorted(below, rng.random(), side="right"))


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / lengths, np.float32)
