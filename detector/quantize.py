"""INT8 quantization of a detector: `python -m detector.quantize OUT.xml --config … --data …`.

The ranges of its activations are measured on the training images of a configuration, as whole
images, as the detector sees them. `detector: {weights: OUT.xml}` in `cams.yaml` runs it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from detector import network
from detector.computing.quantization import libraries, quantize
from detector.computing.runtimes import OPENVINO, files_of
from detector.console.command_line import run_command
from detector.console.terminal import check_outputs, command_frame
from detector.data.dataset import load_samples, read_image
from detector.export import export
from detector.training.config import read_sources
from detector.yolo import DEFAULT_WEIGHTS, letterbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from detector.data.dataset import Sample, Source


def draw(sources: Sequence[Source], roots: Sequence[Path], *, images: int) -> list[Sample]:
    """Return training images, about as many of each source, evenly spaced among its own.

    Args:
        sources: Of a training configuration; those of which nothing is there are left out.
        roots: Data folders.
        images: How many images.

    Raises:
        ValueError: If there are none.
    """
    found = [load_samples(source, roots, held_out=False) for source in sources]
    # The smallest first: what they lack the larger ones give.
    drawn, left = [], images
    for number, samples in enumerate(ranked := sorted(filter(None, found), key=len)):
        wanted = min(len(samples), -(-left // (len(ranked) - number)))
        chosen = np.linspace(0, len(samples) - 1, wanted).round().astype(int)
        drawn += [samples[row] for row in chosen]
        left -= wanted
    if not drawn:
        names = ", ".join(source.name for source in sources)
        raise ValueError(f"{', '.join(map(str, roots))}: no training images of {names}")
    return drawn


def as_seen(sample: Sample, *, size: int) -> NDArray[np.float32]:
    """Return an image as the network takes it; float32 (1, 3, H, W), RGB in [0, 1]."""
    batch, _ = letterbox([read_image(sample.image)], size=size)
    planes = np.ascontiguousarray(batch.transpose(0, 3, 1, 2), np.float32)
    return planes / np.float32(255)


def main(
    out: Annotated[Path, typer.Argument(help="OUT.xml; OUT.bin comes with it.")],
    config: Annotated[Path, typer.Option(help="Training configuration that names the sources.")],
    data: Annotated[list[Path], typer.Option(help="Data folder; may be given several times.")],
    weights: Annotated[
        str, typer.Option(help="Shipped name, file, or official checkpoint.")
    ] = DEFAULT_WEIGHTS,
    source: Annotated[list[str], typer.Option(help="Only these sources.")] = [],  # noqa: B006
    images: Annotated[int, typer.Option(min=1, help="Number of images for calibration.")] = 300,
) -> None:
    """Write a detector in 8 bits, for CPUs: OpenVINO runs it."""
    with command_frame():
        if out.suffix != OPENVINO:
            raise ValueError(f"{out} must end in {OPENVINO}")
        check_outputs(files_of(out), inputs=[config])
        libraries()
        loaded = network.load(weights)
        size = loaded.image_size
        samples = draw(read_sources(config, source), data, images=images)
        with tempfile.TemporaryDirectory() as folder:
            exported = Path(folder) / f"network{OPENVINO}"
            export(loaded, exported)
            quantize(exported, out, [as_seen(sample, size=size) for sample in samples])
        megabytes = sum(file.stat().st_size for file in files_of(out)) / 1e6
        typer.echo(f"{out}: {megabytes:.1f} MB, ranges of {len(samples)} images")


if __name__ == "__main__":
    run_command(main)
