"""Makes torchvision importable if its compiled part does not match torch.

torchvision's published wheels are built against CUDA; with a CPU-only torch `import torchvision`
ends with "operator torchvision::nms does not exist". The product does without it, but ultralytics'
own `predict` and `track` import it for videos.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any, Final

import torch

if TYPE_CHECKING:
    from torch import Tensor

_OPERATORS: Final = ("nms", "qnms")
_kept: list[torch.library.Library] = []
"""A library's operators vanish with it."""


def make_importable() -> bool:
    """Import torchvision, with its suppression operators replaced by ultralytics' if they lack.

    Returns:
        Whether they had to be replaced.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        # What was imported before the error would be found half-made by the next import.
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
    else:
        return False
    library_type: Any = torch.library.Library
    library = library_type("torchvision", "DEF")
    for name in _OPERATORS:
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.impl("nms", _suppress, "CPU")
    _kept.append(library)
    # Else torchvision.ops refuses to work, for it looks for its compiled library.
    extension: Any = importlib.import_module("torchvision.extension")
    extension._has_ops = lambda: True
    return True


def _suppress(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    from ultralytics.utils.nms import TorchNMS

    kept: Tensor = TorchNMS.nms(boxes, scores, iou_threshold)
    return kept
