"""A GPU for tests on machines that have none: it computes on the CPU, and refuses what CUDA does.

A tensor of the simulated GPU says that it is on "cuda:0" or "cuda:1" and holds its numbers on the
host. As on real hardware it becomes no NumPy array, the tensors of an operation must lie on one
device (but for single numbers, and indices), a generator must be of the device that it draws on,
and files of such tensors want `map_location` where there is no GPU.

It says nothing of speed, of memory, of rounding, nor of what CUDA has no kernel for. Autocast
follows PyTorch's list of operations for CPUs, which is shorter than CUDA's. A thread that a test
starts has no GPU.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any, Final
from unittest import mock

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from tests.gpu_tensor import (
    COUNT,
    CPU,
    GPUTensor,
    Moved,
    broken,
    compute,
    here,
    moved,
    stored,
    tensors,
    waits,
    with_index,
)

MEMORY: Final = 8 * 2**30
"""Bytes that each GPU has."""

_UPLOADS: Final = (torch.tensor, torch.as_tensor, torch.asarray)
_LEFT_ALONE: Final = (torch._C._nn._parse_to, Tensor.__deepcopy__)

# Before they are replaced.
_Autocast: Final = torch.autocast
_Generator: Final = torch.Generator


class _Operations(TorchDispatchMode):
    """Sees what PyTorch computes, also where no tensor of the GPU takes part."""

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return compute(func, args, kwargs or {})


class _Calls(TorchFunctionMode):
    """Sees what Python calls, and the devices that it names."""

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in _LEFT_ALONE or func.__name__ == "__get__":
            return func(*args, **kwargs)
        if func is Tensor.to:
            return _to(args, kwargs)
        if func is Tensor.cpu:
            return _to((args[0], CPU), {})
        if func is Tensor.cuda:
            return _to((args[0], with_index(kwargs.get("device", (*args, 0)[1]))), {})
        if func is torch.nn.functional.binary_cross_entropy and here.autocast:
            raise RuntimeError("binary_cross_entropy is unsafe to autocast")
        given = tensors((args, kwargs))
        device = next((tensor.device for tensor in given if isinstance(tensor, GPUTensor)), None)
        if kwargs.get("device") is not None:
            named = with_index(kwargs["device"])
            device, kwargs["device"] = (named if named.type == "cuda" else None), CPU
        _check_generator(kwargs.get("generator"), device)
        with _on(device):
            result = func(*args, **kwargs)
        if device is None or isinstance(result, GPUTensor) or not isinstance(result, Tensor):
            return result
        return moved(result, device) if func in _UPLOADS else GPUTensor(result, device)


def _check_generator(generator: Any, device: torch.device | None) -> None:
    wanted = (device or CPU).type
    if generator is not None and generator.device.type != wanted:
        raise RuntimeError(
            f"Expected a '{wanted}' device type for generator but found '{generator.device.type}'"
        )


@contextmanager
def _on(device: torch.device | None) -> Iterator[None]:
    before, here.device = here.device, device
    try:
        yield
    finally:
        here.device = before


def _to(args: Any, kwargs: Any) -> Tensor:
    tensor, *rest = args
    copy = kwargs.pop("copy", False)
    if rest and isinstance(rest[0], Tensor):
        rest = [rest[0].device, rest[0].dtype, *rest[1:]]
    device, dtype, _, layout = torch._C._nn._parse_to(*rest, **kwargs)
    target = with_index(device) or tensor.device
    more = {"dtype": dtype or tensor.dtype} | ({} if layout is None else {"memory_format": layout})
    with _on(tensor.device if tensor.is_cuda else None):
        if target == tensor.device:
            return tensor.to(copy=copy, **more)
        return Moved.apply(tensor.to(**more), target)


class _DeviceAutocast(_Autocast):
    """Autocast in which the simulated GPU takes part."""

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, **more: Any
    ) -> None:
        self._counts = int(device_type == "cuda" and enabled)
        if device_type == "cuda":
            device_type, dtype = "cpu", dtype or torch.float16
        super().__init__(device_type, dtype, enabled, **more)

    def __enter__(self) -> Any:
        here.autocast += self._counts
        return super().__enter__()

    def __exit__(self, *error: Any) -> Any:
        here.autocast -= self._counts
        return super().__exit__(*error)


class _DeviceGenerator(_Generator):
    """A generator that may be of the simulated GPU."""

    def __new__(cls, device: Any = "cpu") -> _DeviceGenerator:
        made = super().__new__(cls)
        made._where = with_index(device)
        return made

    @property
    def device(self) -> torch.device:
        return self._where


def _location(storage: Any, ask: Callable[[Any], str] = torch.serialization.location_tag) -> str:
    untyped = getattr(storage, "_untyped_storage", storage)
    return stored.get(untyped.data_ptr()) or ask(storage)


@contextmanager
def simulated_gpu(*, major: int = 8, answer: str = "") -> Iterator[torch.device]:
    """Simulate GPUs in a block; yields the first one as `torch.device("cuda")`.

    Args:
        major: Of their compute capability; from 8 on they compute in bfloat16.
        answer: What they answer to everything, where they are seen but do not compute.
    """
    cuda = {
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "_lazy_init": lambda: None,
        "device_count": lambda: COUNT,
        "current_device": lambda: 0,
        "mem_get_info": lambda device=None: (MEMORY, MEMORY),
        "get_device_capability": lambda device=None: (major, 0),
        "get_device_properties": lambda device=None: SimpleNamespace(major=major, minor=0),
        "manual_seed_all": lambda seed: None,
        "is_current_stream_capturing": lambda: False,
        "synchronize": lambda device=None: waits.update(["synchronize"]),
    }
    optimizer = importlib.import_module("torch.optim.optimizer")
    foreach = [*optimizer._foreach_supported_types, GPUTensor]
    replaced = [(torch.cuda, name, replacement) for name, replacement in cuda.items()]
    # Optimisers ask it for a stream, in C++, which fails where PyTorch is built for CUDA.
    replaced += [(torch.accelerator, "current_accelerator", lambda check_available=False: None)]
    replaced += [(torch, "autocast", _DeviceAutocast), (torch.amp, "autocast", _DeviceAutocast)]
    replaced += [(torch, "Generator", _DeviceGenerator)]
    replaced += [(torch.serialization, "location_tag", _location)]
    replaced += [(optimizer, "_foreach_supported_types", foreach)]
    with ExitStack() as stack:
        for owner, name, replacement in replaced:
            stack.enter_context(mock.patch.object(owner, name, replacement))
        stack.enter_context(_Operations())
        stack.enter_context(_Calls())
        for kept in (stored, broken, waits):
            stack.callback(kept.clear)
            kept.clear()
        broken.extend([torch.AcceleratorError(answer)] if answer else [])
        yield torch.device("cuda")
