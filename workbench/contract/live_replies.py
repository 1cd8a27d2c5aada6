"""What the REST routes of live trading reply, as types."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from workbench.messages import (
    BrokerName,
    MetricsData,
    OrderData,
    PnlData,
    PositionData,
    RiskData,
    RunStatus,
)
from workbench.runs.spec import RunSpec


class SessionStarted(Struct, frozen=True):
    """A live session was started.

    Attributes
    ----------
    stream_url
        Where its own story is told, as this request's host knows the server.
    stream_path
        The same without scheme and host.
    trading_url, trading_path
        Where its positions, orders, risk and profit alone are told: the stream of all sessions.
    feed
        Where prices come from: ``synthetic`` (generated), ``replay`` or ``exchange``.
    source, synthetic
        The same for people, and whether the prices never traded.
    """

    session_id: str
    status: Literal["pending"]
    streaming: Literal[True]
    stream_url: str
    message: str
    stream_path: str
    trading_url: str
    trading_path: str
    symbols: list[str]
    broker: BrokerName
    feed: str
    source: str
    synthetic: bool


class SessionFacts(Struct, frozen=True, kw_only=True):
    """What list and detail tell of a session.

    Attributes
    ----------
    strategy
        Names of its strategies, separated by commas.
    exchange, account, sandbox
        Of the broker ``exchange``.
    feed
        Where prices come from: ``synthetic``, ``replay`` or ``exchange``.
    bytes
        In its log.
    risk, pnl
        As its latest messages say, None before the first.
    result
        `data` and `extra` of the final message, None before it.
    """

    session_id: str
    name: str
    status: RunStatus
    strategy: str
    symbols: list[str]
    timeframes: list[str]
    broker: BrokerName
    exchange: str | None
    account: str
    sandbox: bool
    feed: str
    created: str
    started: str | None
    finished: str | None
    source: str
    synthetic: bool
    bytes: int
    tags: list[str]
    notes: str
    risk: RiskData | None
    pnl: PnlData | None
    result: dict[str, Any] | None


class SessionSummary(SessionFacts, frozen=True, kw_only=True):
    """A session as the list shows it.

    Attributes
    ----------
    positions, open_orders
        How many it has.
    """

    positions: int
    open_orders: int


class SessionProcess(Struct, frozen=True):
    """How a session's process fares.

    Attributes
    ----------
    failures
        Ends of it without a result, one after the other; it is started again.
    closing
        Why the session is, or was, closed by force; None while it is not.
    pid
        On the server's machine; None while there is none.
    """

    running: bool
    failures: int
    closing: str | None
    pid: int | None


class SessionDetail(SessionFacts, frozen=True, kw_only=True):
    """All that holds of a session; of one that has ended, what held then.

    Attributes
    ----------
    positions, open_orders
        As its latest messages say, without what is closed or final.
    spec
        What was asked for.
    metrics
        As the latest `metrics` message says, None before the first.
    epoch, seq
        Where its log stands.
    """

    positions: list[PositionData]
    open_orders: list[OrderData]
    spec: RunSpec
    metrics: MetricsData | None
    epoch: str | None
    seq: int
    process: SessionProcess


class SessionList(Struct, frozen=True):
    """The live sessions, newest first."""

    sessions: list[SessionSummary]


class SessionControlled(Struct, frozen=True):
    """A control was passed on to a session, which tells by itself when it has obeyed.

    Attributes
    ----------
    status
        Of the session, as far as is known yet.
    """

    session_id: str
    action: str
    status: RunStatus


class SessionsFlattened(Struct, frozen=True):
    """The sessions that were told to close all they hold."""

    sessions: list[SessionControlled]


LIVE_REPLIES: tuple[type[Struct], ...] = (
    SessionStarted, SessionList, SessionSummary, SessionDetail, SessionControlled,
    SessionsFlattened,
)  # fmt: skip
