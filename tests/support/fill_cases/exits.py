"""How stops and targets fill."""

from __future__ import annotations

from fill_cases.case import FLAT, Case, Row

LONG = "enter_long(quantity=10, stop_loss=95, take_profit=110)"
SHORT = "enter_short(quantity=10, stop_loss=105, take_profit=90)"


def _one(name: str, text: str, order: str, candle: Row, out: str) -> Case:
    side = "long" if "long" in order else "short"
    return Case(name, text, [FLAT, FLAT, candle], {0: order}, [f"1: {side} 10 @ 100", f"2: {out}"])


CASES = [
    _one("neither touched", "Nothing happens; what is open at the end leaves at the last close.",
         LONG, (100, 109, 96, 100), "end_of_data 10 @ 100"),
    _one("stop touched", "The stop fills at its price.", LONG, (100, 101, 95, 96),
         "stop_loss 10 @ 95"),
    _one("stop gapped", "Where the open is beyond the stop, it fills at that worse open.",
         LONG, (93, 96, 92, 95), "stop_loss 10 @ 93"),
    _one("target touched", "A target fills at its price.", LONG, (100, 110, 99, 105),
         "take_profit_1 10 @ 110"),
    _one("target gapped", "Where the open is beyond it, it fills at that better open.",
         LONG, (112, 113, 111, 112), "take_profit_1 10 @ 112"),
    _one("stop and target touched", "A candle does not tell which was first: it was the stop.",
         LONG, (100, 111, 94, 100), "stop_loss 10 @ 95"),
    _one("target gapped and stop touched", "The open is certain: it comes before all else.",
         LONG, (112, 113, 94, 100), "take_profit_1 10 @ 112"),
    _one("short stop touched", "For a short, the high touches the stop.", SHORT,
         (100, 105, 99, 101), "stop_loss 10 @ 105"),
    _one("short stop gapped", "A gap up fills it at the open.", SHORT, (107, 108, 104, 105),
         "stop_loss 10 @ 107"),
    _one("short target touched", "The low touches the target.", SHORT, (100, 101, 90, 95),
         "take_profit_1 10 @ 90"),
    _one("short target gapped", "A gap down is better.", SHORT, (88, 89, 87, 88),
         "take_profit_1 10 @ 88"),
    _one("short stop and target touched", "The stop, as for longs.", SHORT, (100, 106, 89, 100),
         "stop_loss 10 @ 105"),
    Case(
        "exit ordered at the open", "A market exit fills at the open, before that candle's stop.",
        [FLAT, FLAT, (99, 100, 90, 95)],
        {0: "enter_long(quantity=10, stop_loss=95)", 1: "close()"},
        ["1: long 10 @ 100", "2: signal 10 @ 99"],
    ),
    Case(
        "exit without a position", "An exit whose position has gone before ends as well.",
        [FLAT, (100, 101, 96, 97), (94, 95, 90, 92), FLAT],
        {0: "enter_long(quantity=10, max_bars=1)", 1: "close()"},
        ["1: long 10 @ 100", "2: time_stop 10 @ 94", "2: cancelled position_closed"],
    ),
    Case(
        "ladder", "Each rung closes its part, the nearest first; the last one closes the rest.",
        [FLAT, FLAT, (100, 106, 100, 105), (105, 125, 105, 120)],
        {0: "enter_long(quantity=9, take_profit=[105, 110, 120])"},
        ["1: long 9 @ 100", "2: take_profit_1 3 @ 105", "3: take_profit_2 3 @ 110",
         "3: take_profit_3 3 @ 120"],
    ),
    Case(
        "ladder with weights", "The stop takes what is left.",
        [FLAT, FLAT, (100, 106, 100, 105), (105, 106, 94, 95)],
        {0: "enter_long(quantity=10, stop_loss=95, take_profit=[(105, 0.7), (110, 0.3)])"},
        ["1: long 10 @ 100", "2: take_profit_1 7 @ 105", "3: stop_loss 3 @ 95"],
    ),
    Case(
        "ladder in lots", "Parts are cut to whole lots; the last rung has the rest.",
        [FLAT, FLAT, (100, 121, 100, 120)],
        {0: "enter_long(quantity=10, take_profit=[105, 110, 120])"},
        ["1: long 10 @ 100", "2: take_profit_1 3 @ 105", "2: take_profit_2 3 @ 110",
         "2: take_profit_3 4 @ 120"],
        settings={"lot_size": 1},
    ),
    Case(
        "break-even", "After the target it names, the stop is at the entry price.",
        [FLAT, FLAT, (102, 106, 101, 105), (105, 106, 99, 101)],
        {0: "enter_long(quantity=10, stop_loss=95, take_profit=[105, 110], break_even_after=1)"},
        ["1: long 10 @ 100", "2: take_profit_1 5 @ 105", "3: break_even 5 @ 100"],
    ),
    Case(
        "break-even in one candle",
        "A close beyond the new stop came after the target: the stop fills in that candle.",
        [FLAT, FLAT, (100, 106, 97, 98), FLAT],
        {0: "enter_long(quantity=10, stop_loss=95, take_profit=[105, 110], break_even_after=1)"},
        ["1: long 10 @ 100", "2: take_profit_1 5 @ 105", "2: break_even 5 @ 100"],
    ),
    Case(
        "break-even not ahead",
        "An entry that gapped beyond the target has nothing to keep: the stop stays.",
        [FLAT, (106, 107, 99, 101), (101, 102, 98, 100)],
        {0: "enter_long(quantity=10, stop_loss=95, take_profit=[105, 110], break_even_after=1)"},
        ["1: long 10 @ 106", "1: take_profit_1 5 @ 106", "2: end_of_data 5 @ 100"],
    ),
    Case(
        "trailing stop", "The stop follows the best price of completed candles.",
        [FLAT, (100, 104, 98, 103), (103, 107, 102, 106), (106, 107, 101, 102)],
        {0: "enter_long(quantity=10, trailing=5)"},
        ["1: long 10 @ 100", "3: trailing_stop 10 @ 102"],
    ),
    Case(
        "trailing stop from the entry", "It stands from the fill on, also in its first candle.",
        [FLAT, (100, 101, 94, 99), FLAT],
        {0: "enter_long(quantity=10, trailing=5)"},
        ["1: long 10 @ 100", "1: trailing_stop 10 @ 95"],
    ),
    Case(
        "trailing stop passed by the close",
        "A close beyond the stop that follows from the high came after it: it fills there.",
        [FLAT, (100, 112, 99, 104), FLAT],
        {0: "enter_long(quantity=10, trailing=5)"},
        ["1: long 10 @ 100", "1: trailing_stop 10 @ 107"],
    ),
    Case(
        "trailing stop of a short", "It follows the low.",
        [FLAT, (100, 101, 95, 96), (96, 101, 95, 100)],
        {0: "enter_short(quantity=10, trailing=5)"},
        ["1: short 10 @ 100", "2: trailing_stop 10 @ 100"],
    ),
    Case(
        "stop and trail", "The nearer of the two is the stop; first that is the one given.",
        [FLAT, (100, 101, 97, 98), FLAT],
        {0: "enter_long(quantity=10, stop_loss=97.5, trailing=5)"},
        ["1: long 10 @ 100", "1: stop_loss 10 @ 97.5"],
    ),
    Case(
        "stop moved", "`move_stop` holds from the next candle on.",
        [FLAT, (100, 104, 96, 104), (104, 105, 101, 104)],
        {0: "enter_long(quantity=10, stop_loss=95)", 1: "move_stop(102)"},
        ["1: long 10 @ 100", "2: stop_loss 10 @ 102"],
    ),
    Case(
        "stop taken away", "Without a price there is none any more.",
        [FLAT, FLAT, (100, 101, 90, 92)],
        {0: "enter_long(quantity=10, stop_loss=95)", 1: "move_stop()"},
        ["1: long 10 @ 100", "2: end_of_data 10 @ 92"],
    ),
    Case(
        "trail begun later", "`move_stop(trailing=...)` hangs the stop on the last close.",
        [FLAT, (100, 104, 99, 104), (104, 105, 101, 102), FLAT],
        {0: "enter_long(quantity=10)", 1: "move_stop(trailing=2)"},
        ["1: long 10 @ 100", "2: trailing_stop 10 @ 102"],
    ),
    Case(
        "time stop", "`max_bars` candles after the entry it leaves at the open.",
        [FLAT, (100, 102, 99, 101), (101, 103, 100, 102), (103, 104, 101, 102)],
        {0: "enter_long(quantity=10, max_bars=2)"},
        ["1: long 10 @ 100", "3: time_stop 10 @ 103"],
    ),
    Case(
        "part closed", "A part of what is held leaves; the rest stays.",
        [FLAT, FLAT, (102, 103, 101, 102), (104, 105, 103, 104)],
        {0: "enter_long(quantity=10)", 1: "close(0.3)"},
        ["1: long 10 @ 100", "2: signal 3 @ 102", "3: end_of_data 7 @ 104"],
    ),
    Case(
        "part below a lot", "A part that is no whole lot closes nothing.",
        [FLAT, FLAT, FLAT],
        {0: "enter_long(quantity=3)", 1: "close(0.3)"},
        ["1: long 3 @ 100", "2: rejected size_below_minimum minimum 1, quantity 0.9",
         "2: end_of_data 3 @ 100"],
        settings={"lot_size": 1},
    ),
]  # fmt: skip
