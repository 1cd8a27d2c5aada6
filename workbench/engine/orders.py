"""What a strategy may order, checked when it does."""

from __future__ import annotations

import math
from difflib import get_close_matches
from math import inf, nan
from typing import Any, NamedTuple, SupportsFloat, TypedDict

from workbench.engine.rules.costs import on_grid
from workbench.engine.rules.layout import RUNGS
from workbench.errors import InvalidOrder
from workbench.messages import Direction, Reasoning

Reason = str | Reasoning | None
TakeProfit = float | list[float] | tuple[float, ...] | list[tuple[float, float]] | None


class Rung(NamedTuple):
    """One step of a ladder of take profits: `weight` of the whole quantity leaves at `price`."""

    price: float
    weight: float


class EntryOptions(TypedDict, total=False):
    """What else an entry can be told.

    Attributes
    ----------
    risk
        Size: the fraction of equity lost between the entry and `stop_loss`.
    limit
        Buy at this price or lower (sell short: or higher). Above the last close it is a market
        order that is never filled above it, but waits.
    stop
        Buy once the price is this or higher (sell short: or lower), not below the last close.
    expires
        Candles it may fill on, however long they took to come; all when left out. A market order
        fills on the first, so it never expires.
    trailing
        Distance, in price units, at which the stop follows the best price of the trade; less than
        the price itself.
    break_even_after
        Number of the target, from 1, after which the stop goes to the entry price.
    max_bars
        Candles after which the position is closed, at an open.
    """

    risk: float | None
    limit: float | None
    stop: float | None
    expires: int | None
    trailing: float | None
    break_even_after: int | None
    max_bars: int | None


def finite(field: str, value: object) -> float:
    """Return a number, refuse (`InvalidOrder`) what is none, or not finite."""
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, (float, int, SupportsFloat)) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number):
            return number
    text = f"{field} must be a finite number, is {value!r}"
    raise InvalidOrder(text, field=field, value=repr(value), allowed="a finite number")


def positive(field: str, value: object) -> float:
    """Return a number above 0, such as a price; refuse (`InvalidOrder`) all else."""
    if type(value) is float and 0 < value < inf:
        return value
    number = finite(field, value)
    if number <= 0:
        text = f"{field} must be above 0, is {number:g}"
        raise InvalidOrder(text, field=field, value=number, allowed="above 0")
    return number


def _placed(field: str, value: object, tick: float, side: float) -> float:
    """Return a price as it will stand in the book, on the grid of ticks."""
    given = positive(field, value)
    if not tick:
        return given
    price = on_grid(tick, given, side)
    if price <= 0:
        text = f"{field} must be above 0, is {_written(price, given, tick)}"
        raise InvalidOrder(text, field=field, value=given, allowed=f"{tick:g} or more")
    return price


def _written(price: float, given: Any, tick: float) -> str:
    rounded = f" ({float(given):.10g} on the grid of tick_size {tick:g})" if price != given else ""
    return f"{price:.10g}{rounded}"


def check_trail(trailing: object, level: float) -> float:
    """Return the distance of a trailing stop.

    Raises
    ------
    InvalidOrder
        It is not above 0, or not below the price it hangs on.
    """
    number = positive("trailing", trailing)
    if not number < level:
        text = (
            f"trailing is a distance in price units: it must be below the price {level:.10g}, is "
            f"{number:.10g}"
        )
        raise InvalidOrder(text, field="trailing", value=number, allowed=f"below {level:.10g}")
    return number


def check_part(part: float) -> float:
    """Return the part of a position to close, a fraction in (0, 1].

    Raises
    ------
    InvalidOrder
        It is outside.
    """
    number = positive("part", part)
    if number > 1:
        text = f"part must be in (0, 1], is {number:g}: 1.0 closes the whole position"
        raise InvalidOrder(text, field="part", value=number, allowed="(0, 1]")
    return number


