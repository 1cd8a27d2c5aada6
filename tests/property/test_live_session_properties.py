"""Whatever strategies, markets, limits and commands do: a session's words fit together.

Each order goes one way to one end; fills, trades, positions and profits add up; and who goes on
from a checkpoint says the same, byte for byte.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from live_books import check, check_orders
from random_runs import ANY, MARKETS, SEEDS, MoreOrders, RandomOrders, walk
from sessions_in_hand import InHand, candles_in, trades_in

from workbench.data.resample import resample
from workbench.engine import BacktestEngine
from workbench.engine.live_parts import needs_whole
from workbench.engine.settings import Settings
from workbench.engine.streaming import StreamingBacktestEngine
from workbench.timeframes import Timeframe
from workbench.trading.inputs import Asked, Input

CAPITAL = 10_000.0
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "max_position": st.sampled_from([500.0, 5_000.0]),
        "max_exposure": st.sampled_from([800.0, 8_000.0]),
        "max_leverage": st.sampled_from([0.3, 2.0]),
        "max_daily_loss": st.sampled_from([5.0, 50.0]),
        "max_drawdown": st.sampled_from([0.002, 0.02]),
        "max_orders_per_minute": st.sampled_from([1, 2]),
        "max_open_orders": st.sampled_from([0, 1, 3]),
        "price_band": st.sampled_from([0.001, 0.004]),
        "action": st.sampled_from(["reject", "flatten"]),
    },
)
COMMANDS = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from(["pause_entries", "resume_entries", "flatten"])),
    max_size=4,
)


def session(
    symbols: list[str], several: bool, limits: dict[str, Any], account: dict[str, Any]
) -> InHand:
    kinds = [RandomOrders, MoreOrders] if several else [RandomOrders]
    return InHand(
        kinds, symbols, live={"limits": limits}, initial_capital=CAPITAL, check_lookahead=False,
        **account,
    )  # fmt: skip


def market(seed: int, count: int, symbols: list[str], trades: bool) -> list[Input]:
    """Return the inputs of all symbols, in the order of time."""
    found: list[Input] = []
    for number, symbol in enumerate(symbols):
        if trades:
            found += trades_in(walk(seed + number, 3 * count, timeframe="5M"), symbol)
        else:
            found += candles_in(walk(seed + number, count), symbol)
    return sorted(found, key=lambda one: one.at)


CASES = dict(
    seed=SEEDS,
    count=st.integers(2, 40),
    symbols=st.sampled_from([["TEST"], ["A", "B"]]),
    several=st.booleans(),
    trades=st.booleans(),
    limits=LIMITS,
    account=ANY,
)


def given_of(
    seed: int, count: int, symbols: list[str], trades: bool, account: dict[str, Any]
) -> list[Input]:
    whole = needs_whole(Settings(**account)) is not None
    return market(seed, count, symbols, trades and not whole)


@settings(max_examples=10, deadline=None)
@given(commands=COMMANDS, **CASES)
def test_orders_positions_and_profits_fit_together(
    seed: int, count: int, symbols: list[str], several: bool, trades: bool,
    limits: dict[str, Any], account: dict[str, Any], commands: list[tuple[int, Any]],
) -> None:  # fmt: skip
    made = session(symbols, several, limits, account)
    inputs = given_of(seed, count, symbols, trades, account)
    for place, action in sorted(commands, reverse=True):
        at = inputs[min(place, len(inputs) - 1)].at
        inputs.insert(place, Asked(at, action, place))
    made.take(inputs)
    check(made.said, CAPITAL, over=False)
    made.take([Asked(inputs[-1].at, "stop", 9)])
    check(made.said, CAPITAL)
    assert made.session.ended
    assert made.said[-1].type == "complete"
    before = len(made.said)
    made.take(inputs)
    assert len(made.said) == before


@settings(max_examples=6, deadline=None)
@given(place=st.floats(0, 1), **CASES)
def test_who_goes_on_from_a_checkpoint_says_the_same(
    seed: int, count: int, symbols: list[str], several: bool, trades: bool,
    limits: dict[str, Any], account: dict[str, Any], place: float,
) -> None:  # fmt: skip
    inputs = given_of(seed, count, symbols, trades, account)
    cut = round(place * len(inputs))
    whole = session(symbols, several, limits, account).take(inputs)
    first = session(symbols, several, limits, account).take(inputs[:cut])
    second = session(symbols, several, limits, account)
    second.said.clear()
    second.session.load(first.session.save())
    second.take(inputs[cut:])
    lines = first.lines() + second.lines()
    for one, other in zip(lines, whole.lines(), strict=True):
        assert one == other


@settings(max_examples=6, deadline=None)
@given(
    seed=SEEDS, count=st.integers(2, 80), several=st.booleans(), many=st.integers(1, 7),
    account=ANY,
)  # fmt: skip
def test_closed_candles_give_what_a_backtest_gives(
    seed: int, count: int, several: bool, many: int, account: dict[str, Any]
) -> None:
    candles = walk(seed, count)
    made = session(["TEST"], several, {}, account).take(candles_in(candles, many=many))
    compare(made, several, candles, None, account)


@settings(max_examples=6, deadline=None)
@given(seed=SEEDS, count=st.integers(2, 30), several=st.booleans(), account=MARKETS)
def test_trades_give_what_a_backtest_with_them_inside_its_candles_gives(
    seed: int, count: int, several: bool, account: dict[str, Any]
) -> None:
    if needs_whole(Settings(**account)) is not None:
        return
    shorter = walk(seed, 3 * count, timeframe="5M")
    flat = {name: shorter.open for name in ("high", "low", "close")}
    inside = shorter.replace(**flat)
    candles = resample(inside, Timeframe.parse("15M"))
    made = session(["TEST"], several, {}, account).take(trades_in(inside))
    compare(made, several, candles, inside, account)


def compare(
    made: InHand, several: bool, candles: Any, inside: Any, account: dict[str, Any]
) -> None:
    kinds = [RandomOrders, MoreOrders] if several else [RandomOrders]
    engine = BacktestEngine(
        kinds, {"15M": candles}, inside=inside, seed=1, initial_capital=CAPITAL,
        check_lookahead=False, **account,
    )  # fmt: skip
    told: list[Any] = []
    streaming = StreamingBacktestEngine(engine, "live_1", told.append, equity_every=1)
    while engine.bar < engine.bars - 1:
        streaming.advance(engine.bars - 1 - engine.bar)
    # The last candle's equity is told with the closing fills at its end, which a session has not.
    at = engine.time(engine.bars - 1)
    for kind in ("trade", "signal", "equity"):
        mine = [
            (one.data, one.extra)
            for one in made.of(kind)
            if not (one.extra.bar == engine.bars - 1 if kind != "equity" else one.data.time == at)
        ]
        theirs = [(one.data, one.extra) for one in told if one.type == kind]
        for one, other in zip(mine, theirs, strict=False):
            assert one == other
        assert len(mine) == len(theirs), kind
    check_orders(made.said, over=False)
