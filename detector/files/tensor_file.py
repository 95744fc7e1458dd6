"""Weights files, of the detector and of the ReID network: safetensors, which never hold code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from detector.files.whole_file import whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str], *, half: bool = False
) -> None:
    """Write tensors and what is to be known of them; the file appears complete or not at all.

    Args:
        path: The file; its folder must exist.
        tensors: By name.
        metadata: Text by key.
        half: Store floating-point tensors as float16, which halves the file.

    Raises:
        OSError: If it cannot be written.
    """
    stored = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in tensors.items()
    }
    with whole_file(path) as partial:
        try:
            save_file(stored, partial, metadata=dict(metadata))
        except SafetensorError as error:
            raise OSError(f"{path} cannot be written: {error}") from error
        partial.chmod(0o644)  # safetensors writes for the owner alone


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors of a file, as they are stored, and its metadata.

    Raises:
        ValueError: If it is no safetensors file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is not a readable safetensors file: {error}") from error
