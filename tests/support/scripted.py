"""One script of orders, followed by a strategy of each form."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from workbench.engine import BacktestEngine, Strategy
from workbench.engine.compiled import compiled
from workbench.engine.signals import Signals

WIDTH = 16
"""Numbers of a candle: what to do, a direction, a shape of order, then twelve for its prices."""
SHAPES = 10


def script(seed: int, bars: int, busy: float) -> np.ndarray[Any, Any]:
    """Return what is done on each candle, shape (bars, WIDTH)."""
    rng = np.random.default_rng(seed)
    table = rng.random((bars, WIDTH))
    table[:, 0] = rng.random(bars) < 0.05  # cancels
    table[:, 1] = np.where(rng.random(bars) < 0.1, rng.choice([1.0, 0.5, 0.3], bars), 0)  # closes
    table[:, 2] = np.where(rng.random(bars) < 0.06, rng.integers(1, 4, bars), 0)  # moves a stop
    table[:, 3] = np.where(rng.random(bars) < busy, rng.choice([1, 1, -1], bars), 0)  # enters
    table[:, 4] = rng.integers(0, SHAPES, bars)
    table[:, 5] = rng.integers(1, 12, bars)
    return table


def follow(bar: int, see: Any, act: Any) -> None:
    """Do what the script, `see.state`, says; where `see.polite`, no more than signals can."""
    s = see.state
    o = bar * 16
    close = see.close[-1]
    if s[o] > 0.0:
        act.cancel()
    part = s[o + 1]
    side = 1.0 if act.position > 0.0 else -1.0 if act.position < 0.0 else 0.0
    if part > 0.0:
        act.close(part)
    move = s[o + 2]
    if move > 0.0 and side != 0.0 and see.moves:
        away = close * (0.001 + 0.01 * s[o + 6])
        if move == 1.0:
            act.move_stop(close - side * away * 3.0)
        elif move == 2.0:
            act.move_stop(trailing=away)
        else:
            act.move_stop()
    sign = s[o + 3]
    if sign == 0.0 or (see.polite and side == sign and part < 1.0):
        return
    n = int(s[o + 5])
    quantity = 0.1 + 60.0 * s[o + 7]
    fraction = 0.05 + 0.8 * s[o + 8]
    risk = 0.001 + 0.04 * s[o + 9]
    limit = close * (1.0 - sign * 0.006 * s[o + 10])
    stop = close * (1.0 + sign * 0.006 * s[o + 10])
    shape = s[o + 4]
    level = limit if shape == 4.0 or shape == 7.0 else stop if shape in (5.0, 8.0) else close
    loss = level * (1.0 - sign * (0.001 + 0.01 * s[o + 11]))
    one = level * (1.0 + sign * (0.001 + 0.006 * s[o + 12]))
    two = one * (1.0 + sign * (0.001 + 0.006 * s[o + 13]))
    three = two * (1.0 + sign * 0.002)
    trail = close * (0.002 + 0.008 * s[o + 14])
    if sign > 0.0:
        if shape == 0.0:
            act.enter_long(quantity)
        elif shape == 1.0:
            act.enter_long(fraction=fraction, stop_loss=loss, take_profit=one)
        elif shape == 2.0:
            act.enter_long(risk=risk, stop_loss=loss)
        elif shape == 3.0:
            act.enter_long(stop_loss=loss, take_profit=(one, two, three), break_even_after=1)
        elif shape == 4.0:
            act.enter_long(quantity, limit=limit, expires=n, stop_loss=loss)
        elif shape == 5.0:
            act.enter_long(fraction=fraction, stop=stop, stop_loss=loss, trailing=trail)
        elif shape == 6.0:
            act.enter_long(quantity=quantity, trailing=trail, max_bars=n)
        elif shape == 7.0:
            act.enter_long(limit=limit, take_profit=((one, 0.25), (two, 0.75)), max_bars=n)
        elif shape == 8.0:
            act.enter_long(quantity=quantity, stop=stop, expires=n, take_profit=one)
        else:
            act.enter_long()
    elif shape == 0.0:
        act.enter_short(quantity)
    elif shape == 1.0:
        act.enter_short(fraction=fraction, stop_loss=loss, take_profit=one)
    elif shape == 2.0:
        act.enter_short(risk=risk, stop_loss=loss)
    elif shape == 3.0:
        act.enter_short(stop_loss=loss, take_profit=(one, two, three), break_even_after=1)
    elif shape == 4.0:
        act.enter_short(quantity, limit=limit, expires=n, stop_loss=loss)
    elif shape == 5.0:
        act.enter_short(fraction=fraction, stop=stop, stop_loss=loss, trailing=trail)
    elif shape == 6.0:
        act.enter_short(quantity=quantity, trailing=trail, max_bars=n)
    elif shape == 7.0:
        act.enter_short(limit=limit, take_profit=((one, 0.25), (two, 0.75)), max_bars=n)
    elif shape == 8.0:
        act.enter_short(quantity=quantity, stop=stop, expires=n, take_profit=one)
    else:
        act.enter_short()


class Base(Strategy):
    """Has the script in its state."""

    seed = 0
    busy = 0.3
    polite = False
    moves = True

    def init(self) -> None:
        bars = len(self._view.candles)
        self.state = script(self.seed, bars, self.busy).ravel()


class InPython(Base):
    """The script as calls of a strategy's own methods."""

    def next(self) -> None:
        held = self.position
        units = sum(one.quantity * (1 if one.direction == "long" else -1) for one in self.positions)
        act = SimpleNamespace(
            position=units, cancel=self.cancel, close=held.close, move_stop=self.move_stop,
            enter_long=self._long, enter_short=self._short,
        )  # fmt: skip
        see = SimpleNamespace(
            state=self.state, close=self.close, polite=self.polite, moves=self.moves
        )
        follow(len(self.close) - 1, see, act)

    def _long(self, *args: Any, **given: Any) -> Any:
        return self.enter_long(*args, **_listed(given))

    def _short(self, *args: Any, **given: Any) -> Any:
        return self.enter_short(*args, **_listed(given))


