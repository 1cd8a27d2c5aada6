"""Orders a strategy places, checked when they are placed, and the fills they become."""

from __future__ import annotations

import math
from typing import NamedTuple, SupportsFloat

from msgspec import UNSET, Struct, UnsetType

from workbench.errors import InvalidOrder
from workbench.messages import Direction, Reasoning

Reason = str | Reasoning | None
TakeProfit = float | list[float] | tuple[float, ...] | list[tuple[float, float]] | None


class Rung(NamedTuple):
    """One step of a ladder of take profits: `weight` of the whole quantity leaves at `price`."""

    price: float
    weight: float


class EntryOrder(Struct, frozen=True, gc=False):
    """Open a position at the next open. Prices are absolute."""

    direction: Direction
    bar: int
    close: float
    equity: float
    quantity: float | None
    fraction: float | None
    stop_loss: float | None
    ladder: tuple[Rung, ...]
    reasoning: Reasoning


class ExitOrder(Struct, frozen=True, gc=False):
    """Close `part` of the position at the next open."""

    bar: int
    part: float
    reasoning: Reasoning


class Rejection(Struct, frozen=True, gc=False):
    """An entry that was not filled. `bar` is the candle it was placed on, from 0."""

    bar: int
    direction: Direction
    reason: str


class EntryFill(Struct, frozen=True, gc=False):
    """A position was opened. Money in the account's currency, `bar` from 0."""

    trade_id: int
    direction: Direction
    bar: int
    price: float
    quantity: float
    commission: float
    stop_loss: float | None
    ladder: tuple[Rung, ...]
    reasoning: Reasoning


class ExitFill(Struct, frozen=True, gc=False):
    """A position, or a part of it, was closed.

    Attributes
    ----------
    pnl
        Of this part, net of its commissions (its share of the entry's included).
    pnl_percent
        `pnl` in percent of the part's notional at entry.
    mfe, mae
        Best and worst unrealised profit of this part while it was held.
    commission
        Of this fill alone.
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


Fill = EntryFill | ExitFill


def _number(field: str, value: object) -> float:
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, (float, int, SupportsFloat)) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number):
            return number
    text = f"{field} must be a finite number, is {value!r}"
    raise InvalidOrder(text, field=field, value=repr(value), allowed="a finite number")


def _positive(field: str, value: object) -> float:
    number = _number(field, value)
    if number <= 0:
        text = f"{field} must be above 0, is {number:g}"
        raise InvalidOrder(text, field=field, value=number, allowed="above 0")
    return number


def check_part(part: float) -> float:
    """Return the part of a position to close, a fraction in (0, 1].

    Raises
    ------
    InvalidOrder
        It is outside.
    """
    number = _positive("part", part)
    if number > 1:
        text = f"part must be in (0, 1], is {number:g}: 1.0 closes the whole position"
        raise InvalidOrder(text, field="part", value=number, allowed="(0, 1]")
    return number


def check_reasoning(reasoning: Reasoning) -> Reasoning:
    """Return the reasoning in plain strings and floats; inputs that are not finite are left out.

    Raises
    ------
    InvalidOrder
        The confidence is not in [0, 1], or an input is not a number.
    """
    confidence = _number("confidence", reasoning.confidence)
    if not 0 <= confidence <= 1:
        text = f"confidence must be in [0, 1], is {confidence:g}"
        raise InvalidOrder(text, field="confidence", value=confidence, allowed="[0, 1]")
    inputs: dict[str, float] | UnsetType = UNSET
    if reasoning.inputs is not UNSET:
        try:
            numbers = {str(name): float(value) for name, value in reasoning.inputs.items()}
        except (TypeError, ValueError) as error:
            text = f"inputs of a reasoning must be numbers: {error}"
            raise InvalidOrder(
                text, field="inputs", value=repr(reasoning.inputs), allowed="numbers"
            ) from None
        inputs = {name: value for name, value in numbers.items() if math.isfinite(value)}
    return Reasoning(str(reasoning.decision), confidence, str(reasoning.rationale), inputs)


def check_size(
    quantity: float | None, fraction: float | None, leverage: float
) -> tuple[float | None, float | None]:
    """Return the checked size of an entry.

    Raises
    ------
    InvalidOrder
        Both are given, or one is not above 0, or `fraction` is above `leverage`.
    """
    if quantity is not None and fraction is not None:
        text = f"Give quantity ({quantity}) or fraction ({fraction}), not both"
        raise InvalidOrder(text, field="quantity", value=repr(quantity), allowed="one of the two")
    if quantity is not None:
        return _positive("quantity", quantity), None
    if fraction is None:
        return None, None
    number = _positive("fraction", fraction)
    if number > leverage:
        text = f"fraction must be at most the leverage ({leverage:g}), is {number:g}"
        raise InvalidOrder(text, field="fraction", value=number, allowed=f"(0, {leverage:g}]")
    return None, number


def check_stop(direction: Direction, stop_loss: float | None, close: float) -> float | None:
    """Return the checked stop: below the last close for a long, above it for a short.

    Raises
    ------
    InvalidOrder
        It is on the wrong side.
    """
    if stop_loss is None:
        return None
    stop = _positive("stop_loss", stop_loss)
    side = "below" if direction == "long" else "above"
    if not (stop < close if direction == "long" else stop > close):
        text = f"stop_loss of a {direction} must be {side} the last close {close:g}, is {stop:g}"
        raise InvalidOrder(text, field="stop_loss", value=stop, allowed=f"{side} {close:g}")
    return stop


def check_ladder(direction: Direction, take_profit: TakeProfit, close: float) -> tuple[Rung, ...]:
    """Return the checked ladder of targets, the nearest first; empty without a target.

    Raises
    ------
    InvalidOrder
        A price is on the wrong side of the last close or not beyond the rung before, or the
        weights are not above 0 with a sum of 1.
    """
    if take_profit is None:
        return ()
    if not isinstance(take_profit, (list, tuple)):
        only = [Rung(_positive("take_profit", take_profit), 1.0)]
        _check_order(direction, only, close)
        return tuple(only)
    given = take_profit
    if not given:
        text = "take_profit is empty: leave it out, or give a price or a list of prices"
        raise InvalidOrder(text, field="take_profit", value=[], allowed="at least one price")
    weighted = [isinstance(rung, tuple) for rung in given]
    if any(weighted) and not all(weighted):
        text = f"take_profit mixes prices and (price, weight): {list(given)!r}"
        raise InvalidOrder(
            text, field="take_profit", value=repr(given), allowed="all prices or all pairs"
        )
    rungs = []
    for rung in given:
        price, weight = rung if isinstance(rung, tuple) else (rung, 1 / len(given))
        rungs.append(Rung(_positive("take_profit", price), _positive("weight", weight)))
    _check_order(direction, rungs, close)
    total = math.fsum(rung.weight for rung in rungs)
    if abs(total - 1) > 1e-9:
        text = f"The weights of take_profit must add up to 1, they make {total:g}"
        raise InvalidOrder(text, field="take_profit", value=total, allowed="a sum of 1")
    return tuple(rungs)


def _check_order(direction: Direction, rungs: list[Rung], close: float) -> None:
    side = "above" if direction == "long" else "below"
    before, what = close, f"the last close {close:g}"
    for number, rung in enumerate(rungs, 1):
        if not (rung.price > before if direction == "long" else rung.price < before):
            text = f"take_profit {number} of a {direction} must be {side} {what}, is {rung.price:g}"
            raise InvalidOrder(
                text, field="take_profit", value=rung.price, allowed=f"{side} {before:g}"
            )
        before, what = rung.price, f"take_profit {number} ({rung.price:g})"
