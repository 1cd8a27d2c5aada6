"""A server's publish door and log, in this process: what a session's process talks to."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from workbench.messages import Control, ControlData, LogMessage
from workbench.runs.publishing import Ack, Command, Hello, batch_decoder, encode_reply
from workbench.streams import Database, SqliteLog


class PublishLog:
    """Takes what is published of one stream into the log of a state folder.

    `commands` are handed to whoever joins, and to who is there.
    """

    def __init__(self, home: Path, stream: str) -> None:
        self.home, self.stream = home, stream
        home.mkdir(exist_ok=True)
        self._lock = threading.Lock()
        with self._opened() as log:
            log.create(stream, "backtest")
        self.commands: list[Command] = []
        self._there: ServerConnection | None = None
        self.heard = threading.Condition()
        self._server = serve(self._handle, "127.0.0.1", 0, compression=None, max_size=None)
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @contextlib.contextmanager
    def _opened(self):
        with self._lock:
            database = Database(self.home / "workbench.db")
            try:
                yield SqliteLog(database)
            finally:
                database.close()

    def ask(self, action: Any) -> None:
        """Put a control into the log, and hand it on."""
        with self._opened() as log:
            place = log.position(self.stream, "server") + 1
            message = Control("t", data=ControlData(action, True))
            (entry,) = log.append(self.stream, "server", place, [message])
        command = Command(action, seq=entry.seq)
        self.commands.append(command)
        if self._there is not None:
            with contextlib.suppress(ConnectionClosed):
                self._there.send(encode_reply(command).decode())

    def messages(self) -> list[dict[str, Any]]:
        with self._opened() as log:
            return [msgspec.json.decode(one.wire) for one in log.read(self.stream, 0, 1_000_000)]

    def wait_for(self, condition, what: str, timeout: float = 60) -> None:
        with self.heard:
            assert self.heard.wait_for(condition, timeout), what

    @property
    def last(self) -> int:
        with contextlib.closing(sqlite3.connect(self.home / "workbench.db")) as tx:
            found = tx.execute("SELECT last FROM producers WHERE producer = 'worker'").fetchone()
        return found[0] if found else 0

    def _handle(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            connection.send(encode_reply(Hello(self.last, list(self.commands))).decode())
            self._there = connection
            for frame in connection:
                batch = batch_decoder.decode(frame)
                messages: list[LogMessage] = list(batch.messages)
                with self._opened() as log:
                    log.append(self.stream, "worker", batch.first, messages)
                with self.heard:
                    self.heard.notify_all()
                last = batch.first + len(messages) - 1
                connection.send(encode_reply(Ack(last)).decode())

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
