"""A whole run in one go: candles go by, orders fill, a strategy that needs no Python decides."""

from __future__ import annotations

from math import inf
from typing import Any

from workbench.engine.rules.asking import ask
from workbench.engine.rules.book import Market, World
from workbench.engine.rules.candle import finish, process, settle
from workbench.engine.rules.layout import *
from workbench.engine.rules.signalling import signal

# --- how far a run is, `r` -------------------------------------------------------------------
R_BAR = 0  # the next candle
R_END = 1  # where to stop
R_WARM_UP = 2  # the first candle the strategy decides on
R_ASKS = 3  # 1.0 where a function decides, 0.0 where rows of signals do
R_STOP = 4  # set from outside, so that the run stops before the next candle
R_FULL = 5  # rows of events after which there may be no room for those of one more candle
R_FILLED = 6  # fills so far
R_COUNTED = 7  # rows of events which that number counts
R_FILLS = 8  # stop after the candle that makes it so many fills, infinite for never
R_DRAWDOWN = 9  # or that ends with a drawdown of so much, infinite for never
R_PEAK = 10  # the highest equity so far
R_MET = 11  # 1.0 when it has stopped for one of these
R_FINISH = 12  # 1.0 to close everything at the close before R_BAR instead
RUN_WIDTH = 13


def run(w: World, m: Market, r: World, g: Any, d: Any, equities: World) -> int:
    """Go on from candle R_BAR, to R_END if nothing stops it; return the next candle.

    Parameters
    ----------
    g
        Signals, see `signalling`.
    d
        What `ask` asks.
    equities
        Gets the equity at each close.
    """
    p, a, _, _, _, _, _ = w
    bar = int(r[R_BAR])
    if r[R_FINISH] > 0.0:
        finish(w, m, bar - 1)
        return bar
    end = int(r[R_END])
    warm_up = int(r[R_WARM_UP])
    asks = r[R_ASKS] > 0.0
    watches = r[R_FILLS] < inf or r[R_DRAWDOWN] < inf
    low, high = m[M_LOW], m[M_ASK_HIGH]
    close, ask_close = m[M_CLOSE], m[M_ASK_CLOSE]
    r[R_MET] = 0.0
    while bar < end and r[R_STOP] == 0.0 and a[EVENTS] <= r[R_FULL]:
        if a[FRESH] > 0.0 or low[bar] <= a[LOWER] or high[bar] >= a[UPPER]:
            process(w, m, bar)
        equity = a[OFFSET] + a[LONGS] * close[bar] - a[SHORTS] * ask_close[bar]
        equities[bar] = equity
        if bar >= warm_up:
            if asks:
                ask(d, bar)
                if a[FAULT] != 0.0:
                    break
            else:
                signal(w, m, g, bar)
            if a[FRESH] > 0.0 and p[S_AT_CLOSE] > 0.0:
                settle(w, m, bar)
                equity = a[OFFSET] + a[LONGS] * close[bar] - a[SHORTS] * ask_close[bar]
                equities[bar] = equity
        bar += 1
        if watches and met(w, r, equity):
            r[R_MET] = 1.0
            break
    r[R_BAR] = bar
    return bar


def met(w: World, r: World, equity: float) -> bool:
    """Count the fills and tell whether what is watched for has come."""
    a, events = w[1], w[6]
    for k in range(int(r[R_COUNTED]), int(a[EVENTS])):
        if events[k][E_KIND] <= EXITED:
            r[R_FILLED] += 1.0
    r[R_COUNTED] = a[EVENTS]
    if equity > r[R_PEAK]:
        r[R_PEAK] = equity
    # The arithmetic of `Performance.drawdown`, so that both agree to the last bit.
    down: bool = equity / r[R_PEAK] - 1 <= -r[R_DRAWDOWN]
    return down or r[R_FILLED] >= r[R_FILLS]
