"""The extension application: configuration, start and stop."""

from __future__ import annotations

import asyncio
import os
import time
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from tornado.ioloop import PeriodicCallback
from traitlets import Bool, CaselessStrEnum, Dict, Float, Int, List, Unicode

from workbench import paths
from workbench.feeds.keeper import GRACE_S, MOST_FEEDS, WORKER
from workbench.feeds.service import WINDOW, FeedService
from workbench.feeds.spec import DEFAULT_TIMEFRAMES
from workbench.runs import servers
from workbench.runs.live_book import WINDOW as LIVE_WINDOW
from workbench.runs.producers import LEASE_S
from workbench.runs.records import PATIENCE_S, is_session
from workbench.runs.retention import Retention
from workbench.runs.service import RunService
from workbench.runs.supervisor import STOP_PATIENCE_S
from workbench.sessions.keeper import CLOSING
from workbench.sessions.keeper import WORKER as SESSION_WORKER
from workbench.sessions.service import MOST_SESSIONS, SessionService
from workbench_server.compression import MODES
from workbench_server.handlers.watched import WatchedSocket, farewell
from workbench_server.limits import Places
from workbench_server.manager import WebSocketManager
from workbench_server.metrics import Metrics
from workbench_server.routes import rest, routes
from workbench_server.storage import StorageWatch

POLL_MS = 200
LOOK_MS = 50
TIDY_MS = 300_000
SHRINK_PAGES = 1000


