"""Detection networks: build, load, save. The only module that touches ultralytics."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import torch
from torch import nn

from detector.computing.runtimes import EXPORTED, OPENVINO
from detector.files.tensor_file import read_tensors, write_tensors

if TYPE_CHECKING:
    from collections.abc import Sequence

WEIGHTS_DIR: Final = Path(__file__).parent / "weights"
"""Where the shipped weights lie; a bare file name is looked up here first."""

_HEADS: Final = ("Detect", "v10Detect")

_SUFFIX: Final = ".safetensors"
_FOREIGN_SUFFIX: Final = ".pt"

# Read by ultralytics when it is imported: no usage events, no packages installed behind the user's
# back, no settings file in the home folder.
_QUIET: Final = {"YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "false", "YOLO_VERBOSE": "false"}


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A detection network and what its outputs mean.

    Attributes:
        module: The ultralytics `DetectionModel`, float32, on the CPU, in evaluation mode.
        names: Class name of each output class, in order.
        architecture: Name of the ultralytics model description, e.g. "yolo11n.yaml"; "" if unknown.
        image_size: Long side in pixels that the weights were trained for.
        end_to_end: Whether the outputs need no non-maximum suppression (YOLO26, YOLOv10).
    """

    module: nn.Module
    names: tuple[str, ...]
    architecture: str
    image_size: int
    end_to_end: bool


def build(architecture: str, names: Sequence[str], *, image_size: int = 640) -> Network:
    """Return a network with random weights.

    Args:
        architecture: Name of an ultralytics model description, e.g. "yolo11n.yaml".
        names: The classes it shall tell apart.
        image_size: Long side in pixels that it is meant for.

    Raises:
        ValueError: If ultralytics knows no detection model of that name.
    """
    tasks = _ultralytics_tasks()
    try:
        module = tasks.DetectionModel(architecture, nc=len(names), verbose=False)
    except (FileNotFoundError, KeyError, AttributeError) as error:
        raise ValueError(f"no ultralytics detection model is called {architecture!r}") from error
    module.names = dict(enumerate(names))
    return Network(
        module=module.eval(),
        names=tuple(names),
        architecture=architecture,
        image_size=image_size,
        end_to_end=_is_end_to_end(module),
    )


def load(weights: str | Path) -> Network:
    """Load a network from our own file format or from an ultralytics checkpoint.

    Args:
        weights: Name of a file in `WEIGHTS_DIR`, a path (`.safetensors` of ours, `.pt` of
            ultralytics), or the name of an official checkpoint such as "yolo11m.pt", which
            ultralytics downloads if the machine has a network.

    Raises:
        FileNotFoundError: If there is no such file and it cannot be fetched.
        ValueError: If the file cannot be read or holds something other than a detection network of
            the anchor-free YOLO kind (not RT-DETR, YOLO-World; not another task).
    """
    path = locate(weights)
    if path.suffix in EXPORTED:
        raise ValueError(
            f"{path} is an exported network, which can only be run; give the weights that it was "
            f"made of ({_SUFFIX}, or {_FOREIGN_SUFFIX} of ultralytics)"
        )
    if path.suffix not in (_SUFFIX, _FOREIGN_SUFFIX):
        raise ValueError(
            f"{path}: expected weights ending in {_SUFFIX}, {_FOREIGN_SUFFIX} (ultralytics), .onnx "
            "or .xml (exported)"
        )
    return _load_own(path) if path.suffix == _SUFFIX else _load_ultralytics(path)


def locate(weights: str | Path) -> Path:
    """Return where the weights lie, which for an official name may not exist yet.

    Raises:
        FileNotFoundError: If they are neither shipped, nor a file, nor an official name.
    """
    given = Path(weights).expanduser()
    for candidate in (given, WEIGHTS_DIR / given.name):
        if candidate.is_file() and (candidate == given or given.parent == Path()):
            return candidate
    if given.parent == Path() and given.suffix == _FOREIGN_SUFFIX:
        return given
    suffixes = (_SUFFIX, OPENVINO)
    files = sorted(p.name for p in WEIGHTS_DIR.iterdir() if p.suffix in suffixes)
    shipped = ", ".join(files) or "none"
    raise FileNotFoundError(f"detector weights {str(weights)!r} not found (shipped: {shipped})")


