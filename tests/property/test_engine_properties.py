"""What holds on any candles, for any orders."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data.candles import Candles
from workbench.data.resample import resample
from workbench.engine import BacktestEngine, Strategy, StreamingBacktestEngine
from workbench.engine.story import EntryFill, ExitFill, Fill
from workbench.engine.strategies.registry import get
from workbench.messages import Message
from workbench.timeframes import Timeframe

QUARTER = 15 * 60_000
BUILT_IN = ["sma_cross", "strategy1"]


def candles(seed: int, count: int, sigma: float = 0.004) -> Candles:
    """Return a random walk with gaps between candles, some doji, and holes in time."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, sigma, count)))
    opened = np.r_[100.0, close[:-1]] * (1 + rng.normal(0, sigma / 4, count))
    high = np.maximum(opened, close) * (1 + abs(rng.normal(0, sigma / 2, count)))
    low = np.minimum(opened, close) * (1 - abs(rng.normal(0, sigma / 2, count)))
    steps = np.where(rng.random(count) < 0.02, rng.integers(2, 300, count), 1)
    time = (np.cumsum(steps) + 1_700_000) * QUARTER
    return Candles(
        "TEST", Timeframe.parse("15M"), time.astype(np.int64), opened, high, low, close,
        np.ones(count), "test",
    )  # fmt: skip


def cut(data: Candles, count: int) -> Candles:
    names = ("time", "open", "high", "low", "close", "volume")
    columns = [getattr(data, name)[:count] for name in names]
    return Candles(data.symbol, data.timeframe, *columns, data.source)


class Random(Strategy):
    """Places any order that makes sense, at random."""

    sized = 0.5

    def next(self) -> None:
        rng = self.rng
        if rng.random() < 0.15:
            self.position.close(float(rng.choice([1.0, 0.5, 0.3])))
        if rng.random() < 0.25:
            sign = 1 if rng.random() < 0.5 else -1
            close = self.close[-1]
            values: dict[str, Any] = {}
            if rng.random() < 0.7:
                values["stop_loss"] = close * (1 - sign * rng.uniform(0.001, 0.02))
            if rng.random() < 0.7:
                steps = np.cumsum(rng.uniform(0.001, 0.01, rng.integers(1, 5)))
                values["take_profit"] = [close * (1 + sign * step) for step in steps]
            if rng.random() < self.sized:
                values["quantity"] = rng.uniform(0.1, 200)
            (self.enter_long if sign > 0 else self.enter_short)(**values)


runs = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "count": st.integers(2, 400),
        "commission": st.sampled_from([0.0, 0.001]),
        "leverage": st.sampled_from([1.0, 3.0]),
    }
)


def engine(run: dict[str, Any], **options: Any) -> BacktestEngine:
    return BacktestEngine(
        Random, {"15M": candles(run["seed"], run["count"])}, seed=run["seed"],
        commission=run["commission"], leverage=run["leverage"], **options,
    )  # fmt: skip


@given(runs)
def test_cash_and_position_make_the_equity_at_every_close(run: dict[str, Any]) -> None:
    made = engine(run)
    cash, units = 10_000.0, 0.0
    for close in made.candles.close:
        for fill in made.advance(1):
            sign = 1 if fill.direction == "long" else -1
            bought = sign if isinstance(fill, EntryFill) else -sign
            cash -= bought * fill.quantity * fill.price + fill.commission
            units += bought * fill.quantity
        assert made.snapshot().equity == pytest.approx(cash + units * close, abs=1e-6)
        assert made.snapshot().open_positions == int(abs(units) > 1e-9)


@given(runs)
def test_no_fill_outside_its_candle_nor_before_its_order(run: dict[str, Any]) -> None:
    made = engine(run)
    fills = made.advance(run["count"]) + made.finish()
    low, high = made.candles.low, made.candles.high
    assert [fill.bar for fill in fills] == sorted(fill.bar for fill in fills)
    for fill in fills:
        assert low[fill.bar] <= fill.price <= high[fill.bar]
        if isinstance(fill, EntryFill):
            # Placed at the close of the candle before, whose close its rationale tells.
            close = made.candles.close[fill.bar - 1]
            assert fill.bar > 0
            assert fill.reasoning.inputs["close"] == close
            assert fill.price == made.candles.open[fill.bar]
        else:
            assert fill.bar >= fill.entry_bar


