"""Sessions whose fills a venue makes, later and in parts: their words fit together all the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from live_books import check, check_fills, check_orders, check_positions, check_profit
from random_runs import COSTS, SEEDS, MoreOrders, RandomOrders, walk
from sessions_in_hand import InHand, trades_in

from workbench.trading.inputs import Asked, Input, Ticks, Word

CAPITAL = 10_000.0
ACCOUNTS = st.builds(
    lambda one, other: one | other,
    COSTS,
    st.fixed_dictionaries(
        {},
        optional={
            "leverage": st.sampled_from([1.0, 3.0, 50.0]),
            "max_positions": st.sampled_from([1, 3]),
            "hedging": st.booleans(),
        },
    ),
)
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "max_drawdown": st.sampled_from([0.002, 0.02]),
        "max_daily_loss": st.sampled_from([5.0, 50.0]),
        "max_orders_per_minute": st.sampled_from([1, 2]),
        "action": st.sampled_from(["reject", "flatten"]),
    },
)
COMMANDS = st.lists(
    st.tuples(
        st.integers(0, 150), st.sampled_from(["pause_entries", "resume_entries", "flatten", "stop"])
    ),
    max_size=4,
)


def session(
    symbols: list[str], several: bool, limits: dict[str, Any], account: dict[str, Any],
    latency: float, participation: float | None, keep: bool,
) -> InHand:  # fmt: skip
    kinds = [RandomOrders, MoreOrders] if several else [RandomOrders]
    live = {"limits": limits, "latency": latency, "participation": participation, "keep": keep}
    return InHand(
        kinds, symbols, live=live, initial_capital=CAPITAL, check_lookahead=False, **account
    )


def market(seed: int, count: int, symbols: list[str]) -> list[Input]:
    """Return trades of all symbols, in the order of time: few, and of sizes that fill in parts."""
    found: list[Input] = []
    for number, symbol in enumerate(symbols):
        inside = walk(seed + number, 5 * count, timeframe="3M", sigma=0.002)
        found += trades_in(inside.replace(volume=inside.volume / 20), symbol)
    return sorted(found, key=lambda one: one.at)


def after(inputs: list[Input], symbols: list[str]) -> list[Input]:
    """Return trades from after the last, large enough that all fills."""
    start, found = inputs[-1].at, []
    last = {one.symbol: one.trades[-1][1] for one in inputs if isinstance(one, Ticks)}
    for number in range(1, 30):
        at = start + 250_000 * number
        found += [Ticks(at, one, [(at, last[one], 1e6, None)]) for one in symbols if one in last]
    return found


CASES = dict(
    seed=SEEDS,
    count=st.integers(2, 30),
    symbols=st.sampled_from([["TEST"], ["A", "B"]]),
    several=st.booleans(),
    limits=LIMITS,
    account=ACCOUNTS,
    latency=st.sampled_from([0.0, 0.3, 200.0]),
    participation=st.sampled_from([None, 0.1, 0.5]),
    keep=st.booleans(),
    commands=COMMANDS,
)


def given_of(
    seed: int, count: int, symbols: list[str], commands: list[tuple[int, Any]]
) -> list[Input]:
    inputs = market(seed, count, symbols)
    for place, action in sorted(commands, reverse=True):
        place = min(place, len(inputs) - 1)
        inputs.insert(place, Asked(inputs[place].at, action, place))
    return inputs


@settings(max_examples=8, deadline=None)
@given(**CASES)
def test_orders_positions_and_profits_fit_together(
    seed: int, count: int, symbols: list[str], commands: list[tuple[int, Any]], **more: Any
) -> None:
    made = session(symbols, **more)
    inputs = given_of(seed, count, symbols, commands)
    made.take(inputs)
    # What an order fills is told as it comes, its trade when that is done: compared at the end.
    check_orders(made.said, over=False)
    check_positions(made.said, over=False)
    check_profit(made.said, CAPITAL)
    made.take([Asked(inputs[-1].at, "stop", 9)])
    made.take(after(inputs, symbols))
    assert made.session.ended
    assert made.said[-1].type == "complete"
    check(made.said, CAPITAL, kept=more["keep"])


@settings(max_examples=5, deadline=None)
@given(place=st.floats(0, 1), **CASES)
def test_who_goes_on_from_a_checkpoint_says_the_same(
    seed: int, count: int, symbols: list[str], commands: list[tuple[int, Any]], place: float,
    **more: Any,
) -> None:  # fmt: skip
    inputs = given_of(seed, count, symbols, commands)
    inputs += after(inputs, symbols)
    cut = round(place * len(inputs))
    whole = session(symbols, **more).take(inputs)
    first = session(symbols, **more).take(inputs[:cut])
    second = session(symbols, **more)
    second.said.clear()
    second.session.load(first.session.save())
    second.take(inputs[cut:])
    lines = first.lines() + second.lines()
    for one, other in zip(lines, whole.lines(), strict=True):
        assert one == other


def test_where_the_market_ends_what_is_held_is_closed_at_its_last_price() -> None:
    account = {"commission": 0.001, "max_positions": 3}
    made = session(["X-Y", "Z-Y"], False, {}, account, 0.4, 0.3, False)
    inputs = given_of(7, 60, ["X-Y", "Z-Y"], [])
    made.take(inputs)
    held = [one for book in made.session.books.values() for one in book.engine.positions()]
    assert held, "the case is to end with something held"
    at = inputs[-1].at
    made.take([Word(at, symbol, "ended", "no more") for symbol in ("X-Y", "Z-Y")])
    assert made.session.ended
    assert made.said[-1].type == "complete"
    check_fills(made.said, check_orders(made.said, over=True))
    check_positions(made.said, over=True)
    check_profit(made.said, CAPITAL)