def check_size(
    quantity: float | None, fraction: float | None, risk: float | None, leverage: float
) -> tuple[float, float, float]:
    """Return the checked size of an entry: units, fraction, risk; NaN for what is not given.

    Raises
    ------
    InvalidOrder
        Several are given, one is not above 0, `fraction` is above `leverage`, `risk` above 1.
    """
    if quantity is None and fraction is None and risk is None:
        return nan, nan, nan
    sizes = {"quantity": quantity, "fraction": fraction, "risk": risk}
    given = [f"{name} ({size})" for name, size in sizes.items() if size is not None]
    if len(given) > 1:
        text = f"Give one of quantity, fraction and risk, not {' and '.join(given)}"
        raise InvalidOrder(text, field="quantity", value=given, allowed="one of the three")
    if quantity is not None:
        return positive("quantity", quantity), nan, nan
    if fraction is not None:
        number = positive("fraction", fraction)
        if number > leverage:
            text = f"fraction must be at most the leverage ({leverage:g}), is {number:g}"
            raise InvalidOrder(text, field="fraction", value=number, allowed=f"(0, {leverage:g}]")
        return nan, number, nan
    number = positive("risk", risk)
    if number > 1:
        text = f"risk must be in (0, 1], is {number:g}: 0.02 loses 2 % of the equity at the stop"
        raise InvalidOrder(text, field="risk", value=number, allowed="(0, 1]")
    return nan, nan, number


def check_entry(
    direction: Direction, limit: float | None, stop: float | None, close: float, tick: float = 0.0
) -> tuple[float, float, float, str]:
    """Return limit and stop of an entry (NaN for none), the level it fills at, and its name.

    Prices are rounded to the grid of ticks, as they are placed, before they are looked at.

    Raises
    ------
    InvalidOrder
        Both are given, or a stop is on the wrong side of the last close.
    """
    if limit is None and stop is None:
        return nan, nan, close, f"the last close {close:.10g}"
    if limit is not None and stop is not None:
        text = f"Give limit ({limit}) or stop ({stop}), not both"
        raise InvalidOrder(text, field="limit", value=repr(limit), allowed="one of the two")
    below = (direction == "long") == (limit is not None)
    field, given = ("stop", stop) if limit is None else ("limit", limit)
    price = _placed(field, given, tick, -1.0 if below else 1.0)
    better = price <= close if below else price >= close
    if limit is not None and not better:
        return price, nan, close, f"the last close {close:.10g}"
    if not better:
        side = f"{'at or below' if below else 'at or above'} the last close {close:.10g}"
        text = f"{field} of a {direction} entry must be {side}, is {_written(price, given, tick)}"
        raise InvalidOrder(text, field=field, value=price, allowed=side)
    name = f"its {field} {_written(price, given, tick)}"
    return (nan, price, price, name) if limit is None else (price, nan, price, name)


USUAL = {
    "size": "quantity", "sl": "stop_loss", "tp": "take_profit", "stoploss": "stop_loss",
    "takeprofit": "take_profit", "trail": "trailing", "tag": "reason", "risk_per_trade": "risk",
}  # fmt: skip
"""What other backtesters call it."""


def check_options(
    more: EntryOptions, targets: int, stopped: bool, level: float = inf
) -> dict[str, float]:
    """Return the checked further options of an entry, by the name the broker has for them.

    Parameters
    ----------
    more
        As given; sizes and prices are checked elsewhere.
    targets, stopped
        How many targets it has, and whether it has a stop.
    level
        The price it fills at.

    Raises
    ------
    InvalidOrder
        A number makes no sense.
    """
    for name in more:
        if name not in EntryOptions.__annotations__:
            known = ("quantity", "fraction", "stop_loss", "take_profit", "reason")
            allowed = [*known, *EntryOptions.__annotations__]
            near = USUAL.get(name) or next(iter(get_close_matches(name, allowed, 1)), None)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(allowed)}"
            text = f"An entry has no option {name!r}: {hint}"
            raise InvalidOrder(text, field=name, value=repr(more[name]), allowed=allowed)  # type: ignore[literal-required]
    trailing, target = more.get("trailing"), more.get("break_even_after")
    if target is not None and not targets:
        text = "break_even_after needs a take_profit: the stop moves once a target is filled"
        raise InvalidOrder(text, field="break_even_after", value=target, allowed="with targets")
    if target is not None and not (isinstance(target, int) and 1 <= target <= targets):
        text = f"break_even_after is {target!r}, expected a target from 1 to {targets}"
        raise InvalidOrder(text, field="break_even_after", value=target, allowed=[1, targets])
    if more.get("risk") is not None and not stopped:
        text = "risk needs a stop_loss: it is what is lost there"
        raise InvalidOrder(text, field="risk", value=more.get("risk"), allowed="with stop_loss")
    return {
        "expires": check_count("expires", more.get("expires"), "candles"),
        "bars": check_count("max_bars", more.get("max_bars"), "candles"),
        "trail": nan if trailing is None else check_trail(trailing, level),
        "break_even": float(target or 0),
    }


