"""ReID networks side by side: `python -m benchmarks.reid --config … --data … [--osnet FILE]`.

Shipped weights, the ImageNet backbone before any training, and OSNet x0.25 where its ONNX file is
given and onnxruntime is installed; scores and milliseconds per crop on one thread.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import cv2
import numpy as np
import torch
import typer
from numpy.typing import NDArray
from rich.console import Console

from reid.config import IMAGENET, read_config
from reid.evaluate import evaluate, summarise, table_of
from reid.inference import apply_network, embed_images
from reid.initialisation import initial_network
from reid.model import DEFAULT_WEIGHTS, ModelSpec, fold_batch_norm, load
from reid.validation import load_validation

Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]

_TIMED_BATCH: Final = 8
_REPEATS: Final = 15
_OSNET_HW: Final = (256, 128)
_IMAGENET_MEAN: Final = np.array([0.485, 0.456, 0.406], np.float32)
_IMAGENET_STD: Final = np.array([0.229, 0.224, 0.225], np.float32)


def shipped(weights: str) -> tuple[Embed, tuple[int, int]]:
    """Return what embeds with some weights, and its input size."""
    model = load(weights)
    network = fold_batch_norm(model.network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # channels_last alone is documented but not in the overloads
    return lambda images: embed_images(network, images, model.spec), model.spec.input_hw


def untrained(hw: tuple[int, int]) -> tuple[Embed, tuple[int, int]]:
    """Return what embeds with the mean ImageNet features, without SCAN or any training."""
    spec = replace(ModelSpec(), input_hw=hw)
    network = fold_batch_norm(initial_network(spec, IMAGENET).eval())
    trunk = network.trunk.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # as above

    def embed(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        device = torch.device("cpu")
        return unit(
            apply_network(lambda b: trunk(b).mean(dim=(2, 3)), images, spec=spec, device=device)
        )

    return embed, hw


def osnet(path: Path) -> tuple[Embed, tuple[int, int]]:
    """Return what embeds with OSNet, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session: Any = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
    entry = session.get_inputs()[0]
    batch = entry.shape[0] if isinstance(entry.shape[0], int) else _TIMED_BATCH

    def embed(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        parts = []
        for start in range(0, len(images), batch):
            rgb = images[start : start + batch, ..., ::-1].astype(np.float32) / 255
            chunk = ((rgb - _IMAGENET_MEAN) / _IMAGENET_STD).transpose(0, 3, 1, 2)
            missing = batch - len(chunk)
            padded = np.pad(chunk, ((0, missing), (0, 0), (0, 0), (0, 0)))
            parts.append(session.run(None, {entry.name: padded})[0][: len(chunk)])
        return unit(np.concatenate(parts).astype(np.float32))

    return embed, _OSNET_HW


def colour_histogram() -> tuple[Embed, tuple[int, int]]:
    """Return what embeds with the square roots of HSV histograms of upper and lower half."""

    def histogram(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
        halves = hsv[: len(hsv) // 2], hsv[len(hsv) // 2 :]
        counts = [
            cv2.calcHist([h], [0, 1, 2], None, [12, 4, 4], [0, 180, 0, 256, 0, 256]).ravel()
            for h in halves
        ]
        return np.sqrt(np.concatenate(counts))

    return lambda images: unit(np.stack([histogram(image) for image in images])), (96, 96)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vectors at length one; (N, D) -> (N, D)."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12))


def milliseconds_per_crop(embed: Embed, hw: tuple[int, int]) -> float:
    """Return the median time of a batch of eight, per crop, after two to warm up."""
    images = np.random.default_rng(0).integers(0, 256, (_TIMED_BATCH, *hw, 3), np.uint8)
    times = []
    for _ in range(_REPEATS + 2):
        start = time.perf_counter()
        embed(images)
        times.append(time.perf_counter() - start)
    return statistics.median(times[2:]) / _TIMED_BATCH * 1000


def main(
    config: Annotated[Path, typer.Option(help="YAML file whose validation sets are used.")],
    data: Annotated[Path, typer.Option(help="Folder that the configuration's paths start from.")],
    weights: Annotated[list[str] | None, typer.Option(help="Weights; may be repeated.")] = None,
    osnet_file: Annotated[Path | None, typer.Option("--osnet", help="OSNet as ONNX.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write it here.")] = None,
) -> None:
    """Compare ReID networks on the same crops, on one thread."""
    torch.set_num_threads(1)
    console = Console()
    networks = {name: shipped(name) for name in weights or [DEFAULT_WEIGHTS]}
    networks["colour histogram"] = colour_histogram()
    networks["ImageNet, untrained"] = untrained(next(iter(networks.values()))[1])
    if osnet_file is not None and importlib.util.find_spec("onnxruntime"):
        networks["OSNet x0.25 (persons)"] = osnet(osnet_file)
    validation = read_config(config).validation
    results: dict[str, dict[str, float]] = {}
    for name, (embed, hw) in networks.items():
        numbers = summarise(*evaluate(load_validation(validation, data, hw=hw), embed))
        results[name] = {
            f"{key} {metric}": row[metric]
            for key, row in numbers["retrieval"].items()
            for metric in ("rank-1", "mAP")
        } | {"ms/crop": milliseconds_per_crop(embed, hw)}
    transposed = {c: {n: r[c] for n, r in results.items()} for c in next(iter(results.values()))}
    console.print(table_of("ReID side by side", transposed))
    if json_file is not None:
        json_file.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
