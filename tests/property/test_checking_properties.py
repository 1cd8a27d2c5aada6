"""An order makes sense in numbers, in words and in columns, or in none of them."""

from __future__ import annotations

from math import inf, nan

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.engine.account import settings_row
from workbench.engine.refusing import refusal, refuse_entry
from workbench.engine.rules import signalling as rule
from workbench.engine.rules.checking import wrong_entry
from workbench.engine.rules.layout import (
    O_BARS,
    O_BREAK_EVEN,
    O_EXPIRES,
    O_FRACTION,
    O_LIMIT,
    O_PRICES,
    O_QUANTITY,
    O_RISK,
    O_RUNGS,
    O_STOP,
    O_STOP_LOSS,
    O_TRAIL,
    O_WEIGHTS,
)
from workbench.engine.settings import Settings

CLOSE = 100.0
NONE = st.just(nan)
PRICES = st.sampled_from([-1.0, 0.0, 90.0, 95.0, 99.0, 100.0, 101.0, 105.0, 110.0, 1e300, inf])
SIZES = st.sampled_from([-1.0, 0.0, 0.01, 0.5, 1.0, 1.5, 2.0, 2.5, inf])
COUNTS = st.sampled_from([inf, inf, -1.0, 0.0, 0.5, 1.0, 2.0, 3.5])
LADDERS = st.lists(
    st.tuples(PRICES, st.sampled_from([-0.5, 0.0, 0.25, 0.5, 0.5, 1.0, inf])), max_size=3
)
ORDERS = st.fixed_dictionaries(
    {
        O_QUANTITY: NONE | SIZES, O_FRACTION: NONE | NONE | SIZES, O_RISK: NONE | NONE | SIZES,
        O_LIMIT: NONE | PRICES, O_STOP: NONE | NONE | PRICES, O_EXPIRES: COUNTS, O_BARS: COUNTS,
        O_STOP_LOSS: NONE | PRICES, O_TRAIL: NONE | SIZES,
        O_BREAK_EVEN: st.sampled_from([0.0, 0.0, 1.0, 2.0, 1.5, -1.0]),
    }
)  # fmt: skip
PLACES = {
    O_QUANTITY: rule.G_QUANTITY, O_FRACTION: rule.G_FRACTION, O_RISK: rule.G_RISK,
    O_LIMIT: rule.G_LIMIT, O_STOP: rule.G_STOP, O_EXPIRES: rule.G_EXPIRES,
    O_STOP_LOSS: rule.G_STOP_LOSS, O_TRAIL: rule.G_TRAIL, O_BREAK_EVEN: rule.G_BREAK_EVEN,
    O_BARS: rule.G_BARS,
}  # fmt: skip


NOTHING = {place: nan for place in PLACES} | {O_EXPIRES: inf, O_BARS: inf, O_BREAK_EVEN: 0.0}
TICKS = st.sampled_from([0.0, 0.0, 0.3, 2.0, 7.0, 100.0])


@given(ORDERS, LADDERS, st.sampled_from([1.0, -1.0]), TICKS)
@example(NOTHING, [], 1.0, 0.0)
# On the grid of 7 the stop of 99 is 98, as is the limit; two targets are one; and 90 is nothing.
@example(NOTHING | {O_LIMIT: 99.0, O_STOP_LOSS: 98.5}, [], 1.0, 7.0)
@example(NOTHING, [(101.0, 0.5), (105.0, 0.5)], 1.0, 7.0)
@example(NOTHING | {O_STOP_LOSS: 90.0}, [], 1.0, 100.0)
def test_numbers_words_and_columns_agree(
    order: dict[int, float], ladder: list[tuple[float, float]], sign: float, tick: float
) -> None:
    settings = Settings(leverage=2.0, tick_size=tick)
    prices, weights = [one for one, _ in ladder], [one for _, one in ladder]
    o = order
    code = wrong_entry(
        settings_row(settings), CLOSE, sign, o[O_QUANTITY], o[O_FRACTION], o[O_RISK], o[O_LIMIT],
        o[O_STOP], o[O_EXPIRES], o[O_STOP_LOSS], o[O_TRAIL], o[O_BREAK_EVEN], o[O_BARS],
        len(ladder), prices, weights,
    )  # fmt: skip
    asked = dict(order) | {O_RUNGS: float(len(ladder))}
    asked |= {O_PRICES + k: price for k, price in enumerate(prices)}
    asked |= {O_WEIGHTS + k: weight for k, weight in enumerate(weights)}
    said = refuse_entry(sign, CLOSE, asked, settings)
    assert (code != 0) == (said is not None), (code, said)

    columns = {PLACES[place]: np.array([value]) for place, value in order.items()}
    columns |= {rule.G_PRICES + k: np.array(price) for k, price in enumerate(prices)}
    columns |= {rule.G_WEIGHTS + k: np.array(weight) for k, weight in enumerate(weights)}
    what = np.array([rule.ENTRIES if sign > 0 else rule.SHORT_ENTRIES])
    found = refusal(what, np.array([CLOSE]), columns, settings)
    assert (found is not None) == (said is not None), (found, said)
    if found is not None:
        assert found[0] == 0
        assert str(found[1]) == str(said)
