"""Whiten an embedding: `python -m reid.whiten WEIGHTS OUT --config … --data DIR`.

What changes between views of one vehicle (its side, the light, its size) counts less afterwards,
and what does not change counts more. It takes crops with identities, of the kind of cameras that
the network is for, and no training; tracklets of a single camera serve.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.logging import RichHandler

from detector.computing.devices import choose_device
from detector.console.command_line import run_command
from detector.console.terminal import Device, check_outputs, command_frame
from reid.config import DomainConfig, read_config
from reid.data.datasets import CropSet, load_images
from reid.inference.decoded import embed_images
from reid.model import ReIDModel, find_weights, load, save
from reid.training.domains import read_sources

_LOG = logging.getLogger(__name__)
_SUFFIX: Final = ".safetensors"


def within_class_scatter(
    embeddings: NDArray[np.float32], identity: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the pooled covariance of embeddings about the mean of their vehicle, at trace 1.

    Args:
        embeddings: float32 (N, D).
        identity: int64 (N,).

    Returns:
        float64 (D, D), symmetric, positive semi-definite.

    Raises:
        ValueError: If no vehicle has two embeddings that differ.
    """
    _, group, counts = np.unique(identity, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), embeddings.shape[1]))
    np.add.at(sums, group, embeddings)
    apart = embeddings - (sums / counts[:, None])[group]
    scatter = apart.T @ apart
    total = float(np.trace(scatter))
    if total < 1e-9 * len(embeddings):  # at unit length: rounding
        raise ValueError("no identity has two images that differ")
    return np.asarray(scatter / total)


def whitening(scatter: NDArray[np.float64], *, shrinkage: float) -> NDArray[np.float64]:
    """Return the matrix that makes the within-class scatter (nearly) equal in all directions.

    Reference: Hatch, Kajarekar, Stolcke, "Within-class covariance normalization for SVM-based
    speaker recognition", Interspeech 2006; here with the symmetric root, which leaves the axes
    where they are, and the scatter shrunk towards a sphere (Ledoit, Wolf 2004).

    Args:
        scatter: float64 (D, D), see `within_class_scatter`.
        shrinkage: How many times its mean variance is added in every direction: near 0 whitens
            fully, and 100 changes next to nothing.

    Returns:
        float64 (D, D), symmetric, with a geometric mean of 1 of its eigenvalues.

    Raises:
        ValueError: If the shrinkage is not finite and positive.
    """
    if not 0 < shrinkage < float("inf"):
        raise ValueError(f"shrinkage must be finite and positive, is {shrinkage}")
    variance, axes = np.linalg.eigh(scatter)
    shrunk = np.maximum(variance, 0) + shrinkage * variance.mean()
    scale = np.exp(-0.5 * (np.log(shrunk) - np.log(shrunk).mean()))
    return np.asarray((axes * scale) @ axes.T)


def whitened(model: ReIDModel, matrix: NDArray[np.float64]) -> ReIDModel:
    """Return a model of the same network whose features are multiplied by a matrix.

    Its 512-D layer takes the matrix and the BN neck in, and the neck becomes the identity. It has
    no calibration, for its distances are others.

    Args:
        model: In inference mode; stays as it is.
        matrix: float64 (512, 512).
    """
    network = model.spec.build()
    network.load_state_dict(model.network.state_dict())
    transform = torch.from_numpy(matrix)
    with torch.no_grad():
        weight, bias = network.fc.weight.double(), network.fc.bias.double()
        neck = network.neck
        if neck is not None:
            assert neck.running_mean is not None
            assert neck.running_var is not None
            gain = neck.weight.double() / (neck.running_var.double() + neck.eps).sqrt()
            weight = gain[:, None] * weight
            bias = gain * (bias - neck.running_mean.double()) + neck.bias.double()
            neck.reset_parameters()
            neck.running_var.fill_(1 - neck.eps)
        network.fc.weight.copy_(transform @ weight)
        network.fc.bias.copy_(transform @ bias)
    return ReIDModel(network.eval(), model.spec)


def mean_scatter(
    model: ReIDModel, domains: Sequence[DomainConfig], root: Path
) -> NDArray[np.float64]:
    """Return the mean of the domains' scatters: each counts equally, however many crops it has.

    Args:
        model: Embeds the crops.
        domains: Their sources are read.
        root: What the sources' paths are relative to.

    Raises:
        FileNotFoundError: If a source is missing.
        ValueError: If one is unusable, or no vehicle of a domain has two crops.
    """
    scatters = []
    for domain in domains:
        crops, images = load_images(read_sources(domain.sources, root), model.spec.input_hw)
        identity = CropSet.of(crops).identity
        _LOG.info("%s: %d crops of %d identities", domain.name, len(crops), identity.max() + 1)
        embeddings = embed_images(model.network, images, model.spec)
        try:
            scatters.append(within_class_scatter(embeddings, identity))
        except ValueError as error:
            raise ValueError(f"domain {domain.name!r}: {error}") from error
    return np.asarray(np.mean(scatters, axis=0))


def main(
    weights: Annotated[str, typer.Argument(help="A weights file, or the name of shipped weights.")],
    out: Annotated[Path, typer.Argument(help="The file to write, *.safetensors.")],
    config: Annotated[Path, typer.Option(help="YAML file whose domains are the crops to use.")],
    data: Annotated[Path, typer.Option(help="Folder that the configuration's paths start from.")],
    shrinkage: Annotated[
        float, typer.Option(help="Larger values change less, see `whitening`.")
    ] = 3.0,
    device: Device = "auto",
) -> None:
    """Whiten an embedding by how views of one vehicle scatter; the calibration is dropped."""
    handler = RichHandler(console=Console(stderr=True), show_time=False, show_path=False)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])
    with command_frame():
        chosen = choose_device(device)
        if out.suffix != _SUFFIX:
            raise ValueError(f"{out} must end in {_SUFFIX}")
        found = find_weights(weights)
        check_outputs([out], inputs=[found, config])
        settings, model = read_config(config), load(found, device=chosen)
        matrix = whitening(mean_scatter(model, settings.domains, data), shrinkage=shrinkage)
        save(whitened(model, matrix), out)
        Console().print(
            f"{out}: whitened; app.calibrate tells what its distances mean",
            soft_wrap=True,
            markup=False,
        )


if __name__ == "__main__":
    run_command(main)
