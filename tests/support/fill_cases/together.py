"""Several orders, trades and strategies on one account."""

from __future__ import annotations

from fill_cases.case import FLAT, Case

CASES = [
    Case(
        "reversal", "An entry against the position closes it first, at the same price.",
        [FLAT, FLAT, (104, 105, 103, 104)],
        {0: "enter_long(quantity=10)", 1: "enter_short(quantity=10)"},
        ["1: long 10 @ 100", "2: signal 10 @ 104", "2: short 10 @ 104",
         "2: end_of_data 10 @ 104"],
    ),
    Case(
        "closed and entered again", "Exits come first, whatever was called first.",
        [FLAT, FLAT, (104, 105, 103, 104)],
        {0: "enter_long(quantity=10)", 1: "enter_long(quantity=5); close()"},
        ["1: long 10 @ 100", "2: signal 10 @ 104", "2: long 5 @ 104", "2: end_of_data 5 @ 104"],
    ),
    Case(
        "reversal on the way to the target",
        "108 comes before 110: the long leaves where the sell limit turns it round.",
        [FLAT, FLAT, (100, 111, 99, 109), (109, 110, 108, 109)],
        {0: "enter_long(quantity=10, take_profit=110)", 1: "enter_short(quantity=10, limit=108)"},
        ["1: long 10 @ 100", "2: signal 10 @ 108", "2: short 10 @ 108",
         "3: end_of_data 10 @ 109"],
    ),
    Case(
        "reversal on the way to the stop", "97 comes before 95.",
        [FLAT, FLAT, (100, 101, 94, 96), (96, 97, 95, 96)],
        {0: "enter_long(quantity=10, stop_loss=95)", 1: "enter_short(quantity=10, stop=97)"},
        ["1: long 10 @ 100", "2: signal 10 @ 97", "2: short 10 @ 97", "3: end_of_data 10 @ 96"],
    ),
    Case(
        "worse reversal before the target",
        "A candle does not tell whether 97 or 110 was first: it was the worse.",
        [FLAT, FLAT, (100, 111, 96, 98), (98, 99, 97, 98)],
        {0: "enter_long(quantity=10, take_profit=110)", 1: "enter_short(quantity=10, stop=97)"},
        ["1: long 10 @ 100", "2: signal 10 @ 97", "2: short 10 @ 97", "3: end_of_data 10 @ 98"],
    ),
    Case(
        "stop before the better reversal",
        "Likewise the stop comes before a sell limit above; that then opens a short.",
        [FLAT, FLAT, (100, 109, 94, 98), (98, 99, 97, 98)],
        {0: "enter_long(quantity=10, stop_loss=95)", 1: "enter_short(quantity=10, limit=108)"},
        ["1: long 10 @ 100", "2: stop_loss 10 @ 95", "2: short 10 @ 108",
         "3: end_of_data 10 @ 98"],
    ),
    Case(
        "hedging", "With `hedging` an entry against a position stands beside it.",
        [FLAT, FLAT, (104, 105, 103, 104), (104, 106, 101, 102)],
        {0: "enter_long(quantity=10)", 1: "enter_short(quantity=4)"},
        ["1: long 10 @ 100", "2: short 4 @ 104", "3: end_of_data 10 @ 102",
         "3: end_of_data 4 @ 102"],
        settings={"hedging": True, "max_positions": 2},
        equity=10_028,
    ),
    Case(
        "pyramiding", "With `max_positions` trades stand beside each other, each with its stop.",
        [FLAT, FLAT, (102, 103, 101, 102), (104, 105, 103, 104), (104, 105, 99, 100)],
        {0: "enter_long(quantity=5, stop_loss=95)", 1: "enter_long(quantity=5, stop_loss=98)",
         2: "enter_long(quantity=5, stop_loss=100)", 3: "enter_long(quantity=5)"},
        ["1: long 5 @ 100", "2: long 5 @ 102", "3: long 5 @ 104",
         "4: rejected max_positions max_positions 3, open 3", "4: stop_loss 5 @ 100",
         "4: end_of_data 5 @ 100", "4: end_of_data 5 @ 100"],
        settings={"max_positions": 3},
    ),
    Case(
        "one of several closed", "Each trade can be closed for itself.",
        [FLAT, FLAT, (102, 103, 101, 102), (104, 105, 103, 104)],
        {0: "enter_long(quantity=5)", 1: "enter_long(quantity=3)", 2: "positions[0].close()"},
        ["1: long 5 @ 100", "2: long 3 @ 102", "3: signal 5 @ 104", "3: end_of_data 3 @ 104"],
        settings={"max_positions": 2},
    ),
    Case(
        "two strategies", "Strategies share the money; each has its own positions and orders.",
        [FLAT, FLAT, (104, 105, 103, 104), (106, 107, 105, 106)],
        {0: "enter_long(quantity=10)", 2: "close()"},
        ["1: long 10 @ 100", "2: short 5 @ 104", "3: signal 10 @ 106", "3: end_of_data 5 @ 106"],
        others={1: "enter_short(quantity=5)"},
    ),
    Case(
        "two strategies and one purse", "What the first holds the second cannot spend.",
        [FLAT, FLAT, FLAT],
        {0: "enter_long(fraction=0.75)"},
        ["1: long 75 @ 100", "2: rejected no_cash needed 3000, available 2500",
         "2: end_of_data 75 @ 100"],
        others={1: "enter_long(quantity=30)"},
    ),
]  # fmt: skip
