"""What all addresses of `app.browse` share: pages are made in the thread of the desk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from app.browsing.desk import Desk

T = TypeVar("T")


class Site:
    """Addresses, with one method for each.

    Args:
        desk: What is looked at.
        thread: The one thread that opened it, and in which it is used.
    """

    def __init__(self, desk: Desk, thread: Executor) -> None:
        self._desk = desk
        self._thread = thread

    async def _do(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._desk.do, work)

    async def _page(self, work: Callable[[], str]) -> HTMLResponse:
        return HTMLResponse(await self._do(work))
