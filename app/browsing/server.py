"""The web server of `app.browse`: addresses, and who may ask.

It listens on this machine alone, and answers only who has the key of its address: whoever else has
an account on the machine, or a page in the same browser, does not.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.browsing import pages
from app.browsing.asked import Asked, href
from app.browsing.company import Company
from app.browsing.correction_server import correction_routes
from app.browsing.mistakes import HANDLERS, asked_in, check_size
from app.browsing.site import Site
from app.browsing.uploads import boxed
from app.errors import ConfigError, OutputError, SourceError
from app.results.pages import page
from app.results.report import answer_values
from app.search.matches import as_values
from app.times import format_time

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from concurrent.futures import Executor

    from starlette.datastructures import UploadFile
    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.browsing.clips import Clips
    from app.browsing.desk import Desk

_log = logging.getLogger(__name__)

HOSTS: Final = ["127.0.0.1", "localhost"]
"""Names that the server may be asked by; others are those of pages elsewhere."""

MAX_UPLOAD_BYTES: Final = 32 << 20

_SCRIPT: Final = Path(__file__).parents[1] / "templates" / "browse.js"

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; media-src 'self'; "
    "style-src 'unsafe-inline'; script-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def application(desk: Desk, *, thread: Executor, key: str, cookie: str) -> ASGIApp:
    """Return the server's application.

    Args:
        desk: What is looked at.
        thread: The one thread that opened it, and in which it is used.
        key: Who asks must know it.
        cookie: Name of the cookie that it is kept in.
    """
    site = _Site(desk, thread)
    routes = [
        Route("/", site.answer),
        Route("/page.html", site.saved_page),
        Route("/answer.json", site.values),
        Route("/sighting", site.sighting),
        Route("/clip.mp4", site.clip),
        Route("/view", site.view),
        Route("/cameras", site.cameras),
        Route("/convoys", site.convoys),
        Route("/picture", site.picture),
        Route("/picture", site.upload, methods=["POST"]),
        Route("/browse.js", site.script),
        *correction_routes(desk, thread),
    ]
    inner = Starlette(
        routes=routes,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)],
        exception_handlers=HANDLERS,
    )
    # Outside of all: its headers are also those of the page of a failure.
    return _Guard(inner, key=key, cookie=cookie)


class _Site(Site):
    """What is looked at and searched."""

    async def answer(self, request: Request) -> Response:
        asked = Asked.of(request.query_params)

        def work() -> str:
            return pages.answer_page(self._desk, asked, self._desk.answer(asked))

        return await self._page(work)

    async def saved_page(self, request: Request) -> Response:
        asked = Asked.of(request.query_params)

        def work() -> str:
            return page("query.html.j2", **answer_values(self._desk.answer(asked)))

        return HTMLResponse(await self._do(work), headers=_download("found.html"))

    async def values(self, request: Request) -> Response:
        asked = Asked.of(request.query_params)

        def work() -> str:
            return json.dumps(as_values(self._desk.answer(asked)), indent=1) + "\n"

        content = await self._do(work)
        return Response(content, media_type="application/json", headers=_download("found.json"))

    async def sighting(self, request: Request) -> Response:
        asked, name = Asked.of(request.query_params), request.query_params.get("of", "")

        def work() -> str:
            run, found = self._desk.sighting(name)
            clip, trouble = "", ""
            try:
                clip = self._desk.cut_clip(run, found)
            except (SourceError, OutputError) as error:
                trouble = str(error)
            return pages.sighting_page(self._desk, asked, run, found, clip=clip, trouble=trouble)

        return await self._page(work)

    async def clip(self, request: Request) -> Response:
        """Return a clip that the page of a sighting has cut: only that is recorded."""
        return _Clip(self._desk.clips, request.query_params.get("of", ""))

    async def view(self, request: Request) -> Response:
        query = request.query_params
        asked = Asked.of(query)
        camera, at = query.get("of", ""), query.get("at", "").strip()

        def work() -> str:
            return pages.view_page(self._desk, asked, self._desk.view(camera, at))

        return await self._page(work)

    async def cameras(self, request: Request) -> Response:
        asked = Asked.of(request.query_params)
        return await self._page(
            lambda: pages.cameras_page(self._desk, asked, self._desk.overview())
        )

    async def convoys(self, request: Request) -> Response:
        asked, company = Asked.of(request.query_params), Company.asked(request.query_params)

        def work() -> str:
            found = self._desk.companions(asked, company)
            return pages.company_page(self._desk, asked, company, found)

        return await self._page(work)

    async def picture(self, request: Request) -> Response:
        asked, key = Asked.of(request.query_params), request.query_params.get("of", "")

        def work() -> str:
            upload, (found, trouble) = self._desk.uploads[key], self._desk.vehicles_in(key)
            return pages.picture_page(self._desk, asked, key, upload, found, trouble=trouble)

        return await self._page(work)

    async def upload(self, request: Request) -> Response:
        """Take a picture, or a frame of a camera, perhaps with a box drawn in it."""
        most = f"the picture has more than {MAX_UPLOAD_BYTES >> 20} MB"
        check_size(request, most=MAX_UPLOAD_BYTES, message=most)
        async with request.form(max_files=1) as form:
            texts = QueryParams([(k, v) for k, v in form.multi_items() if isinstance(v, str)])
            file = form.get("file")
            content = b"" if file is None or isinstance(file, str) else await file.read()
            name = "" if file is None or isinstance(file, str) else _name(file)
        asked = asked_in(request, Asked.of(texts))
        work = partial(self._take, asked, texts, name=name, content=content)
        return RedirectResponse(await self._do(work), status_code=303)

    def _take(self, asked: Asked, texts: QueryParams, *, name: str, content: bytes) -> str:
        """Return the address of a search for the vehicle, or of the picture where it is unclear."""
        key = texts.get("of", "")
        if content:
            key = self._desk.uploads.add(name, content)
        elif camera := texts.get("camera_of", ""):
            view = self._desk.view(camera, texts.get("at", ""))
            key = self._desk.uploads.add(
                f"{camera} at {format_time(view.still.timestamp)}", view.still.jpeg
            )
        if not key:
            raise ConfigError("no picture was chosen; choose an image file (JPEG, PNG, …) first")
        if box := texts.get("box", ""):
            return href("/", asked.also(picture=f"{key}@{box}"))
        found, _ = self._desk.vehicles_in(key)
        if len(found) != 1:
            return href("/picture", asked, of=key)
        return href("/", asked.also(picture=boxed(key, found.xyxy[0])))

    async def script(self, _request: Request) -> Response:
        return FileResponse(_SCRIPT, media_type="text/javascript")


class _Clip(Response):
    """A clip, which stays there until it is sent."""

    def __init__(self, clips: Clips, name: str) -> None:
        super().__init__()
        self._clips = clips
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._clips.lent(self._name) as path:
            if path is None:
                raise HTTPException(404)
            await FileResponse(path, media_type="video/mp4")(scope, receive, send)


class _Guard:
    """Lets through who has the key, and adds the headers of all answers."""

    def __init__(self, app: ASGIApp, *, key: str, cookie: str) -> None:
        self._app = app
        self._key = key
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        begun = False

        async def send_with_headers(message: Any) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                added = [(k.lower().encode(), v.encode()) for k, v in _HEADERS.items()]
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        try:
            await self._choose(scope)(scope, receive, send_with_headers)
        except asyncio.CancelledError:
            # Ctrl-C; what was asked for takes longer than the server waits.
            if not begun:
                ending = pages.error_page("app.browse is ending.", heading="Too late")
                await HTMLResponse(ending, status_code=503)(scope, receive, send_with_headers)

    def _choose(self, scope: Scope) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        request = Request(scope)
        if self._is_key(request.query_params.get("key", "")):
            # Into a cookie, so that it is not in the addresses that are kept or shown.
            response = RedirectResponse(request.url.remove_query_params("key"), status_code=303)
            response.set_cookie(self._cookie, self._key, httponly=True, samesite="lax")
            return response
        if self._is_key(request.cookies.get(self._cookie, "")):
            # To a browser, other ports of this machine are the same site, and get the cookie.
            own = request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
            if own or request.method in ("GET", "HEAD"):
                return self._app
            message = "This was sent by a page of another program; nothing was changed."
            return HTMLResponse(pages.error_page(message, heading="Not allowed"), status_code=403)
        message = "Open the address that app.browse printed: it contains the key."
        return HTMLResponse(pages.error_page(message, heading="Not allowed"), status_code=403)

    def _is_key(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._key.encode())


def _name(file: UploadFile) -> str:
    return Path(file.filename or "picture").name


def _download(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
