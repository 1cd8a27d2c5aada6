"""What the messages carry that belong to one connection and are in no log."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType


class ConnectedData(Struct, frozen=True, kw_only=True):
    """First message of every connection: where the log stands.

    Attributes
    ----------
    backtest_id
        Of a run; not in the stream of a market.
    message
        For people.
    epoch
        Identity of the log: a `since` is good under this one alone.
    seq, eseq
        Number of the log's last message, and of its last event.
    status
        The state of the run, or of the market's feed.
    protocol
        Version of the messages.
    symbol
        What is traded.
    source, synthetic
        Where the candles come from, and whether they are generated. Of the stream of all live
        sessions true or false where that holds for each in `sessions`; left out where it does not,
        or there is none.
    timeframes, feed
        Of a market's stream: its timeframes, and what kind of feed serves it.
    first_seq
        Of a log that keeps a window: the first message it still has; what came before is not kept.
    snapshot
        Of the stream of all live sessions: messages up to this seq only tell what holds, those
        after it are told one and all.
    sessions
        Of that stream: the sessions that go on and that it tells of, and whether their prices are
        generated. Of one that begins later, its own stream and the list of sessions say so.
    """

    backtest_id: str | UnsetType = UNSET
    message: str
    epoch: str
    seq: int
    status: str
    protocol: str
    symbol: str
    source: str
    synthetic: bool | UnsetType = UNSET
    eseq: int = 0
    timeframes: list[str] | UnsetType = UNSET
    feed: str | UnsetType = UNSET
    first_seq: int | UnsetType = UNSET
    snapshot: int | UnsetType = UNSET
    sessions: dict[str, bool] | UnsetType = UNSET


class GapData(Struct, frozen=True):
    """A position that was asked for cannot be served; the story starts at `available_from`.

    Attributes
    ----------
    reason
        Why it cannot.
    requested_since, requested_epoch
        What was asked for.
    epoch
        Identity of the log there is.
    available_from, available_to
        The first and the last message there is.
    """

    reason: str
    requested_since: int
    requested_epoch: str | None
    epoch: str
    available_from: int
    available_to: int


class EquityColumns(Struct, frozen=True):
    """Several equity points as columns (``format=columns``). `time` in epoch ms."""

    backtest_id: str
    time: list[int]
    equity: list[float]
    balance: list[float]
    drawdown: list[float]


class HeartbeatData(Struct, frozen=True):
    """Sign of life, for connections that ask for it with ``heartbeat=SECONDS``.

    Attributes
    ----------
    seq
        Where the log stands; in a replay, what is due.
    sent
        Up to where this connection has been told.
    lag
        `seq` - `sent`.
    lag_ms
        Milliseconds since this connection last was up to date; 0 exactly while it is.
    conflated
        Messages merged away for this connection since it began.
    """

    seq: int
    sent: int
    lag: int
    lag_ms: int
    conflated: int


class ShutdownData(Struct, frozen=True):
    """The server goes away; come back after `reconnect_ms` with `since` and `epoch`."""

    reason: str
    reconnect_ms: int


class ResetData(Struct, frozen=True):
    """A replay goes back: forget what was told; the story up to `seq` follows at once."""

    reason: str
    seq: int


class ReplayData(Struct, frozen=True, omit_defaults=True):
    """Where a replay stands.

    Attributes
    ----------
    state
        ``playing``, ``paused`` or ``ended``.
    seq, last_seq
        The last message told, and the last one there is.
    time
        Market time of the replay's clock; before the first message that has one, `start`.
    start, end
        Market time of the run as its `status` tells it, else of the first and the last message
        that has one; None where nothing has.
    speed, unit
        Pace: candles a second, or multiples of market time (unit ``x``); None is as fast as
        possible.
    """

    state: Literal["playing", "paused", "ended"]
    seq: int
    last_seq: int
    time: str | None
    start: str | None
    end: str | None
    speed: float | None
    unit: str | UnsetType = UNSET
