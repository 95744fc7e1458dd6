"""Tensors of the simulated GPU (`tests.simulated_gpu`), and what CUDA would refuse them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

import torch
from torch import Tensor

COUNT: Final = 2
"""GPUs that are simulated."""

CPU: Final = torch.device("cpu")

waits: Final[Counter[str]] = Counter()
"""How often the host waited for the GPU since the simulation began, by why; some are counted that
PyTorch would spare, for it takes these tensors for the CPU's where it looks at devices in C++."""

stored: Final[dict[int, str]] = {}
"""Where the tensors that are being saved lie, by the address of their numbers."""

broken: Final[list[Exception]] = []
"""What every operation ends with, if anything."""

_ATEN: Final = torch.ops.aten
_COPIES: Final = {_ATEN.copy_, _ATEN.copy, _ATEN._foreach_copy_}
_INDEXED: Final = {_ATEN.index, _ATEN.index_put, _ATEN.index_put_, _ATEN._index_put_impl_}
_TAKE_NUMBERS: Final = {_ATEN.fill_, _ATEN.fill, _ATEN.masked_fill, _ATEN.masked_fill_}
"""Besides pointwise operations, those that take a number, a tensor without dimensions, of a CPU."""
_WAIT: Final = {_ATEN._local_scalar_dense, _ATEN.nonzero, _ATEN.masked_select, _ATEN.equal}


class _Here(threading.local):
    """What goes on in a thread.

    Attributes:
        device: Of the operation that is computed, where its tensors are on the GPU.
        autocast: How many blocks of autocast it is in.
    """

    device: torch.device | None = None
    autocast: int = 0


here: Final = _Here()


class GPUTensor(Tensor):
    """A tensor of the simulated GPU, whose numbers are in `host`."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, host: Tensor, device: torch.device) -> GPUTensor:
        made = Tensor._make_wrapper_subclass(
            cls,
            host.size(),
            strides=host.stride(),
            storage_offset=host.storage_offset(),
            dtype=host.dtype,
            device=CPU,
        )
        made.host, made._where = host, device
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return compute(func, args, kwargs or {})

    # These two make `Module.to` keep its parameters' identity, as for CUDA.
    def __tensor_flatten__(self) -> tuple[list[str], torch.device]:
        return ["host"], self._where

    @staticmethod
    def __tensor_unflatten__(inner: Any, where: Any, _size: Any, _stride: Any) -> GPUTensor:
        return GPUTensor(inner["host"], where)

    @property
    def device(self) -> torch.device:
        return self._where

    @property
    def is_cuda(self) -> bool:
        return True

    def get_device(self) -> int:
        return self._where.index

    def numpy(self, *, force: bool = False) -> Any:
        if force:
            return self.detach().cpu().numpy()
        raise TypeError(
            f"can't convert {self._where} device type tensor to numpy. Use Tensor.cpu() to copy "
            "the tensor to host memory first."
        )

    def tolist(self) -> Any:
        return self.detach().cpu().tolist()

    def data_ptr(self) -> int:
        return self.host.data_ptr()

    def untyped_storage(self) -> torch.UntypedStorage:
        return self.host.untyped_storage()

    def __repr__(self) -> str:
        return f"{self.host!r} on {self._where}"

    def __deepcopy__(self, memo: dict[int, Any]) -> GPUTensor:
        if id(self) not in memo:
            twin = GPUTensor(self.host.clone(), self._where).requires_grad_(self.requires_grad)
            twin.__dict__ |= {k: v for k, v in self.__dict__.items() if k not in twin.__dict__}
            memo[id(self)] = twin
        return memo[id(self)]

    def __reduce_ex__(self, protocol: int) -> Any:
        host = self.host.detach()
        stored[host.untyped_storage().data_ptr()] = str(self._where)
        return host.requires_grad_(self.requires_grad).__reduce_ex__(protocol)


class Moved(torch.autograd.Function):
    """Brings a tensor to another device, and its gradient back."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, target: torch.device) -> Tensor:
        ctx.source = tensor.device
        return moved(tensor, target)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return moved(gradient, ctx.source), None


