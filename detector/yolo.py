"""Vehicle detection with any YOLO network: `YoloDetector`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import cv2
import numpy as np
import torch

from detector import network
from detector.boxes import area, clip
from detector.classes import class_map, person_outputs
from detector.computing.devices import choose_device
from detector.computing.runtimes import EXPORTED
from detector.inference.exported import ExportedInference
from detector.inference.heads import RawInference
from detector.inference.nms import suppress
from detector.inference.riders import MOTORCYCLE, with_riders
from detector.types import CLASS_NAMES, Detections, check_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from detector.inference.exported import DecodedOutputs
    from detector.inference.heads import RawOutputs

DEFAULT_WEIGHTS: Final = "scantrack-yolo11n.safetensors"
EIGHT_BITS: Final = "scantrack-yolo11n-int8.xml"
"""The same network in 8 bits (`detector.quantize`), for CPUs."""

_STRIDE: Final = 32
_LARGEST_SIZE: Final = 8192
"""An 8K image at its own size; a batch of larger ones fits no memory."""

_PADDING: Final = 114
_MAX_CANDIDATES: Final = 1000
_SURE_OF_PERSON: Final = 0.2
"""Confidence from which a person may be a motorcycle's rider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSettings:
    """How vehicles are detected.

    Attributes:
        weights: Name of a shipped file, a path (of an exported file too), or the
            name of an official ultralytics checkpoint.
        confidence: Lowest confidence that is kept, in [0, 1]. Low, because the tracker's second
            stage uses uncertain detections (ByteTrack's default).
        iou: Largest overlap that two detections may have, in [0, 1]. 0.6 had the best AP50 on the
            rendered validation streets among 0.5, 0.6, 0.7 and 0.8.
        image_size: Long side in pixels to which images are scaled, a multiple of 32 up to
            8192.
        half: Compute in 16 bits where the device is made for it: float16 on a GPU, bfloat16 on a
            CPU with AVX-512 BF16 or AMX. Weights in 8 bits stay so.
        max_detections: Most detections per image.
        device: "auto" (a GPU if there is one that computes), "cpu", "cuda", "cuda:1", …
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    weights: str = DEFAULT_WEIGHTS
    confidence: float = 0.1
    iou: float = 0.6
    image_size: int = 640
    half: bool = True
    max_detections: int = 300
    device: str = "auto"

    def __post_init__(self) -> None:
        """Check the values."""
        for name in ("confidence", "iou"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in [0, 1], is {getattr(self, name)}")
        if not 0 < self.image_size <= _LARGEST_SIZE or self.image_size % _STRIDE:
            raise ValueError(
                f"image_size must be a multiple of {_STRIDE} from {_STRIDE} to {_LARGEST_SIZE}, "
                f"is {self.image_size}"
            )
        if self.max_detections <= 0:
            raise ValueError(f"max_detections must be positive, is {self.max_detections}")
        if not self.weights:
            raise ValueError("weights must name a file, is empty")


class YoloDetector:
    """Detects cars, motorcycles, buses and trucks; one forward pass for all images given.

    Attributes:
        apart: Whether it computes outside of PyTorch, so that it pays to detect while other
            networks compute.
    """

    def __init__(self, settings: DetectorSettings) -> None:
        """Load the network.

        Raises:
            FileNotFoundError: If there are no such weights.
            ValueError: If the weights are unreadable, made for another task, or know no vehicle, or
                if there is no such device.
        """
        self._settings = settings
        self._network, names = self._load(settings)
        # Two computations in PyTorch take each other's cores: a run was 4 % slower so, on two of
        # them, while one with a detector in OpenVINO is 9 % faster.
        self.apart = isinstance(self._network, ExportedInference)
        mapping = class_map(names)
        if not mapping:
            known = ", ".join((*names[:5], *(["…"] if len(names) > 5 else [])))
            raise ValueError(
                f"weights {settings.weights!r} know no vehicle class (expected one of "
                f"{', '.join(CLASS_NAMES)}; found {known})"
            )
        self._outputs = torch.tensor(list(mapping), device=self._device)
        self._class_ids = np.array(list(mapping.values()), np.int64)
        self._persons = torch.tensor(person_outputs(names), dtype=torch.int64, device=self._device)

    def _load(
        self, settings: DetectorSettings
    ) -> tuple[RawInference | ExportedInference, tuple[str, ...]]:
        """Return the network, ready to run, and the names of its outputs."""
        if Path(settings.weights).suffix in EXPORTED:
            # They run on the CPU, whose libraries choose their precision themselves.
            self._device, self._dtype = torch.device("cpu"), torch.float32
            exported = ExportedInference(network.locate(settings.weights), half=settings.half)
            return exported, exported.names
        self._device = choose_device(settings.device)
        self._dtype = _dtype(self._device, half=settings.half)
        loaded = network.load(settings.weights)
        module = network.inference_module(loaded, self._device, dtype=self._dtype)
        return RawInference(module, end_to_end=loaded.end_to_end), loaded.names

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """Return the vehicles in each image.

        Args:
            images: uint8 (H, W, 3) BGR each; sizes may differ.

        Returns:
            For each image its detections in its own pixels, most confident first.

        Raises:
            ValueError: If an image has another dtype or shape, or no pixels.
        """
        if not images:
            return []
        for image in images:
            check_array("image", image, dtype=np.uint8, shape=(None, None, 3))
            if image.size == 0:
                raise ValueError(f"image must have pixels, has shape {image.shape}")
        batch, scales = letterbox(images, size=self._settings.image_size)
        raw = self._forward(batch)
        return [
            self._detections(raw, index, scale=scale, image=image)
            for index, (scale, image) in enumerate(zip(scales, images, strict=True))
        ]

    @torch.inference_mode()
    def _forward(self, batch: NDArray[np.uint8]) -> RawOutputs | DecodedOutputs:
        """Run the network on uint8 (B, H, W, 3) RGB."""
        pixels = torch.from_numpy(batch).to(self._device).permute(0, 3, 1, 2)
        return self._network.run(pixels.to(self._dtype) / 255)

    @torch.inference_mode()
    def _detections(
        self,
        raw: RawOutputs | DecodedOutputs,
        index: int,
        *,
        scale: float,
        image: NDArray[np.uint8],
    ) -> Detections:
        """Turn the raw outputs for one image into its detections."""

        def objects(outputs: Tensor, confidence: float) -> Detections:
            found = _candidates(raw, index, outputs, confidence=confidence)
            xyxy = clip(found.xyxy / scale, width=image.shape[1], height=image.shape[0])
            found = Detections(xyxy, found.confidence, found.class_id)[area(xyxy) > 0]
            # A network that gives one box per object is only sorted, never suppressed.
            max_iou = 1.0 if raw.end_to_end else self._settings.iou
            order = suppress(found.xyxy, found.confidence, max_iou=max_iou)
            return found[order[: self._settings.max_detections]]

        vehicles = objects(self._outputs, self._settings.confidence)
        class_id = self._class_ids[vehicles.class_id]
        vehicles = Detections(vehicles.xyxy, vehicles.confidence, class_id)
        if len(self._persons) and (class_id == MOTORCYCLE).any():
            return with_riders(vehicles, objects(self._persons, _SURE_OF_PERSON).xyxy)
        return vehicles


def _candidates(
    raw: RawOutputs | DecodedOutputs, index: int, outputs: Tensor, *, confidence: float
) -> Detections:
    """Return the boxes of some outputs for an image, in the network's pixels, not yet suppressed.

    Args:
        raw: What the network says.
        index: Which image of the batch.
        outputs: int64 (C,), which outputs; `class_id` of the result counts along these.
        confidence: Lowest confidence that is kept.
    """
    best, row = raw.best(index, outputs)
    kept = (best >= confidence).nonzero().squeeze(1)
    if len(kept) > _MAX_CANDIDATES:
        kept = kept[best[kept].argsort(descending=True, stable=True)[:_MAX_CANDIDATES]]
    # In one piece, for each one that is brought to the host waits for the GPU.
    found = torch.column_stack([raw.decode(index, kept), best[kept], row[kept]]).cpu().numpy()
    return Detections(found[:, :4], found[:, 4], found[:, 5].astype(np.int64))


def letterbox(
    images: Sequence[NDArray[np.uint8]], *, size: int
) -> tuple[NDArray[np.uint8], list[float]]:
    """Scale images to a common long side and stack them, padded at the right and below with grey.

    Args:
        images: uint8 (H, W, 3) BGR each.
        size: Long side in pixels that each is scaled to.

    Returns:
        uint8 (B, H', W', 3) RGB with H' and W' multiples of 32, and the scale of each image.
    """
    scales = [size / max(image.shape[:2]) for image in images]
    shapes = [
        (max(1, round(image.shape[0] * scale)), max(1, round(image.shape[1] * scale)))
        for image, scale in zip(images, scales, strict=True)
    ]
    height, width = (-(-max(sides) // _STRIDE) * _STRIDE for sides in zip(*shapes, strict=True))
    canvas = np.full((len(images), height, width, 3), _PADDING, np.uint8)
    for place, image, (rows, columns) in zip(canvas, images, shapes, strict=True):
        resized = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_LINEAR)
        cv2.cvtColor(resized, cv2.COLOR_BGR2RGB, dst=place[:rows, :columns])
    return canvas, scales


def _dtype(device: torch.device, *, half: bool) -> torch.dtype:
    """Choose the precision that the device computes fastest in."""
    if half and device.type == "cuda":
        return torch.float16
    if half and device.type == "cpu" and _has_bfloat16():
        return torch.bfloat16
    return torch.float32


def _has_bfloat16() -> bool:
    """Tell whether the CPU multiplies bfloat16 in hardware; elsewhere it would be emulated."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
