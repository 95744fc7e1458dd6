"""A network together with what is needed to use it: built, saved and loaded as one file.

Weights files are safetensors: they hold tensors and a JSON text, never code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from detector.files.settings_file import as_settings
from detector.files.tensor_file import read_tensors, write_tensors
from reid.network.backbones import BACKBONES, ReIDNetwork

WEIGHTS_DIR: Final = Path(__file__).parent / "weights"
"""Where the shipped weights lie."""

DEFAULT_WEIGHTS: Final = "scan_efficientnet_lite0.safetensors"
"""The shipped default; see weights/README.md."""

_METADATA_KEY: Final = "scantrack.reid"
_CALIBRATION_KEY: Final = "scantrack.calibration"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """All that is needed to rebuild a network and to feed it.

    Attributes:
        backbone: A key of `reid.network.backbones.BACKBONES`.
        scan: Whether SCAN refines the feature map.
        standardise: What SCAN's spatial branch does first, see `reid.scan.SpatialAttention`.
        gem: Generalised-mean rather than average pooling.
        bn_neck: Whether a batch norm follows the 512-D layer.
        last_stride: Of the trunk's last downsampling: 2 as published, or 1 for a feature map about
            twice as high and wide, whose details distinguish look-alikes (Luo et al., "Bag of
            tricks and a strong baseline for deep person re-identification", CVPRW 2019,
            Sect. 3.4). Weights that don't say so have 2.
        input_hw: Height and width that crops are resized to, in pixels.
        mean: Mean of the red, green and blue values, in [0, 255], subtracted first.
        std: Then divided by this, per channel.
        licence: Of the weights; empty for untrained ones.
        description: One line: trained on what, how long.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    backbone: str = "efficientnet_lite0"
    scan: bool = True
    standardise: bool = False
    gem: bool = True
    bn_neck: bool = True
    last_stride: int = 2
    input_hw: tuple[int, int] = (160, 160)
    mean: tuple[float, float, float] = (127.0, 127.0, 127.0)
    std: tuple[float, float, float] = (128.0, 128.0, 128.0)
    licence: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        """Check every field."""
        if self.backbone not in BACKBONES:
            raise ValueError(f"backbone must be one of {sorted(BACKBONES)}, is {self.backbone!r}")
        if self.last_stride not in (1, 2):
            raise ValueError(f"last_stride must be 1 or 2, is {self.last_stride}")
        if len(self.input_hw) != 2 or min(self.input_hw) < 32:
            raise ValueError(f"input_hw must be two sizes of 32 or more, is {self.input_hw}")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ValueError(f"mean and std must be three values each, are {self.mean}, {self.std}")

    def build(self) -> ReIDNetwork:
        """Return the network with random weights."""
        return BACKBONES[self.backbone](
            scan=self.scan,
            standardise=self.standardise,
            gem=self.gem,
            bn_neck=self.bn_neck,
            last_stride=self.last_stride,
        )


@dataclass(frozen=True, slots=True, eq=False)
class ReIDModel:
    """A network and its specification.

    Attributes:
        network: The network.
        spec: What it is, and how it is fed.
        calibration: What distances of its embeddings mean, as `app.calibrate` wrote it; JSON
            values, which are only carried here. None where nobody has measured it.
    """

    network: ReIDNetwork
    spec: ModelSpec
    calibration: Mapping[str, Any] | None = None


def find_weights(weights: str | Path) -> Path:
    """Return the file that a path or the bare name of shipped weights stands for.

    Raises:
        FileNotFoundError: If it is neither.
    """
    for candidate in (Path(weights), WEIGHTS_DIR / weights):
        if candidate.is_file():
            return candidate
    shipped = ", ".join(sorted(p.name for p in WEIGHTS_DIR.glob("*.safetensors"))) or "none"
    raise FileNotFoundError(f"weights {str(weights)!r} not found (shipped: {shipped})")