def check_count(field: str, value: int | None, what: str) -> float:
    """Return a number of candles, infinite where there is none, or no end of them.

    Raises
    ------
    InvalidOrder
        It is not a whole number from 1.
    """
    if value is None or value == inf:
        return inf
    number = positive(field, value)
    if number < 1 or number != int(number):
        text = f"{field} must be a whole number of {what} from 1, is {number:g}"
        raise InvalidOrder(text, field=field, value=number, allowed="1, 2, 3, ...")
    return number


def check_stop(
    direction: Direction, stop_loss: float | None, level: float, name: str, tick: float = 0.0
) -> float:
    """Return the checked stop, NaN for none: below the entry's level for a long, above for a short.

    Raises
    ------
    InvalidOrder
        It is on the wrong side.
    """
    if stop_loss is None:
        return nan
    stop = _placed("stop_loss", stop_loss, tick, -1.0 if direction == "long" else 1.0)
    side = "below" if direction == "long" else "above"
    if not (stop < level if direction == "long" else stop > level):
        written = _written(stop, stop_loss, tick)
        text = f"stop_loss of a {direction} must be {side} {name}, is {written}"
        raise InvalidOrder(text, field="stop_loss", value=stop, allowed=f"{side} {level:.10g}")
    return stop


def check_ladder(
    direction: Direction, take_profit: TakeProfit, level: float, name: str, tick: float = 0.0
) -> tuple[Rung, ...]:
    """Return the checked ladder of targets, the nearest first; empty without a target.

    Raises
    ------
    InvalidOrder
        A price is on the wrong side of the entry's level or not beyond the rung before, the
        weights are not above 0 with a sum of 1, or there are more than 8.
    """
    if take_profit is None:
        return ()
    if not isinstance(take_profit, (list, tuple)) and not hasattr(take_profit, "tolist"):
        return _check_order(direction, [Rung(take_profit, 1.0)], level, name, tick)
    given = take_profit.tolist() if hasattr(take_profit, "tolist") else list(take_profit)
    given = given if isinstance(given, list) else [given]
    if not given:
        text = "take_profit is empty: leave it out, or give a price or a list of prices"
        raise InvalidOrder(text, field="take_profit", value=[], allowed="at least one price")
    if len(given) > RUNGS:
        text = f"take_profit has {len(given)} targets, there can be {RUNGS}"
        raise InvalidOrder(text, field="take_profit", value=len(given), allowed=f"1 to {RUNGS}")
    pairs = [isinstance(rung, (tuple, list)) and len(rung) == 2 for rung in given]
    if not all(pairs) and any(isinstance(rung, (tuple, list)) for rung in given):
        text = f"take_profit is {given!r}: write prices, or (price, weight) pairs, not both"
        allowed = "all prices or all pairs"
        raise InvalidOrder(text, field="take_profit", value=repr(given), allowed=allowed)
    rungs = []
    for rung in given:
        price, weight = rung if isinstance(rung, (tuple, list)) else (rung, 1 / len(given))
        rungs.append(Rung(positive("take_profit", price), positive("weight", weight)))
    ladder = _check_order(direction, rungs, level, name, tick)
    total = math.fsum(rung.weight for rung in rungs)
    if abs(total - 1) > 1e-9:
        text = f"The weights of take_profit must add up to 1, they make {total:g}"
        raise InvalidOrder(text, field="take_profit", value=total, allowed="a sum of 1")
    return ladder


def _check_order(
    direction: Direction, rungs: list[Rung], level: float, name: str, tick: float
) -> tuple[Rung, ...]:
    up = 1.0 if direction == "long" else -1.0
    before = level
    ladder = []
    for number, rung in enumerate(rungs, 1):
        price = _placed("take_profit", rung.price, tick, up)
        if not (price > before if direction == "long" else price < before):
            side = "above" if direction == "long" else "below"
            what = name if number == 1 else f"take_profit {number - 1} ({before:.10g})"
            written = _written(price, rung.price, tick)
            text = f"take_profit {number} of a {direction} must be {side} {what}, is {written}"
            allowed = f"{side} {before:.10g}"
            raise InvalidOrder(text, field="take_profit", value=price, allowed=allowed)
        before = price
        ladder.append(Rung(price, rung.weight))
    return tuple(ladder)