def save(network: Network, path: Path, *, metadata: dict[str, str] | None = None) -> None:
    """Write a network as float16 safetensors, atomically.

    Args:
        network: What to write; must not be fused.
        path: The file, ending in ".safetensors".
        metadata: Further entries for the header, such as the licence.
    """
    header = {
        **(metadata or {}),
        "architecture": network.architecture,
        "names": json.dumps(network.names),
        "image_size": str(network.image_size),
    }
    write_tensors(path, network.module.state_dict(), header, half=True)


def _load_own(path: Path) -> Network:
    """Read a file written by `save`."""
    tensors, header = read_tensors(path)
    missing = {"architecture", "names", "image_size"} - header.keys()
    if missing:
        raise ValueError(f"{path} lacks {', '.join(sorted(missing))} in its header")
    network = build(
        header["architecture"], json.loads(header["names"]), image_size=int(header["image_size"])
    )
    try:
        network.module.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        raise ValueError(f"{path} does not fit {header['architecture']}") from error
    return network


def _load_ultralytics(path: Path) -> Network:
    """Read an ultralytics checkpoint, fetching it if it is an official one."""
    tasks = _ultralytics_tasks()
    if not path.is_file():
        _fetch(path)
    try:
        module, checkpoint = tasks.load_checkpoint(str(path))
    # The file is foreign and unpickled: whatever it holds can fail in any way.
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        raise ValueError(f"{path} is not a readable ultralytics checkpoint: {reason}") from error
    head = _head(module)
    if head not in _HEADS:
        found = f"a {head} head" if head else "no head"
        raise ValueError(f"{path} has {found}, expected a YOLO detection network (task 'detect')")
    names = module.names
    ordered = tuple(names[i] for i in sorted(names)) if isinstance(names, dict) else tuple(names)
    size = (checkpoint.get("train_args") or {}).get("imgsz", 640)
    return Network(
        module=module,
        names=ordered,
        architecture=Path(str((module.yaml or {}).get("yaml_file", ""))).name,
        image_size=int(size if isinstance(size, int) else max(size)),
        end_to_end=_is_end_to_end(module),
    )


def _head(module: nn.Module) -> str:
    """Return the kind of an ultralytics model's last layer; "" if it is none of ultralytics'."""
    layers = getattr(module, "model", None)
    return type(layers[-1]).__name__ if isinstance(layers, nn.Sequential) and len(layers) else ""


def _fetch(path: Path) -> None:
    """Let ultralytics download an official checkpoint into the working folder."""
    from ultralytics.utils.downloads import attempt_download_asset

    try:
        attempt_download_asset(str(path))
    except (ConnectionError, OSError) as error:
        reason = f"{path} is no file here and could not be downloaded"
        raise FileNotFoundError(reason) from error
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file here and no official checkpoint")


def _is_end_to_end(module: nn.Module) -> bool:
    """Tell whether the network's outputs are final boxes, one per object."""
    return bool(getattr(module, "end2end", False))


def _ultralytics_tasks() -> Any:
    """Import ultralytics without its side effects and return `ultralytics.nn.tasks`.

    Left alone it sets OMP_NUM_THREADS=1, writes a settings file into the user's home, reports usage
    and installs packages.
    """
    threads = os.environ.get("OMP_NUM_THREADS")
    for key, value in _QUIET.items():
        os.environ.setdefault(key, value)
    os.environ.setdefault("YOLO_CONFIG_DIR", str(Path(tempfile.gettempdir()) / "scantrack-yolo"))
    Path(os.environ["YOLO_CONFIG_DIR"]).mkdir(parents=True, exist_ok=True)
    from ultralytics.nn import tasks

    if threads is None:
        os.environ.pop("OMP_NUM_THREADS", None)
    return cast("Any", tasks)


def inference_module(network: Network, device: torch.device, *, dtype: torch.dtype) -> nn.Module:
    """Return the network's module fused and laid out for the fastest forward pass.

    The network itself is used up: fusing changes its modules in place.
    """
    module = cast("Any", network.module).fuse(verbose=False).eval()
    module = module.to(device=device, dtype=dtype, memory_format=torch.channels_last)
    return cast("nn.Module", module.requires_grad_(False))
