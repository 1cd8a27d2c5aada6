"""What a live session costs: a month of minutes at full speed, and a tick to its order."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Sequence

import numpy as np

from tests.benchmarks.measuring import Row, cpu_of_call
from workbench.data.bars import Bar
from workbench.data.candles import Candles
from workbench.engine import BacktestEngine
from workbench.engine.strategies.sma_cross import SmaCross
from workbench.engine.streaming import StreamingBacktestEngine
from workbench.messages import Message
from workbench.runs.spec import RunSpec
from workbench.timeframes import Timeframe
from workbench.trading.inputs import Bars, Input, Ticks
from workbench.trading.session import Session
from workbench.trading.spec import LiveSettings

TITLE = "Live sessions"
MONTH = 43_200
START = 1_704_412_800_000
MINUTE = 60_000


def measure(quick: bool) -> list[Row]:
    """Return the rows of this benchmark."""
    count = 1_000 if quick else MONTH
    candles = walk(count)
    whole = [closed(bar) for bar in zip(*columns(candles), strict=True)]
    traded = [given for bar in zip(*columns(candles), strict=True) for given in ticks(Bar(*bar))]
    backtest = cpu_of_call(lambda: back(candles))
    by_candles = cpu_of_call(lambda: live(whole))
    by_ticks = cpu_of_call(lambda: live(traded))
    delays = to_order(traded)
    tracemalloc.start()
    live(whole)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    label = f"{count:,} candles of 1M, SmaCross, paper"
    return [
        Row(f"{label}: closed candles", by_candles, None, "s CPU"),
        Row(f"{label}: four trades a candle", by_ticks, None, "s CPU"),
        Row("the same by the backtest, a message a candle", backtest, None, "s CPU"),
        Row("a tick to its order message, p50", 1e6 * np.quantile(delays, 0.5).item(), None, "us"),
        Row("a tick to its order message, p99", 1e6 * np.quantile(delays, 0.99).item(), None, "us"),
        Row(f"{label}: peak of what Python has allocated", peak / 2**20, None, "MiB"),
    ]


def walk(count: int) -> Candles:
    """Return a random walk of minutes."""
    rng = np.random.default_rng(0)
    close = 45_000 * np.exp(np.cumsum(rng.normal(0, 0.0008, count)))
    opened = np.r_[45_000.0, close[:-1]]
    high, low = np.maximum(opened, close) * 1.0002, np.minimum(opened, close) * 0.9998
    times = START + MINUTE * np.arange(count)
    return Candles(
        "BTC-USD", Timeframe.parse("1M"), times, opened, high, low, close, np.ones(count), "walk"
    )


def columns(candles: Candles) -> list[list[float]]:
    """Return the columns of candles as plain numbers."""
    names = ("time", "open", "high", "low", "close", "volume")
    return [getattr(candles, name).tolist() for name in names]


def closed(bar: Sequence[float]) -> Input:
    """Return a closed candle as a session is given it."""
    row = Bar(*bar)  # type: ignore[arg-type]
    return Bars(row.time + MINUTE, "BTC-USD", [(*row, True)])


def ticks(bar: Bar) -> list[Input]:
    """Return a candle as four trades."""
    prices = (bar.open, bar.low, bar.high, bar.close)
    return [
        Ticks(at, "BTC-USD", [(at, price, 0.25, None)])
        for at, price in ((bar.time + 15_000 * n, price) for n, price in enumerate(prices))
    ]


def made(emit: list[Message]) -> Session:
    """Return a session."""
    spec = RunSpec(
        symbol="BTC-USD", timeframes=["1M"], start_date="", end_date="",
        strategy_ids=["SmaCross"], live=LiveSettings(symbols=["BTC-USD"]),
    )  # fmt: skip
    session = Session(
        spec, "live_1", [SmaCross], {}, sources={}, real_time=False, emit=emit.append,
        route=lambda command: None,
    )  # fmt: skip
    session.begin(START)
    return session


def live(given: Sequence[Input]) -> None:
    """Run a session over inputs; its messages are let go."""
    said: list[Message] = []
    session = made(said)
    for one in given:
        session.take(one)
        said.clear()


def to_order(given: Sequence[Input]) -> list[float]:
    """Return how long (s) each input took that brought an order about, until that was told."""
    said: list[Message] = []
    session = made(said)
    found = []
    for one in given:
        began = time.perf_counter()
        session.take(one)
        took = time.perf_counter() - began
        if any(message.type == "order" for message in said):
            found.append(took)
        said.clear()
    return found


def back(candles: Candles) -> None:
    """Run the same as a backtest."""
    engine = BacktestEngine(SmaCross, {"1M": candles})
    StreamingBacktestEngine(engine, "bt_1", lambda message: None, equity_every=1).run()