class WorkbenchApp(ExtensionApp):
    """Backtests in processes of their own, streamed over WebSockets."""

    name = "workbench_server"
    extension_url = "/api/backtesting"
    load_other_extensions = False

    home = Unicode(
        help="State folder: database, candles, logs. Default: $WORKBENCH_HOME or the user's.",
    ).tag(config=True)
    max_workers = Int(
        max(1, os.cpu_count() or 1), help="Runs at once; more wait as pending. 1 or more."
    ).tag(config=True)
    max_body_bytes = Int(4 * 1024 * 1024, help="Largest body of a start request, in bytes.").tag(
        config=True
    )
    worker_patience = Float(
        PATIENCE_S,
        help="Seconds a finished run waits for a server to come back before it leaves its last "
        "messages in a file for the next one.",
    ).tag(config=True)
    slow_after = Float(
        30.0,
        help="Seconds after which a subscriber whose socket takes nothing is closed (4408).",
    ).tag(config=True)
    compression = CaselessStrEnum(
        MODES,
        "auto",
        help="Compress what subscribers are sent: on, off, or auto: unless they are on this "
        "machine and behind no proxy.",
    ).tag(config=True)
    ping_interval = Float(
        20.0, min=0.0, help="Seconds between two WebSocket pings on a connection; 0 for none."
    ).tag(config=True)
    ping_timeout = Float(
        20.0, min=0.001, help="Seconds after a ping in which its answer must come."
    ).tag(config=True)
    message_rate = Float(
        10.0, help="Messages a second a subscriber may send; 0 for any number."
    ).tag(config=True)
    message_burst = Int(50, min=1, help="Messages a subscriber may send at once.").tag(config=True)
    max_connections = Int(0, min=0, help="Subscribers in all; 0 for any number.").tag(config=True)
    max_connections_per_stream = Int(
        0, min=0, help="Subscribers of one stream; 0 for any number."
    ).tag(config=True)
    producer_lease = Float(
        LEASE_S,
        help="Seconds a producer on another machine may be away before its run counts as lost.",
    ).tag(config=True)
    stop_patience = Float(
        STOP_PATIENCE_S,
        min=0.0,
        help="Seconds a worker has to obey stop before its process is ended.",
    ).tag(config=True)
    keep_days = Float(
        None, allow_none=True, min=0.0, help="Days that finished runs are kept. Default: for ever."
    ).tag(config=True)
    keep_bytes = Int(
        None,
        allow_none=True,
        min=0,
        help="Bytes that all runs may take before the oldest finished ones go. Default: no bound.",
    ).tag(config=True)
    feeds = Dict(
        help="Which feed serves a symbol: by symbol, or a pattern such as '*-USDT', the fields of "
        "a feed without its symbol. Other symbols that have candles are served by generated ones.",
    ).tag(config=True)
    feed_timeframes = List(
        Unicode(), list(DEFAULT_TIMEFRAMES), help="Timeframes of feeds that name none."
    ).tag(config=True)
    feed_window = Int(WINDOW, min=100, help="Messages of a market that are kept, about.").tag(
        config=True
    )
    feed_grace = Float(
        GRACE_S, min=0.0, help="Seconds a feed goes on after its last subscriber has left."
    ).tag(config=True)
    max_feeds = Int(MOST_FEEDS, min=0, help="Feeds that may run at once; 0 for any number.").tag(
        config=True
    )
    max_sessions = Int(
        MOST_SESSIONS, min=0, help="Live sessions at once; 0 for any number. They take no places "
        "of runs.",
    ).tag(config=True)  # fmt: skip
    live_window = Int(
        LIVE_WINDOW, min=100, help="Messages that the stream of all live sessions keeps, about.",
    ).tag(config=True)  # fmt: skip
    live_orders = Dict(
        help="Where live sessions may send orders: by exchange (its ccxt name), a list of accounts "
        "(their names, never keys), or by account the settings of its connection, such as a proxy. "
        "'sandbox:NAME' allows the exchange's test system alone. Empty: nowhere; sessions trade on "
        "paper.",
    ).tag(config=True)
    private = Bool(False, help="Started by a kernel for itself.").tag(config=True)
    insecure_no_auth = Bool(
        False, help="Set by `workbench serve --insecure-no-auth`: no token is asked for."
    ).tag(config=True)

    feed_module = WORKER
    session_module = SESSION_WORKER
    closing_module = CLOSING
    _ready = False
    service: RunService
    markets: FeedService
    sessions: SessionService
    manager: WebSocketManager

    def initialize_settings(self) -> None:
        """Open the state folder; no task is started yet."""
        home = Path(self.home) if self.home else paths.home()
        self.service = RunService(
            home,
            lambda: [self.base_address],
            self.max_workers,
            self.worker_patience,
            self.producer_lease,
            self.stop_patience,
        )
        self.markets = FeedService(
            self.service,
            lambda: [self.base_address],
            configured=self.feeds,
            timeframes=self.feed_timeframes,
            window=self.feed_window,
            grace=self.feed_grace,
            most=self.max_feeds,
            module=self.feed_module,
        )
        self.sessions = SessionService(
            self.service,
            self.markets.directory,
            lambda: [self.base_address],
            most=self.max_sessions,
            orders=self.live_orders,
            window=self.live_window,
            patience=self.worker_patience,
            stop_patience=self.stop_patience,
            worker=self.session_module,
            closing=self.closing_module,
        )
        self.manager = WebSocketManager(self.service)
        self.storage = StorageWatch(self.log, time.monotonic)
        self.sockets: set[WatchedSocket] = set()
        self.places = Places(self.max_connections, self.max_connections_per_stream)
        self._metrics = Metrics(self)
        self._retention = Retention(self.service, self.keep_days, self.keep_bytes, self._followed)
        self._tidy = PeriodicCallback(self.tidy, TIDY_MS)
        self._server_file: Path | None = None
        self._poll = PeriodicCallback(self._look_after, POLL_MS)
        look = partial(self.storage.guarded, self.service.intake.look)
        self._look = PeriodicCallback(look, LOOK_MS)
        self._ready = True

    def initialize_handlers(self) -> None:
        """Add the routes; the base class prefixes the server's base_url."""
        self.handlers.extend([*routes, rest])

    @property
    def base_address(self) -> str:
        """This server's own address for processes of this machine."""
        server = self.serverapp
        scheme = "https" if server.certfile else "http"
        host = server.ip if server.ip not in ("", "0.0.0.0", "::", "*") else "127.0.0.1"
        return f"{scheme}://{host}:{server.port}{server.base_url}"

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        self._server_file = servers.announce(
            self.service.home, self.base_address, private=self.private
        )
        self._poll.start()
        self._look.start()
        self._metrics.register()
        self._tidy.start()
        self._first_tidy = asyncio.create_task(self.tidy())

    async def stop_extension(self) -> None:
        """Close the sockets; workers and feeds go on and find the next server."""
        if not self._ready:
            return
        self._poll.stop()
        self._look.stop()
        self._metrics.unregister()
        await farewell(self.sockets)
        self._tidy.stop()
        self._first_tidy.cancel()
        self.manager.shut_down()
        if self._server_file is not None:
            self._server_file.unlink(missing_ok=True)
        self.markets.keeper.release()
        self.sessions.keeper.release()
        self.service.close()

    def door(self, stream: str) -> RunService | FeedService:
        """Return who takes in what a stream's producer says."""
        ours = stream.startswith("backtest_") or is_session(stream)
        return self.service if ours else self.markets

    def _look_after(self) -> None:
        # None waits for another: the kill switch works without room on the disk.
        for work in (
            self.service.supervisor.poll,
            self.sessions.keeper.poll,
            self.markets.keeper.poll,
            self.service.log.erase,
        ):
            self.storage.guarded(work)

    async def tidy(self) -> None:
        """Delete the runs that are not to be kept, and give their room back, piece by piece."""
        for _ in self._retention.apply(time.time()):
            await asyncio.sleep(0)
        while self.service.shrink(SHRINK_PAGES):
            await asyncio.sleep(0.02)

    def _followed(self) -> set[str]:
        return {stream["id"] for stream in self.manager.counts()}

    def current_activity(self) -> dict[str, int]:
        """Tell the server's idle culler how many runs, sessions and feeds are at work."""
        return {
            "runs": len(self.service.registry.list("pending", "running", "paused", sessions=False)),
            "sessions": len(self.sessions.active()),
            "feeds": len(self.markets.book.running()),
        }


main = launch_new_instance = WorkbenchApp.launch_instance
