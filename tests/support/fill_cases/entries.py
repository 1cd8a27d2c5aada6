"""How entries fill."""

from __future__ import annotations

from fill_cases.case import FLAT, Case

DOWN = (100, 101, 93, 97)
UP = (100, 107, 99, 103)

CASES = [
    Case(
        "market entry", "A market order fills at the open of the next candle.",
        [FLAT, (101, 103, 99, 102), (102, 104, 101, 103)],
        {0: "enter_long(quantity=10)"},
        ["1: long 10 @ 101", "2: end_of_data 10 @ 103"],
        equity=10_020,
    ),
    Case(
        "market entry short", "A short likewise; its profit is the mirror.",
        [FLAT, (101, 103, 99, 102), (102, 104, 97, 98)],
        {0: "enter_short(quantity=10)"},
        ["1: short 10 @ 101", "2: end_of_data 10 @ 98"],
        equity=10_030,
    ),
    Case(
        "limit touched", "A limit entry fills at its price when the candle reaches it.",
        [FLAT, (100, 101, 97, 99), (99, 100, 95, 98)],
        {0: "enter_long(quantity=10, limit=96)"},
        ["2: long 10 @ 96", "2: end_of_data 10 @ 98"],
    ),
    Case(
        "limit gapped", "Where the open is already better, it fills there.",
        [FLAT, (94, 95, 93, 95), FLAT],
        {0: "enter_long(quantity=10, limit=96)"},
        ["1: long 10 @ 94", "2: end_of_data 10 @ 100"],
    ),
    Case(
        "limit beyond the close",
        "One the close is better than is a market order that is never filled beyond it.",
        [FLAT, (101, 103, 99, 102), (102, 104, 101, 103)],
        {0: "enter_long(quantity=10, limit=104, stop_loss=95)"},
        ["1: long 10 @ 102", "2: end_of_data 10 @ 103"],
        settings={"slippage": {"fixed": 1.0}},
    ),
    Case(
        "limit beyond the close slipped", "Not by slippage either.",
        [FLAT, (101, 103, 99, 102), (102, 104, 101, 103)],
        {0: "enter_long(quantity=10, limit=101.5)"},
        ["1: long 10 @ 101.5", "2: end_of_data 10 @ 103"],
        settings={"slippage": {"fixed": 1.0}},
    ),
    Case(
        "limit beyond the close gapped", "Where the open is worse, it waits as any limit does.",
        [FLAT, (106, 108, 103, 105), (105, 107, 104, 105)],
        {0: "enter_long(quantity=10, limit=104)"},
        ["1: long 10 @ 104", "2: end_of_data 10 @ 105"],
        settings={"slippage": {"fixed": 1.0}},
    ),
    Case(
        "limit short", "A sell limit lies above the market.",
        [FLAT, (100, 105, 99, 102), (102, 103, 99, 100)],
        {0: "enter_short(quantity=10, limit=104)"},
        ["1: short 10 @ 104", "2: end_of_data 10 @ 100"],
    ),
    Case(
        "limit short gapped", "A higher open is better for it.",
        [FLAT, (106, 107, 105, 106), FLAT],
        {0: "enter_short(quantity=10, limit=104)"},
        ["1: short 10 @ 106", "2: end_of_data 10 @ 100"],
    ),
    Case(
        "limit not reached", "It waits; the end of the data ends it.",
        [FLAT, (100, 101, 97, 99), (99, 100, 97, 98)],
        {0: "enter_long(quantity=10, limit=96)"},
        ["2: expired end_of_data"],
    ),
    Case(
        "limit expired", "`expires` counts the candles it may fill on.",
        [FLAT, (100, 101, 97, 99), (99, 100, 97, 98), (98, 99, 95, 97)],
        {0: "enter_long(quantity=10, limit=96, expires=2)"},
        ["2: expired expired"],
    ),
    Case(
        "limit on its last candle", "On the last of them it still fills.",
        [FLAT, (100, 101, 97, 99), (99, 100, 96, 98)],
        {0: "enter_long(quantity=10, limit=96, expires=2)"},
        ["2: long 10 @ 96", "2: end_of_data 10 @ 98"],
    ),
    Case(
        "limit cancelled", "`cancel` takes back what waits, from the next candle on.",
        [FLAT, (100, 101, 97, 99), (99, 100, 95, 98)],
        {0: "enter_long(quantity=10, limit=96)", 1: "cancel()"},
        ["1: cancelled cancelled"],
    ),
    Case(
        "stop entry touched", "A stop entry fills at its price when the candle reaches it.",
        [FLAT, (100, 103, 99, 102), (102, 105, 101, 103)],
        {0: "enter_long(quantity=10, stop=104)"},
        ["2: long 10 @ 104", "2: end_of_data 10 @ 103"],
    ),
    Case(
        "stop entry gapped", "Where the open is beyond it, it fills at that worse open.",
        [FLAT, (106, 107, 105, 106), FLAT],
        {0: "enter_long(quantity=10, stop=104)"},
        ["1: long 10 @ 106", "2: end_of_data 10 @ 100"],
    ),
    Case(
        "stop entry short", "A sell stop lies below the market.",
        [FLAT, (100, 101, 95, 97), (97, 98, 96, 97)],
        {0: "enter_short(quantity=10, stop=96)"},
        ["1: short 10 @ 96", "2: end_of_data 10 @ 97"],
    ),
    Case(
        "stop entry not reached", "It expires like a limit.",
        [FLAT, (100, 103, 99, 102), (102, 103, 101, 103)],
        {0: "enter_long(quantity=10, stop=104, expires=1)"},
        ["1: expired expired"],
    ),
    Case(
        "the nearer entry first",
        "On the way down 98 comes before 96, whichever was ordered first.",
        [FLAT, (100, 101, 95, 97), (97, 98, 96, 97)],
        {0: "enter_long(quantity=5, limit=96); enter_long(quantity=5, limit=98)"},
        ["1: long 5 @ 98", "1: rejected max_positions max_positions 1, open 1",
         "2: end_of_data 5 @ 97"],
    ),
    Case(
        "market entry stop in its candle", "The candle of the entry counts from its open.",
        [FLAT, DOWN, FLAT],
        {0: "enter_long(quantity=10, stop_loss=95, take_profit=101)"},
        ["1: long 10 @ 100", "1: stop_loss 10 @ 95"],
    ),
    Case(
        "market entry beyond its stop", "An entry beyond its own stop is out at the same open.",
        [FLAT, (94, 96, 92, 95), FLAT],
        {0: "enter_long(quantity=10, stop_loss=95)"},
        ["1: long 10 @ 94", "1: stop_loss 10 @ 94"],
    ),
    Case(
        "market entry beyond its target", "And so it is beyond its own target.",
        [FLAT, (112, 113, 109, 110), FLAT],
        {0: "enter_long(quantity=10, take_profit=110)"},
        ["1: long 10 @ 112", "1: take_profit_1 10 @ 112"],
    ),
    Case(
        "limit entry stop in its candle",
        "After a buy limit the price went on to the low: its stop is surely touched.",
        [FLAT, DOWN, FLAT],
        {0: "enter_long(quantity=10, limit=96, stop_loss=94)"},
        ["1: long 10 @ 96", "1: stop_loss 10 @ 94"],
    ),
    Case(
        "limit entry target not certain",
        "The high may have come before the entry: a target above the close does not fill.",
        [FLAT, (100, 106, 95, 97), (97, 98, 96, 97)],
        {0: "enter_long(quantity=10, limit=96, take_profit=105)"},
        ["1: long 10 @ 96", "2: end_of_data 10 @ 97"],
    ),
    Case(
        "limit entry target certain", "A target up to the close does: the close came after.",
        [FLAT, (100, 106, 95, 104), FLAT],
        {0: "enter_long(quantity=10, limit=96, take_profit=103)"},
        ["1: long 10 @ 96", "1: take_profit_1 10 @ 103"],
    ),
    Case(
        "stop entry target in its candle",
        "After a buy stop the price went on to the high: its target is surely touched.",
        [FLAT, UP, FLAT],
        {0: "enter_long(quantity=10, stop=102, take_profit=106)"},
        ["1: long 10 @ 102", "1: take_profit_1 10 @ 106"],
    ),
    Case(
        "stop entry stop not certain",
        "The low may have come after the entry: the worse is taken, and the stop fills.",
        [FLAT, UP, FLAT],
        {0: "enter_long(quantity=10, stop=102, stop_loss=99.5, take_profit=106)"},
        ["1: long 10 @ 102", "1: stop_loss 10 @ 99.5"],
    ),
    Case(
        "short limit entry in its candle", "For a sell limit the high is what came after.",
        [FLAT, (100, 107, 99, 103), FLAT],
        {0: "enter_short(quantity=10, limit=104, stop_loss=106)"},
        ["1: short 10 @ 104", "1: stop_loss 10 @ 106"],
    ),
    Case(
        "short stop entry in its candle", "For a sell stop the low is what came after.",
        [FLAT, (100, 100, 93, 97), FLAT],
        {0: "enter_short(quantity=10, stop=97, take_profit=94)"},
        ["1: short 10 @ 97", "1: take_profit_1 10 @ 94"],
    ),
]  # fmt: skip
