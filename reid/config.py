"""Training configuration: one frozen dataclass, read from YAML."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from detector.files.settings_file import as_settings
from detector.files.yaml_file import load_yaml
from reid.augmentation.augment import AugmentSettings
from reid.data.layouts import READERS
from reid.evaluation.protocols import PROTOCOLS
from reid.model import ModelSpec

IMAGENET: Final = "imagenet"
"""Value of `initial_weights` for the published ImageNet weights of EfficientNet-Lite0."""

_POSITIVE: Final = ("learning_rate", "trunk_rate", "first_rate", "decay_factor", "decay_steps")
"""Numbers of an optimiser; the following ones may be 0, too."""

_NOT_NEGATIVE: Final = (
    "spatial_rate",
    "weight_decay",
    "warmup_steps",
    "frozen_blocks",
    "gradient_clip",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One folder of crops.

    Attributes:
        format: A key of `reid.data.layouts.READERS`.
        path: Relative to the data root that the command is given.
        scope: Sources of one scope share their numbering of vehicles and cameras, as VeRi's queries
            and gallery do; empty: the path, so that every source has a numbering of its own.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    format: str
    path: str
    scope: str = ""

    def __post_init__(self) -> None:
        """Check the format."""
        if self.format not in READERS:
            raise ValueError(f"format must be one of {sorted(READERS)}, is {self.format!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainConfig:
    """A domain of training crops: they share a classifier and their triplets.

    Attributes:
        name: For the log.
        sources: Where the crops come from.
        identities: P, identities per batch.
        crops: K, crops per identity.
        lookalike_share: Probability that an identity is followed by one of the same model and
            colour.
        attributes: Attributes that an additional classifier learns, such as model and colour.
        distillation: Weight of staying close to the teachers' features.
        teachers: Of this domain, as `TrainConfig.teacher_weights`; empty: those of the training.
        taught_by: What the teachers see: "crops" as they are, once, so that the student learns to
            see the same in every augmented view; or the "views" themselves, so that every view is
            one more value of the function that it shall have (Beyer et al., "Knowledge
            distillation: A good teacher is patient and consistent", CVPR 2022). Views cost the
            teachers' time in every step.
        min_crops: Identities with fewer crops are left out.
        cosine_scale: Of a cosine classifier, initialised with the mean features of the identities
            (`reid.training.classifiers`); 0 for a linear one, initialised at random.
        cosine_margin: By how much the cosine to the correct identity must exceed all others; it
            needs `cosine_scale`.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    name: str
    sources: tuple[Source, ...]
    identities: int
    crops: int
    lookalike_share: float = 0.0
    attributes: tuple[str, ...] = ()
    distillation: float = 0.0
    teachers: tuple[str, ...] = ()
    taught_by: str = "crops"
    min_crops: int = 2
    cosine_scale: float = 0.0
    cosine_margin: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers that nothing else checks."""
        if not self.sources:
            raise ValueError(f"domain {self.name!r} has no sources")
        if self.identities < 1 or self.crops < 1:
            raise ValueError("identities and crops must be 1 or more")
        if self.taught_by not in ("crops", "views"):
            raise ValueError(f"taught_by must be crops or views, is {self.taught_by!r}")
        if not 0 <= self.distillation < math.inf:
            raise ValueError(
                f"distillation must be finite and not negative, is {self.distillation}"
            )
        if (self.teachers or self.taught_by == "views") and not self.distillation:
            raise ValueError(f"domain {self.name!r}: teachers and taught_by need distillation")
        if not 0 <= self.cosine_scale < math.inf:
            raise ValueError(
                f"cosine_scale must be finite and not negative, is {self.cosine_scale}"
            )
        if not 0 <= self.cosine_margin < 1:
            raise ValueError(f"cosine_margin must be in [0, 1), is {self.cosine_margin}")
        if self.cosine_margin and not self.cosine_scale:
            raise ValueError(f"domain {self.name!r}: cosine_margin needs cosine_scale")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationConfig:
    """Crops for evaluation, never for training.

    Attributes:
        name: For tables.
        sources: Where the gallery's crops come from.
        query: Where the queries come from; empty where every crop of the gallery is one.
        protocols: Keys of `reid.evaluation.protocols.PROTOCOLS`.
        centred: Whether the mean embedding of each camera is subtracted first, much as the
            association does with the cameras of a run.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    name: str
    sources: tuple[Source, ...]
    query: tuple[Source, ...] = ()
    protocols: tuple[str, ...] = ("cross_camera",)
    centred: bool = False

    def __post_init__(self) -> None:
        """Check the name, the protocols and that there is something to read."""
        if not self.name or "/" in self.name:
            raise ValueError(f"the name of a validation set must be without /, is {self.name!r}")
        if unknown := sorted(set(self.protocols) - set(PROTOCOLS)):
            raise ValueError(f"protocols must be among {sorted(PROTOCOLS)}, are {unknown}")
        if self.query and "vehicle_id" in self.protocols:
            raise ValueError(f"{self.name}: vehicle_id draws its queries from the sources")
        if not self.sources:
            raise ValueError(f"validation set {self.name!r} has no sources")


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimiserConfig:
    """How weights move.

    Attributes:
        kind: "adamw" or "sgd" (momentum 0.9).
        learning_rate: Of the new layers, after the warm-up.
        trunk_rate: The last trunk layer's rate as a share of it; earlier ones have less.
        first_rate: The first trunk layer's rate as a share of it.
        spatial_rate: The rate of SCAN's spatial branch as a share of it. AdamW moves every number
            by about the rate, however small its gradient: at the whole rate the branch's 22
            numbers, of about 0.1 to 0.8, soon wander to where its ReLUs let nothing through.
        weight_decay: Of weights; biases and norms have none.
        warmup_steps: Steps of a linear rise from zero.
        schedule: "cosine" down to zero, or "staircase".
        decay_factor: Of the staircase.
        decay_steps: Width of a stair.
        frozen_blocks: How many of the trunk's first children (and their norms) stay as they are.
        frozen_norms: Whether the whole trunk's norms keep the statistics that they started with,
            so that images of different domains in a batch don't shift each other.
        frozen_depthwise: Whether depthwise filters stay as they are. They are few, and on a CPU the
            gradients of 5×5 ones take longer than everything else together.
        gradient_clip: Largest norm of the gradient; 0 for none.
        ema: Decay of the averaged weights that are exported; 0 for none.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    kind: str = "adamw"
    learning_rate: float = 6e-4
    trunk_rate: float = 0.5
    first_rate: float = 0.1
    spatial_rate: float = 1.0
    weight_decay: float = 0.02
    warmup_steps: int = 100
    schedule: str = "cosine"
    decay_factor: float = 0.8
    decay_steps: int = 2000
    frozen_blocks: int = 0
    frozen_norms: bool = False
    frozen_depthwise: bool = False
    gradient_clip: float = 5.0
    ema: float = 0.995

    def __post_init__(self) -> None:
        """Check every field that a slip would break silently."""
        if self.kind not in ("adamw", "sgd"):
            raise ValueError(f"kind must be adamw or sgd, is {self.kind!r}")
        if self.schedule not in ("cosine", "staircase"):
            raise ValueError(f"schedule must be cosine or staircase, is {self.schedule!r}")
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, is {getattr(self, name)}")
        for name in _NOT_NEGATIVE:
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be negative, is {getattr(self, name)}")
        if not 0 <= self.ema < 1:
            raise ValueError(f"ema must be in [0, 1), is {self.ema}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """A whole training.

    Attributes:
        domains: What it learns from.
        validation: What it is evaluated on, by name.
        model: The network.
        initial_weights: "imagenet", a weights file, or empty for random ones.
        renewed: Parts of the network, such as "scan.spatial", that are reinitialised, even if the
            weights contain them.
        teacher_weights: Whose features, taken together, distillation keeps close to: "imagenet",
            weights files, ONNX files of OSNet.
        steps: Batches in all.
        seed: Of everything random.
        augment: Changes of the images.
        optimiser: How weights move.
        label_smoothing: Of the cross entropy.
        triplet_margin: Of the hinge; null for the soft margin.
        attribute_weight: Of the attribute classifiers' cross entropy.
        evaluate_every: Steps between evaluations; a checkpoint comes with each.
        half: Compute networks in bfloat16 where that is safe (`torch.autocast`); weights, losses
            and gradients of the weights stay in float32. GPUs that only emulate it do without.
        compile: Compile the network for training (`torch.compile`), which needs a C++ compiler such
            as g++: steps take about three quarters of the time after one or two minutes of waiting.
        batches: Where they are made: on the "host", image by image; on the "device", which then
            holds all crops (`reid.augmentation.device_augment`); "auto": there if it is a GPU with
            room for them, otherwise on the host.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    domains: tuple[DomainConfig, ...]
    validation: tuple[ValidationConfig, ...] = ()
    model: ModelSpec = field(default_factory=ModelSpec)
    initial_weights: str = ""
    renewed: tuple[str, ...] = ()
    teacher_weights: tuple[str, ...] = (IMAGENET,)
    steps: int = 1000
    seed: int = 0
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    label_smoothing: float = 0.1
    triplet_margin: float | None = None
    attribute_weight: float = 0.5
    evaluate_every: int = 200
    half: bool = False
    compile: bool = False
    batches: str = "auto"

    def __post_init__(self) -> None:
        """Check counts and choices."""
        if not self.domains:
            raise ValueError("there must be at least one domain")
        if self.steps < 1 or self.evaluate_every < 1:
            raise ValueError("steps and evaluate_every must be 1 or more")
        if sum(domain.identities * domain.crops for domain in self.domains) < 2:
            raise ValueError("a batch must have two crops or more, has one")
        if self.triplet_margin is not None and not 0 <= self.triplet_margin < math.inf:
            raise ValueError(
                f"triplet_margin must be finite and not negative, is {self.triplet_margin}"
            )
        if not 0 <= self.attribute_weight < math.inf:
            raise ValueError(
                f"attribute_weight must be finite and not negative, is {self.attribute_weight}"
            )
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, is {self.seed}")
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label_smoothing must be in [0, 1), is {self.label_smoothing}")
        for kind, parts in (("domains", self.domains), ("validation sets", self.validation)):
            names = [part.name for part in parts]
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"several {kind} are called {', '.join(twice)}")
        if self.batches not in ("auto", "host", "device"):
            raise ValueError(f"batches must be auto, host or device, is {self.batches!r}")


def read_config(path: Path) -> TrainConfig:
    """Read a training's YAML file.

    A file with the key `extends` says only what is different from the file that this names, which
    lies beside it: mappings are merged, everything else is replaced.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: Naming file and key, if it is not as `TrainConfig` describes.
    """
    return as_settings(TrainConfig, _read_values(path, seen=()), where=str(path))


def _read_values(path: Path, *, seen: tuple[Path, ...]) -> object:
    """Return what a file says, over what the files say that it extends."""
    if not path.is_file():
        raise FileNotFoundError(f"configuration {path} not found")
    values = load_yaml(path)
    if not isinstance(values, dict) or "extends" not in values:
        return values
    base = path.parent / str(values.pop("extends"))
    if base in (path, *seen):
        raise ValueError(f"{path}: extends is circular at {base.name}")
    return _merge(_read_values(base, seen=(path, *seen)), values)


def _merge(base: object, changes: object) -> object:
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return changes
    merged = {key: _merge(base[key], changes[key]) for key in base.keys() & changes.keys()}
    return base | changes | merged
