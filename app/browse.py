"""`python -m app.browse`: shows runs in a web browser, to look around, search and correct."""

from __future__ import annotations

import secrets
import socket
import tempfile
import webbrowser
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final

import typer

from app import terminal
from app.accounts import current_user
from app.browsing.desk import Desk
from app.errors import ConfigError
from app.search.query_options import recordings_of
from app.search.searched_runs import open_runs
from detector.console.command_line import CommandLine
from detector.console.terminal import Device

EPILOG = """
**Examples**

`python -m app.browse --run runs/monday --open`

`python -m app.browse --run runs/monday --run runs/tuesday --port 0`

`python -m app.browse --run runs/monday --recordings /media/archive --reason "case 114"`
"""

PORT: Final = 8484

app = CommandLine(rich_markup_mode="markdown")


@app.command(epilog=EPILOG)
def main(
    run: terminal.SearchedRuns,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 chooses a free one.")
    ] = PORT,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Also open the page in this machine's browser.")
    ] = False,
    recordings: terminal.AllMovedTo = None,
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="Only look and search: nobody can correct identities."),
    ] = False,
    reason: terminal.Reason = "",
    by: terminal.SearchedBy = None,
    device: Device = "auto",
    verbose: terminal.Verbose = 0,
) -> None:
    """Look at runs in a web browser, and search them.

    Lists the vehicles, plays each sighting, pauses a camera at any time, and searches for a vehicle
    in an uploaded picture, in a paused frame, or in a sighting; what is the vehicle and what is not
    can be ticked in the result, which refines the search. Also shows when each camera watched, and
    which vehicles travel together, as `app.convoys` does. Wrong identities can be corrected, as
    with `app.identities`. The server listens on this machine alone (127.0.0.1) and sends nothing
    anywhere. The address that it prints contains a key, without which nothing is shown. Ctrl-C ends
    it.
    """
    with terminal.command_frame(verbose), ExitStack() as opened:
        why = reason.strip()
        who = by or (current_user() if why else "")
        listener = opened.enter_context(_listen(port))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        scratch = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="scantrack-")))
        # One thread for all work on the runs: a store belongs to the thread that opened it.
        thread = opened.enter_context(ThreadPoolExecutor(max_workers=1))

        def open_desk() -> tuple[Desk, ExitStack]:
            with ExitStack() as own:
                runs = open_runs(run, own)
                footage = recordings_of(runs, recordings, clips=scratch)
                desk = own.enter_context(
                    Desk(
                        runs,
                        footage,
                        scratch=scratch,
                        by=who,
                        reason=why,
                        read_only=read_only,
                        device=device,
                    )
                )
                return desk, own.pop_all()

        desk, own = thread.submit(open_desk).result()
        opened.callback(lambda: thread.submit(own.close).result())
        key = secrets.token_urlsafe(16)
        url = f"http://{address}/?key={key}"
        terminal.say(f"open {url} in a browser; Ctrl-C ends it")
        if open_browser:
            webbrowser.open(url)
        _serve(desk, thread, listener, key=key)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise ConfigError(
            f"--port {port}: {error.strerror}; choose another, or 0 for a free one"
        ) from error


def _serve(desk: Desk, thread: ThreadPoolExecutor, listener: socket.socket, *, key: str) -> None:
    # Imported here: other commands are not to load a web server.
    import uvicorn

    from app.browsing.server import application

    cookie = f"scantrack-{listener.getsockname()[1]}"
    site = application(desk, thread=thread, key=key, cookie=cookie)
    settings = uvicorn.Config(
        site, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2
    )
    uvicorn.Server(settings).run(sockets=[listener])


if __name__ == "__main__":
    app()