@given(runs)
def test_parts_add_up_to_their_entry(run: dict[str, Any]) -> None:
    made = engine(run)
    fills = made.advance(run["count"]) + made.finish()
    entries = {fill.trade_id: fill for fill in fills if isinstance(fill, EntryFill)}
    assert list(entries) == list(range(1, len(entries) + 1))
    for trade_id, entry in entries.items():
        parts = [f for f in fills if isinstance(f, ExitFill) and f.trade_id == trade_id]
        assert math.fsum(part.quantity for part in parts) == pytest.approx(entry.quantity)
        assert [part.remaining == 0 for part in parts] == [False] * (len(parts) - 1) + [True]
        rungs = [part.reason for part in parts if part.reason.startswith("take_profit")]
        assert rungs == [f"take_profit_{number}" for number in range(1, len(rungs) + 1)]
        sign = 1 if entry.direction == "long" else -1
        fees = math.fsum(part.commission for part in parts) + entry.commission
        gross = math.fsum(sign * (p.price - p.entry_price) * p.quantity for p in parts)
        assert math.fsum(part.pnl for part in parts) == pytest.approx(gross - fees, abs=1e-7)


@given(runs)
def test_mfe_and_mae_bound_the_result_and_the_prices_seen(run: dict[str, Any]) -> None:
    made = engine(run)
    low, high = made.candles.low, made.candles.high
    for fill in made.advance(run["count"]) + made.finish():
        if not isinstance(fill, ExitFill):
            continue
        sign = 1 if fill.direction == "long" else -1
        gross = sign * (fill.price - fill.entry_price) * fill.quantity
        held = slice(fill.entry_bar, fill.bar + 1)
        extremes = [
            sign * (price - fill.entry_price) * fill.quantity
            for price in (low[held].min(), high[held].max())
        ]
        slack = 1e-9 * fill.quantity * fill.entry_price
        assert fill.mae <= 0 <= fill.mfe
        assert fill.mae - slack <= gross <= fill.mfe + slack
        assert min(extremes) - slack <= fill.mae
        assert fill.mfe <= max(0.0, *extremes) + slack


def columns(name: str, data: Candles) -> dict[str, Candles]:
    frames = ["15M"] if name == "sma_cross" else ["15M", "1H", "4H"]
    return {frame: resample(data, Timeframe.parse(frame)) for frame in frames}


def fills_of(name: str, data: Candles) -> list[Fill]:
    params = {"sma_cross": {"fast": 3, "slow": 8}, "strategy1": {"min_confidence": 0.2}}[name]
    return BacktestEngine(get(name), columns(name, data), strategy_params=params).advance(len(data))


@pytest.mark.parametrize("name", BUILT_IN)
@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), at=st.floats(0.1, 1.0))
def test_the_future_does_not_change_the_past(name: str, seed: int, at: float) -> None:
    data = candles(seed, 1500)
    whole = fills_of(name, data)
    # Right after an entry the data of its decision are the newest: a look ahead shows there.
    entries = [fill.bar + 1 for fill in whole if isinstance(fill, EntryFill)]
    for count in [max(1, int(at * len(data))), *entries[:5]]:
        past = [fill for fill in whole if fill.bar < count]
        assert fills_of(name, cut(data, count)) == past


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_examples_above_do_trade(name: str) -> None:
    assert sum(len(fills_of(name, candles(seed, 1500))) for seed in range(5)) > 20


@given(runs, st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_chunks_change_nothing(run: dict[str, Any], chunks: list[int]) -> None:
    def messages(sizes: list[int]) -> list[Message]:
        out: list[Message] = []
        stream = StreamingBacktestEngine(
            engine(run), "b", out.append, progress_every=7, equity_every=3, now=lambda: "now"
        )
        turn = 0
        while stream.advance(sizes[turn % len(sizes)]):
            turn += 1
        return out

    assert messages(chunks) == messages([run["count"]])


@given(runs)
def test_series_never_show_more_than_has_been(run: dict[str, Any]) -> None:
    data = candles(run["seed"], run["count"])
    hourly = resample(data, Timeframe.parse("1H"))

    class Watches(Strategy):
        def init(self) -> None:
            self.hour = self.on("1H")
            self.bars = 0

        def next(self) -> None:
            close = self.time[-1] + QUARTER
            assert close > self.hour.time[-1]
            assert self.hour.time[-1] + 4 * QUARTER <= close
            assert self.close[:].tolist() == data.close[: len(self.close)].tolist()
            assert list(self.hour.high) == hourly.high[: len(self.hour)].tolist()
            for series in (self.close, self.hour.close):
                for beyond in (0, len(series), -len(series) - 1):
                    with pytest.raises(IndexError):
                        series[beyond]

    BacktestEngine(Watches, {"15M": data, "1H": hourly}).advance(run["count"])
