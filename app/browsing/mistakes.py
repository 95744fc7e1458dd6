"""Requests that cannot be answered: what is said of them, and the way back to the search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from app.browsing.asked import Asked
from app.browsing.pages import error_page
from app.errors import ConfigError, ScanTrackError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

ANSWERS: Final = ("/", "/page.html", "/answer.json")
"""Addresses of what is searched for itself."""


def asked_in(request: Request, form: Asked) -> Asked:
    """Note the search that a form belongs to, for the page of a mistake, and return it."""
    request.state.asked = form
    return form


def check_size(request: Request, *, most: int, message: str) -> None:
    """Check that what is sent has a size that can be kept, before it is read.

    Raises:
        ConfigError: If it has more bytes, or does not say how many.
    """
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > most:
        raise ConfigError(message)


async def _user_error(request: Request, error: Exception) -> Response:
    return _page(request, str(error), status=400)


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    words = "There is no such page." if status == 404 else str(getattr(error, "detail", error))
    return _page(request, words, status=status)


async def _crash(request: Request, error: Exception) -> Response:
    line = " ".join(f"{type(error).__name__}: {error}".split())
    return _page(request, line, status=500, heading="Something failed")


HANDLERS: Final[dict[Any, Any]] = {
    ScanTrackError: _user_error,
    HTTPException: _http_error,
    Exception: _crash,
}
"""By kind of exception, what returns its page."""


def _page(request: Request, message: str, *, status: int, **heading: str) -> Response:
    searching = request.url.path in ANSWERS
    text = error_page(message, asked=_asked(request), searching=searching, **heading)
    return HTMLResponse(text, status_code=status)


def _asked(request: Request) -> Asked:
    try:
        found: Asked = getattr(request.state, "asked", None) or Asked.of(request.query_params)
    except ConfigError:
        return Asked()
    return found
