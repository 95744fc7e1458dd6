"""OSNet and similar networks, exported by others as ONNX: a baseline, and a teacher.

Reference: Zhou, Yang, Cavallaro, Xiang: "Omni-scale feature learning for person
re-identification", ICCV 2019.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from detector.computing.runtimes import import_optional

OSNET_HW: Final = (256, 128)
"""Height and width of the crops that it takes, in pixels."""

_BATCH: Final = 8
_MEAN: Final = np.array([0.485, 0.456, 0.406], np.float32)
_STD: Final = np.array([0.229, 0.224, 0.225], np.float32)
"""ImageNet's, of red, green and blue in [0, 1], which such networks were trained with."""


def load_osnet(path: Path) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Return what maps crops, uint8 (N, 256, 128, 3) BGR, to features, float32 (N, E).

    It computes on the CPU, on as many threads as PyTorch uses.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If ONNX Runtime is not installed, or the file holds no such network.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} not found")
    onnxruntime = import_optional("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        session: Any = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its own classes share no other base
        raise ValueError(f"{path} is not an ONNX file: {error}") from error
    entry = session.get_inputs()[0]
    if list(entry.shape[1:]) != [3, *OSNET_HW]:
        raise ValueError(f"{path} takes {entry.shape}, not images of {OSNET_HW} pixels")
    batch = entry.shape[0] if isinstance(entry.shape[0], int) else _BATCH

    def embed(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        parts = []
        for start in range(0, len(images), batch):
            rgb = images[start : start + batch, ..., ::-1].astype(np.float32) / 255
            chunk = ((rgb - _MEAN) / _STD).transpose(0, 3, 1, 2)
            missing = batch - len(chunk)
            padded = np.pad(chunk, ((0, missing), (0, 0), (0, 0), (0, 0)))
            parts.append(session.run(None, {entry.name: padded})[0][: len(chunk)])
        return np.concatenate(parts).astype(np.float32)

    return embed
