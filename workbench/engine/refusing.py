"""What makes no sense in orders that were given as numbers, in the words of `engine.orders`."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.engine.orders import (
    EntryOptions,
    check_entry,
    check_ladder,
    check_options,
    check_part,
    check_size,
    check_stop,
    check_trail,
)
from workbench.engine.rules import signalling as rule
from workbench.engine.rules.costs import on_grid
from workbench.engine.rules.layout import (
    O_BARS,
    O_BREAK_EVEN,
    O_EXPIRES,
    O_FRACTION,
    O_LIMIT,
    O_PRICES,
    O_QUANTITY,
    O_RISK,
    O_RUNGS,
    O_STOP,
    O_STOP_LOSS,
    O_TRAIL,
    O_WEIGHTS,
    RUNGS,
)
from workbench.engine.settings import Settings
from workbench.errors import InvalidOrder
from workbench.messages import Direction

Floats = NDArray[np.float64]


def refuse_entry(
    sign: float, close: float, number: Mapping[int, float], settings: Settings, wrong: int = 0
) -> InvalidOrder | None:
    """Return why an entry makes no sense, None where it does.

    Parameters
    ----------
    number
        By its place in an order's row; NaN, or infinite candles, for what is not given.
    wrong
        The place of a number that was given, and is NaN.
    """
    direction: Direction = "long" if sign > 0 else "short"

    def given(place: int, missing: float = nan) -> Any:
        value = number.get(place, missing)
        return None if place != wrong and (value != value or value == missing) else value

    more: EntryOptions = {
        "limit": given(O_LIMIT), "stop": given(O_STOP), "expires": given(O_EXPIRES, inf),
        "trailing": given(O_TRAIL),
        "max_bars": given(O_BARS, inf), "risk": given(O_RISK),
    }  # fmt: skip
    after = given(O_BREAK_EVEN, 0.0)
    if after is not None:
        more["break_even_after"] = int(after) if after == int(after) else after
    rungs = int(number.get(O_RUNGS, 0.0))
    prices = [number[O_PRICES + k] for k in range(min(rungs, RUNGS))]
    prices += [nan] * (rungs - len(prices))
    weights = [number.get(O_WEIGHTS + k, 1.0) for k in range(rungs)]
    ladder: Any = list(zip(prices, weights, strict=True)) or None
    try:
        check_size(given(O_QUANTITY), given(O_FRACTION), more["risk"], settings.leverage)
        tick = settings.tick_size
        _, _, level, name = check_entry(direction, given(O_LIMIT), given(O_STOP), close, tick)
        check_ladder(direction, ladder, level, name, tick)
        check_options(more, rungs, given(O_STOP_LOSS) is not None, level)
        check_stop(direction, given(O_STOP_LOSS), level, name, tick)
    except InvalidOrder as error:
        return error
    return None


def refuse_close(part: float) -> InvalidOrder | None:
    """Return why a part cannot be closed, None where it can."""
    try:
        check_part(part)
    except InvalidOrder as error:
        return error
    return None


def refuse_trail(trail: float, mark: float) -> InvalidOrder | None:
    """Return why a stop cannot follow at a distance from `mark`, None where it can."""
    try:
        check_trail(trail, mark)
    except InvalidOrder as error:
        return error
    return None


def refuse_move(sign: float, mark: float, stop: float, tick: float) -> InvalidOrder:
    """Return why a stop cannot be moved to a price; `mark` is what a position is worth now."""
    direction: Direction = "long" if sign > 0 else "short"
    try:
        check_stop(direction, stop, mark, f"{mark:.10g}", tick)
    except InvalidOrder as error:
        text = error.message.replace("stop_loss of", "move_stop of", 1)
        return InvalidOrder(text, **error.details)
    raise AssertionError(f"a stop may move to {stop}")


def refusal(
    what: NDArray[np.int64], close: Floats, columns: Mapping[int, Floats], settings: Settings
) -> tuple[int, InvalidOrder] | None:
    """Return the first row of signals with an order that makes no sense, and why.

    Parameters
    ----------
    what, close
        What is to be done, see `rules.signalling`, and the close, shape (n,).
    columns
        What is given, by its place there: shape (n,), or one number.
    """
    with np.errstate(invalid="ignore"):  # of what is infinite or missing
        odd = _odd_part(what, columns) | _odd_entry(what, close, columns, settings)
    for row in np.flatnonzero(odd):
        sign = 1.0 if what[row] & rule.ENTRIES else -1.0
        numbers = {place: float(column[row] if column.ndim else column)
                   for place, column in columns.items()}  # fmt: skip
        part = numbers.get(rule.G_PART, 1.0)
        error = refuse_close(part) if what[row] & (rule.EXITS | rule.SHORT_EXITS) else None
        if error is None and what[row] & (rule.ENTRIES | rule.SHORT_ENTRIES):
            error = refuse_entry(sign, float(close[row]), _order(numbers), settings)
        if error is not None:
            return int(row), error
    return None


_PLACES = {
    rule.G_QUANTITY: O_QUANTITY, rule.G_FRACTION: O_FRACTION, rule.G_RISK: O_RISK,
    rule.G_LIMIT: O_LIMIT, rule.G_STOP: O_STOP, rule.G_EXPIRES: O_EXPIRES,
    rule.G_STOP_LOSS: O_STOP_LOSS, rule.G_TRAIL: O_TRAIL, rule.G_BREAK_EVEN: O_BREAK_EVEN,
    rule.G_BARS: O_BARS,
}  # fmt: skip


def _order(numbers: Mapping[int, float]) -> dict[int, float]:
    """Return the numbers of a signal by their places in an order's row."""
    order = {place: numbers[one] for one, place in _PLACES.items() if one in numbers}
    rungs = 0
    for k in range(RUNGS):
        price = numbers.get(rule.G_PRICES + k, nan)
        if price == price:
            order[O_PRICES + rungs] = price
            order[O_WEIGHTS + rungs] = numbers.get(rule.G_WEIGHTS + k, nan)
            rungs += 1
    order[O_RUNGS] = float(rungs)
    if rungs and order[O_WEIGHTS] != order[O_WEIGHTS]:
        order |= {O_WEIGHTS + k: 1 / rungs for k in range(rungs)}
    return order


