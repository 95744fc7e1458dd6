"""Cameras on this machine, as far as a live source can tell."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
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
def slow_sender(content: bytes, *, at_once: int, piece: int, every_s: float) -> Iterator[str]:
    """Serve the beginning of some bytes at once and the rest bit by bit; gives the URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):  # the listener may have enough
                connection.sendall(content[:at_once])
                for start in range(at_once, len(content), piece):
                    time.sleep(every_s)
                    connection.sendall(content[start : start + piece])

        thread = threading.Thread(target=serve)
        thread.start()
        yield url_of(server)
        thread.join()


@contextmanager
def interrupted_sender(first: bytes, second: bytes, *, until: threading.Event) -> Iterator[str]:
    """Serve some bytes and hang up at an event; then serve others to the next listener."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(_PATIENCE_S)

        def serve() -> None:
            for content in (first, second):
                connection, _ = server.accept()
                with connection:
                    connection.sendall(content)
                    until.wait(_PATIENCE_S)
            server.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield url_of(server)
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


@dataclass
class Guard:
    """A camera with a password.

    Attributes:
        url: Its address, with a name and the password "secret".
        listeners: How many calls it still lets in.
        refused: How often it has refused the password since.
    """

    url: str
    listeners: int
    refused: int = 0


@contextmanager
def guarded_sender(
    scheme: str, *contents: bytes, refusal: str = "401 Unauthorized"
) -> Iterator[Guard]:
    """Serve some bytes to one listener after the other, hanging up each time; then let nobody in.

    Args:
        scheme: "http", or "rtsp" if there is nothing to serve.
        contents: What listeners get.
        refusal: What those get who give the password later; it asks the others for one.
    """

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while request := list(iter(lambda: self.rfile.readline().strip(), b"")):
                knows_password = any(line.startswith(b"Authorization:") for line in request)
                if knows_password and camera.listeners > 0:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    self.wfile.write(contents[-camera.listeners])
                    camera.listeners -= 1
                    return
                camera.refused += knows_password
                status = refusal if knows_password else "401 Unauthorized"
                asked = [line.decode() for line in request if line.startswith(b"CSeq:")]
                reply = [
                    f"{scheme.upper()}/1.0 {status}",
                    *asked,
                    'WWW-Authenticate: Basic realm="street"',
                    "Content-Length: 0",
                ]
                self.wfile.write("".join(f"{line}\r\n" for line in [*reply, ""]).encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        port = server.server_address[1]
        camera = Guard(f"{scheme}://admin:secret@127.0.0.1:{port}/1", len(contents))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield camera
        finally:
            server.shutdown()
            thread.join()
