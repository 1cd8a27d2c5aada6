"""Signals: a strategy as arrays, one value a candle."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.data.candles import Candles
from workbench.engine.refusing import refusal
from workbench.engine.rules import signalling as rule
from workbench.engine.settings import Settings
from workbench.engine.signal_arrays import check_times, flags, numbers, times
from workbench.engine.strategy import Strategy
from workbench.errors import InvalidOrder, InvalidRequest
from workbench.messages import iso_time

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_WHAT = {
    "cancels": rule.CANCELS, "exits": rule.EXITS, "short_exits": rule.SHORT_EXITS,
    "entries": rule.ENTRIES, "short_entries": rule.SHORT_ENTRIES,
}  # fmt: skip
_GIVEN = {
    "size": (rule.G_QUANTITY, nan), "fraction": (rule.G_FRACTION, nan), "risk": (rule.G_RISK, nan),
    "limit": (rule.G_LIMIT, nan), "stop": (rule.G_STOP, nan), "expires": (rule.G_EXPIRES, inf),
    "stop_loss": (rule.G_STOP_LOSS, nan), "trailing": (rule.G_TRAIL, nan),
    "break_even_after": (rule.G_BREAK_EVEN, 0.0), "max_bars": (rule.G_BARS, inf),
    "part": (rule.G_PART, 1.0),
}  # fmt: skip


class Signals:
    """Orders for each candle, placed at its close; they fill by the rules of docs/fills.md.

    On one candle, first waiting entries are cancelled, then exits placed, then entries. As
    everywhere, an entry against the position closes it. Since arrays often repeat themselves, an
    entry is passed over while as many trades stand in its direction as `max_positions` allows
    (with `hedging`: in both), unless an exit of the same candle closes them.

    Parameters
    ----------
    entries, exits, short_entries, short_exits
        Whether to go long, to close longs, to go short, to close shorts: shape (n,), bool or 0
        and 1; NaN is no.
    cancels
        Whether to take back entries that wait.
    size, fraction, risk
        Of entries: units; fraction of equity; fraction of equity lost at the stop.
    limit, stop
        Prices of entries that wait; else they are market orders.
    expires
        Candles entries may fill on; market orders fill on the first, whatever it says.
    stop_loss
        Prices.
    take_profit
        Prices, shape (n,), or of ladders, shape (n, up to 8), the nearest first.
    weights
        Of a ladder, in its shape, or shape (rungs,) for all; equal when left out.
    trailing, break_even_after, max_bars
        As of `EntryOptions`.
    part
        Of exits: the part of the position that is closed.

    All but the first five have an effect on candles with an entry (`part`: an exit) only,
    `break_even_after` on entries with targets. They are floats, shape (n,), NaN where there is
    none, or one number for all. What pandas indexes by time has to have the times of the candles;
    all else goes by place.

    Whether arrays look ahead cannot be checked: they were made before there was anything to be cut.
    The ``signals(self)`` of a `Strategy` can, and are.

    Raises
    ------
    InvalidRequest
        No array of entries is given, or a shape or a type makes no sense.
    """

    def __init__(
        self,
        entries: ArrayLike | None = None,
        exits: ArrayLike | None = None,
        short_entries: ArrayLike | None = None,
        short_exits: ArrayLike | None = None,
        *,
        cancels: ArrayLike | None = None,
        size: ArrayLike | None = None,
        fraction: ArrayLike | None = None,
        risk: ArrayLike | None = None,
        limit: ArrayLike | None = None,
        stop: ArrayLike | None = None,
        expires: ArrayLike | None = None,
        stop_loss: ArrayLike | None = None,
        take_profit: ArrayLike | None = None,
        weights: ArrayLike | None = None,
        trailing: ArrayLike | None = None,
        break_even_after: ArrayLike | None = None,
        max_bars: ArrayLike | None = None,
        part: ArrayLike | None = None,
    ) -> None:
        given: Mapping[str, Any] = {
            name: value for name, value in locals().items() if name != "self" and value is not None
        }
        told = {name: flags(name, given[name]) for name in _WHAT if name in given}
        if "entries" not in told and "short_entries" not in told:
            text = "Signals have neither entries nor short_entries: give one of them"
            raise InvalidRequest(text, field="entries", value=None, allowed="an array")
        lengths = {name: len(flag) for name, flag in told.items()}
        more = {name: numbers(name, given[name]) for name in _GIVEN if name in given}
        ladder = {n: numbers(n, given[n], 2) for n in ("take_profit", "weights") if n in given}
        _check_weights(ladder)
        lengths |= {name: len(value) for name, value in more.items() if value.ndim}
        if "take_profit" in ladder and ladder["take_profit"].ndim:
            lengths["take_profit"] = len(ladder["take_profit"])
        if "weights" in ladder and ladder["weights"].ndim == 2:
            lengths["weights"] = len(ladder["weights"])
        if len(set(lengths.values())) > 1:
            text = f"The arrays of Signals differ in length: {lengths}"
            raise InvalidRequest(text, field="entries", value=lengths, allowed="one length")
        self._flags, self._numbers, self._ladder = told, more, ladder
        found = ((name, times(value)) for name, value in given.items())
        self._times = {name: each for name, each in found if each is not None}
        self.length: int = next(iter(lengths.values()))

    def __len__(self) -> int:
        return self.length

    def __repr__(self) -> str:
        counts = ", ".join(f"{int(flag.sum())} {name}" for name, flag in self._flags.items())
        return f"<Signals: {self.length} candles, {counts}>"

    def rows(self, candles: Candles, settings: Settings) -> tuple[NDArray[Any], ...]:
        """Return the signals as the rules read them, see `rules.signalling`.

        Raises
        ------
        InvalidRequest
            There is not one value a candle.
        InvalidOrder
            An order makes no sense; the message names its row, and the time of the candle.
        """
        if self.length != len(candles):
            text = f"Signals have {self.length} values, there are {len(candles)} candles"
            raise InvalidRequest(text, field="entries", value=self.length, allowed=len(candles))
        for name, given in self._times.items():
            check_times(name, given, candles)
        at = np.flatnonzero(np.logical_or.reduce(list(self._flags.values())))
        what = np.zeros(len(at), dtype=np.int64)
        for name, flag in self._flags.items():
            what += _WHAT[name] * flag[at]
        both = (what & rule.ENTRIES > 0) & (what & rule.SHORT_ENTRIES > 0)
        if both.any():
            row = int(at[both.argmax()])
            text = f"Signals go long and short on one candle: row {row}, {_time(candles, row)}"
            raise InvalidRequest(text, field="short_entries", value=row, allowed="one of the two")
        columns = self._columns(at)
        kept = {place: column for place, column in columns.items() if column.ndim}
        table = np.empty((max(1, len(kept)), len(at)))
        where = np.full(rule.GIVEN_WIDTH, -1, dtype=np.int64)
        fixed = _fixed()
        for i, (place, column) in enumerate(kept.items()):
            table[i], where[place] = column, i
        for place, column in columns.items():
            if not column.ndim:
                fixed[place] = float(column)
        wrong = refusal(what, candles.close[at], columns, settings)
        if wrong is not None:
            number, error = wrong
            bar = int(at[number])
            text = f"Signals, row {bar}, {_time(candles, bar)}: {error.message}"
            raise InvalidOrder(text, **error.details, row=bar)
        never = np.iinfo(np.int64).max
        return (np.append(at, never), what, np.zeros(1, np.int64), table, where, fixed)

    def nearest(self, row: int, names: Collection[str] = ()) -> int:
        """Return the row of the signal that is nearest to a row; the row itself without any.

        Of `names` alone (``entries``, ``exits``, ...), where there are any of these.
        """
        some = [flag for name, flag in self._flags.items() if name in names and flag.any()]
        rows = np.flatnonzero(np.logical_or.reduce(some or list(self._flags.values())))
        return int(rows[np.abs(rows - row).argmin()]) if len(rows) else row

    def differs(self, other: Signals, count: int) -> tuple[str, int] | None:
        """Return where these first differ from others in the first `count` candles, if they do."""
        if len(other) < count:
            return "lengths", len(other)
        flags = sum(_WHAT[name] * flag[:count] for name, flag in self._flags.items())
        others = sum(_WHAT[name] * flag[:count] for name, flag in other._flags.items())
        odd = np.asarray(flags != others)
        if odd.any():
            return "signals", int(odd.argmax())
        mine, theirs = self._numbers | self._ladder, other._numbers | other._ladder
        for name in mine.keys() & theirs.keys():
            one, two = mine[name][()], theirs[name][()]
            if np.ndim(one) and np.ndim(two) and len(one) == self.length:
                if one[:count].tobytes() == two[:count].tobytes():
                    continue  # usual, and far faster
                same = np.isclose(one[:count], two[:count], rtol=1e-7, atol=1e-12, equal_nan=True)
                wrong = ~same.reshape(count, -1).all(axis=1) & (np.asarray(flags) != 0)
                if wrong.any():
                    return name, int(wrong.argmax())
        return None

    def _columns(self, at: Ints) -> dict[int, Floats]:
        """Return what is given, at some candles, by its place: a column, or one number."""
        columns: dict[int, Floats] = {}
        for name, values in self._numbers.items():
            place, missing = _GIVEN[name]
            column = values[at] if values.ndim else values
            if missing == missing:
                column = np.where(np.isnan(column), missing, column)
            columns[place] = column
        for name, first in (("take_profit", rule.G_PRICES), ("weights", rule.G_WEIGHTS)):
            if name not in self._ladder:
                continue
            rungs = self._ladder[name]
            if rungs.ndim == 2:
                columns |= {first + k: rungs[at, k] for k in range(rungs.shape[1])}
            elif name == "weights":
                columns |= {first + k: np.asarray(rungs[k]) for k in range(len(rungs))}
            else:
                columns[first] = rungs[at] if rungs.ndim else rungs
        if rule.G_BREAK_EVEN in columns:  # one number for all has no effect without targets
            places = range(rule.G_PRICES, rule.G_WEIGHTS)
            targets = [~np.isnan(columns[place]) for place in places if place in columns]
            some = np.logical_or.reduce(targets) if targets else np.False_
            columns[rule.G_BREAK_EVEN] = np.where(some, columns[rule.G_BREAK_EVEN], 0.0)
        return columns


def strategy_of(signals: Signals) -> type[Strategy]:
    """Return a strategy that gives these signals."""

    def given(self: Strategy) -> Signals:
        return signals

    return type("Signals", (Strategy,), {"signals": given, "_signals_given": True})


def gives_signals(kind: type) -> bool:
    """Tell whether a strategy has ``signals()`` instead of ``next()``."""
    return callable(getattr(kind, "signals", None))


def refuse_both(kind: type[Strategy]) -> None:
    """Refuse a class with a ``next()`` that its ``signals()`` leave without an effect.

    One that gives signals in the place of an inherited ``next()`` is fine.

    Raises
    ------
    InvalidRequest
        It has both.
    """
    if not gives_signals(kind):
        return
    first = {name: next(at for at, one in enumerate(kind.__mro__) if name in vars(one))
             for name in ("next", "signals")}  # fmt: skip
    if first["next"] <= first["signals"] and kind.__mro__[first["next"]] is not Strategy:
        name = kind.__name__
        text = (
            f"{name} has both next() and signals(), of which a run asks one: take one away, or "
            "make it two classes"
        )
        raise InvalidRequest(text, field="strategy", value=name, allowed="next() or signals()")


def _fixed() -> Floats:
    fixed: Floats = np.full(rule.GIVEN_WIDTH, nan)
    for place, missing in _GIVEN.values():
        fixed[place] = missing
    return fixed


def _check_weights(ladder: Mapping[str, Floats]) -> None:
    if "weights" in ladder:
        weights, prices = ladder["weights"], ladder.get("take_profit", np.zeros(()))
        rungs = prices.shape[1] if prices.ndim == 2 else 1
        if weights.ndim == 0 or weights.shape[-1] != rungs:
            text = f"weights have shape {weights.shape}, take_profit has {rungs} rungs"
            raise InvalidRequest(text, field="weights", value=list(weights.shape), allowed=[rungs])


def _time(candles: Candles, row: int) -> str:
    return iso_time(int(candles.time[row]))
