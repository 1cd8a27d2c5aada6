"""Closing orders that wait while their candle opens: a limit of orders a minute is used up."""

from __future__ import annotations

from collections.abc import Collection

from workbench.engine.live_engine import LiveEngine
from workbench.engine.rules.layout import FRESH, O_ID, ORDERS


def begin_without(
    engine: LiveEngine, held: Collection[int], time: int, bid: float, ask: float | None = None
) -> None:
    """Open a candle as `LiveEngine.begin` does, but leave these orders waiting for the next one.

    Parameters
    ----------
    held
        Numbers of closing orders.
    """
    broker = engine._driver.broker
    a, orders, queue = broker.a, broker._orders, broker._queue
    lifted = [slot for slot in queue[: int(a[ORDERS])] if int(orders[slot][O_ID]) in held]
    for slot in lifted:
        queue.remove(slot)
    a[ORDERS] -= len(lifted)
    try:
        engine.begin(time, bid, ask)
    finally:
        count = int(a[ORDERS])
        waiting = sorted([*queue[:count], *lifted], key=lambda slot: orders[slot][O_ID])
        queue[:] = [*waiting, *queue[count:]]
        a[ORDERS] += len(lifted)
        if lifted:
            a[FRESH] = 1.0
