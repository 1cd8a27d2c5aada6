"""The whole HTTP surface."""

from __future__ import annotations

from typing import Any

from workbench_server.handlers.contract import (
    AsyncApiHandler,
    DocsHandler,
    OpenApiHandler,
    SchemasHandler,
)
from workbench_server.handlers.live_stream import LiveStreamHandler
from workbench_server.handlers.market_stream import MarketStreamHandler
from workbench_server.handlers.markets import (
    MarketCandlesHandler,
    MarketHandler,
    MarketsHandler,
    StartMarketHandler,
    StopMarketHandler,
)
from workbench_server.handlers.publish import NewStreamHandler, PublishHandler
from workbench_server.handlers.results import (
    CandlesHandler,
    EquityHandler,
    EventsHandler,
    ReportHandler,
    TradesHandler,
)
from workbench_server.handlers.runs import (
    ControlHandler,
    OpenHandler,
    ResumeHandler,
    RunHandler,
    RunsHandler,
    StartHandler,
)
from workbench_server.handlers.sessions import (
    FlattenAllHandler,
    FlattenSessionHandler,
    PauseEntriesHandler,
    ResumeEntriesHandler,
    SessionHandler,
    SessionsHandler,
    StartSessionHandler,
    StopSessionHandler,
)
from workbench_server.handlers.status import InfoHandler, StatusHandler
from workbench_server.handlers.stream import BacktestStreamHandler
from workbench_server.handlers.unknown import UnknownHandler

_RUN = r"(?P<run_id>[A-Za-z0-9_.-]+)"
_SESSION = r"(?P<session_id>[A-Za-z0-9_.-]+)"
_FEED = r"(?P<name>[A-Za-z0-9_.-]+)"

routes: list[tuple[str, type[Any]]] = [
    (r"/api/workbench", InfoHandler),
    (r"/api/workbench/schemas\.json", SchemasHandler),
    (r"/api/workbench/asyncapi\.json", AsyncApiHandler),
    (r"/api/workbench/openapi\.json", OpenApiHandler),
    (r"/api/workbench/docs", DocsHandler),
    (r"/api/backtesting", RunsHandler),
    (r"/api/backtesting/start", StartHandler),
    (r"/api/backtesting/publish", NewStreamHandler),
    (rf"/api/backtesting/{_RUN}/control", ControlHandler),
    (rf"/api/backtesting/{_RUN}/open", OpenHandler),
    (rf"/api/backtesting/{_RUN}/resume", ResumeHandler),
    (rf"/api/backtesting/{_RUN}/trades", TradesHandler),
    (rf"/api/backtesting/{_RUN}/equity", EquityHandler),
    (rf"/api/backtesting/{_RUN}/events", EventsHandler),
    (rf"/api/backtesting/{_RUN}/candles", CandlesHandler),
    (rf"/api/backtesting/{_RUN}/report", ReportHandler),
    (rf"/api/backtesting/{_RUN}", RunHandler),
    (r"/api/market-data", MarketsHandler),
    (r"/api/market-data/start", StartMarketHandler),
    (rf"/api/market-data/{_FEED}/stop", StopMarketHandler),
    (rf"/api/market-data/{_FEED}/candles", MarketCandlesHandler),
    (rf"/api/market-data/{_FEED}", MarketHandler),
    (r"/api/live-trading", SessionsHandler),
    (r"/api/live-trading/start", StartSessionHandler),
    (r"/api/live-trading/flatten", FlattenAllHandler),
    (rf"/api/live-trading/{_SESSION}/stop", StopSessionHandler),
    (rf"/api/live-trading/{_SESSION}/flatten", FlattenSessionHandler),
    (rf"/api/live-trading/{_SESSION}/pause_entries", PauseEntriesHandler),
    (rf"/api/live-trading/{_SESSION}/resume_entries", ResumeEntriesHandler),
    (rf"/api/live-trading/{_SESSION}", SessionHandler),
    (r"/api/ws/stream/status", StatusHandler),
    (rf"/api/ws/stream/backtest/{_RUN}", BacktestStreamHandler),
    (r"/api/ws/stream/live-trading", LiveStreamHandler),
    # A symbol may have a slash in it.
    (r"/api/ws/stream/market-data/(?P<symbol>.+)", MarketStreamHandler),
    (rf"/api/ws/publish/{_RUN}", PublishHandler),
]
rest = (r"/api/(?:workbench|backtesting|market-data|live-trading)/.*", UnknownHandler)
"""What none of these is, of all that begins as they do."""
