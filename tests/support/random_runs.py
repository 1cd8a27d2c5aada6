"""Random candles, settings and orders, for properties of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

from workbench.data.candles import ASKS, Candles
from workbench.data.resample import resample
from workbench.engine import BacktestEngine, Strategy
from workbench.engine.settings import Commission, Convention, Slippage
from workbench.engine.story import EntryFill, ExitFill, SignalEnd
from workbench.timeframes import Timeframe

MINUTE = 60_000
START = 1_704_412_800_000
"""2024-01-05T00:00Z, a Friday."""


def walk(
    seed: int, count: int, *, timeframe: str = "15M", spread: float = 0.0, sigma: float = 0.004
) -> Candles:
    """Return a random walk: gaps in price and time, a weekend, candles without a range.

    With a spread (a fraction of the price, on average) there are ask columns.
    """
    rng = np.random.default_rng(seed)
    step = Timeframe.parse(timeframe).ms
    moves = rng.normal(0, sigma, count) * (rng.random(count) > 0.1)
    close = 100 * np.exp(np.cumsum(moves))
    jumps = rng.normal(0, sigma / 2, count) * (rng.random(count) > 0.5)
    opened = np.r_[100.0, close[:-1]] * (1 + jumps)
    still = rng.random(count) < 0.1
    opened[still] = close[still]
    reach = np.where(still, 0.0, abs(rng.normal(0, sigma / 2, (2, count))))
    high = np.maximum(opened, close) * (1 + reach[0])
    low = np.minimum(opened, close) * (1 - reach[1])
    skipped = np.where(rng.random(count) < 0.02, rng.integers(2, 300, count), 1)
    time = START + (np.cumsum(skipped) - skipped[0]) * step
    asks = {}
    if spread:
        wider = 1 + spread * rng.exponential(1.0, count)
        asks = dict(zip(ASKS, (price * wider for price in (opened, high, low, close)), strict=True))
    volume = np.where(rng.random(count) < 0.1, 0.0, rng.exponential(500.0, count))
    return Candles(
        "TEST", Timeframe.parse(timeframe), time.astype(np.int64), opened, high, low, close,
        volume, "test", **asks,
    )  # fmt: skip


class RandomOrders(Strategy):
    """Does anything a strategy can do, at random; sizes it by units only where `units` is set."""

    units = True
    busy = 0.3

    def init(self) -> None:
        self.placed: list[int] = []
        self.told: list[tuple[int, float]] = []

    def next(self) -> None:
        rng, close = self.rng, self.close[-1]
        self.told.append((len(self.close), self.equity))
        draw = rng.random(4)
        if draw[0] < 0.1:
            self.position.close(float(rng.choice([1.0, 0.5, 0.3])))
        if draw[0] > 0.95 and self.positions:
            self.positions[int(rng.integers(len(self.positions)))].close()
        if draw[1] < 0.05:
            self.cancel()
        if draw[1] > 0.95 and self.orders:
            self.orders[int(rng.integers(len(self.orders)))].cancel()
        if draw[2] < 0.05:
            self._move(rng.uniform(0.001, 0.01))
        if draw[2] > 0.98:
            self.decline()
        if draw[3] < self.busy:
            self._order(rng, close)

    def _side(self) -> int:
        return -1 if self.position.direction == "short" else 1

    def _move(self, share: float) -> None:
        for position in self.positions:
            mark = position._mark(position._rows()[0])
            away = share * mark
            if share < 0.003:
                position.move_stop(mark - away if position.direction == "long" else mark + away)
            elif share < 0.006:
                position.move_stop(trailing=away)
            else:
                position.move_stop()

    def _order(self, rng: np.random.Generator, close: float) -> None:
        # Rather with what is held than against it, so that something gathers.
        sign = (1 if rng.random() < 0.5 else -1) if rng.random() < 0.4 else self._side()
        leverage = self._broker.settings.leverage
        level, options = close, {}
        kind, away = rng.random(), rng.uniform(0, 0.006)
        if kind < 0.05:
            options["limit"] = close * (1 + sign * away)  # which the close is better than
        elif kind < 0.25:
            level = options["limit"] = close * (1 - sign * away)
        elif kind < 0.5:
            level = options["stop"] = close * (1 + sign * away)
        if rng.random() < 0.3:
            options["expires"] = int(rng.integers(1, 10))
        if rng.random() < 0.6:
            options["stop_loss"] = level * (1 - sign * rng.uniform(0.001, 0.01))
        if rng.random() < 0.6:
            rungs = np.cumsum(rng.uniform(0.001, 0.006, rng.integers(1, 5)))
            options["take_profit"] = [level * (1 + sign * rung) for rung in rungs]
            if rng.random() < 0.5:
                options["break_even_after"] = int(rng.integers(1, len(rungs) + 1))
        if rng.random() < 0.2:
            options["trailing"] = close * rng.uniform(0.002, 0.01)
        if rng.random() < 0.2:
            options["max_bars"] = int(rng.integers(1, 20))
        size = rng.random()
        if size < 0.4 and self.units:
            options["quantity"] = rng.uniform(0.1, 80) * leverage
        elif size < 0.6:
            options["fraction"] = rng.uniform(0.05, 0.9) * leverage
        elif size < 0.7 and "stop_loss" in options:
            options["risk"] = rng.uniform(0.001, 0.05)
        enter = self.enter_long if sign > 0 else self.enter_short
        self.placed.append(enter(**options).number)


class MoreOrders(RandomOrders):
    """A second one, to share the account with."""

    busy = 0.2


@dataclass(frozen=True)
class Run:
    """What a run is made of; `engine` makes it."""

    seed: int
    count: int
    spread: float = 0.0
    several: bool = False
    inside: bool = False
    settings: dict[str, Any] = field(default_factory=dict)

    def candles(self) -> tuple[Candles, Candles | None]:
        """Return the candles, and the shorter ones where there are any."""
        if not self.inside:
            return walk(self.seed, self.count, spread=self.spread), None
        shorter = walk(self.seed, 3 * self.count, timeframe="5M", spread=self.spread, sigma=0.0025)
        return resample(shorter, Timeframe.parse("15M")), shorter

    def engine(self, count: int | None = None, **options: Any) -> BacktestEngine:
        """Return a fresh engine, over the first `count` candles alone where that is given."""
        candles, shorter = self.candles()
        kinds = [RandomOrders, MoreOrders] if self.several else [RandomOrders]
        return BacktestEngine(
            options.pop("kinds", kinds), {"15M": candles[:count]}, inside=shorter, seed=self.seed,
            **{**self.settings, **options},
        )  # fmt: skip


CONVENTIONS = st.builds(
    Convention,
    market=st.sampled_from(["next_open", "next_open", "close"]),
    path=st.sampled_from(["pessimistic", "pessimistic", "optimistic", "ohlc", "olhc", "adaptive"]),
    stops=st.sampled_from(["signal", "fill"]),
    exits=st.sampled_from(["open", "touch"]),
    target_gap=st.booleans(),
    stop_gap=st.booleans(),
    stop_first=st.booleans(),
    entry_candle=st.sampled_from([True, False, "market"]),
)
MARKETS = st.fixed_dictionaries(
    {},
    optional={
        "convention": st.one_of(st.just("workbench"), CONVENTIONS),
        "leverage": st.sampled_from([1.0, 3.0, 50.0]),
        "maintenance_margin": st.sampled_from([0.0, 0.01]),
        "max_positions": st.sampled_from([1, 3]),
        "hedging": st.booleans(),
        "fill_over_gaps": st.booleans(),
        "max_risk": st.sampled_from([None, 0.1, 2.0]),
        "risk_per_trade": st.sampled_from([0.005, 0.02]),
    },
)
COSTS = st.fixed_dictionaries(
    {},
    optional={
        "commission": st.sampled_from(
            [0.001, Commission(per_unit=0.01, per_order=1.0, minimum=2.0),
             Commission(maker=0.0002, taker=0.0007)]
        ),
        "slippage": st.sampled_from(
            [0.0005, Slippage(fixed=0.02), Slippage(percent=0.0001, impact=0.1)]
        ),
        "borrow_rate": st.just(0.5),
        "funding_rate": st.sampled_from([0.001, -0.001]),
        "lot_size": st.sampled_from([0.5, 7.0]),
        "min_size": st.just(3.0),
        "tick_size": st.just(0.05),
        "spread": st.just(0.05),
    },
)  # fmt: skip
SEEDS = st.integers(0, 2**32 - 1)


def runs(settings: st.SearchStrategy[dict[str, Any]], most: int = 150) -> st.SearchStrategy[Run]:
    """Return runs with these settings."""
    return st.builds(
        Run, seed=SEEDS, count=st.integers(2, most), spread=st.sampled_from([0.0, 0.0, 0.0005]),
        several=st.booleans(), inside=st.booleans(), settings=settings,
    )  # fmt: skip


ANY = st.builds(lambda one, other: one | other, MARKETS, COSTS)


class Story:
    """Keeps what happened, and the account at each mark."""

    def __init__(self, engine: BacktestEngine) -> None:
        self.engine = engine
        self.happenings: list[Any] = []
        self.marks: list[tuple[int, Any]] = []
        engine.listener, engine.marks = self, (1,)

    def happened(self, what: EntryFill | ExitFill | SignalEnd) -> None:
        """Keep it."""
        self.happenings.append(what)

    def marked(self) -> None:
        """Keep the account."""
        self.marks.append((self.engine.bar, self.engine.snapshot()))


def story(engine: BacktestEngine, *, finish: bool = True) -> Story:
    """Run an engine to its end and return what happened."""
    told = Story(engine)
    while not engine.done:
        engine.advance(engine.bars)
    if finish:
        engine.finish()
    return told
