"""The cases of `docs/fills_peers.md`."""

from __future__ import annotations

from oracles.apart import CALM, Apart
from oracles.plan import Costs

BOTH = {"allowed": "long", "stop": 0.02, "target": 0.03}
STOP = {"allowed": "long", "stop": 0.02}

CASES: dict[str, Apart] = {
    "target_gap": Apart(
        "The open is beyond the target, the stop is reached later",
        "The open is the first price of a candle, so the target fills there, whatever comes after. "
        "The others look at the stop first, wherever the candle opened.",
        ("backtesting.py", "backtrader", "vectorbt"),
        (CALM, CALM, CALM, (104, 105, 97.5, 98), CALM),
        {1: 1},
        ("long from 2 at 100 to 3 at 104",),
        ("long from 2 at 100 to 3 at 98",),
        BOTH,
    ),
    "waiting_entry": Apart(
        "A limit entry's stop in the candle of its fill",
        "The price came down through the limit and went on to the stop below it: on its way there "
        "it cannot have missed it. backtesting.py lets stops and targets of limit entries wait for "
        "the next candle, and warns; of stop entries too, but for a target that is reached while "
        "the stop is not.",
        ("backtesting.py",),
        (CALM, CALM, (100, 100.2, 97.5, 98.5), (98.5, 99, 98.2, 98.6), (97, 98, 96, 97)),
        {1: 1},
        ("long from 2 at 99 to 2 at 98.01",),
        ("long from 2 at 99 to 4 at 97",),
        {"allowed": "long", "entry": "limit", "offset": 0.01, "stop": 0.01},
    ),
    "entry_candle": Apart(
        "A stop in the candle of a market entry",
        "The entry is at the open, so all of its candle comes after it. backtrader's brackets and "
        "vectorbt's stops wait from the next candle on.",
        ("backtrader", "vectorbt"),
        (CALM, CALM, (100, 100.5, 97, 99), (99, 99.5, 97.8, 98.5), CALM),
        {1: 1},
        ("long from 2 at 100 to 2 at 98",),
        ("long from 2 at 100 to 3 at 98",),
        STOP,
    ),
    "exit_due": Apart(
        "An exit is due at the open of a candle that touches the stop",
        "The open comes first. vectorbt has one order a candle, and gives the stop the precedence.",
        ("vectorbt",),
        (CALM, CALM, CALM, CALM, (101, 101.5, 97, 97.5), CALM),
        {1: 1, 3: -1},
        ("long from 2 at 100 to 4 at 101",),
        ("long from 2 at 100 to 4 at 98",),
        STOP,
    ),
    "reversal_due": Apart(
        "A reversal is due at the open of a candle that touches the stop",
        "As before; at vectorbt the stop also takes the place of the entry, which is never made.",
        ("vectorbt",),
        (CALM, CALM, CALM, CALM, (101, 101.5, 97, 97.5), CALM),
        {1: 1, 3: -1},
        ("long from 2 at 100 to 4 at 101", "short from 4 at 101, still open"),
        ("long from 2 at 100 to 4 at 98",),
        {"stop": 0.02},
    ),
    "stop_base": Apart(
        "What the distance of a stop is measured from",
        "A stop is a price, given with the order. vectorbt takes fractions, of the entry's fill "
        '(`stop_entry_price="fillprice"`).',
        ("vectorbt",),
        (CALM, CALM, (101, 101.5, 100.5, 101), (101, 101, 98.5, 99), CALM),
        {1: 1},
        ("long from 2 at 101, still open",),
        ("long from 2 at 101 to 3 at 98.98",),
        STOP,
    ),
    "stop_base_close": Apart(
        "The same, as vectorbt does it when not told otherwise",
        "Its default measures from the close of the entry's candle, which is after an entry at the "
        "open.",
        ("vectorbt",),
        (CALM, CALM, (100, 104, 99.9, 103), (103, 103, 100.5, 102), CALM),
        {1: 1},
        ("long from 2 at 100, still open",),
        ("long from 2 at 100 to 3 at 100.94",),
        STOP,
        switched=False,
        options={"stop_entry_price": "close"},
    ),
    "reversal_fee": Apart(
        "A commission per order, of a reversal",
        "Here a reversal is an exit and an entry, and each pays. vectorbt makes one order of both, "
        "which pays once.",
        ("vectorbt",),
        (CALM,) * 6,
        {1: 1, 3: -1},
        ("long from 2 at 100 to 4 at 100", "short from 4 at 100, still open", "equity 999997.00"),
        ("long from 2 at 100 to 4 at 100", "short from 4 at 100, still open", "equity 999998.00"),
        switched=False,
        costs=Costs(per_order=1.0),
    ),
    "not_exclusive": Apart(
        "A reversal is due, and orders are not exclusive",
        "backtesting.py without `exclusive_orders=True` puts the entry behind the stop in its "
        "queue: the stop fills inside the candle, and then the entry at the open before it.",
        ("backtesting.py",),
        (CALM, CALM, CALM, CALM, (101, 101.5, 97, 97.5), CALM),
        {1: 1, 3: -1},
        ("long from 2 at 100 to 4 at 101", "short from 4 at 101, still open"),
        ("long from 2 at 100 to 4 at 98", "short from 4 at 101, still open"),
        {"stop": 0.02},
        switched=False,
        options={"exclusive_orders": False},
    ),
    "first_candle": Apart(
        "An order at the close of the first candle",
        "backtesting.py calls `next` from the second candle on, so that two values are there. A "
        "crossing needs two anyway.",
        ("backtesting.py",),
        (CALM, (100, 101, 99, 100.5), CALM),
        {0: 1},
        ("long from 1 at 100, still open",),
        ("no trade",),
        switched=False,
    ),
    "margin_call": Apart(
        "A thousand is bought with a hundred, and the hundred is lost",
        "Here the account is liquidated where its equity meets the maintenance margin, within the "
        "candle. backtesting.py looks at closes alone: it closes there, calls the equity 0, "
        "whatever is owed, and stops.",
        ("backtesting.py",),
        (CALM, CALM, CALM, (100, 100, 80, 85), CALM),
        {1: 1},
        ("long from 2 at 100 to 3 at 90", "equity 0.00"),
        ("long from 2 at 100 to 3 at 85", "equity 0.00"),
        switched=False,
        capital=100.0,
        settings={"leverage": 10.0},
        options={"margin": 0.1},
    ),
    "close_fill": Apart(
        "The candle a market order fills on",
        "Here it is the next one, at its open. nautilus_trader over bars fills at the close at "
        "which the order was placed.",
        ("nautilus",),
        (CALM, CALM, (101, 102, 100.5, 101.5), (102, 103, 101, 102), CALM),
        {1: 1, 3: -1},
        ("long from 2 at 101 to 4 at 100",),
        ("long from 1 at 100 to 3 at 102",),
        {"allowed": "long"},
    ),
    "path": Apart(
        "Stop and target in one candle",
        "Here the stop comes first, since nobody knows. nautilus_trader walks each bar open, high, "
        "low, close (with `bar_adaptive_high_low_ordering`, which is `path=\"adaptive\"` here, the "
        "nearer extreme first).",
        ("nautilus",),
        (CALM, CALM, CALM, (100, 104, 97, 100), CALM),
        {1: 1},
        ("long from 2 at 100 to 3 at 98",),
        ("long from 1 at 100 to 3 at 103",),
        BOTH,
    ),
    "stop_gap": Apart(
        "The open is beyond the stop, or the target",
        "Here both fill at the open, the first price there was. nautilus_trader fills bars' stops "
        "and targets at their own prices, though the stop's was not to be had any more.",
        ("nautilus",),
        (CALM, CALM, CALM, (95, 96, 94, 95), CALM),
        {1: 1},
        ("long from 2 at 100 to 3 at 95",),
        ("long from 1 at 100 to 3 at 98",),
        BOTH,
    ),
}  # fmt: skip
