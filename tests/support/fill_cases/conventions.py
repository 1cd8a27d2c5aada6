"""What the switches of a convention and shorter candles change."""

from __future__ import annotations

from typing import Any

from fill_cases.case import FLAT, Case

BOTH = (100, 111, 94, 100)
ORDER = "enter_long(quantity=10, stop_loss=95, take_profit=110)"


def _path(path: str, text: str, out: str, candle: tuple[float, ...] = BOTH) -> Case:
    return Case(
        f"path {path}", text, [FLAT, FLAT, candle], {0: ORDER}, ["1: long 10 @ 100", f"2: {out}"],
        settings={"convention": {"path": path}},
    )  # fmt: skip


def _with(**switches: Any) -> dict[str, Any]:
    return {"convention": switches}


CASES = [
    Case(
        "intrabar target first", "`intrabar`: shorter candles tell what came first.",
        [FLAT, FLAT, BOTH], {0: ORDER}, ["1: long 10 @ 100", "2: take_profit_1 10 @ 110"],
        inside={2: [(100, 106, 99, 105), (105, 111, 104, 106), (106, 107, 94, 100)]},
    ),
    Case(
        "intrabar stop first", "Likewise.",
        [FLAT, FLAT, BOTH], {0: ORDER}, ["1: long 10 @ 100", "2: stop_loss 10 @ 95"],
        inside={2: [(100, 101, 94, 96), (96, 111, 95, 106), (106, 107, 99, 100)]},
    ),
    Case(
        "intrabar incomplete", "Where they do not tell the whole candle, the rules stand in.",
        [FLAT, FLAT, BOTH], {0: ORDER}, ["1: long 10 @ 100", "2: stop_loss 10 @ 95"],
        inside={2: [(100, 106, 99, 105), (105, 111, 104, 106), (106, 107, 98, 100)]},
    ),
    Case(
        "intrabar trail", "A trailing stop follows the shorter candles.",
        [FLAT, FLAT, (100, 112, 99, 110)], {0: "enter_long(quantity=10, trailing=5)"},
        ["1: long 10 @ 100", "2: trailing_stop 10 @ 107"],
        inside={2: [(100, 112, 99, 111), (111, 111, 106, 108), (108, 110, 107, 110)]},
    ),
    _path("pessimistic", "The default: the stop comes before the target.", "stop_loss 10 @ 95"),
    _path("optimistic", "The target comes before the stop.", "take_profit_1 10 @ 110"),
    _path("ohlc", "Open, high, low, close.", "take_profit_1 10 @ 110"),
    _path("olhc", "Open, low, high, close.", "stop_loss 10 @ 95"),
    _path("adaptive", "The extreme nearer to the open is taken to be first, here the low.",
          "stop_loss 10 @ 95"),
    Case(
        "market at the close", "`market=\"close\"`: at the close it was decided at.",
        [FLAT, (101, 103, 99, 102), (102, 104, 101, 103)],
        {0: "enter_long(quantity=10)", 1: "close()"},
        ["0: long 10 @ 100", "1: signal 10 @ 102"],
        settings=_with(market="close"),
    ),
    Case(
        "stops move with the fill", "`stops=\"fill\"`: levels keep their distance in percent.",
        [FLAT, (110, 112, 109, 110), (110, 111, 104, 105)],
        {0: "enter_long(quantity=10, stop_loss=95)"},
        ["1: long 10 @ 110", "2: stop_loss 10 @ 104.5"],
        settings=_with(stops="fill"),
    ),
    Case(
        "stops of a limit move with it", "Of a limit, by how much better it filled.",
        [FLAT, (90, 92, 86, 90), FLAT],
        {0: "enter_long(quantity=10, limit=96, stop_loss=93)"},
        ["1: long 10 @ 90", "1: stop_loss 10 @ 87.1875"],
        settings=_with(stops="fill"),
    ),
    Case(
        "touch wins", "`exits=\"touch\"`: a stop in the candle takes the exit due at its open.",
        [FLAT, FLAT, (99, 100, 90, 95)],
        {0: "enter_long(quantity=10, stop_loss=95)", 1: "close()"},
        ["1: long 10 @ 100", "2: cancelled position_closed", "2: stop_loss 10 @ 95"],
        settings=_with(exits="touch"),
    ),
    Case(
        "touch wins over an entry", "An entry due at that open ends as well.",
        [FLAT, FLAT, (99, 100, 90, 95)],
        {0: "enter_long(quantity=10, stop_loss=95)", 1: "enter_short(quantity=10)"},
        ["1: long 10 @ 100", "2: cancelled position_closed", "2: stop_loss 10 @ 95"],
        settings=_with(exits="touch"),
    ),
    Case(
        "touch wins for the whole position only", "A first rung does not keep the exit away.",
        [FLAT, FLAT, (99, 106, 98, 100)],
        {0: "enter_long(quantity=10, take_profit=[105, 110])", 1: "close()"},
        ["1: long 10 @ 100", "2: signal 10 @ 99"],
        settings=_with(exits="touch"),
    ),
    Case(
        "target without the gap", "`target_gap=False`: never better than its price.",
        [FLAT, FLAT, (112, 113, 111, 112)], {0: ORDER},
        ["1: long 10 @ 100", "2: take_profit_1 10 @ 110"],
        settings=_with(target_gap=False),
    ),
    Case(
        "stop without the gap",
        "`stop_gap=False`: at its price, though the candle was never there.",
        [FLAT, FLAT, (93, 94, 92, 93)], {0: ORDER},
        ["1: long 10 @ 100", "2: stop_loss 10 @ 95"],
        settings=_with(stop_gap=False),
    ),
    Case(
        "stop before the open's target",
        "`stop_first=True`: the stop of the candle comes even before a target gapped at its open.",
        [FLAT, FLAT, (112, 113, 94, 100)], {0: ORDER},
        ["1: long 10 @ 100", "2: stop_loss 10 @ 95"],
        settings=_with(stop_first=True),
    ),
    Case(
        "entry candle spared", "`entry_candle=False`: stops and targets wait for the next one.",
        [FLAT, (100, 101, 94, 99), (99, 100, 94, 98)], {0: ORDER},
        ["1: long 10 @ 100", "2: stop_loss 10 @ 95"],
        settings=_with(entry_candle=False),
    ),
    Case(
        "entry candle of market entries",
        "`entry_candle=\"market\"`: a limit's stop and target wait for the next candle ...",
        [FLAT, (100, 101, 93, 97), (97, 98, 95, 96)],
        {0: "enter_long(quantity=10, limit=96, stop_loss=94)"},
        ["1: long 10 @ 96", "2: end_of_data 10 @ 96"],
        settings=_with(entry_candle="market"),
    ),
    Case(
        "entry candle of stop entries",
        "... a stop entry's target fills where the candle does not reach its stop.",
        [FLAT, (100, 107, 99, 103), FLAT],
        {0: "enter_long(quantity=10, stop=102, stop_loss=98, take_profit=106)"},
        ["1: long 10 @ 102", "1: take_profit_1 10 @ 106"],
        settings=_with(entry_candle="market"),
    ),
]  # fmt: skip
