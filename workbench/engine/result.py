"""A backtest in this process, without a server."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import structs

from workbench.data.candles import Candles
from workbench.data.catalog import load
from workbench.data.resample import resample
from workbench.engine.engine import BacktestEngine
from workbench.engine.frames import (
    equity_frame,
    readable_metrics,
    signals_frame,
    trades_frame,
)
from workbench.engine.settings import Settings
from workbench.engine.strategies.registry import get
from workbench.engine.strategy import Strategy
from workbench.engine.streaming import StreamingBacktestEngine
from workbench.errors import InvalidRequest
from workbench.messages import Complete, Message, Status
from workbench.timeframes import Timeframe

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

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
    """

    strategy: str
    messages: list[Message] = field(repr=False)
    candles: Mapping[str, Candles] = field(repr=False)
    settings: Settings = field(repr=False)

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
        return equity_frame(self.messages)

    @cached_property
    def metrics(self) -> dict[str, float]:
        """The metrics of `complete`; formulas in `workbench.engine.metrics`."""
        last = self.messages[-1]
        assert isinstance(last, Complete)
        return readable_metrics(structs.asdict(last.data.metrics))

    @property
    def facts(self) -> dict[str, Any]:
        """What it ran on: strategy, symbol, timeframes, bars, start, end, source, ..."""
        first = self.messages[0]
        assert isinstance(first, Status)
        return structs.asdict(first.data)

    def explain(self, trade_id: str | int) -> Explanation:
        """Say why a trade (``trade_3``, or 3) was entered and left."""
        from workbench.report.explaining import Story

        return Story(self.messages).explain(trade_id)

    def why_not(self, time: str) -> Explanation:
        """Say what was decided on the candle open at `time` (ISO 8601, UTC), and why not more."""
        from workbench.report.explaining import Story

        return Story(self.messages).why_not(time)

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

    def __repr__(self) -> str:
        width = max(map(len, self.metrics))
        lines = [f"  {name:<{width}}  {_shown(value)}" for name, value in self.metrics.items()]
        return "\n".join([self._title, *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{name}</th>"
            f"<td style='text-align:right'>{_shown(value)}</td></tr>"
            for name, value in self.metrics.items()
        )
        return f"<table><caption>{html.escape(self._title)}</caption><tbody>{rows}</tbody></table>"


_OTHERS = ("seed", "strategy_params", "inside")


def _shown(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:,.3f}"


def backtest(
    strategy: type[Strategy] | str | Sequence[type[Strategy] | str],
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
        A class, or the name of a registered strategy; or several that share the account.
    candles
        Of one timeframe, or of several by name. Left out, they are looked up by `symbol`,
        `timeframes`, `start` and `end` (ISO 8601, UTC).
    symbol, timeframes, start, end
        See `workbench.data.load`. With `candles` of one timeframe, `timeframes` are built
        from them.
    equity_every
        Candles between two points of the result's equity curve.
    **options
        The strategy's parameters by name, the fields of `Settings` (initial_capital,
        commission, leverage, ...), and `seed`, `strategy_params`, `inside` of `BacktestEngine`.

    Raises
    ------
    InvalidRequest
        Something is missing or out of its range.
    StrategyError
        The strategy raised.
    """
    kinds = [strategy] if isinstance(strategy, (str, type)) else list(strategy)
    classes = [get(one) if isinstance(one, str) else one for one in kinds]
    known = Settings.__struct_fields__
    settings = Settings(**{name: options.pop(name) for name in list(options) if name in known})
    others = {name: options.pop(name) for name in _OTHERS if name in options}
    params = {**others.pop("strategy_params", {}), **options}
    frames = [timeframes] if isinstance(timeframes, str) else timeframes
    columns = _candles(candles, symbol, frames, start, end)
    engine = BacktestEngine(classes, columns, strategy_params=params, settings=settings, **others)
    messages: list[Message] = []
    StreamingBacktestEngine(
        engine, "backtest", messages.append, progress_every=engine.bars, equity_every=equity_every
    ).run()
    shown = ", ".join(map(repr, engine.strategies))
    return BacktestResult(shown, messages, engine.columns, engine.settings)


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
    if not isinstance(candles, Candles):
        return candles
    parsed = [Timeframe.parse(name) for name in timeframes or [candles.timeframe.name]]
    return {one.name: resample(candles, one) for one in sorted(parsed)}
