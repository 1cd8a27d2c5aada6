"""What a session is given: all that it does follows from these, in this order.

They are written to the session's journal before they act, so that a process that comes after
another is in the same state as it was. `at` is when an input came: epoch milliseconds, UTC, by the
clock of the process; it makes the timestamps of what is told.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from workbench.data.growing import Origin

Asking = Literal[
    "pause_entries", "resume_entries", "flatten", "stop", "pause", "resume", "step", "speed",
    "run_until",
]  # fmt: skip


class Ticks(Struct, frozen=True, tag="ticks", array_like=True):
    """Trades of a symbol, in order: (epoch ms, price, size, number or None)."""

    at: int
    symbol: str
    trades: list[tuple[int, float, float, int | None]]


class Bars(Struct, frozen=True, tag="bars", array_like=True):
    """Candles of a symbol as its source makes them, of the shortest timeframe, in order.

    Each: (open time in epoch ms, open, high, low, close, volume, closed).
    """

    at: int
    symbol: str
    bars: list[tuple[int, float, float, float, float, float, bool]]
    origin: Origin = "live"


class Passed(Struct, frozen=True, tag="passed", array_like=True):
    """Market time (epoch ms) has come so far: all trades before it have been given."""

    at: int
    symbol: str
    time: int


class Word(Struct, frozen=True, tag="word", array_like=True):
    """How a symbol's feed fares: a `FeedState`, and a sentence."""

    at: int
    symbol: str
    state: str
    message: str
    code: str | None = None


class Missing(Struct, frozen=True, tag="missing", array_like=True):
    """Prices of a symbol are missing; see `workbench.feeds.source.Hole`."""

    at: int
    symbol: str
    what: Literal["trades", "candles"]
    missing: int
    start: int
    end: int
    filled: bool
    timeframe: str | None = None


class Asked(Struct, frozen=True, tag="asked", array_like=True):
    """A command that was taken out of the log; `seq` is its place there."""

    at: int
    action: Asking
    seq: int
    by: str | None = None


class Others(Struct, frozen=True, tag="others", array_like=True):
    """What the other sessions of the account have come to, together; money, and counts.

    `exposure` and `by_symbol` are of absolute notionals; `peak` is the sum of the highest equities
    of the sessions, each its own.
    """

    at: int
    equity: float
    exposure: float
    daily_pnl: float
    open_orders: int
    orders_last_minute: int
    by_symbol: dict[str, float]
    peak: float = 0.0


class Reported(Struct, frozen=True, tag="reported", array_like=True):
    """What the broker says of an order; see `workbench.trading.brokering.Report`."""

    at: int
    symbol: str
    client_order_id: str
    status: Literal["accepted", "partially_filled", "filled", "cancelled", "rejected", "expired"]
    filled: float
    average_price: float | None
    fees: float
    time: int
    exchange_id: str | None = None
    code: str | None = None
    message: str | None = None


class Reconciled(Struct, frozen=True, tag="reconciled", array_like=True):
    """The broker and the session agree again; `differences` is what was not as it was thought."""

    at: int
    differences: list[str]


class Away(Struct, frozen=True, tag="away", array_like=True):
    """The session's process was gone: `since` (epoch ms) is when it was last given something.

    Only where prices go by the clock; all others wait.
    """

    at: int
    since: int


class Clock(Struct, frozen=True, tag="clock", array_like=True):
    """Time has passed, about once a second, and nothing else has come."""

    at: int


Input = (
    Ticks | Bars | Passed | Word | Missing | Asked | Others | Reported | Reconciled | Away | Clock
)

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(list[Input]).decode
"""Of a list of inputs."""