def _odd_part(what: NDArray[np.int64], columns: Mapping[int, Floats]) -> NDArray[np.bool_]:
    part = columns.get(rule.G_PART)
    if part is None:
        return np.zeros(len(what), dtype=bool)
    exits = what & (rule.EXITS | rule.SHORT_EXITS) > 0
    odd: NDArray[np.bool_] = exits & ~((part > 0) & (part <= 1))
    return odd


def _odd_entry(
    what: NDArray[np.int64], close: Floats, columns: Mapping[int, Floats], settings: Settings
) -> NDArray[np.bool_]:
    """Return the rows whose entry may make no sense, as `rules.checking` has it; none is missed."""
    sign = np.where(what & rule.ENTRIES > 0, 1.0, -1.0)
    odd = np.zeros(len(what), dtype=bool)

    def get(place: int) -> Floats | None:
        return columns.get(place)

    def placed(place: int, side: Floats) -> Floats | None:
        return columns_on_grid(settings.tick_size, columns.get(place), side)

    def bad(values: Floats | None, fine: Any) -> None:
        nonlocal odd
        if values is not None:
            odd |= ~(np.isnan(values) | fine(values))

    def positive(values: Floats) -> Any:
        return (values > 0) & (values < inf)

    def count(values: Floats) -> Any:
        return (values == inf) | ((values >= 1) & (values <= 1e15) & (values == np.floor(values)))

    bad(get(rule.G_QUANTITY), positive)
    bad(get(rule.G_FRACTION), lambda v: (v > 0) & (v <= settings.leverage))
    bad(get(rule.G_RISK), lambda v: (v > 0) & (v <= 1))
    bad(get(rule.G_EXPIRES), count)
    bad(get(rule.G_BARS), count)
    level = close
    limit, stop = placed(rule.G_LIMIT, -sign), placed(rule.G_STOP, sign)
    bad(limit, positive)
    bad(stop, lambda v: positive(v) & (sign * (v - close) >= 0))
    if limit is not None:
        level = np.where(sign * (close - limit) >= 0, limit, level)
    if stop is not None:
        level = np.where(np.isnan(stop), level, stop)
    bad(get(rule.G_TRAIL), lambda v: positive(v) & (v < level))
    bad(placed(rule.G_STOP_LOSS, -sign), lambda v: positive(v) & (sign * (level - v) > 0))
    sizes = (rule.G_QUANTITY, rule.G_FRACTION, rule.G_RISK)
    for group in (sizes, (rule.G_LIMIT, rule.G_STOP)):
        odd |= sum(_there(columns, place) for place in group) > 1
    odd |= _there(columns, rule.G_RISK) & ~_there(columns, rule.G_STOP_LOSS)
    odd |= _odd_ladder(sign, level, columns, settings.tick_size)
    entries = what & (rule.ENTRIES | rule.SHORT_ENTRIES) > 0
    found: NDArray[np.bool_] = odd & entries
    return found


def _odd_ladder(
    sign: Floats, level: Floats, columns: Mapping[int, Floats], tick: float
) -> NDArray[np.bool_]:
    odd = np.zeros(len(sign), dtype=bool)
    before, rungs, total = level, np.zeros(len(sign)), np.zeros(len(sign))
    for k in range(RUNGS):
        price = columns_on_grid(tick, columns.get(rule.G_PRICES + k), sign)
        if price is None:
            continue
        there = ~np.isnan(price)
        odd |= there & ~((price > 0) & (price < inf) & (sign * (price - before) > 0))
        before = np.where(there, price, before)
        rungs = rungs + there
        weight = columns.get(rule.G_WEIGHTS + k)
        if weight is not None:
            # One that is missing may be meant to be equal to the others: looked at in the row.
            odd |= there & ~((weight > 0) & (weight < inf))
            total = total + np.where(there, weight, 0.0)
    if rule.G_WEIGHTS in columns:
        odd |= (rungs > 0) & ~(np.abs(total - 1) <= 1e-9)
    after = columns.get(rule.G_BREAK_EVEN)
    if after is not None:
        odd |= ~((after >= 0) & (after <= rungs) & (after == np.floor(after)))
    return odd


def columns_on_grid(tick: float, prices: Floats | None, side: Floats) -> Floats | None:
    """Return prices as they are placed, each by `rules.costs.on_grid`."""
    if prices is None or not tick > 0:
        return prices
    prices, side = np.broadcast_arrays(prices, side)
    pairs = zip(prices.tolist(), side.tolist(), strict=True)
    return np.array([on_grid(tick, price, up) for price, up in pairs], dtype=np.float64)


def _there(columns: Mapping[int, Floats], place: int) -> Any:
    values = columns.get(place)
    return np.False_ if values is None else ~np.isnan(values)
