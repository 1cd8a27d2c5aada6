"""What the REST routes reply, as types. The handlers build these as plain objects."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from workbench.contract.live_replies import LIVE_REPLIES
from workbench.contract.market_replies import MARKET_REPLIES
from workbench.messages import (
    EntryData,
    ExitData,
    LogMessage,
    MetricsData,
    Reasoning,
    RunStatus,
)
from workbench.runs.spec import RunSpec


class ErrorBody(Struct, frozen=True):
    """What every refusal carries.

    Attributes
    ----------
    error
        What was wrong, with the value, and what to do.
    code
        Stable name of the kind of error, see the table of errors.
    details
        The same for programs: `field`, `value` and `allowed` where they apply.
    """

    error: str
    code: str
    details: dict[str, Any]


class StartReply(Struct, frozen=True):
    """A run was queued.

    Attributes
    ----------
    stream_url
        Where to connect, as this request's host knows the server.
    stream_path
        The same without scheme and host.
    source, synthetic
        Where the candles come from, and whether they are generated.
    """

    backtest_id: str
    status: Literal["pending"]
    streaming: bool
    stream_url: str
    message: str
    stream_path: str
    source: str
    synthetic: bool


class OpenedStream(Struct, frozen=True):
    """A stream waits for the caller to publish it.

    Attributes
    ----------
    stream_url, stream_path
        Where readers connect.
    publish_path
        Where the caller connects.
    token
        The right to publish this one stream and nothing else, as a bearer token. It is told
        only here.
    home
        The state folder if the caller is on the server's machine; there it finds the next server.
    """

    backtest_id: str
    stream_url: str
    stream_path: str
    publish_path: str
    token: str
    home: str | None


class Result(Struct, frozen=True):
    """`data` and `extra` of the final message, `complete` or `error`."""

    data: dict[str, Any]
    extra: dict[str, Any]


class RunSummary(Struct, frozen=True, kw_only=True):
    """A run as the list shows it.

    Attributes
    ----------
    kind
        A `sweep` is a run that tries parameters; its rows are the stream's `sweep` messages.
    reason
        What a pending run waits for, for people; None for any other.
    created, started, finished
        ISO 8601, UTC.
    start_date, end_date
        As asked for.
    source, synthetic
        Where the candles come from, and whether they are generated.
    producer
        Who publishes it: `worker`, a process of the server's, or `kernel`, one of the user's.
    bytes
        Size of the log.
    result
        None until the run has ended. In the list without `statistics` and `intervals`, which one
        run's reply has.
    """

    backtest_id: str
    kind: Literal["backtest", "sweep"]
    name: str
    status: RunStatus
    reason: str | None
    strategy: str
    symbol: str
    timeframes: list[str]
    start_date: str
    end_date: str
    created: str
    started: str | None
    finished: str | None
    source: str
    synthetic: bool
    producer: str
    bytes: int
    tags: list[str]
    notes: str
    progress: float
    result: Result | None


class RunDetail(RunSummary, frozen=True, kw_only=True):
    """All about one run: its summary, what was asked for, and where its log stands.

    Attributes
    ----------
    epoch
        Identity of the log, as in `connected`.
    metrics
        `data` of the latest `metrics` message, None before the first.
    """

    spec: RunSpec
    epoch: str | None
    seq: int
    metrics: MetricsData | None


class RunList(Struct, frozen=True):
    """The runs, newest first."""

    backtests: list[RunSummary]


class ControlReply(Struct, frozen=True):
    """A control was accepted.

    Attributes
    ----------
    status
        What the run is, or is about to be. The stream tells when it is.
    """

    backtest_id: str
    action: str
    status: RunStatus


class EntryRow(EntryData, frozen=True, kw_only=True, tag_field="event", tag="entry"):
    """An entry: `data` and `extra` of its message in one object."""

    seq: int
    bar: int
    remaining: float
    commission: float
    strategy: str
    inputs: dict[str, float] | UnsetType = UNSET
    signal: str | UnsetType = UNSET
    decided: int | UnsetType = UNSET


class ExitRow(ExitData, frozen=True, kw_only=True, tag_field="event", tag="exit"):
    """An exit: `data` and `extra` of its message in one object."""

    seq: int
    bar: int
    quantity: float
    remaining: float
    commission: float
    strategy: str
    reasoning: Reasoning | UnsetType = UNSET
    inputs: dict[str, float] | UnsetType = UNSET
    signal: str | UnsetType = UNSET
    decided: int | UnsetType = UNSET
    financing: float | UnsetType = UNSET


class TradesReply(Struct, frozen=True):
    """Entries and exits, in order."""

    backtest_id: str
    trades: list[EntryRow | ExitRow]


class EquityReply(Struct, frozen=True):
    """The equity curve as columns of one length."""

    backtest_id: str
    time: list[int]
    equity: list[float]
    balance: list[float]
    drawdown: list[float]


class EventsPage(Struct, frozen=True):
    """A page of the log.

    Attributes
    ----------
    epoch
        Identity of the log.
    seq
        Where the log stands.
    next
        How far this page has looked, the `since` of the next one. Where it is `seq`, there is no
        more at present.
    events
        At most `limit` messages of the `types` asked for.
    """

    backtest_id: str
    epoch: str
    seq: int
    next: int
    events: list[LogMessage]


class CandlesReply(Struct, frozen=True):
    """A run's candles as columns of one length.

    Attributes
    ----------
    candles
        How many there are in the range.
    bucket
        How many were merged into one, 1 for none.
    time
        Open times.
    """

    symbol: str
    timeframe: str
    source: str
    synthetic: bool
    candles: int
    bucket: int
    time: list[int]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: list[float]


class ConnectionCounts(Struct, frozen=True):
    """Open connections by kind of stream."""

    backtest: int
    live_trading: int
    market_data: int
    total: int


class StreamConnections(Struct, frozen=True):
    """A stream that has subscribers."""

    type: str
    id: str
    connections: int


class StatusReply(Struct, frozen=True):
    """Who is connected to what."""

    timestamp: str
    active_connections: ConnectionCounts
    streams: list[StreamConnections]


class InfoReply(Struct, frozen=True):
    """How a client recognises a server with the workbench.

    Attributes
    ----------
    protocol
        Version of the messages, as in `connected`.
    authentication
        Whether a token or a login is needed.
    """

    name: Literal["workbench"]
    version: str
    protocol: str
    authentication: bool


REPLIES: tuple[type[Struct], ...] = (
    ErrorBody, StartReply, OpenedStream, RunList, RunDetail, ControlReply, TradesReply, EquityReply,
    EventsPage, CandlesReply, StatusReply, InfoReply,
    *MARKET_REPLIES, *LIVE_REPLIES,
)  # fmt: skip
