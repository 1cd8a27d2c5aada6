"""What the messages of live trading carry: positions, orders, risk and profit of a session.

Units: prices in the quote currency; quantities in units of the base currency, above 0; money in
the account's currency; fractions as fractions (0.1 is 10 %); `time` is market time, ISO 8601, UTC,
``Z``: of the trade or the close of the candle that brought it about. Nothing names a key, a
balance beyond the session's own, or an account number.
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from workbench.messages.payloads import Direction, Reasoning

PositionEvent = Literal["open", "modify", "close"]
OrderStatus = Literal[
    "new", "accepted", "partially_filled", "filled", "cancelled", "rejected", "expired", "left"
]
OrderRole = Literal["entry", "exit", "stop_loss", "take_profit"]
OrderKind = Literal["market", "limit", "stop"]
OrderSide = Literal["buy", "sell"]
BreachAction = Literal["reject", "flatten"]

FINAL_ORDER_STATUSES: frozenset[str] = frozenset(
    {"filled", "cancelled", "rejected", "expired", "left"}
)


class PositionData(Struct, frozen=True, omit_defaults=True):
    """A position as it is now: told when it opens, when anything of it changes, when it is closed.

    Attributes
    ----------
    session
        Id of the session.
    position_id
        The trade's id in the session, such as ``trade_3``.
    event
        ``open``, ``modify`` (quantity, stop, targets, or the price at a close of a candle),
        ``close``.
    quantity
        Units still held; 0.0 when closed.
    price
        The last it is valued at: bid for longs, ask for shorts.
    stop_loss
        A price; None without one.
    take_profit_levels
        Those not reached yet, the nearest first.
    unrealized_pnl
        Of what is still held, before the fees of its exit, money.
    realized_pnl
        Of what has been closed, net of fees, money.
    fees
        Commissions and financing so far, money.
    exit_reason
        Of a closed one, as in `trade`.
    """

    session: str
    strategy: str
    symbol: str
    position_id: str
    event: PositionEvent
    direction: Direction
    quantity: float
    entry_price: float
    entry_time: str
    price: float
    time: str
    stop_loss: float | None
    take_profit_levels: list[float]
    unrealized_pnl: float
    realized_pnl: float
    fees: float
    exit_reason: str | UnsetType = UNSET


class OrderData(Struct, frozen=True, omit_defaults=True):
    """What has become of an order. Each ends in exactly one final status.

    ``new`` (decided, not with the broker yet) → ``accepted`` → ``partially_filled``… → ``filled``,
    ``cancelled``, ``rejected``, ``expired`` or ``left``. An accepted order whose price is moved (a
    trailing stop) is told as ``accepted`` again. One for an exchange is told once more, with its
    client order id, before it is sent. ``left``: the session has ended and keeps what it holds, the
    order rests at the exchange and goes on there; nobody tells what becomes of it.

    Attributes
    ----------
    order_id
        Unique in the session. Entries and exits of the strategy are called as its signals,
        ``signal_12``; protection of a position ``trade_3:stop`` and ``trade_3:target_1``, of what
        else closes a position (end of the session, kill switch, margin) ``trade_3:close``.
    role
        What it is for.
    kind, price
        ``market`` has None.
    quantity
        Units wanted; None while the account's size at the fill decides.
    filled, average_price, fees
        So far: units, a price, money; `average_price` None without a fill.
    broker
        Who fills it: ``paper``, or the exchange's name.
    client_order_id
        How the exchange knows it.
    emulated
        Whether it rests here, not at the exchange, which gets a market order when its price is
        reached.
    trade_id
        The position it opened or (partly) closed, or is to close.
    code, message, numbers
        Why it was rejected, cancelled, expired or left, as in `signal`; of risk limits
        the limit's name, such as ``max_position``. One that is cancelled may have filled in part.
    reasoning
        Why it was given; on ``new``.
    latency_ms
        From the close of the candle, or the trade, that decided it to this message, where the feed
        goes by the clock.
    """

    session: str
    strategy: str
    symbol: str
    order_id: str
    status: OrderStatus
    role: OrderRole
    side: OrderSide
    kind: OrderKind
    quantity: float | None
    price: float | None
    filled: float
    average_price: float | None
    fees: float
    time: str
    broker: str
    trade_id: str | UnsetType = UNSET
    client_order_id: str | UnsetType = UNSET
    emulated: bool = False
    code: str | UnsetType = UNSET
    message: str | UnsetType = UNSET
    numbers: dict[str, float] | UnsetType = UNSET
    reasoning: Reasoning | UnsetType = UNSET
    latency_ms: float | UnsetType = UNSET


class LimitUse(Struct, frozen=True, omit_defaults=True):
    """How much of a limit is used.

    Attributes
    ----------
    name
        As in `workbench.trading.limits.RiskLimits`; those of the account begin with ``account.``.
    value, limit
        In the limit's unit.
    used
        value / limit, 0 for nothing; 1 and more is a breach.
    unit
        ``money``, ``fraction``, ``x``, ``count`` or ``seconds``.
    symbol
        Of limits that hold for each symbol: the one that uses most.
    """

    name: str
    value: float
    limit: float
    used: float
    unit: str
    symbol: str | UnsetType = UNSET


class Breach(Struct, frozen=True, omit_defaults=True):
    """A limit that was met.

    Attributes
    ----------
    limit
        Its name.
    value, allowed
        What there would have been, and the limit.
    action
        What was done: the order rejected, or everything flattened.
    order_id
        The order that was rejected, where one was.
    """

    limit: str
    value: float
    allowed: float
    action: BreachAction
    message: str
    symbol: str | UnsetType = UNSET
    order_id: str | UnsetType = UNSET


class RiskData(Struct, frozen=True, omit_defaults=True):
    """What a session risks now, or (with `breach`) a limit it has met.

    Attributes
    ----------
    equity
        Balance and unrealised profit, money.
    exposure, net_exposure
        Sum of absolute, and of signed, notionals of what is held, money.
    leverage
        exposure / equity, times.
    margin
        What the positions bind: exposure over the account's leverage, money.
    drawdown
        equity / the highest equity of the session (at every price it was given) - 1: a fraction,
        zero or negative.
    daily_pnl
        Equity now less equity at 00:00 UTC, or at the start, money; below 0 a loss.
    open_orders
        Entries and exits that wait; protection not counted.
    orders_last_minute
        Orders given in the last 60 seconds.
    var, es
        Value at risk and expected shortfall of what is held: money, above 0, for one candle of the
        shortest timeframe at `confidence`; None until there are enough returns. Formula in
        docs/risk.md.
    data_age
        Seconds since the last price, of the symbol that waits longest; None where the feed does not
        go by the clock.
    entries
        ``open``, or ``paused`` while no entry is let through.
    limits
        How much of each limit is used.
    """

    session: str
    time: str
    equity: float
    exposure: float
    net_exposure: float
    leverage: float
    margin: float
    drawdown: float
    daily_pnl: float
    open_orders: int
    orders_last_minute: int
    var: float | None
    es: float | None
    confidence: float
    data_age: float | None
    entries: Literal["open", "paused"]
    limits: list[LimitUse]
    breach: Breach | UnsetType = UNSET


class PnlPart(Struct, frozen=True):
    """Profit of a symbol or a strategy, money; `realized` net of `fees`, `unrealized` before."""

    realized: float
    unrealized: float
    fees: float
    trades: int


class PnlData(Struct, frozen=True):
    """Profit of a session so far.

    Attributes
    ----------
    balance
        Capital and realised profit, money.
    realized, unrealized
        As in `PnlPart`; equity = balance + unrealized, money.
    """

    session: str
    time: str
    equity: float
    balance: float
    realized: float
    unrealized: float
    fees: float
    trades: int
    by_symbol: dict[str, PnlPart]
    by_strategy: dict[str, PnlPart]
