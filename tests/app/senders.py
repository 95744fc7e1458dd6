"""Cameras on this machine, as far as a live source can tell."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE_S = 60.0
"""A test that fails should also end."""


def url_of(server: socket.socket) -> str:
    """The address of a server."""
    return f"tcp://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def sender(*contents: bytes) -> Iterator[str]:
    """Serve some bytes to one listener after the other, hanging up each time; gives the URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for content in contents:
                connection, _ = server.accept()
                with connection:
                    connection.sendall(content)
            server.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield url_of(server)
        thread.join()


@contextmanager
def silent_sender(
    content: bytes, *, listeners: int = 1, until: threading.Event | None = None
) -> Iterator[str]:
    """Serve some bytes to each listener and say no more; gives the URL.

    It hangs up when the block ends, or at a given event.
    """
    silence = until or threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with ExitStack() as connections:
                for _ in range(listeners):
                    connection = connections.enter_context(server.accept()[0])
                    connection.sendall(content)
                silence.wait()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield url_of(server)
        finally:
            silence.set()
            thread.join()


@contextmanager
def late_sender(content: bytes, *, begin: threading.Event) -> Iterator[str]:
    """Refuse all calls until an event, then serve some bytes to one listener; gives the URL."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(_PATIENCE_S)

        def serve() -> None:
            begin.wait(_PATIENCE_S)
            server.listen()
            connection, _ = server.accept()
            with connection:
                connection.sendall(content)

        thread = threading.Thread(target=serve)
        thread.start()
        yield url_of(server)
        thread.join()


@contextmanager
def nobody() -> Iterator[str]:
    """The address of a camera that is switched off."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        yield url_of(server)