def save(model: ReIDModel, path: Path, *, half: bool = False) -> None:
    """Write a model; the file appears complete or not at all.

    Args:
        model: What to write.
        path: Where; its folder must exist.
        half: Store floating-point tensors as float16, which halves the file.
    """
    metadata = {_METADATA_KEY: json.dumps(asdict(model.spec))}
    if model.calibration is not None:
        metadata[_CALIBRATION_KEY] = json.dumps(model.calibration)
    write_tensors(path, model.network.state_dict(), metadata, half=half)


def with_calibration(weights: str | Path, out: Path, calibration: Mapping[str, Any]) -> None:
    """Write a copy of a weights file that carries a calibration; its tensors stay as they are.

    Args:
        weights: A file, or the bare name of shipped weights.
        out: The file to write, which may be the same; its folder must exist.
        calibration: JSON values, see `ReIDModel`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no weights file of this project.
    """
    tensors, metadata = _read(find_weights(weights))
    write_tensors(out, tensors, {**metadata, _CALIBRATION_KEY: json.dumps(calibration)})


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return tensors and metadata of a weights file of this project."""
    tensors, metadata = read_tensors(path)
    if _METADATA_KEY not in metadata:
        raise ValueError(f"{path} has no {_METADATA_KEY!r} metadata: not weights of reid.model")
    return tensors, metadata


def load(weights: str | Path, *, device: torch.device | str = "cpu") -> ReIDModel:
    """Read a model, in float32 and ready for inference.

    Args:
        weights: A file, or the bare name of shipped weights.
        device: Where its tensors shall lie.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no weights file of this project or does not fit its own description.
    """
    path = find_weights(weights)
    tensors, metadata = _read(path)
    spec = parse_spec(metadata[_METADATA_KEY], path)
    network = spec.build()
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise ValueError(f"{path} does not hold a {spec.backbone}: {error}") from error
    calibration = None
    if _CALIBRATION_KEY in metadata:
        calibration = parse_calibration(metadata[_CALIBRATION_KEY], path)
    return ReIDModel(network.to(device).eval(), spec, calibration)


def parse_calibration(text: str, path: Path) -> dict[str, Any]:
    """Return the calibration that a file holds as JSON.

    Raises:
        ValueError: Naming the file, if it is none.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{path} has an unusable calibration: {error}") from error
    if not isinstance(values, dict):
        raise ValueError(f"{path} has an unusable calibration: a mapping is expected")
    return values


def parse_spec(text: str, path: Path) -> ModelSpec:
    """Return the specification that a file holds as JSON.

    Raises:
        ValueError: Naming the file, if it is none.
    """
    where = f"{path} has unusable metadata"
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    return as_settings(ModelSpec, values, where=where)


def to_input(crops: Tensor, spec: ModelSpec) -> Tensor:
    """Return crops as a network takes them.

    Args:
        crops: uint8 (N, H, W, 3), BGR, on any device, already of the network's input size.
        spec: Gives mean and standard deviation.

    Returns:
        float32 (N, 3, H, W), RGB, normalised, channels last in memory.
    """
    scale = torch.tensor([spec.mean, spec.std], device=crops.device)
    return ((crops.flip(-1).float() - scale[0]) / scale[1]).permute(0, 3, 1, 2)


def fold_batch_norm(network: ReIDNetwork) -> ReIDNetwork:
    """Merge batch norms into the convolutions before them, in place, and return the network.

    Changes nothing but the speed of inference; such a network can no longer be trained.
    """
    for module in network.modules():
        if not isinstance(module, nn.Sequential) or len(module) != 2:
            continue
        convolution, norm = module
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            module[0] = fuse_conv_bn_eval(convolution, norm)
            module[1] = nn.Identity()
    return network


def cast_once(network: ReIDNetwork, dtype: torch.dtype) -> ReIDNetwork:
    """Give layers in place the weights that autocast would give them for every batch; return all.

    Changes nothing but the speed of inference under autocast to that type; such a network can no
    longer be trained, nor be used without.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.to(dtype)
    return network
