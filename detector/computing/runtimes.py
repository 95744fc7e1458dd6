"""Inference of exported networks in the runtime of their file format.

ONNX files (`.onnx`) run in ONNX Runtime, OpenVINO's (`.xml` with its `.bin`) in OpenVINO, both on
the CPU with as many threads as PyTorch uses. The meaning of the tensors is defined in
`detector.inference.exported` and `reid.inference.exported`.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

ONNX: Final = ".onnx"
OPENVINO: Final = ".xml"
EXPORTED: Final = (ONNX, OPENVINO)
"""Suffixes of exported networks."""

METADATA: Final = "scantrack"
"""Where an OpenVINO file keeps the metadata."""

BITS: Final = "bits"
"""Of the metadata: "8" where the network computes in 8-bit integers (see `quantization`)."""

INPUT: Final = "images"
"""Name of the one input of our exported networks."""


class Runtime(Protocol):
    """An exported network, ready to run."""

    metadata: dict[str, str]

    def run(self, images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs, in their order, for a batch."""
        ...


def files_of(exported: Path) -> list[Path]:
    """Return the files that an exported network consists of, the named one first."""
    return [exported] if exported.suffix == ONNX else [exported, exported.with_suffix(".bin")]


def open_runtime(path: Path, *, half: bool) -> Runtime:
    """Return an exported network, ready to run.

    Args:
        path: An ONNX or OpenVINO file.
        half: Let OpenVINO compute in 16 bits where the CPU is made for it.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read, or the library for it is not installed.
    """
    if not path.is_file():
        raise FileNotFoundError(f"weights {str(path)!r} not found")
    return _OnnxRuntime(path) if path.suffix == ONNX else _OpenVino(path, half=half)


class _OnnxRuntime:
    def __init__(self, path: Path) -> None:
        runtime = import_optional("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        try:
            self._session = runtime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        # Its errors have no base of their own below Exception.
        except Exception as error:
            raise ValueError(f"{path} is not a readable ONNX network: {_first(error)}") from error
        self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        return list(self._session.run(None, {INPUT: images}))


class _OpenVino:
    def __init__(self, path: Path, *, half: bool) -> None:
        runtime = import_optional("openvino")
        core = runtime.Core()
        try:
            model = core.read_model(str(path))
            given = model.get_rt_info([METADATA]).value if model.has_rt_info(METADATA) else {}
            hint = {"PERFORMANCE_HINT": "LATENCY"}
            hint |= {"INFERENCE_NUM_THREADS": str(torch.get_num_threads())}
            # What an 8-bit network computes otherwise is little: so it is the same on every CPU.
            half = half and BITS not in given
            hint |= {} if half else {"INFERENCE_PRECISION_HINT": "f32"}
            self._compiled = core.compile_model(model, "CPU", hint)
        except RuntimeError as error:
            numbers = path.with_suffix(".bin")
            # OpenVINO names places in its sources first.
            why = _last(error) if numbers.is_file() else f"{numbers.name} must be beside it"
            raise ValueError(f"{path} is not a readable OpenVINO network: {why}") from error
        self.metadata = {key: str(value) for key, value in given.items()}

    def run(self, images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        results = self._compiled([images])
        return [np.array(results[port]) for port in self._compiled.outputs]


def import_optional(name: str) -> Any:
    """Import a library of the extra [export].

    Raises:
        ValueError: If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ValueError(f"{name} is not installed: pip install -e '.[export]'") from error


def _first(error: Exception) -> str:
    """Return the first line of what an error says."""
    return (str(error).strip() or type(error).__name__).split("\n")[0]


def _last(error: Exception) -> str:
    """Return the last line of what an error says."""
    return (str(error).strip() or type(error).__name__).split("\n")[-1]
