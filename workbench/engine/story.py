"""What the rules' rows of numbers say: fills and orders that ended, each with its reasoning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from workbench.engine.rules.layout import *
from workbench.messages import Direction, Reasoning, SignalOutcome


class EntryFill(Struct, frozen=True, gc=False):
    """A position was opened. Money in the account's currency, `bar` from 0.

    Attributes
    ----------
    signal
        Number of the order that did it, from 1.
    decided
        The candle at whose close it was placed.
    strategy
        Number of the strategy, from 0.
    """

    trade_id: int
    direction: Direction
    bar: int
    price: float
    quantity: float
    commission: float
    stop_loss: float | None
    ladder: tuple[float, ...]
    reasoning: Reasoning
    signal: int
    decided: int
    strategy: int


class ExitFill(Struct, frozen=True, gc=False):
    """A position, or a part of it, was closed.

    Attributes
    ----------
    reason
        ``signal``, ``stop_loss``, ``trailing_stop``, ``break_even``, ``take_profit_1``, ...,
        ``time_stop``, ``liquidation`` or ``end_of_data``.
    pnl
        Of this part, net of its commissions (its share of the entry's included) and financing.
    pnl_percent
        `pnl` in percent of the part's notional at entry.
    mfe, mae
        Best and worst unrealised profit of this part while it was held.
    commission
        Of this fill alone.
    financing
        Funding and interest of this part, a cost above 0.
    signal, decided
        The order that did it and the candle at whose close it was placed; 0 where none did.
    """

    trade_id: int
    direction: Direction
    bar: int
    price: float
    quantity: float
    remaining: float
    entry_bar: int
    entry_price: float
    reason: str
    pnl: float
    pnl_percent: float
    mfe: float
    mae: float
    commission: float
    reasoning: Reasoning
    financing: float
    signal: int
    decided: int
    strategy: int


class SignalEnd(Struct, frozen=True, gc=False):
    """An order that ended unfilled, or what a strategy declined; see `messages.SignalData`."""

    signal: int
    strategy: int
    decision: str
    decided: int
    bar: int
    outcome: SignalOutcome
    code: str
    message: str
    numbers: dict[str, float]
    reasoning: Reasoning


Fill = EntryFill | ExitFill
Happening = EntryFill | ExitFill | SignalEnd
Reasons = Callable[[int, int, int, float], Reasoning]
"""Why an order was placed: its number, its strategy, the candle, 1, -1 (entries) or 0 (exits)."""

_EXITS = {
    BY_SIGNAL: "signal", BY_REVERSAL: "signal", BY_STOP: "stop_loss", BY_TRAIL: "trailing_stop",
    BY_BREAK_EVEN: "break_even", BY_TIME: "time_stop", BY_MARGIN: "liquidation",
    BY_END: "end_of_data", BY_COMMAND: "flattened", BY_LIMIT: "risk_limit",
    BY_SESSION: "session_end",
}  # fmt: skip
_STOPS = {
    BY_STOP: ("Stop loss", "stop_loss"),
    BY_TRAIL: ("Trailing stop", "trailing_stop"),
    BY_BREAK_EVEN: ("Break-even stop", "stop_loss"),
}
_TARGETS = tuple(f"take_profit_{number}" for number in range(RUNGS + 1))
_ENDS: dict[int, tuple[SignalOutcome, str]] = {
    NO_CASH: ("rejected", "no_cash"),
    NO_EQUITY: ("rejected", "no_equity"),
    MAX_POSITIONS: ("rejected", "max_positions"),
    TOO_SMALL: ("rejected", "size_below_minimum"),
    TOO_RISKY: ("rejected", "risk_limit"),
    MARKET_CLOSED: ("rejected", "market_closed"),
    DATA_GAP: ("rejected", "data_gap"),
    TOO_MANY_ORDERS: ("rejected", "too_many_orders"),
    EXPIRED: ("expired", "expired"),
    END_OF_DATA: ("expired", "end_of_data"),
    CANCELLED: ("cancelled", "cancelled"),
    POSITION_CLOSED: ("cancelled", "position_closed"),
    LIQUIDATED: ("cancelled", "liquidation"),
    FLATTENED: ("cancelled", "flattened"),
    SESSION_ENDED: ("cancelled", "session_end"),
    DECLINED: ("declined", "declined"),
    LIMIT_POSITION: ("rejected", "max_position"),
    LIMIT_EXPOSURE: ("rejected", "max_exposure"),
    LIMIT_LEVERAGE: ("rejected", "max_leverage"),
    LIMIT_DAILY_LOSS: ("rejected", "max_daily_loss"),
    LIMIT_DRAWDOWN: ("rejected", "max_drawdown"),
    LIMIT_ORDER_RATE: ("rejected", "max_orders_per_minute"),
    LIMIT_OPEN_ORDERS: ("rejected", "max_open_orders"),
    LIMIT_STALE: ("rejected", "stale_after"),
    LIMIT_PRICE_BAND: ("rejected", "price_band"),
    ENTRIES_PAUSED: ("rejected", "entries_paused"),
    VENUE_REFUSED: ("rejected", "venue_refused"),
    NOT_SENT: ("rejected", "not_sent"),
}


def tell(row: Sequence[Any], reasons: Reasons) -> Happening:
    """Say what a row of events means: an entry, an exit, or the end of an order."""
    kind = row[E_KIND]
    if kind == EXITED:
        return _exit(row, reasons)
    return _entry(row, reasons) if kind == ENTERED else _end(row, reasons)


def _entry(e: Sequence[Any], reasons: Reasons) -> EntryFill:
    stop, order, strategy, decided = (
        e[E_STOP],
        int(e[E_ORDER]),
        int(e[E_STRATEGY]),
        int(e[E_SIGNAL]),
    )
    rungs = int(e[E_RUNGS])
    return EntryFill(
        int(e[E_TRADE]),
        "long" if e[E_SIGN] > 0 else "short",
        int(e[E_BAR]),
        e[E_PRICE],
        e[E_QUANTITY],
        e[E_COMMISSION],
        stop if stop == stop else None,
        tuple(e[E_PRICES : E_PRICES + rungs]) if rungs else (),
        reasons(order, strategy, decided, e[E_SIGN]),
        order,
        decided,
        strategy,
    )


def _exit(e: Sequence[Any], reasons: Reasons) -> ExitFill:
    return ExitFill(
        int(e[E_TRADE]),
        "long" if e[E_SIGN] > 0 else "short",
        int(e[E_BAR]),
        e[E_PRICE],
        e[E_QUANTITY],
        e[E_REMAINING],
        int(e[E_ENTRY_BAR]),
        e[E_ENTRY_PRICE],
        exit_reason(e),
        e[E_PNL],
        e[E_PERCENT],
        e[E_MFE],
        e[E_MAE],
        e[E_COMMISSION],
        why_out(e, reasons),
        e[E_FINANCING],
        int(e[E_ORDER]),
        int(e[E_SIGNAL]),
        int(e[E_STRATEGY]),
    )


def exit_reason(e: Sequence[Any]) -> str:
    """Return why a position was closed, see `ExitFill`."""
    code = e[E_CODE]
    return _TARGETS[int(e[E_RUNG])] if code == BY_TARGET else _EXITS[code]


def why_out(e: Sequence[Any], reasons: Reasons) -> Reasoning:
    """Return the reasoning of an exit."""
    code = int(e[E_CODE])
    if code == BY_SIGNAL:
        return reasons(int(e[E_ORDER]), int(e[E_STRATEGY]), int(e[E_SIGNAL]), 0.0)
    level, seen, up = e[E_LEVEL], e[E_SEEN], e[E_SIGN] > 0
    if code == BY_TARGET:
        name, rung = "high" if up else "low", int(e[E_RUNG])
        text = f"Take profit {rung} {level:g} reached: {name} {seen:g}"
        return Reasoning("exit", 1.0, text, {"take_profit": level, name: seen})
    if code in _STOPS:
        title, key = _STOPS[code]
        if e[E_RUNG]:
            text = f"{title} {level:g} gapped: open {seen:g}"
            return Reasoning("exit", 1.0, text, {key: level, "open": seen})
        name = "low" if up else "high"
        text = f"{title} {level:g} touched: {name} {seen:g}"
        return Reasoning("exit", 1.0, text, {key: level, name: seen})
    if code == BY_REVERSAL:
        why = reasons(int(e[E_ORDER]), int(e[E_STRATEGY]), int(e[E_SIGNAL]), -e[E_SIGN])
        return Reasoning("exit", why.confidence, f"Reversed: {why.rationale}", why.inputs)
    if code == BY_TIME:
        held = int(e[E_BAR] - e[E_ENTRY_BAR])
        return Reasoning("exit", 1.0, f"Time stop: held for {held} candles", {"candles": held})
    if code == BY_MARGIN:
        text = f"Margin call: equity {seen:.2f} has come down to the margin of {level:.2f}"
        return Reasoning("exit", 1.0, text, {"equity": seen, "margin": level})
    if code in CLOSED:
        text = f"{CLOSED[code]}: closed at {e[E_PRICE]:g}"
        return Reasoning("exit", 1.0, text, {"price": e[E_PRICE]})
    return Reasoning("exit", 1.0, f"End of data: closed at {level:g}", {"close": level})


def _end(e: Sequence[Any], reasons: Reasons) -> SignalEnd:
    code, sign = int(e[E_CODE]), e[E_SIGN]
    order, strategy, decided = int(e[E_ORDER]), int(e[E_STRATEGY]), int(e[E_SIGNAL])
    outcome, name = _ENDS[code]
    why = reasons(order, strategy, decided, sign)
    message, numbers = _why_not(code, e[E_LEVEL], e[E_SEEN])
    decision = "enter_long" if sign > 0 else "enter_short" if sign < 0 else "exit"
    if code == DECLINED:
        decision, message = why.decision, why.rationale
    return SignalEnd(
        order, strategy, decision, decided, int(e[E_BAR]), outcome, name, message, numbers, why
    )  # fmt: skip


def _why_not(code: int, wanted: float, there: float) -> tuple[str, dict[str, float]]:
    if code == NO_CASH:
        text = f"Cannot afford it: {wanted:.2f} needed, {max(there, 0.0):.2f} available"
        return text, {"needed": wanted, "available": there}
    if code == NO_EQUITY:
        return f"No equity left: {there:.2f}", {"equity": there}
    if code == MAX_POSITIONS:
        text = f"Already {there:g} open, max_positions is {wanted:g}"
        return text, {"max_positions": wanted, "open": there}
    if code == TOO_SMALL:
        text = f"{there:g} units are less than the least to trade, {wanted:g}"
        return text, {"minimum": wanted, "quantity": there}
    if code == TOO_RISKY:
        text = f"{wanted:.2f} would be at risk, max_risk allows {there:.2f}"
        return text, {"risk": wanted, "allowed": there}
    if code == TOO_MANY_ORDERS:
        return f"{there:g} orders are waiting already", {"allowed": wanted, "waiting": there}
    if code == LIQUIDATED:
        text = f"Margin call: equity {there:.2f}, margin {wanted:.2f}"
        return text, {"equity": there, "margin": wanted}
    if code in _LIMITS:
        text = f"{_LIMITS[code]}: {wanted:g} would be beyond the limit of {there:g}"
        return text, {"wanted": wanted, "limit": there}
    return _SENTENCES[code], {}


CLOSED = {
    BY_COMMAND: "Flattened by command", BY_LIMIT: "Flattened by a risk limit",
    BY_SESSION: "The session has ended",
}  # fmt: skip
_LIMITS = {
    LIMIT_POSITION: "Position", LIMIT_EXPOSURE: "Exposure", LIMIT_LEVERAGE: "Leverage",
    LIMIT_DAILY_LOSS: "Loss of the day", LIMIT_DRAWDOWN: "Drawdown",
    LIMIT_ORDER_RATE: "Orders in a minute", LIMIT_OPEN_ORDERS: "Open orders",
    LIMIT_STALE: "Seconds without a price", LIMIT_PRICE_BAND: "Distance from the last close",
}  # fmt: skip
_SENTENCES = {
    MARKET_CLOSED: "The market was closed before the candle to fill on",
    DATA_GAP: "Candles are missing before the one to fill on",
    EXPIRED: "Not filled in its time",
    END_OF_DATA: "No candle left to fill it on",
    CANCELLED: "Cancelled by the strategy",
    POSITION_CLOSED: "The position had gone before",
    FLATTENED: "Everything was flattened",
    SESSION_ENDED: "The session has ended",
    DECLINED: "Declined",
    ENTRIES_PAUSED: "Entries are paused",
    VENUE_REFUSED: "The venue has refused it",
    NOT_SENT: "It never reached the venue",
}
