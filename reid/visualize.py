"""Shows the attention of a SCAN network: `python -m reid.visualize CROP… --out FILE`.

For each image of a vehicle: the image, the spatial attention over it, as in Fig. 5 of the paper,
and the weights of the channels, sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import cv2
import numpy as np
import torch
import typer
from numpy.typing import NDArray
from rich.console import Console
from torch import Tensor, nn

from detector.computing.devices import choose_device
from detector.console.command_line import run_command
from detector.console.terminal import Device, check_outputs, command_frame
from detector.files.image_file import write_image
from reid.crops import resize
from reid.data.datasets import Crop, load_images
from reid.model import DEFAULT_WEIGHTS, ReIDModel, load, to_input
from reid.scan import SCAN

_TILE: Final = 224
_CHART_WIDTH: Final = 320
_HEAT: Final = 0.5
_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".bmp")


@dataclass(frozen=True, slots=True, eq=False)
class Attention:
    """Attention weights of SCAN for N images.

    Attributes:
        spatial: float32 (N, h, w), weight of each position, in [0.5, 1).
        channel: float32 (N, C), weight of each channel, in (0, 1).
    """

    spatial: NDArray[np.float32]
    channel: NDArray[np.float32]


@torch.inference_mode()
def attention(model: ReIDModel, images: NDArray[np.uint8]) -> Attention:
    """Return SCAN's weights for some images.

    Args:
        model: A network with SCAN.
        images: uint8 (N, H, W, 3), BGR, of the network's input size.

    Raises:
        ValueError: If the network has no SCAN.
    """
    modules = [module for module in model.network.modules() if isinstance(module, SCAN)]
    if not modules:
        raise ValueError(f"a {model.spec.backbone} without SCAN has no attention to show")
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> nn.modules.module._forward_hooks_type:  # type: ignore[name-defined]
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            seen[name] = output.float().cpu()

        return hook

    hooks = [
        modules[0].spatial.register_forward_hook(keep("spatial")),
        modules[0].channel.register_forward_hook(keep("channel")),
    ]
    crops = torch.from_numpy(images).to(model.network.fc.weight.device)
    model.network(to_input(crops, model.spec))
    for handle in hooks:
        handle.remove()
    return Attention(seen["spatial"][:, 0].numpy(), seen["channel"][:, :, 0, 0].numpy())


def overlay(
    image: NDArray[np.uint8], spatial: NDArray[np.float32], *, span: tuple[float, float]
) -> NDArray[np.uint8]:
    """Return an image with its spatial attention as heat.

    Args:
        image: uint8 (H, W, 3), BGR.
        spatial: float32 (h, w).
        span: Weights that are drawn coldest and hottest.
    """
    low, high = span
    heat = np.clip((spatial - low) / max(high - low, 1e-6), 0, 1)
    size = (image.shape[1], image.shape[0])
    smooth = cv2.resize(heat, size, interpolation=cv2.INTER_CUBIC)
    colours = cv2.applyColorMap((smooth.clip(0, 1) * 255).astype(np.uint8), cv2.COLORMAP_JET)
    return np.asarray(cv2.addWeighted(image, 1 - _HEAT, colours, _HEAT, 0), np.uint8)


def channel_chart(channel: NDArray[np.float32], *, height: int) -> NDArray[np.uint8]:
    """Return the channel weights as a chart, sorted, from 0 at the bottom to 1 at the top."""
    chart = np.full((height, _CHART_WIDTH, 3), 255, np.uint8)
    ordered = np.sort(channel)[::-1]
    columns = ordered[np.linspace(0, len(ordered) - 1, _CHART_WIDTH).astype(int)]
    tops = height - np.round(columns * height).astype(int)
    chart[np.arange(height)[:, None] >= tops] = (160, 120, 60)
    chart[height // 2] = (200, 200, 200)
    return chart


def sheet(images: NDArray[np.uint8], weights: Attention) -> NDArray[np.uint8]:
    """Draw a row for each image: itself, the heat over it, its channel weights."""
    span = (float(weights.spatial.min()), float(weights.spatial.max()))
    rows = []
    for image, spatial, channel in zip(images, weights.spatial, weights.channel, strict=True):
        large = resize(image, (_TILE, _TILE))
        heat = overlay(large, spatial, span=span)
        rows.append(np.hstack([large, heat, channel_chart(channel, height=_TILE)]))
    return np.vstack(rows)


def crops_of(paths: Sequence[Path]) -> list[Crop]:
    """Return the images that files and folders name.

    Raises:
        FileNotFoundError: If a path is neither.
    """
    found = []
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"{path} not found")
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [p for p in inside if p.suffix.lower() in _SUFFIXES]
    return [Crop(path, path.stem, "") for path in found]


def main(
    crops: Annotated[list[Path], typer.Argument(help="Images of vehicles, or folders of them.")],
    out: Annotated[Path, typer.Option(help="Image file to write.")],
    weights: Annotated[str, typer.Option(help="A file or shipped weights.")] = DEFAULT_WEIGHTS,
    most: Annotated[int, typer.Option(min=1, help="Maximum number of images.")] = 12,
    device: Device = "auto",
) -> None:
    """Draw the attention of a SCAN network over images of vehicles."""
    with command_frame():
        where = choose_device(device)
        chosen = crops_of(crops)[:most]
        if out.suffix.lower() not in _SUFFIXES:
            raise ValueError(f"{out} must end in one of {', '.join(_SUFFIXES)}")
        check_outputs([out], inputs=[crop.path for crop in chosen])
        model = load(weights, device=where)
        _, images = load_images(chosen, model.spec.input_hw)
        write_image(out, sheet(images, attention(model, images)))
        plural = "" if len(images) == 1 else "s"
        Console().print(f"{out}: {len(images)} image{plural}", markup=False)


if __name__ == "__main__":
    run_command(main)
