"""What a live session costs: a month of minutes at full speed, and a tick to its order."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import numpy as np

from tests.benchmarks import live_process
from tests.benchmarks.measuring import Row, alternate, cpu_of_call
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
PART = 4_000
"""Of the month, that is given trade by trade."""
NAME = "sma_cross"
ASKED_SESSION_S, ASKED_PROCESS_S = 60.0, 120.0
ASKED_MIB = 300.0


def measure(quick: bool) -> list[Row]:
    """Return the rows of this benchmark."""
    return [*replayed(quick), *delays(quick)]


def replayed(quick: bool) -> list[Row]:
    """Return what a month of minutes costs at full speed."""
    count, part = (2_000, 500) if quick else (MONTH, PART)
    candles, some = walk(count), walk(part)
    whole = [closed(bar) for bar in rows_of(candles)]
    traded = [given for bar in rows_of(some) for given in ticks(Bar(*bar))]
    taken = alternate({"backtest": lambda: back(candles), "part": lambda: back(some)}, 3)
    alone = cpu_of_call(lambda: live(whole))
    by_trades = cpu_of_call(lambda: live(traded))
    spent = live_process.month(candles, NAME)
    label, bit = f"{count:,} candles of 1M, closed", f"{part:,} candles of 1M, four trades each"
    floor = "backtest, a message a candle"
    note = f"server {spent.server:.1f} s CPU, {spent.wall:.0f} s wall"
    unit = "s CPU"
    return [
        Row(f"{label}: session alone", alone, taken["backtest"], unit, floor),
        Row(f"{label}: session alone", alone, ASKED_SESSION_S, unit, "asked: at most"),
        Row(f"{label}: its process", spent.worker, taken["backtest"], unit, floor, note),
        Row(f"{label}: its process", spent.worker, ASKED_PROCESS_S, unit, "asked: at most", note),
        Row(f"{bit}: session alone", by_trades, taken["part"], unit, floor),
        Row(f"{label}: most memory of its process", spent.peak, ASKED_MIB, "MiB",
            "asked: at most"),
        Row(f"{label}: most memory of its process", spent.peak, spent.early, "MiB",
            f"in its first {live_process.EARLY_S:.0f} s of CPU"),
    ]  # fmt: skip


def delays(quick: bool) -> list[Row]:
    """Return how long it is from a tick to the order it leads to."""
    count = 20 if quick else 120
    traded = [given for bar in rows_of(walk(PART)) for given in ticks(Bar(*bar))]
    alone = [1000 * one for one in to_order(traded)]
    echo = live_process.echoes(count)
    whole = live_process.to_orders(count)
    rows = []
    for name, place in (("p50", 49), ("p99", 98)):
        pure, floor, real = (percentiles(one)[place] for one in (alone, echo, whole))
        rows += [
            Row(f"tick to order message, out of the session, {name}", pure, None, "ms wall",
                note=f"{len(alone)} orders"),
            Row(f"tick to order message, at a reader of the live-trading stream, {name}", real,
                floor, "ms wall", "WebSocket echo on loopback", f"{len(whole)} orders"),
        ]  # fmt: skip
    return rows


def percentiles(values: Sequence[float]) -> list[float]:
    """Return the 99 percentiles."""
    return statistics.quantiles(values, n=100, method="inclusive")


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


def rows_of(candles: Candles) -> list[tuple[float, ...]]:
    """Return candles as plain numbers."""
    names = ("time", "open", "high", "low", "close", "volume")
    return list(zip(*(getattr(candles, name).tolist() for name in names), strict=True))


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
