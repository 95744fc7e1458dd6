"""A random choice, as scenery, ground and queries make it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

ItemT = TypeVar("ItemT")


def pick(items: Sequence[ItemT], rng: Generator) -> ItemT:
    """Return one of some items, each as likely as the others.

    Unlike `Generator.choice`, which makes an array of them, it leaves enums and tuples as they are.
    """
    return items[int(rng.integers(len(items)))]
