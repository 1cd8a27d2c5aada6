"""A WebSocket server that does, one connection after the other, what a test tells it to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qsl, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

Act = Callable[[ServerConnection, dict[str, str]], None]


class Unruly:
    """What it is to do, and what it has seen.

    Attributes
    ----------
    acts
        One for each connection; the last one serves all that follow.
    queries, paths, headers
        Of each connection.
    heard
        What clients said.
    """

    def __init__(self, *acts: Act) -> None:
        self.acts = list(acts)
        self.queries: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.heard: list[str] = []
        self.refusals: list[int] = []
        self.released = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/base/"

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if self.refusals:
            return connection.respond(self.refusals.pop(0), "no\n")
        return None

    def serve(self, connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        parts = urlsplit(request.path)
        act = self.acts[min(len(self.queries), len(self.acts) - 1)]
        self.paths.append(parts.path)
        self.headers.append({name.lower(): value for name, value in request.headers.raw_items()})
        query = dict(parse_qsl(parts.query))
        self.queries.append(query)
        with suppress(ConnectionClosed):
            act(connection, query)

    def listen(self, connection: ServerConnection) -> None:
        """Take in what the client says until it goes."""
        with suppress(ConnectionClosed):
            for said in connection:
                self.heard.append(str(said))


@contextmanager
def running(*acts: Act) -> Iterator[Unruly]:
    """Run one in a thread."""
    unruly = Unruly(*acts)
    with serve(
        unruly.serve, "127.0.0.1", 0, process_request=unruly.admit, compression=None,
        close_timeout=0.2, ping_interval=None,
    ) as server:  # fmt: skip
        unruly.port = server.socket.getsockname()[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield unruly
        finally:
            unruly.released.set()
            server.shutdown()
            thread.join(10)


def send(payloads: list[bytes], code: int = 1000, reason: str = "") -> Act:
    """Send these, whatever is asked, and close."""

    def act(connection: ServerConnection, _: dict[str, str]) -> None:
        for payload in payloads:
            connection.send(payload, text=True)
        connection.close(code, reason)

    return act


def cut(payloads: list[bytes]) -> Act:
    """Send these and drop the line in the midst of a frame."""

    def act(connection: ServerConnection, _: dict[str, str]) -> None:
        for payload in payloads:
            connection.send(payload, text=True)
        connection.socket.sendall(b"\x81\x7e\x10\x00half")
        connection.socket.shutdown(2)

    return act
