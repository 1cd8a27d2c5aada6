"""Why a signal comes to no fill."""

from __future__ import annotations

from fill_cases.case import FLAT, Case

DAY = 24 * 60

CASES = [
    Case(
        "no cash", "`quantity` is all or nothing.",
        [FLAT, FLAT], {0: "enter_long(quantity=100)"},
        ["1: rejected no_cash needed 10100, available 10000"],
        settings={"commission": 0.01},
    ),
    Case(
        "no equity", "After a loss of everything there is nothing to size by.",
        [FLAT, FLAT, (100, 125, 99, 110), FLAT],
        {0: "enter_short(fraction=5)", 2: "enter_long()"},
        ["1: short 500 @ 100", "2: liquidation 500 @ 120", "3: rejected no_equity equity 0"],
        settings={"leverage": 5},
    ),
    Case(
        "too many positions", "A trade of this strategy is open in the same direction.",
        [FLAT, FLAT, FLAT], {0: "enter_long(quantity=1)", 1: "enter_long(quantity=1)"},
        ["1: long 1 @ 100", "2: rejected max_positions max_positions 1, open 1",
         "2: end_of_data 1 @ 100"],
    ),
    Case(
        "size below the minimum", "After the cut to lots less than `min_size` is left.",
        [FLAT, FLAT], {0: "enter_long(quantity=7)"},
        ["1: rejected size_below_minimum minimum 6, quantity 5"],
        settings={"lot_size": 5, "min_size": 6},
    ),
    Case(
        "risk limit", "All stops together would lose more than `max_risk`; none counts as zero.",
        [FLAT, FLAT, FLAT],
        {0: "enter_long(quantity=10, stop_loss=90)", 1: "enter_long(quantity=15, stop_loss=90)"},
        ["1: long 10 @ 100", "2: rejected risk_limit risk 250, allowed 200",
         "2: end_of_data 10 @ 100"],
        settings={"max_risk": 0.02, "max_positions": 2},
    ),
    Case(
        "risk limit without a stop", "Then the whole notional is at risk.",
        [FLAT, FLAT], {0: "enter_long(quantity=3)"},
        ["1: rejected risk_limit risk 300, allowed 200"],
        settings={"max_risk": 0.02},
    ),
    Case(
        "market closed", "With `fill_over_gaps=False` nothing enters over a weekend ...",
        [FLAT, (104, 105, 103, 104), FLAT], {0: "enter_long(quantity=10)"},
        ["1: rejected market_closed"],
        settings={"fill_over_gaps": False}, timeframe="1H",
        minutes=[3 * DAY + 21 * 60, 5 * DAY + 22 * 60, 5 * DAY + 23 * 60],
    ),
    Case(
        "data gap", "... nor where candles are missing. Stops still fill.",
        [FLAT, FLAT, (94, 95, 93, 94), FLAT],
        {0: "enter_long(quantity=10, stop_loss=95)", 1: "enter_short(quantity=10)"},
        ["1: long 10 @ 100", "2: rejected data_gap", "2: stop_loss 10 @ 94"],
        settings={"fill_over_gaps": False}, timeframe="1H", minutes=[0, 60, 240, 300],
    ),
    Case(
        "filled over a gap", "By default they do.",
        [FLAT, (104, 105, 103, 104)], {0: "enter_long(quantity=10)"},
        ["1: long 10 @ 104", "1: end_of_data 10 @ 104"],
        timeframe="1H", minutes=[0, 240],
    ),
    Case(
        "no candle left", "What is ordered on the last candle expires.",
        [FLAT, FLAT], {1: "enter_long(quantity=10)"}, ["1: expired end_of_data"],
    ),
    Case(
        "declined", "A strategy can say why it did nothing.",
        [FLAT, FLAT], {0: "decline('too quiet')"}, ["0: declined declined"],
    ),
    Case(
        "cancelled before the open", "A market order can be taken back on its candle.",
        [FLAT, FLAT], {0: "enter_long(quantity=10); cancel()"}, ["0: cancelled cancelled"],
    ),
]  # fmt: skip
