"""Where networks run."""

from __future__ import annotations

import logging

import torch

_LOG = logging.getLogger(__name__)


def choose_device(name: str) -> torch.device:
    """Return the device that a setting stands for.

    "auto" is a GPU if there is one that computes. PyTorch sees some that it does not: older ones
    than it is built for, or those that another program keeps for itself.

    Args:
        name: "auto", "cpu", "cuda" or "cuda:N".

    Raises:
        ValueError: If there is no such device, or it does not compute.
    """
    if name == "auto":
        if not torch.cuda.is_available():
            return torch.device("cpu")
        if trouble := _trouble(device := torch.device("cuda")):
            _LOG.warning("the GPU does not compute, so the CPU does (%s)", trouble)
            return torch.device("cpu")
        return device
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device must be auto, cpu, cuda or cuda:N, is {name!r}") from error
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"device must be auto, cpu, cuda or cuda:N, is {name!r}")
    if device.type == "cuda":
        if (device.index or 0) >= torch.cuda.device_count():
            raise ValueError(
                f"device {name!r} is not there: {torch.cuda.device_count()} GPUs found"
            )
        if trouble := _trouble(device):
            raise ValueError(f"device {name!r} does not compute ({trouble}); choose cpu")
    return device


def emulates_bfloat16(device: torch.device) -> bool:
    """Tell whether a device is a GPU that only emulates bfloat16: 32 bits are faster there."""
    if device.type != "cuda" or torch.version.hip is not None:
        return False
    return torch.cuda.get_device_capability(device)[0] < 8


def _trouble(gpu: torch.device) -> str:
    """Return in one line what keeps a GPU from computing; empty if nothing does."""
    try:
        torch.ones(1, device=gpu).add(1).item()
    except RuntimeError as error:
        return str(error).strip().split("\n")[0]
    return ""
