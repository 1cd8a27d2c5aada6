"""Messages of a run out of plain arguments, checked: pure."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from workbench.errors import InvalidRequest
from workbench.messages import (
    EntryData,
    Equity,
    EquityData,
    EquityExtra,
    ExitData,
    Reasoning,
    Trade,
    TradeExtra,
    utc_now,
)
from workbench.runs.ledger import Ledger
from workbench.runs.moments import wire_time

Values = TypeVar("Values", bound=Struct)
_ROUNDING = 1e-9
TINY = 5e-324


def number(
    field: str,
    value: Any,
    allowed: str = "a finite number",
    above: float = -math.inf,
    most: float = math.inf,
) -> float:
    """Return a finite number above a bound, and no higher than another.

    Raises
    ------
    InvalidRequest
        It is none.
    """
    try:
        found = math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not (math.isfinite(found) and above < found <= most):
        msg = f"{field} is {value!r}, expected {allowed}"
        raise InvalidRequest(msg, field=field, value=repr(value), allowed=allowed)
    return found


def whole(field: str, value: Any, least: int = 0) -> int:
    """Return a whole number that is not below a bound.

    Raises
    ------
    InvalidRequest
        It is none.
    """
    try:
        found = least - 1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        found = least - 1
    if found < least:
        allowed = f"a whole number, {least} or more"
        msg = f"{field} is {value!r}, expected {allowed}"
        raise InvalidRequest(msg, field=field, value=repr(value), allowed=allowed)
    return found


def entry(
    trade_id: str,
    symbol: str,
    direction: str,
    price: float,
    time: Any,
    quantity: float,
    *,
    bar: int | UnsetType,
    strategy: str,
    stop_loss: float | None = None,
    take_profit_levels: Sequence[float] = (),
    reasoning: Reasoning | str | None = None,
    commission: float = 0.0,
) -> Trade:
    """Return the message of a position that was opened; see `PublishedStream.trade_entry`."""
    if direction not in ("long", "short"):
        msg = f"direction is {direction!r}, expected long or short"
        raise InvalidRequest(
            msg, field="direction", value=repr(direction), allowed=["long", "short"]
        )
    side: Any = direction
    units = number("quantity", quantity, "units, above 0", 0.0)
    why = _reasoning(reasoning, f"enter_{direction}")
    data = EntryData(
        trade_id,
        symbol,
        side,
        _price(price),
        wire_time(time),
        units,
        None if stop_loss is None else number("stop_loss", stop_loss),
        _levels(take_profit_levels),
        Reasoning(why.decision, why.confidence, why.rationale),
    )
    extra = TradeExtra(
        units, units, number("commission", commission), strategy, bar, UNSET, why.inputs
    )
    return Trade(utc_now(), data=data, extra=extra)


def exit_(
    ledger: Ledger,
    trade_id: str,
    price: float,
    time: Any,
    reason: str,
    *,
    bar: int | UnsetType,
    strategy: str,
    quantity: float | None = None,
    pnl: float | None = None,
    pnl_percent: float | None = None,
    mfe: float | None = None,
    mae: float | None = None,
    commission: float = 0.0,
    reasoning: Reasoning | str | None = None,
) -> Trade:
    """Return the message of a position or part that was closed; see `PublishedStream.trade_exit`.

    Raises
    ------
    InvalidRequest
        The trade is not open, or less of it than `quantity`.
    """
    trade = ledger.opened(trade_id)
    units = trade.remaining if quantity is None else number("quantity", quantity, above=0.0)
    if units > trade.remaining * (1 + _ROUNDING):
        msg = f"quantity is {units:g}, but only {trade.remaining:g} of {trade_id!r} are open"
        raise InvalidRequest(msg, field="quantity", value=units, allowed=trade.remaining)
    remaining = trade.remaining - units
    if remaining <= trade.quantity * _ROUNDING:
        remaining = 0.0
    start = trade.entry
    at, fee = _price(price), number("commission", commission)
    average = trade.notional / trade.quantity
    gross = (at - average) * units * (1 if start.direction == "long" else -1)
    share = trade.commission * units / trade.quantity
    net = gross - fee - share if pnl is None else number("pnl", pnl)
    percent = 100 * net / (average * units) if average else 0.0
    why = UNSET if reasoning is None else _reasoning(reasoning, "exit")
    data = ExitData(
        trade_id,
        start.symbol,
        start.direction,
        start.entry_price,
        start.entry_time,
        at,
        wire_time(time),
        reason,
        net,
        percent if pnl_percent is None else number("pnl_percent", pnl_percent),
        max(gross, 0.0) if mfe is None else number("mfe", mfe),
        min(gross, 0.0) if mae is None else number("mae", mae),
    )
    extra = TradeExtra(
        units,
        remaining,
        fee,
        strategy,
        bar,
        why if why is UNSET else Reasoning(why.decision, why.confidence, why.rationale),
        UNSET if why is UNSET else why.inputs,
    )
    return Trade(utc_now(), data=data, extra=extra)


def equity(
    run_id: str,
    ledger: Ledger,
    time: Any,
    value: float,
    balance: float | None,
    drawdown: float | None,
    bar: int | None,
) -> Equity:
    """Return an equity point; see `PublishedStream.equity`."""
    worth = number("equity", value)
    cash = worth if balance is None else number("balance", balance)
    fall = ledger.drawdown(worth) if drawdown is None else number("drawdown", drawdown)
    if not -1e6 <= fall <= 0:
        allowed = "a fraction, zero or negative: -0.05 is 5 % below the peak"
        msg = f"drawdown is {fall}, expected {allowed}"
        raise InvalidRequest(msg, field="drawdown", value=fall, allowed=allowed)
    data = EquityData(run_id, wire_time(time), worth, cash, fall)
    return Equity(utc_now(), data=data, extra=UNSET if bar is None else EquityExtra(bar))


def changed(values: Values, given: Mapping[str, Any]) -> Values:
    """Return metrics with some of them given.

    Raises
    ------
    InvalidRequest
        There is no such metric, or its value is not a finite number.
    """
    known = [name for name in values.__struct_fields__ if name != "backtest_id"]
    fields: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            msg = f"Unknown metric {name!r}: use {', '.join(known)}"
            raise InvalidRequest(msg, field=name, value=repr(value), allowed=known)
        if isinstance(getattr(values, name), int):
            fields[name] = whole(name, value)
        elif name == "win_rate":
            fields[name] = number(name, value, "a fraction, 0 to 1", -TINY, 1.0)
        elif name == "max_drawdown":
            fields[name] = number(name, value, "zero or negative", most=0.0)
        else:
            fields[name] = number(name, value)
    return msgspec.structs.replace(values, **fields)


def _price(value: Any) -> float:
    return number("price", value, "a price, above 0", 0.0)


def _levels(given: Any) -> list[float]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        msg = f"take_profit_levels is {given!r}, expected a list of prices"
        raise InvalidRequest(
            msg, field="take_profit_levels", value=repr(given), allowed="a list of prices"
        )
    return [number("take_profit_levels", level) for level in given]


def _reasoning(given: Any, decision: str) -> Reasoning:
    if isinstance(given, Reasoning):
        return given
    if given is None or isinstance(given, str):
        return Reasoning(decision, 1.0, given or "")
    allowed = "a sentence or a workbench.Reasoning"
    msg = f"reasoning is {given!r}, expected {allowed}"
    raise InvalidRequest(msg, field="reasoning", value=repr(given), allowed=allowed)
