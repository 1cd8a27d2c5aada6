"""A backtest in this process, without a server."""

from __future__ import annotations

import html
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import UNSET, structs

from workbench.data.candles import Candles
from workbench.data.catalog import load
from workbench.data.intrabar import build_intrabar, load_intrabar
from workbench.data.resample import resample
from workbench.engine.curve import Curve
from workbench.engine.engine import BacktestEngine
from workbench.engine.frames import (
    readable_metrics,
    signals_frame,
    trades_frame,
)
from workbench.engine.idling import unchecked
from workbench.engine.metrics import tables
from workbench.engine.parameters import refuse_ambiguous
from workbench.engine.settings import Settings
from workbench.engine.signals import Signals
from workbench.engine.strategies.registry import get
from workbench.engine.strategy import Strategy
from workbench.engine.streaming import StreamingBacktestEngine
from workbench.errors import InvalidRequest
from workbench.messages import Complete, Message, Status
from workbench.timeframes import Timeframe

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from workbench.report import Group
    from workbench.report.explaining import Explanation


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """What a backtest came to.

    Attributes
    ----------
    strategy
        As it was run, such as ``SmaCross(fast=10, slow=30)``.
    messages
        Everything that was emitted, in order.
    candles
        By timeframe, the shortest first.
    settings
        Of the account.
    curve
        The account at each close.
    equity_every
        Candles between two rows of `equity`.
    note
        What of it could not be checked; else empty.
    first
        Index of the first candle it could trade on.
    """

    strategy: str
    messages: list[Message] = field(repr=False)
    candles: Mapping[str, Candles] = field(repr=False)
    settings: Settings = field(repr=False)
    curve: Curve = field(repr=False)
    equity_every: int = field(default=1, repr=False)
    note: str = field(default="", repr=False)
    first: int = 0

    @cached_property
    def trades(self) -> pd.DataFrame:
        """One row for each exit; see `workbench.engine.frames.trades_frame`."""
        return trades_frame(self.messages)

    @cached_property
    def signals(self) -> pd.DataFrame:
        """Signals that were not filled; see `workbench.engine.frames.signals_frame`."""
        return signals_frame(self.messages)

    @cached_property
    def equity(self) -> pd.DataFrame:
        """The account at each close; see `workbench.engine.frames.equity_frame`."""
        import pandas as pd

        base = next(iter(self.candles.values()))
        columns = self.curve.columns()
        times = base.time[self.first :][: len(columns["equity"])].astype("datetime64[ms]")
        index = pd.DatetimeIndex(times, name="time").tz_localize("UTC")
        frame = pd.DataFrame(columns, index=index)
        every = self.equity_every
        return (
            frame
            if every == 1
            else frame[frame.index.isin([*index[every - 1 :: every], *index[-1:]])]
        )

    @cached_property
    def metrics(self) -> dict[str, float]:
        """The metrics of `complete`, NaN where one is not defined; docs/metrics.md has formulas."""
        return readable_metrics(structs.asdict(self._last.data.metrics), self.statistics)

    @cached_property
    def statistics(self) -> dict[str, float]:
        """All else that can be said of the result, by name; docs/metrics.md tells what and how.

        Returns, drawdowns and other parts of a whole are percent, durations seconds. What is not
        defined is left out.
        """
        found = self._last.extra.statistics
        return {} if found is UNSET else found

    @cached_property
    def intervals(self) -> dict[str, list[float]]:
        """95 % confidence intervals of some metrics and statistics: lower and upper bound."""
        found = self._last.extra.intervals
        return {} if found is UNSET else found

    @cached_property
    def monthly_returns(self) -> pd.DataFrame:
        """Percent, a row a year; see `workbench.engine.metrics.tables.monthly_returns`."""
        return tables.monthly_returns(self.equity, self.facts["initial_capital"])

    def drawdowns(self, count: int | None = 10) -> pd.DataFrame:
        """Return the deepest ones; see `workbench.engine.metrics.tables.drawdowns`."""
        return tables.drawdowns(self.equity, count, self.facts["initial_capital"])

    @cached_property
    def excursions(self) -> pd.DataFrame:
        """MFE and MAE of each trade; see `workbench.engine.metrics.tables.excursions`."""
        return tables.excursions(self.trades)

    @property
    def facts(self) -> dict[str, Any]:
        """What it ran on: strategy, symbol, timeframes, bars, start, end, source, ..."""
        first = self.messages[0]
        assert isinstance(first, Status)
        return structs.asdict(first.data)

    @property
    def idle(self) -> str:
        """Why nothing was ordered, where that could be told before; else empty."""
        found = self.facts["reason"]
        return "" if found is UNSET else str(found)

    def explain(self, trade_id: str | int) -> Explanation:
        """Say why a trade (``trade_3``, or 3) was entered and left."""
        from workbench.report.explaining import Story

        return Story(self.messages).explain(trade_id)

    def why_not(self, time: str | datetime) -> Explanation:
        """Say what was decided on the candle open at `time` (ISO 8601, UTC), and why not more."""
        from workbench.report.explaining import Story

        return Story(self.messages).why_not(str(time))

    def figure(self) -> go.Figure:
        """Draw price with trades, equity and drawdown; see `workbench.report.figure`."""
        from workbench.report import candle_columns, figure

        facts = self.facts
        info = {**facts, "spec": {"initial_capital": facts["initial_capital"]}}
        base = next(iter(self.candles.values()))
        return figure(candle_columns(base), self.trades, self.equity, info)

    @property
    def _title(self) -> str:
        facts = self.facts
        made_up = ", synthetic data" if facts["synthetic"] else ""
        frames = "/".join(facts["timeframes"])
        period = f"{facts['start'][:10]} to {facts['end'][:10]}"
        return f"{self.strategy} on {facts['symbol']} {frames}, {period}{made_up}"

    @property
    def _remarks(self) -> list[str]:
        idle = f"Nothing was ordered: {self.idle}" if self.idle else ""
        return [one for one in (idle, self.note) if one]

    @property
    def _last(self) -> Complete:
        last = self.messages[-1]
        assert isinstance(last, Complete)
        return last

    def _groups(self) -> list[Group]:
        from workbench.report import grouped

        capital, equity = self.facts["initial_capital"], self._last.extra.final_equity
        return grouped(self.metrics, self.statistics, self.intervals, capital, equity)

    def __repr__(self) -> str:
        shown = [one for group in self._groups() for one in group.measures]
        name, text = (max(len(getattr(one, part)) for one in shown) for part in ("name", "text"))
        lines = [self._title, *self._remarks]
        for group in self._groups():
            lines.append(group.title)
            for one in group.measures:
                within = f"  [{one.interval}]" if one.interval else ""
                lines.append(f"  {one.name:<{name}}  {one.text:>{text}}{within}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = []
        for group in self._groups():
            rows.append(f"<tr><th colspan='3' style='text-align:left'>{group.title}</th></tr>")
            rows += [
                f"<tr title='{one.name}'><td style='text-align:left'>{one.label}</td>"
                f"<td style='text-align:right'>{one.text}</td>"
                f"<td style='text-align:right'>{one.interval}</td></tr>"
                for one in group.measures
            ]
        why = "".join(f"<br>{html.escape(one)}" for one in self._remarks)
        caption = f"<caption>{html.escape(self._title)}{why}</caption>"
        return f"<table>{caption}<tbody>{''.join(rows)}</tbody></table>"


_OTHERS = ("seed", "strategy_params", "inside", "first", "names")


def backtest(
    strategy: type[Strategy] | Signals | str | Sequence[type[Strategy] | Signals | str],
    candles: Candles | Mapping[str, Candles] | None = None,
    *,
    symbol: str | None = None,
    timeframes: Sequence[str] | str | None = None,
    start: str | None = None,
    end: str | None = None,
    equity_every: int = 1,
    **options: Any,
) -> BacktestResult:
    """Run a strategy over candles, here and now.

    Parameters
    ----------
    strategy
        A class, `Signals`, or the name of a registered strategy; or several classes that share
        the account.
    candles
        Of one timeframe, or of several by name; or a DataFrame, see `Candles.from_frame`, whose
        timeframe is what most of its rows are apart. Left out, they are looked up by `symbol`,
        `timeframes`, `start` and `end` (ISO 8601, UTC).
    symbol, timeframes, start, end
        See `workbench.data.load`. With `candles` of one timeframe, `timeframes` are built
        from them.
    equity_every
        Candles between two points of the result's equity curve.
    **options
        The strategy's parameters by name, the fields of `Settings` (initial_capital,
        commission, leverage, ...), and `seed`, `strategy_params`, `inside`, `first` and `names`
        of `BacktestEngine`.

    Raises
    ------
    InvalidRequest
        Something is missing or out of its range.
    StrategyError
        The strategy raised.
    """
    kinds = [strategy] if isinstance(strategy, (str, type, Signals)) else list(strategy)
    classes = [get(one) if isinstance(one, str) else one for one in kinds]
    known = Settings.__struct_fields__
    given = {name: options.pop(name) for name in list(options) if name in known}
    settings = Settings(**given)
    others = {name: options.pop(name) for name in _OTHERS if name in options}
    params = {**others.pop("strategy_params", {}), **options}
    told = others.get("names") or [getattr(one, "__name__", "") for one in classes]
    named = {name: one for name, one in zip(told, classes, strict=True) if isinstance(one, type)}
    refuse_ambiguous(named, [*given, *others], params)
    frames = [timeframes] if isinstance(timeframes, str) else timeframes
    columns = _candles(candles, symbol, frames, start, end)
    if settings.intrabar is not None and "inside" not in others:
        others["inside"] = _inside(candles, columns, settings.intrabar, symbol, start, end)
    engine = BacktestEngine(classes, columns, strategy_params=params, settings=settings, **others)
    for why in engine.idle:
        warnings.warn(f"Nothing will be ordered: {why}", RuntimeWarning, stacklevel=2)
    messages: list[Message] = []
    engine.curve = Curve(engine.initial_capital, engine.bar)
    first = engine.bar
    StreamingBacktestEngine(
        engine, "backtest", messages.append, progress_every=engine.bars, equity_every=engine.bars
    ).run()
    shown = ", ".join(map(repr, engine.strategies))
    note = unchecked(engine.strategies, engine.settings, engine.performance)
    return BacktestResult(
        shown, messages, engine.columns, engine.settings, engine.curve, equity_every, note,
        first,
    )  # fmt: skip


def _candles(
    candles: Candles | Mapping[str, Candles] | None,
    symbol: str | None,
    timeframes: Sequence[str] | None,
    start: str | None,
    end: str | None,
) -> Mapping[str, Candles]:
    if candles is None:
        if symbol is None or timeframes is None or start is None or end is None:
            text = "Give candles, or all of symbol, timeframes, start and end"
            raise InvalidRequest(text, field="candles", value=None, allowed="candles or a range")
        return load(symbol, timeframes, start, end)
    if hasattr(candles, "columns") and hasattr(candles, "index"):
        candles = of_frame(candles, symbol, timeframes)
    if not isinstance(candles, Candles):
        return candles
    parsed = [Timeframe.parse(name) for name in timeframes or [candles.timeframe.name]]
    return {one.name: resample(candles, one) for one in sorted(parsed)}


def of_frame(frame: Any, symbol: str | None, timeframes: Sequence[str] | None) -> Candles:
    """Return the candles of a DataFrame."""
    one = Candles.from_frame(frame, symbol or "frame", "1M")
    steps, counts = np.unique(np.diff(one.time), return_counts=True)
    if not len(steps):
        text = f"The frame has {len(one)} rows: a run needs at least two to tell their timeframe"
        raise InvalidRequest(text, field="candles", value=len(one), allowed="two rows or more")
    usual = int(steps[counts.argmax()])
    known = [Timeframe.parse(name) for name in ("1M", "5M", "15M", "30M", "1H", "4H", "1D", "1W")]
    apart = next((each for each in known if each.ms == usual), None)
    if apart is None:
        names = ", ".join(each.name for each in known)
        text = f"Most rows of the frame are {usual / 60_000:g} minutes apart, expected {names}"
        raise InvalidRequest(text, field="candles", value=usual, allowed=names)
    return one.replace(timeframe=apart)


def _inside(
    given: Candles | Mapping[str, Candles] | None, columns: Mapping[str, Candles], intrabar: str,
    symbol: str | None, start: str | None, end: str | None,
) -> Candles:  # fmt: skip
    if given is None:
        assert symbol is not None
        assert start is not None
        assert end is not None
        return load_intrabar(symbol, list(columns), intrabar, start, end)
    shortest = min(columns.values(), key=lambda one: one.timeframe)
    source = given if isinstance(given, Candles) else shortest
    return build_intrabar(source, shortest.timeframe, intrabar)
