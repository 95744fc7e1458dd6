"""The file that a training resumes from: of the detector, and of the ReID network."""

from __future__ import annotations

import json
import logging
import pickle
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import torch

from detector.files.whole_file import whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LOG = logging.getLogger(__name__)

_CONFIG: Final = "config"
_STEP: Final = "step"
_ADVICE: Final = "raise steps to go on, or choose another --out"
_DAMAGED: Final = (
    RuntimeError, pickle.UnpicklingError, EOFError, LookupError, ValueError, TypeError,
    AttributeError,
)  # fmt: skip
"""What torch raises for bytes that are no checkpoint, by what they happen to be."""


def write_checkpoint(path: Path, state: dict[str, Any], config: Any) -> None:
    """Write a checkpoint; the file appears complete or not at all.

    Args:
        path: The file.
        state: All that a training needs to resume, of tensors and plain values; "step" is how many
            steps were trained.
        config: Its configuration, a dataclass: `read_checkpoint` tells when it has changed.

    Raises:
        OSError: If it cannot be written.
    """
    with whole_file(path) as partial:
        try:
            torch.save(state | {_CONFIG: _plain(config)}, partial)
        except RuntimeError as error:  # what torch makes of a full disk
            raise OSError(f"{path} cannot be written: {error}") from error


def read_checkpoint(path: Path, config: Any) -> dict[str, Any]:
    """Read a checkpoint; settings that have changed since it was written are logged by name.

    Args:
        path: The file.
        config: The configuration that the training resumes with; its `steps` are those in all.

    Raises:
        ValueError: If it is no checkpoint, or has more steps: its weights are then not those of
            such a training.
    """
    state = _read(path, config)
    if changed := _changed(state, config):
        _LOG.warning(
            "%s was written with other settings (%s): the new ones apply from here on; train into "
            "a new folder if that is not intended",
            path,
            ", ".join(changed),
        )
    return state


def is_complete(path: Path, config: Any) -> bool:
    """Return whether a training has all its steps, with the settings that it has now; log that.

    It costs little: whoever asks need not load any images first.

    Args:
        path: Its checkpoint; may be missing.
        config: As of `read_checkpoint`.

    Raises:
        ValueError: As `read_checkpoint`.
    """
    if not path.is_file():
        return False
    state = _read(path, config, at_a_glance=True)
    if state.get(_STEP) != config.steps or _changed(state, config):
        return False
    log_progress(path, reached=config.steps, steps=config.steps)
    return True


def log_progress(path: Path, *, reached: int, steps: int) -> None:
    """Log after which step a training resumes, or that no step is left.

    Args:
        path: Its checkpoint.
        reached: Steps that the checkpoint has.
        steps: Steps that the configuration asks for.
    """
    if reached >= steps:
        _LOG.info("%s: all %d steps are trained already; %s", path, steps, _ADVICE)
    else:
        _LOG.info("resumed after step %d of %d", reached, steps)


def resume_optimiser(optimiser: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Give an optimiser the state of an earlier one; its settings stay those it was made with.

    Args:
        optimiser: Of the training that resumes.
        state: What the earlier one's `state_dict` gave.

    Raises:
        LookupError: If it is no optimiser's.
        ValueError: If it is that of another network.
    """
    settings = [
        {name: value for name, value in group.items() if name != "params"}
        for group in optimiser.param_groups
    ]
    optimiser.load_state_dict(state)
    for group, own in zip(optimiser.param_groups, settings, strict=True):
        group.update(own)


def _read(path: Path, config: Any, *, at_a_glance: bool = False) -> dict[str, Any]:
    """Read a checkpoint that has no more steps than asked for; at a glance without its weights."""
    try:
        # By way of the host: AdamW counts its steps there, and would wait for each on a GPU.
        state = torch.load(path, weights_only=True, map_location="cpu", mmap=at_a_glance)
    except _DAMAGED as error:
        # torch's own text is long, and advises to load foreign code.
        raise ValueError(
            f"{path} is no checkpoint of a training, or is damaged; remove it to start anew"
        ) from error
    if not isinstance(state, dict) or _CONFIG not in state:
        raise ValueError(f"{path} is of another kind of training; train into a new folder")
    reached = state.get(_STEP)
    if isinstance(reached, int) and reached > config.steps:
        raise ValueError(
            f"{path}: {reached} steps are trained already, and the configuration asks for "
            f"{config.steps}; {_ADVICE}"
        )
    return state


def _changed(state: Mapping[str, Any], config: Any) -> list[str]:
    """Return the names of the settings that are others than a checkpoint was written with."""
    before, now = state[_CONFIG], _plain(config)
    return [name for name in now if before.get(name) != now[name]]


def _plain(config: Any) -> dict[str, Any]:
    """Return a configuration in values that JSON knows."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(config), default=str))
    return plain