def _listed(given: dict[str, Any]) -> dict[str, Any]:
    targets = given.get("take_profit")
    return given if not isinstance(targets, tuple) else {**given, "take_profit": list(targets)}


class InNumba(Base):
    """The script compiled."""

    next = compiled(follow)


class AsSignals(Base):
    """The script as arrays; it must be polite."""

    def signals(self) -> Signals:
        s = self.state.reshape(-1, WIDTH)
        close = self.close[:]
        sign, shape, n = s[:, 3], s[:, 4], s[:, 5]

        def where(*shapes: int, of: Any) -> Any:
            return np.where(np.isin(shape, shapes), of, np.nan)

        limit = close * (1.0 - sign * 0.006 * s[:, 10])
        stop = close * (1.0 + sign * 0.006 * s[:, 10])
        level = np.where(np.isin(shape, (4, 7)), limit, close)
        level = np.where(np.isin(shape, (5, 8)), stop, level)
        one = level * (1.0 + sign * (0.001 + 0.006 * s[:, 12]))
        two = one * (1.0 + sign * (0.001 + 0.006 * s[:, 13]))
        targets = np.column_stack([where(1, 3, 7, 8, of=one), where(3, 7, of=two),
                                   where(3, of=two * (1.0 + sign * 0.002))])  # fmt: skip
        equal = np.where(shape == 3, 1 / 3, np.nan)
        weights = np.column_stack([np.where(np.isin(shape, (1, 8)), 1.0, equal), equal, equal])
        weights[shape == 7, :2] = 0.25, 0.75
        part = s[:, 1]
        return Signals(
            sign > 0, part > 0, sign < 0, part > 0, cancels=s[:, 0],
            part=np.where(part > 0, part, np.nan),
            size=where(0, 4, 6, 8, of=0.1 + 60.0 * s[:, 7]),
            fraction=where(1, 5, of=0.05 + 0.8 * s[:, 8]),
            risk=where(2, of=0.001 + 0.04 * s[:, 9]),
            limit=where(4, 7, of=limit), stop=where(5, 8, of=stop), expires=where(4, 8, of=n),
            stop_loss=where(1, 2, 3, 4, 5, of=level * (1.0 - sign * (0.001 + 0.01 * s[:, 11]))),
            take_profit=targets, weights=weights, break_even_after=where(3, of=1.0),
            trailing=where(5, 6, of=close * (0.002 + 0.008 * s[:, 14])),
            max_bars=where(6, 7, of=n),
        )  # fmt: skip


class Record:
    """Runs an engine, in stretches, and keeps its equities and rows of events."""

    def __init__(self, engine: BacktestEngine, stretches: list[int] | None = None) -> None:
        self.equities: list[float] = []
        self.rows: list[list[float]] = []
        driver = engine._driver
        run, finish = driver.run, driver.finish

        def recorded(*args: Any) -> Any:
            equities, rows = run(*args)
            self.equities += list(equities)
            self.rows += [list(row) for row in rows]
            return equities, rows

        def finished(bar: int) -> Any:
            rows = finish(bar)
            self.rows += [list(row) for row in rows]
            return rows

        driver.run, driver.finish = recorded, finished  # type: ignore[method-assign]
        sizes = list(stretches or [])
        while not engine.done:
            engine.advance(sizes.pop() if sizes else engine.bars)
        engine.finish()
        self.performance = engine.performance.final()
