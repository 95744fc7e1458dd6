"""The addresses of `app.browse` that correct identities, and show what is corrected.

Only what is posted changes anything.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route

from app.browsing import correction_pages
from app.browsing.asked import Asked, href
from app.browsing.mistakes import asked_in, check_size
from app.browsing.site import Site
from app.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.responses import Response

    from app.browsing.corrector import Change
    from app.browsing.desk import Desk

_log = logging.getLogger(__name__)

MAX_FORM_BYTES: Final = 64 << 10

LOOK_ONLY: Final = "identities cannot be corrected here: app.browse was started with --read-only"


def correction_routes(desk: Desk, thread: Executor) -> list[Route]:
    """Return the addresses.

    Args:
        desk: What is looked at.
        thread: The one thread in which it is used; corrections are made in others.
    """
    site = _Site(desk, thread)
    return [
        Route("/identities", site.identities),
        Route("/corrections", site.corrections),
        Route("/undo", site.undo),
        Route("/correct", site.correct, methods=["POST"]),
    ]


class _Site(Site):
    """What is corrected, and what there is to correct."""

    async def identities(self, request: Request) -> Response:
        asked, names = Asked.of(request.query_params), request.query_params.getlist("of")

        def work() -> str:
            found = self._desk.identities(_of_the_first(names))
            return correction_pages.identities_page(self._desk, asked, found)

        return await self._page(work)

    async def corrections(self, request: Request) -> Response:
        asked = Asked.of(request.query_params)
        change = self._desk.corrector.change(request.query_params.get("change", ""))

        def work() -> str:
            return correction_pages.corrections_page(self._desk, asked, change)

        return await self._page(work)

    async def undo(self, request: Request) -> Response:
        """Ask whether a correction is to be undone; `correct` does it."""
        asked, name = Asked.of(request.query_params), request.query_params.get("of", "")
        return await self._page(partial(correction_pages.undo_page, self._desk, asked, name))

    async def correct(self, request: Request) -> Response:
        """Make a correction, and go to the page that says what it changed."""
        if self._desk.read_only:
            raise HTTPException(403, LOOK_ONLY)
        most = f"the form has more than {MAX_FORM_BYTES >> 10} kB: shorten the note"
        check_size(request, most=MAX_FORM_BYTES, message=most)
        async with request.form(max_files=0) as form:
            texts = [(k, v) for k, v in form.multi_items() if isinstance(v, str)]
            asked = asked_in(request, Asked.of(QueryParams(texts)))
            # Not in the desk's thread: pages are to be shown while results are written.
            try:
                change = await asyncio.to_thread(self._correct, form)
            except asyncio.CancelledError:
                _log.warning("the correction in progress is completed first")
                raise
        for before, after in change.renamed:
            asked = asked.renamed(before, after)
        address = href("/corrections", asked, change=str(change.number))
        return RedirectResponse(address, status_code=303)

    def _correct(self, form: FormData) -> Change:
        corrector = self._desk.corrector
        kind, _, identity = _text(form, "kind").partition(" ")
        names = [one for one in form.getlist("of") if isinstance(one, str)]
        note, number = _text(form, "note"), _text(form, "number")
        if kind == "merge":
            return corrector.merge(names, note=note)
        if kind == "split":
            return corrector.split(names, note=note)
        if kind == "undo":
            return corrector.undo("".join(names[:1]))
        if kind not in ("confirm", "reject"):
            raise ConfigError("nothing was chosen; choose what is right first")
        if number and identity:
            raise ConfigError(
                f"identity {number} was entered, but another line was chosen; choose “It is "
                "identity” beside the number, or leave the number empty"
            )
        if not (number or identity):
            raise ConfigError("enter the number of the identity beside “It is identity”")
        say = corrector.confirm if kind == "confirm" else corrector.reject
        return say("".join(names[:1]), identity or number, note=note)


def _of_the_first(names: Sequence[str]) -> list[str]:
    """Return names of identities; a number that was typed beside one is of the same run.

    >>> _of_the_first(["monday/12", " 40"])
    ['monday/12', 'monday/40']
    """
    typed = [name.strip() for name in names if name.strip()]
    run = typed[0].rpartition("/")[0] if typed else ""
    return [f"{run}/{name}" if run and "/" not in name else name for name in typed]


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""
