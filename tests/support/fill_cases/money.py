"""Sizes, commissions, slippage, spreads, financing and margin."""

from __future__ import annotations

from fill_cases.case import FLAT, Case

ASK = 0.5
SPREAD = tuple(price + edge for edge in (0, ASK) for price in (100, 101, 97, 99))
FLAT_ASK = (100, 100, 100, 100, 100.5, 100.5, 100.5, 100.5)
HOUR = 60

CASES = [
    Case(
        "whole equity", "Without a size and a stop: the whole equity, commission included.",
        [FLAT, FLAT], {0: "enter_long()"},
        ["1: long 99.0099 @ 100, commission 99.0099", "1: end_of_data 99.0099 @ 100, "
         "commission 99.0099"],
        settings={"commission": 0.01}, shown=["commission"],
    ),
    Case(
        "fraction", "A fraction of the equity at the close of the order.",
        [FLAT, FLAT], {0: "enter_long(fraction=0.5)"},
        ["1: long 50 @ 100", "1: end_of_data 50 @ 100"],
    ),
    Case(
        "risk by the stop",
        "With a stop, `risk_per_trade` (here 2 %) is lost between this close and the stop.",
        [FLAT, FLAT], {0: "enter_long(stop_loss=90)"},
        ["1: long 20 @ 100", "1: end_of_data 20 @ 100"],
    ),
    Case(
        "risk of the order", "`risk` says it for one order; of a limit it counts from its price.",
        [FLAT, (100, 101, 95, 98)], {0: "enter_long(risk=0.01, limit=96, stop_loss=94)"},
        ["1: long 50 @ 96", "1: end_of_data 50 @ 98"],
    ),
    Case(
        "risk cut to the money", "It is cut to what the account can carry.",
        [FLAT, FLAT], {0: "enter_long(stop_loss=99.9)"},
        ["1: long 500 @ 100", "1: end_of_data 500 @ 100"],
        settings={"leverage": 5},
    ),
    Case(
        "commission in percent",
        "Of the notional of each fill; parts share the entry's by quantity.",
        [FLAT, FLAT, (100, 110, 100, 110), (120, 120, 120, 120)],
        {0: "enter_long(quantity=10, take_profit=[(110, 0.25), (200, 0.75)])", 2: "close()"},
        ["1: long 10 @ 100, commission 10",
         "2: take_profit_1 2.5 @ 110, commission 2.75, pnl 19.75",
         "3: signal 7.5 @ 120, commission 9, pnl 133.5"],
        settings={"commission": 0.01}, shown=["commission", "pnl"],
    ),
    Case(
        "commission per unit and order", "0.02 a unit and 1 an order.",
        [FLAT, FLAT, FLAT], {0: "enter_long(quantity=100)", 1: "close()"},
        ["1: long 100 @ 100, commission 3", "2: signal 100 @ 100, commission 3, pnl -6"],
        settings={"commission": {"per_unit": 0.02, "per_order": 1.0}, "leverage": 2},
        shown=["commission", "pnl"],
    ),
    Case(
        "commission at least", "Never less than the minimum.",
        [FLAT, FLAT, FLAT], {0: "enter_long(quantity=10)", 1: "close()"},
        ["1: long 10 @ 100, commission 5", "2: signal 10 @ 100, commission 5, pnl -10"],
        settings={"commission": {"percent": 0.001, "minimum": 5.0}},
        shown=["commission", "pnl"],
    ),
    Case(
        "maker and taker", "What waited in the book pays as maker, all else as taker.",
        [FLAT, (100, 101, 95, 98), (98, 105, 97, 104), (100, 101, 99, 100)],
        {0: "enter_long(quantity=10, limit=96, take_profit=[(104, 0.5), (120, 0.5)])",
         2: "close()"},
        ["1: long 10 @ 96, commission 0.96", "2: take_profit_1 5 @ 104, commission 0.52",
         "3: signal 5 @ 100, commission 1"],
        settings={"commission": {"maker": 0.001, "taker": 0.002}}, shown=["commission"],
    ),
    Case(
        "slippage", "Against the trader, on market and stop fills.",
        [FLAT, FLAT, (100, 110, 94, 100)], {0: "enter_long(quantity=10, stop_loss=95)"},
        ["1: long 10 @ 101", "2: stop_loss 10 @ 94.05"],
        settings={"slippage": 0.01},
    ),
    Case(
        "no slippage on limits", "Limits and targets fill at their price or better.",
        [FLAT, (100, 101, 95, 98), (98, 105, 97, 104)],
        {0: "enter_long(quantity=10, limit=96, take_profit=104)"},
        ["1: long 10 @ 96", "2: take_profit_1 10 @ 104"],
        settings={"slippage": 0.01},
    ),
    Case(
        "slippage fixed", "In price units.",
        [FLAT, (100, 101, 99, 100), (100, 101, 99, 100)],
        {0: "enter_short(quantity=10)", 1: "close()"},
        ["1: short 10 @ 99.75", "2: signal 10 @ 100.25"],
        settings={"slippage": {"fixed": 0.25}},
    ),
    Case(
        "slippage by size",
        "`impact` times the squared share of the candle's volume (here a tenth of 100 units).",
        [FLAT, FLAT], {0: "enter_long(quantity=10)"},
        ["1: long 10 @ 101", "1: end_of_data 10 @ 100"],
        settings={"slippage": {"impact": 1.0}}, volume=100,
    ),
    Case(
        "ticks", "Stops go to the next tick away, slipped prices to the next worse one.",
        [FLAT, (100.5, 101, 99, 100), (100, 110, 96, 97)],
        {0: "enter_long(quantity=10, stop_loss=97.2)"},
        ["1: long 10 @ 101", "2: stop_loss 10 @ 96.5"],
        settings={"tick_size": 0.5, "slippage": {"fixed": 0.1}},
    ),
    Case(
        "lots", "Units are cut to whole lots.",
        [FLAT, FLAT], {0: "enter_long(fraction=0.5)"},
        ["1: long 48 @ 100", "1: end_of_data 48 @ 100"],
        settings={"lot_size": 12},
    ),
    Case(
        "bid and ask", "Longs enter at the ask and leave at the bid.",
        [FLAT_ASK, SPREAD, SPREAD],
        {0: "enter_long(quantity=10)", 1: "close()"},
        ["1: long 10 @ 100.5", "2: signal 10 @ 100, pnl -5"], shown=["pnl"],
    ),
    Case(
        "short at the ask", "Shorts leave at the ask: it touches their stop, here at 101.4.",
        [FLAT_ASK, SPREAD, FLAT_ASK],
        {0: "enter_short(quantity=10, stop_loss=101.4)"},
        ["1: short 10 @ 100", "1: stop_loss 10 @ 101.4"],
    ),
    Case(
        "limit at the ask", "A buy limit waits for the ask: a bid of 97 is not enough for 97.25.",
        [FLAT_ASK, SPREAD, FLAT_ASK],
        {0: "enter_long(quantity=10, limit=97.25)"},
        ["2: expired end_of_data"],
    ),
    Case(
        "stop within the spread",
        "A long is worth the bid: a stop between bid and ask is met at once.",
        [FLAT_ASK, (100, 103, 99, 102, 100.5, 103.5, 99.5, 102.5), FLAT_ASK],
        {0: "enter_long(quantity=10, stop=102, stop_loss=101.8)"},
        ["1: long 10 @ 102", "1: stop_loss 10 @ 101.5"],
    ),
    Case(
        "constant spread", "`spread` is the ask of candles that have none.",
        [FLAT, (100, 101, 97, 99), FLAT],
        {0: "enter_long(quantity=10)", 1: "close()"},
        ["1: long 10 @ 100.5", "2: signal 10 @ 100, pnl -5"],
        settings={"spread": 0.5}, shown=["pnl"],
    ),
    Case(
        "funding", "Longs pay at each funding time they are held at: here at 08:00 and 16:00.",
        [FLAT] * 5, {0: "enter_long(quantity=10)", 3: "close()"},
        ["1: long 10 @ 100", "4: signal 10 @ 100, financing 2, pnl -2"],
        settings={"funding_rate": 0.001, "funding_hours": 8}, shown=["financing", "pnl"],
        timeframe="4H",
    ),
    Case(
        "funding of a short", "Shorts get what longs pay.",
        [FLAT] * 5, {0: "enter_short(quantity=10)", 3: "close()"},
        ["1: short 10 @ 100", "4: signal 10 @ 100, financing -2, pnl 2"],
        settings={"funding_rate": 0.001, "funding_hours": 8}, shown=["financing", "pnl"],
        timeframe="4H",
    ),
    Case(
        "borrowing", "Shorts cost a year's rate for the time they are held, here two days.",
        [FLAT] * 4, {0: "enter_short(quantity=10)", 2: "close()"},
        ["1: short 10 @ 100", "3: signal 10 @ 100, financing 2, pnl -2"],
        settings={"borrow_rate": 0.36525}, shown=["financing", "pnl"], timeframe="1D",
    ),
    Case(
        "margin call",
        "Where equity meets the maintenance margin, all is closed, and all orders end.",
        [FLAT, FLAT, (100, 101, 80, 85), FLAT],
        {0: "enter_long(fraction=5)", 1: "enter_short(quantity=1, limit=120)"},
        ["1: long 500 @ 100", "2: liquidation 500 @ 84.2105",
         "2: cancelled liquidation equity 2105.26, margin 2105.26"],
        settings={"leverage": 5, "maintenance_margin": 0.05},
    ),
    Case(
        "margin call gapped", "An open beyond it is where it is closed.",
        [FLAT, FLAT, (79, 81, 78, 80), FLAT], {0: "enter_long(fraction=5)"},
        ["1: long 500 @ 100", "2: liquidation 500 @ 79"],
        settings={"leverage": 5, "maintenance_margin": 0.05},
    ),
    Case(
        "margin call of a short", "It is above the entry then; without a margin, equity is gone.",
        [FLAT, FLAT, (100, 125, 99, 110), FLAT], {0: "enter_short(fraction=5)"},
        ["1: short 500 @ 100", "2: liquidation 500 @ 120"],
        settings={"leverage": 5},
    ),
    Case(
        "margin call before the stop", "The nearer price comes first, and that is not the stop.",
        [FLAT, FLAT, (100, 101, 70, 85), FLAT],
        {0: "enter_long(quantity=500, stop_loss=75)"},
        ["1: long 500 @ 100", "2: liquidation 500 @ 80"],
        settings={"leverage": 5},
    ),
    Case(
        "stop before the margin call", "Here it is.",
        [FLAT, FLAT, (100, 101, 70, 85), FLAT],
        {0: "enter_long(quantity=500, stop_loss=82)"},
        ["1: long 500 @ 100", "2: stop_loss 500 @ 82"],
        settings={"leverage": 5},
    ),
    Case(
        "margin call before the target", "Where a candle does not tell, as with a stop.",
        [FLAT, FLAT, (100, 111, 70, 85), FLAT],
        {0: "enter_long(quantity=500, take_profit=110)"},
        ["1: long 500 @ 100", "2: liquidation 500 @ 80"],
        settings={"leverage": 5},
    ),
    Case(
        "margin call after a limit entry", "Also in the candle of the entry.",
        [FLAT, (100, 101, 70, 85), FLAT], {0: "enter_long(quantity=500, limit=95)"},
        ["1: long 500 @ 95", "1: liquidation 500 @ 75"],
        settings={"leverage": 5},
    ),
    Case(
        "mfe and mae",
        "Of the candle of an exit only its open and the exit are known to have come before.",
        [FLAT, (100, 104, 97, 103), (103, 112, 90, 111), (111, 130, 80, 120)],
        {0: "enter_long(quantity=10, take_profit=[(110, 0.5), (140, 0.5)])", 2: "close()"},
        ["1: long 10 @ 100", "2: take_profit_1 5 @ 110, mfe 50, mae -15",
         "3: signal 5 @ 111, mfe 60, mae -50"],
        shown=["mfe", "mae"],
    ),
]  # fmt: skip
