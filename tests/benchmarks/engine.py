"""Bars a second of a Python strategy, without and with streaming, beside backtesting.py."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.measuring import Row, alternate
from workbench.analysis.indicators import crossed_above, crossed_below, sma
from workbench.data.candles import Candles
from workbench.engine import BacktestEngine, Strategy, StreamingBacktestEngine
from workbench.messages import encode
from workbench.timeframes import Timeframe

TITLE = "Engine"
STOP, TARGET = 0.02, 0.04
COMMISSION = 0.001
WORKLOADS = {"SMA 20/50": (20, 50), "SMA 200/1000": (200, 1000)}
ASKED_BARS_PER_S = 1.0e6
ASKED_STREAMING = 1.05


class Cross(Strategy):
    """Long above the crossing of two averages, with a stop and a target; one unit."""

    fast = 20
    slow = 50

    def init(self) -> None:
        self.quick = self.I(sma, self.close, self.fast)
        self.calm = self.I(sma, self.close, self.slow)

    def next(self) -> None:
        if crossed_above(self.quick, self.calm):
            if not self.position:
                close = self.close[-1]
                self.enter_long(
                    quantity=1, stop_loss=close * (1 - STOP), take_profit=close * (1 + TARGET)
                )
        elif crossed_below(self.quick, self.calm) and self.position:
            self.position.close()


def random_walk(bars: int) -> Candles:
    """Return 15-minute candles of a walk from 100, 0.2 % a candle; the same each time."""
    draw = np.random.default_rng(7)
    close = 100 * np.exp(np.cumsum(draw.normal(0, 0.002, bars)))
    opened = np.concatenate([[100.0], close[:-1]]) * np.exp(draw.normal(0, 0.0002, bars))
    high = np.maximum(opened, close) * np.exp(np.abs(draw.normal(0, 0.001, bars)))
    low = np.minimum(opened, close) * np.exp(-np.abs(draw.normal(0, 0.001, bars)))
    step = Timeframe.parse("15M")
    return Candles(
        "WALK", step, 1_577_836_800_000 + step.ms * np.arange(bars),
        *(column.round(4) for column in (opened, high, low, close)),
        np.ones(bars), "random walk", True,
    )  # fmt: skip


def ours(candles: Candles, params: dict[str, int]) -> tuple[int, float]:
    """Run without streaming; return the number of trades and the equity at the end."""
    engine = _engine(candles, params)
    engine.advance(engine.bars)
    engine.finish()
    return engine.performance.total_trades, engine.snapshot().equity


def streamed(candles: Candles, params: dict[str, int]) -> list[bytes]:
    """Run with every message encoded, equity and progress each 100 candles; return them."""
    sink: list[bytes] = []
    engine = _engine(candles, params)
    StreamingBacktestEngine(engine, "benchmark", lambda message: sink.append(encode(message))).run()
    return sink


def _engine(candles: Candles, params: dict[str, int]) -> BacktestEngine:
    return BacktestEngine(Cross, {"15M": candles}, strategy_params=params, commission=COMMISSION)


def theirs(candles: Candles) -> Callable[[dict[str, int]], Any]:
    """Return a function that runs backtesting.py on the same rules; data handed over before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import backtesting
        from backtesting.lib import crossover

    class Theirs(backtesting.Strategy):  # type: ignore[misc]
        fast = slow = 1

        def init(self) -> None:
            self.quick = self.I(sma, self.data.Close, self.fast)
            self.calm = self.I(sma, self.data.Close, self.slow)

        def next(self) -> None:
            if crossover(self.quick, self.calm):
                if not self.position:
                    close = self.data.Close[-1]
                    self.buy(size=1, sl=close * (1 - STOP), tp=close * (1 + TARGET))
            elif crossover(self.calm, self.quick) and self.position:
                self.position.close()

    frame = candles.to_frame().rename(columns=str.capitalize)
    frame.index = frame.index.tz_localize(None)
    backtesting.backtesting._tqdm = lambda sequence, **_: sequence

    def run(params: dict[str, int]) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            test = backtesting.Backtest(frame, Theirs, cash=10_000, commission=COMMISSION)
            return test.run(**params)

    return run


def measure(quick: bool) -> list[Row]:
    """Return the rows of this benchmark."""
    bars = 20_000 if quick else 100_000
    candles = random_walk(bars)
    peer = theirs(candles)
    rows = []
    for name, (fast, slow) in WORKLOADS.items():
        params = {"fast": fast, "slow": slow}
        trades, equity = ours(candles, params)
        stats = peer(params)
        if len(stats["_trades"]) + len(stats["_strategy"].trades) != trades:
            raise AssertionError(f"{name}: {trades} trades, theirs {len(stats['_trades'])}")
        median = alternate(
            {
                "off": lambda params=params: ours(candles, params),
                "on": lambda params=params: streamed(candles, params),
                "peer": lambda params=params: peer(params),
            },
            3 if quick else 7,
        )
        sent = len(streamed(candles, params))
        about = f"{trades} trades, final equity {equity:.4f}"
        off, on, other = (bars / median[key] for key in ("off", "on", "peer"))
        rows += [
            Row(f"{name}, no streaming", off, other, "bars/s", "backtesting.py", about),
            Row(f"{name}, streaming", on, other, "bars/s", "backtesting.py", f"{sent} messages"),
            Row(f"{name}, streaming", on, ASKED_BARS_PER_S, "bars/s", "asked: at least"),
            Row(f"{name}, streaming on over off", median["on"] / median["off"], ASKED_STREAMING,
                "x", "asked: at most"),
        ]  # fmt: skip
    return rows
