"""A case of docs/fills.md: what is ordered on which candles, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from msgspec import convert

from workbench.data.candles import ASKS, Candles
from workbench.engine import BacktestEngine, Strategy
from workbench.engine.rules.layout import (
    O_LIMIT,
    O_STOP,
    P_NEXT,
    P_PRICES,
    P_RUNGS,
    P_STOP,
)
from workbench.engine.settings import Settings
from workbench.engine.story import EntryFill, ExitFill, Happening, SignalEnd
from workbench.timeframes import Timeframe

START = 1_704_153_600_000
"""2024-01-02T00:00Z, a Tuesday."""
MINUTE = 60_000

Row = tuple[float, ...]
FLAT: Row = (100, 100, 100, 100)


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes
    ----------
    name, text
        What it is called, and the rule it shows, in a sentence.
    candles
        Open, high, low, close; and the same of the ask, where there is one.
    orders, others
        What the strategy (a second one) calls at the close of which candle.
    expect
        What comes of it, in the words of `told`.
    settings
        Fields of `Settings`.
    shown
        Fields that `told` adds to a fill.
    minutes
        When the candles open, in minutes since `START`; one after the other when left out.
    volume
        Of each candle.
    inside
        Candles of five minutes, three for each candle that has them.
    timeframe
        Of the candles.
    equity
        At the last close, where the case tells it.
    """

    name: str
    text: str
    candles: Sequence[Row]
    orders: Mapping[int, str]
    expect: Sequence[str]
    others: Mapping[int, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    shown: Sequence[str] = ()
    minutes: Sequence[int] = ()
    volume: float = 1000.0
    inside: Mapping[int, Sequence[Row]] = field(default_factory=dict)
    timeframe: str = "15M"
    equity: float | None = None

    @property
    def file(self) -> str:
        """Name of its picture."""
        return "".join(c if c.isalnum() else "_" for c in self.name.lower()) + ".svg"

    @property
    def frame(self) -> Timeframe:
        """The timeframe, parsed."""
        return Timeframe.parse(self.timeframe)

    def columns(self) -> Candles:
        """Return the candles."""
        minutes = self.minutes or [n * self.frame.ms // MINUTE for n in range(len(self.candles))]
        return _candles(self.candles, minutes, self.frame, self.volume)

    def within(self) -> Candles | None:
        """Return the shorter candles, where there are any."""
        if not self.inside:
            return None
        step = self.frame.ms // MINUTE // 3
        minutes = [bar * 3 * step + part * step for bar in sorted(self.inside) for part in range(3)]
        rows = [row for bar in sorted(self.inside) for row in self.inside[bar]]
        return _candles(rows, minutes, Timeframe.parse("5M"), self.volume)


@dataclass
class Played:
    """A case as the engine played it: what happened, and which levels each candle met."""

    happenings: list[Happening]
    levels: list[tuple[int, str, float]]
    equity: float


def play(case: Case) -> Played:
    """Run a case through the engine."""
    scripts = {"First": case.orders, "Second": case.others}
    kinds = [
        _scripted(name, script, len(case.candles)) for name, script in scripts.items() if script
    ]
    engine = BacktestEngine(
        kinds, {case.timeframe: case.columns()}, inside=case.within(),
        settings=convert(dict(case.settings), Settings),
    )  # fmt: skip
    happened: list[Happening] = []
    engine.listener = _Listener(happened)
    engine.advance(len(case.candles))
    equity = engine.snapshot().equity
    engine.finish()
    levels = [level for one in engine.strategies for level in one.levels]
    for fill in happened:
        if isinstance(fill, EntryFill):
            if fill.stop_loss is not None:
                levels.append((fill.bar, "stop", fill.stop_loss))
            levels += [(fill.bar, "target", price) for price in fill.ladder]
    return Played(happened, sorted(set(levels)), equity)


def told(what: Happening, shown: Sequence[str] = ()) -> str:
    """Say in a line what happened: candle, side or reason, units @ price, further numbers."""
    if isinstance(what, SignalEnd):
        numbers = [f"{name} {value:.6g}" for name, value in what.numbers.items()]
        return " ".join([f"{what.bar}: {what.outcome} {what.code}", ", ".join(numbers)]).strip()
    name = what.direction if isinstance(what, EntryFill) else what.reason
    line = f"{what.bar}: {name} {what.quantity:.6g} @ {what.price:.6g}"
    more = [f"{key} {getattr(what, key):.6g}" for key in shown if hasattr(what, key)]
    return ", ".join([line, *more])


def lines(case: Case) -> list[str]:
    """Return what comes of a case, a line each."""
    return [told(one, case.shown) for one in play(case).happenings]


class _Scripted(Strategy):
    """Calls at the close of each candle what its script says."""

    script: Any = None
    _last: Any = None

    def init(self) -> None:
        self.levels: list[tuple[int, str, float]] = []

    def next(self) -> None:
        bar = len(self.close) - 1
        if bar in self.script:
            names = {
                "self": self, "enter_long": self.enter_long, "enter_short": self.enter_short,
                "close": self.position.close, "move_stop": self.move_stop,
                "cancel": self.cancel, "positions": self.positions, "decline": self.decline,
            }  # fmt: skip
            for call in self.script[bar].split("; "):
                eval(call, names)
        if bar == self._last:
            return
        # What the next candle meets.
        for row in self._broker.orders(self._index):
            for name, place in (("limit", O_LIMIT), ("stop entry", O_STOP)):
                if row[place] == row[place]:
                    self.levels.append((bar + 1, name, row[place]))
        for row in self._broker.positions(self._index):
            if row[P_STOP] == row[P_STOP]:
                self.levels.append((bar + 1, "stop", row[P_STOP]))
            for rung in range(int(row[P_NEXT]), int(row[P_RUNGS])):
                self.levels.append((bar + 1, "target", row[P_PRICES + rung]))


def _scripted(name: str, script: Mapping[int, str], candles: int) -> type[Strategy]:
    return type(name, (_Scripted,), {"script": script, "_last": candles - 1})


class _Listener:
    def __init__(self, happened: list[Happening]) -> None:
        self.happened = happened.append  # type: ignore[method-assign,assignment]

    def marked(self) -> None:
        """Nothing is asked for."""


def _candles(
    rows: Sequence[Row], minutes: Sequence[int], timeframe: Timeframe, volume: float
) -> Candles:
    table = np.array(rows, dtype=np.float64)
    asks = dict(zip(ASKS, table.T[4:], strict=True)) if table.shape[1] == 8 else {}
    time = START + np.array(minutes, dtype=np.int64) * MINUTE
    return Candles(
        "CASE", timeframe, time, *table.T[:4], np.full(len(rows), volume), "case", **asks
    )


__all__ = ["FLAT", "START", "Case", "ExitFill", "Played", "lines", "play", "told"]
