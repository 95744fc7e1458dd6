"""Prepares trained weights for release: `python -m reid.release`."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Final

import torch
import typer
from rich.console import Console

from detector.console.command_line import run_command
from detector.console.terminal import check_outputs, command_frame
from reid.model import ReIDModel, load, save

_SUFFIX: Final = ".safetensors"


def blend(late: ReIDModel, early: ReIDModel, *, share: float) -> ReIDModel:
    """Return the weighted mean of two models of one training.

    The early one has kept more of the pretrained features, and the mean generalises better than
    either (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022, Eq. 1).

    Args:
        late: The end of the training.
        early: An earlier point of the same training.
        share: Weight of the early one, in [0, 1].

    Raises:
        ValueError: If the share is outside, or the networks differ.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be in [0, 1], is {share}")
    # The same tensors are another network with another stride, input or mean, say.
    early_spec = asdict(early.spec)
    for name, value in asdict(late.spec).items():
        if name not in ("licence", "description") and early_spec[name] != value:
            raise ValueError(f"the two networks differ: {name} is {value} and {early_spec[name]}")
    network, other = late.spec.build(), early.network.state_dict()
    mixed = {
        name: torch.lerp(tensor, other[name], share) if tensor.is_floating_point() else tensor
        for name, tensor in late.network.state_dict().items()
    }
    network.load_state_dict(mixed)
    return ReIDModel(network.eval(), late.spec)


def main(
    weights: Annotated[Path, typer.Argument(help="Weights that a training wrote.")],
    out: Annotated[Path, typer.Argument(help="The file to write, *.safetensors.")],
    licence: Annotated[str, typer.Option(help="SPDX name of the weights' licence.")],
    description: Annotated[str, typer.Option(help="One line: trained on what.")],
    early: Annotated[Path | None, typer.Option(help="Weights to blend in, see `blend`.")] = None,
    early_share: Annotated[float, typer.Option(help="Their weight, in [0, 1].")] = 0.4,
) -> None:
    """Prepare trained weights for release."""
    with command_frame():
        if out.suffix != _SUFFIX:
            raise ValueError(f"{out} must end in {_SUFFIX}")
        check_outputs([out], inputs=[path for path in (weights, early) if path is not None])
        model = load(weights)
        if early is not None:
            model = blend(model, load(early), share=early_share)
        spec = replace(model.spec, licence=licence, description=description)
        # A calibration goes along: half precision moves no distance by what it can tell apart.
        save(replace(model, spec=spec), out, half=True)
        Console().print(f"{out}: {out.stat().st_size / 1e6:.1f} MB", markup=False)


if __name__ == "__main__":
    run_command(main)