def moved(tensor: Tensor, target: torch.device) -> Tensor:
    copy = _host(tensor).clone(memory_format=torch.preserve_format)
    if target.type == "cpu":
        waits["download"] += 1
        return copy
    if not isinstance(tensor, GPUTensor):
        waits["upload"] += 1
    return GPUTensor(copy, target)


def with_index(device: Any) -> torch.device | None:
    """Return a device with its number; None stays."""
    if device is None:
        return None
    chosen = torch.device("cuda", device) if isinstance(device, int) else torch.device(device)
    if chosen.type != "cuda":
        return chosen
    if (chosen.index or 0) >= COUNT:
        raise RuntimeError("CUDA error: invalid device ordinal")
    return torch.device("cuda", chosen.index or 0)


def compute(func: Any, args: Any, kwargs: Any) -> Any:
    """Compute an operation on the host; its result lies where its tensors do."""
    given = list(tensors((args, kwargs)))
    mine = [tensor for tensor in given if isinstance(tensor, GPUTensor)]
    device = mine[0].device if mine else None
    if not given or kwargs.get("device") is not None:
        device = here.device  # what an operation makes in its midst lies beside its tensors
    if mine:
        if broken:
            raise broken[0]
        _check(func, args, given)
        if func.overloadpacket in _WAIT or _has_mask(func, args):
            waits[str(func.overloadpacket)] += 1
    if mine:
        args, kwargs = _mapped(_host, (args, kwargs))
    result = func(*args, **kwargs)
    known = {id(tensor.host): tensor for tensor in mine}

    def back(tensor: Tensor) -> Tensor:
        before = known.get(id(tensor))
        if before is None:
            return GPUTensor(tensor, device)
        if before.shape != tensor.shape:
            raise RuntimeError(f"{func} changes a shape in place: the simulated GPU cannot follow")
        return before

    return result if device is None else _mapped(back, result)


def tensors(values: Any) -> Iterator[Tensor]:
    """Yield the tensors among arguments; PyTorch's own functions for that are slow."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, list | tuple | dict):
        for value in values.values() if isinstance(values, dict) else values:
            yield from tensors(value)


def _mapped(change: Callable[[Tensor], Tensor], values: Any) -> Any:
    """Return arguments or results with their tensors changed."""
    if isinstance(values, Tensor):
        return change(values)
    if isinstance(values, dict):
        return {key: _mapped(change, value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return type(values)([_mapped(change, value) for value in values])
    return values


def _host(tensor: Tensor) -> Tensor:
    return tensor.host if isinstance(tensor, GPUTensor) else tensor


def _has_mask(func: Any, args: Any) -> bool:
    """Tell whether an operation must know how many places of a mask are true."""
    return func.overloadpacket in _INDEXED and any(
        index is not None and index.dtype == torch.bool for index in args[1]
    )


def _check(func: Any, args: Any, given: list[Tensor]) -> None:
    """Raise as CUDA does where the tensors of an operation lie on several devices."""
    operation = func.overloadpacket
    numbers = torch.Tag.pointwise in func.tags or operation in _TAKE_NUMBERS
    if operation in _COPIES:
        return
    if operation in _INDEXED:
        if not isinstance(args[0], GPUTensor):
            raise RuntimeError(
                "indices should be either on cpu or on the same device as the indexed tensor (cpu)"
            )
        given = [args[0], *(index for index in args[1] if isinstance(index, GPUTensor)), *args[2:3]]
        numbers = True
    written = {
        id(args[place])
        for place, argument in enumerate(func._schema.arguments[: len(args)])
        if argument.alias_info is not None and argument.alias_info.is_write
    }
    found = {
        str(tensor.device)
        for tensor in given
        if tensor.is_cuda or tensor.dim() or not numbers or id(tensor) in written
    }
    if len(found) > 1:
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"{' and '.join(sorted(found, reverse=True))}! (when checking arguments of {func})"
        )
