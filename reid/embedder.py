"""Embedder: from frames and boxes to embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from detector.computing.devices import choose_device
from detector.computing.runtimes import EXPORTED
from detector.types import check_array
from reid.crops import cut_on_cpu, cut_on_device, pixel_boxes
from reid.inference.exported import ExportedNetwork
from reid.model import DEFAULT_WEIGHTS, cast_once, fold_batch_norm, load, to_input
from reid.network.backbones import EMBEDDING_DIM

_PRECISIONS = ("auto", "float32", "half")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderSettings:
    """How vehicles are embedded.

    Attributes:
        weights: A file (also one that `reid.export` wrote), or the name of shipped weights.
        batch_size: Most crops in one forward pass; on CPU nothing is gained beyond 8, a GPU takes
            hundreds.
        device: "auto" (a GPU where there is one), "cpu", "cuda" or "cuda:1".
        precision: "auto" (half on a GPU, float32 on CPU), "float32" or "half" (float16 on a GPU,
            bfloat16 on a CPU: about twice as fast where the CPU computes in it).
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    weights: str = DEFAULT_WEIGHTS
    batch_size: int = 32
    device: str = "auto"
    precision: Literal["auto", "float32", "half"] = "auto"

    def __post_init__(self) -> None:
        """Check every field."""
        if not self.weights:
            raise ValueError("weights must name a file, is empty")
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more, is {self.batch_size}")
        if self.precision not in _PRECISIONS:
            raise ValueError(f"precision must be one of {_PRECISIONS}, is {self.precision!r}")


class _TorchNetwork:
    """The network in PyTorch."""

    def __init__(self, settings: EmbedderSettings) -> None:
        self.device = choose_device(settings.device)
        self._half = settings.precision == "half" or (
            settings.precision == "auto" and self.device.type == "cuda"
        )
        model = load(settings.weights, device=self.device)
        self.spec = model.spec
        self.calibration = model.calibration
        self._dtype = torch.bfloat16 if self.device.type == "cpu" else torch.float16
        network = fold_batch_norm(model.network)
        if self._half:
            network = cast_once(network, self._dtype)
        self._network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # channels_last alone is documented but not in the overloads

    @torch.inference_mode()
    def embed(self, crops: Tensor) -> NDArray[np.float32]:
        """Return unit-length embeddings; uint8 (N, H, W, 3), BGR, on the device -> (N, 512)."""
        with torch.autocast(self.device.type, self._dtype, enabled=self._half):
            features = self._network(to_input(crops, self.spec))
        return np.asarray(F.normalize(features.float(), dim=1).cpu().numpy())


class Embedder:
    """Embeds the vehicles in boxes of frames with a SCAN network.

    Args:
        settings: Weights, batch size, device and precision; exported files run on the CPU.

    Raises:
        FileNotFoundError: If there are no such weights.
        ValueError: If they, or a setting, are unusable.
    """

    def __init__(self, settings: EmbedderSettings) -> None:
        self._batch_size = settings.batch_size
        self._network: _TorchNetwork | ExportedNetwork
        if Path(settings.weights).suffix in EXPORTED:
            half = settings.precision != "float32"
            self._network = ExportedNetwork(Path(settings.weights), half=half)
        else:
            self._network = _TorchNetwork(settings)

    @property
    def calibration(self) -> Mapping[str, Any] | None:
        """What embedding distances mean, as `app.calibrate` wrote it; None if not measured."""
        return self._network.calibration

    def __call__(
        self, images: Sequence[NDArray[np.uint8]], xyxy: Sequence[NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Return the embeddings of the vehicles in the boxes.

        Args:
            images: Each uint8 (H, W, 3), BGR; sizes may differ.
            xyxy: For each image float32 (n_i, 4), boxes in its pixels; parts outside the image
                are cut off.

        Returns:
            float32 (sum n_i, 512), unit length, images in order and boxes in order.

        Raises:
            ValueError: If an array is not as described, or a box has no area in its image.
        """
        if len(images) != len(xyxy):
            raise ValueError(f"{len(images)} images came with boxes for {len(xyxy)}")
        crops = self._cut(images, xyxy)
        embeddings = np.empty((len(crops), EMBEDDING_DIM), np.float32)
        for start in range(0, len(crops), self._batch_size):
            batch = crops[start : start + self._batch_size]
            embeddings[start : start + len(batch)] = self._network.embed(batch)
        return embeddings

    def _cut(
        self, images: Sequence[NDArray[np.uint8]], xyxy: Sequence[NDArray[np.float32]]
    ) -> Tensor:
        boxes = []
        for index, (image, image_xyxy) in enumerate(zip(images, xyxy, strict=True)):
            check_array(f"images[{index}]", image, dtype=np.uint8, shape=(None, None, 3))
            height, width = image.shape[:2]
            try:
                boxes.append(pixel_boxes(image_xyxy, width=width, height=height))
            except ValueError as error:
                raise ValueError(f"image {index}: {error}") from error
        hw, device = self._network.spec.input_hw, self._network.device
        if device.type == "cpu":
            return cut_on_cpu(images, boxes, hw=hw)
        return cut_on_device(images, boxes, hw=hw, device=device)
