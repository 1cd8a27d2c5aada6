"""What holds on any candles, for any orders, costs and conventions."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_runs import ANY, MARKETS, SEEDS, RandomOrders, Run, runs, story, walk

from workbench.data.candles import Candles
from workbench.data.resample import resample
from workbench.engine import BacktestEngine, Strategy
from workbench.engine.settings import Convention
from workbench.engine.story import EntryFill, ExitFill, Fill, SignalEnd
from workbench.timeframes import Timeframe

HOUR = 3_600_000
YEAR = 365.25 * 24 * HOUR
POWERS = st.integers(-6, 6).map(lambda power: 2.0**power)


def asks(data: Candles, spread: float) -> dict[str, Any]:
    names = ("open", "high", "low", "close")
    if data.has_ask:
        return {name: getattr(data, f"ask_{name}") for name in names}
    return {name: getattr(data, name) + spread for name in names}


@settings(max_examples=50)
@given(runs(ANY))
def test_cash_and_positions_make_the_equity_at_every_close(run: Run) -> None:
    made = run.engine()
    told = story(made, finish=False)
    data = made.candles
    ask = asks(data, made.settings.spread)
    cash, held = 10_000.0, {1: 0.0, -1: 0.0}
    fills = [one for one in told.happenings if not isinstance(one, SignalEnd)]
    assert [done for done, _ in told.marks] == list(range(1, made.bars + 1))
    for bar, (_, account) in enumerate(told.marks):
        if bar:
            before, now = int(data.time[bar - 1]), int(data.time[bar])
            fundings = now // (8 * HOUR) - before // (8 * HOUR)
            paid = held[1] * data.open[bar] - held[-1] * ask["open"][bar]
            cash -= paid * made.settings.funding_rate * fundings
            borrowed = held[-1] * ask["open"][bar]
            cash -= borrowed * made.settings.borrow_rate * (now - before) / YEAR
        while fills and fills[0].bar == bar:
            fill = fills.pop(0)
            sign = 1 if fill.direction == "long" else -1
            way = 1 if isinstance(fill, EntryFill) else -1
            cash -= way * sign * fill.quantity * fill.price + fill.commission
            held[sign] += way * fill.quantity
        worth = held[1] * data.close[bar] - held[-1] * ask["close"][bar]
        assert account.equity == pytest.approx(cash + worth, rel=1e-9, abs=1e-6)
    assert fills == []


STOPS = ("stop_loss", "trailing_stop", "break_even")


def within(fill: Fill, low: float, high: float, rules: Convention) -> bool:
    """Tell whether a fill is in the range, or outside where its convention puts it there."""
    above, below = fill.price >= low * (1 - 1e-9), fill.price <= high * (1 + 1e-9)
    if isinstance(fill, ExitFill):
        worse, better = (below, above) if fill.direction == "long" else (above, below)
        if fill.reason.startswith("take_profit") and not rules.target_gap:
            return worse
        if fill.reason in STOPS and not rules.stop_gap:
            return better
    return above and below


@settings(max_examples=50)
@given(runs(MARKETS))
def test_no_fill_outside_its_candle_nor_before_its_order(run: Run) -> None:
    made = run.engine()
    told = story(made)
    data, rules = made.candles, made.settings.rules
    ask = asks(data, 0.0)
    bars = [one.bar for one in told.happenings]
    assert bars == sorted(bars)
    for fill in told.happenings:
        if isinstance(fill, SignalEnd):
            assert fill.decided <= fill.bar
            continue
        buys = (fill.direction == "long") == isinstance(fill, EntryFill)
        low, high = (ask["low"], ask["high"]) if buys else (data.low, data.high)
        assert within(fill, low[fill.bar], high[fill.bar], rules)
        if isinstance(fill, EntryFill):
            waited = fill.bar - fill.decided
            assert waited >= (0 if rules.market == "close" else 1)
        else:
            assert fill.entry_bar <= fill.bar
            if fill.reason == "signal" and rules.market == "next_open":
                assert fill.decided < fill.bar


@settings(max_examples=50)
@given(runs(MARKETS).map(lambda run: Run(run.seed, run.count, run.spread, False, True)))
def test_with_shorter_candles_no_fill_is_outside_those(run: Run) -> None:
    made = run.engine()
    shorter = run.candles()[1]
    assert shorter is not None
    ask = asks(shorter, 0.0)
    for fill in story(made).happenings:
        if isinstance(fill, SignalEnd):
            continue
        start = int(made.candles.time[fill.bar])
        part = (shorter.time >= start) & (shorter.time < start + made.candles.timeframe.ms)
        buys = (fill.direction == "long") == isinstance(fill, EntryFill)
        low, high = (ask["low"], ask["high"]) if buys else (shorter.low, shorter.high)
        rules = made.settings.rules
        assert any(within(fill, *edges, rules) for edges in zip(low[part], high[part], strict=True))


@settings(max_examples=50)
@given(runs(ANY))
def test_parts_add_up_to_their_entry(run: Run) -> None:
    fills = [one for one in story(run.engine()).happenings if not isinstance(one, SignalEnd)]
    entries = {fill.trade_id: fill for fill in fills if isinstance(fill, EntryFill)}
    assert list(entries) == list(range(1, len(entries) + 1))
    for trade_id, entry in entries.items():
        parts = [f for f in fills if isinstance(f, ExitFill) and f.trade_id == trade_id]
        assert {part.strategy for part in parts} == {entry.strategy}
        assert fills.index(entry) < min(fills.index(part) for part in parts)
        assert math.fsum(part.quantity for part in parts) == pytest.approx(entry.quantity)
        assert [part.remaining == 0 for part in parts] == [False] * (len(parts) - 1) + [True]
        rungs = [part.reason for part in parts if part.reason.startswith("take_profit")]
        assert rungs == sorted(rungs)
        sign = 1 if entry.direction == "long" else -1
        fees = math.fsum(part.commission for part in parts) + entry.commission
        gross = math.fsum(sign * (p.price - p.entry_price) * p.quantity for p in parts)
        costs = fees + math.fsum(part.financing for part in parts)
        assert math.fsum(part.pnl for part in parts) == pytest.approx(gross - costs, abs=1e-6)


@settings(max_examples=50)
@given(runs(ANY))
def test_every_signal_ends_in_exactly_one_way(run: Run) -> None:
    made = run.engine()
    told = story(made).happenings
    placed = [number for one in made.strategies for number in one.placed]  # type: ignore[attr-defined]
    entered = [one.signal for one in told if isinstance(one, EntryFill)]
    ended = [one.signal for one in told if isinstance(one, SignalEnd)]
    left = {one.signal for one in told if isinstance(one, ExitFill)} - {0} - set(placed)
    assert len(set(ended)) == len(ended)
    assert len(set(entered)) == len(entered)
    assert set(entered) <= set(placed)
    # Of the rest, exits were ordered; an exit may leave several positions at once.
    assert sorted([*entered, *ended, *left]) == list(range(1, len(entered + ended) + len(left) + 1))
    assert set(placed) <= {*entered, *ended}
    for one in told:
        if isinstance(one, SignalEnd) and one.outcome == "rejected":
            assert all(math.isfinite(number) for number in one.numbers.values())


@settings(max_examples=50)
@given(runs(MARKETS))
def test_mfe_and_mae_bound_the_result_and_the_prices_seen(run: Run) -> None:
    made = run.engine()
    data, ask = made.candles, asks(made.candles, 0.0)
    for fill in story(made).happenings:
        if not isinstance(fill, ExitFill):
            continue
        sign = 1 if fill.direction == "long" else -1
        low, high = (data.low, data.high) if sign > 0 else (ask["low"], ask["high"])
        held = slice(fill.entry_bar, fill.bar + 1)
        worth = fill.quantity * sign
        # A convention may put the fill itself outside of its candle.
        met = (low[held].min(), high[held].max(), fill.price)
        extremes = [worth * (price - fill.entry_price) for price in met]
        gross = worth * (fill.price - fill.entry_price)
        slack = 1e-9 * fill.quantity * fill.entry_price
        assert fill.mae <= 0 <= fill.mfe
        assert fill.mae - slack <= gross <= fill.mfe + slack
        assert min(0.0, *extremes) - slack <= fill.mae
        assert fill.mfe <= max(0.0, *extremes) + slack


def scaled(data: Candles, factor: float) -> Candles:
    names = [name for name in data.names if name not in ("time", "volume")]
    return data.replace(**{name: getattr(data, name) * factor for name in names})


def outline(engine: BacktestEngine, prices: float, money: float) -> list[tuple[Any, ...]]:
    """Return what happened in units of the prices and of the capital."""
    told = []
    for one in story(engine).happenings:
        if isinstance(one, SignalEnd):
            told.append((one.bar, one.code))
            continue
        units = one.quantity * prices / money
        pnl = (one.pnl / money, one.mfe / money) if isinstance(one, ExitFill) else ()
        told.append((one.bar, one.trade_id, one.price / prices, units, *pnl))
    return told


@settings(max_examples=40)
@given(runs(MARKETS), POWERS, POWERS)
def test_prices_and_capital_can_be_counted_otherwise(run: Run, prices: float, money: float) -> None:
    data, shorter = run.candles()
    options = {"strategy_params": {"units": False}, "seed": run.seed, **run.settings}
    plain = BacktestEngine(RandomOrders, {"15M": data}, inside=shorter, **options)
    other = BacktestEngine(
        RandomOrders,
        {"15M": scaled(data, prices)},
        inside=None if shorter is None else scaled(shorter, prices),
        initial_capital=10_000.0 * money,
        **options,
    )
    # Powers of two change no digit, so that what lies on an edge stays on its side.
    assert outline(other, prices, money) == outline(plain, 1.0, 1.0)


def test_the_random_orders_meet_every_kind_of_end() -> None:
    seen: set[str] = set()
    several = {"max_positions": 3, "leverage": 50.0, "maintenance_margin": 0.01}
    strict = {"lot_size": 7.0, "fill_over_gaps": False, "max_risk": 0.5}
    for seed in range(12):
        kind = several if seed % 2 else strict
        for one in story(Run(seed, 200, several=True, settings=dict(kind)).engine()).happenings:
            seen.add(one.code if isinstance(one, SignalEnd) else getattr(one, "reason", "entry"))
    assert {
        "entry", "signal", "stop_loss", "trailing_stop", "break_even", "take_profit_1",
        "take_profit_4", "time_stop", "liquidation", "end_of_data", "no_cash", "max_positions",
        "size_below_minimum", "risk_limit", "data_gap", "expired", "cancelled", "position_closed",
        "declined",
    } <= seen  # fmt: skip


@settings(max_examples=50)
@given(SEEDS)
def test_series_never_show_more_than_has_been(seed: int) -> None:
    data = walk(seed, 120)
    hourly = resample(data, Timeframe.parse("1H"))

    class Watches(Strategy):
        def init(self) -> None:
            self.hour = self.on("1H")

        def next(self) -> None:
            close = self.time[-1] + HOUR // 4
            assert self.hour.time[-1] + HOUR <= close
            assert self.close[:].tolist() == data.close[: len(self.close)].tolist()
            assert list(self.hour.high) == hourly.high[: len(self.hour)].tolist()
            for series in (self.close, self.hour.close):
                for beyond in (0, len(series), -len(series) - 1):
                    with pytest.raises(IndexError):
                        series[beyond]

    engine = BacktestEngine(Watches, {"15M": data, "1H": hourly}, check_lookahead=False)
    engine.advance(len(data))
