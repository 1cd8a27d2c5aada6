"""What limits of a session do to orders that wait: closing ones later, entries not at all."""

from __future__ import annotations

from collections.abc import Collection

from workbench.engine.live_engine import LiveEngine
from workbench.engine.rules.book import end_order
from workbench.engine.rules.candle import refresh
from workbench.engine.rules.layout import ENTRY, FRESH, O_ID, O_KIND, ORDERS


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


def end_entries(engine: LiveEngine, code: int, wanted: float = 0.0, had: float = 0.0) -> None:
    """End all entries that wait; where fills are routed, ask for them to be taken back.

    Parameters
    ----------
    code, wanted, had
        Why, as of `LiveEngine.refuse`.
    """
    broker = engine._driver.broker
    bar, k = engine.bar - (not engine.open), 0
    if engine.routed:
        for strategy in range(len(engine.strategies)):
            broker.cancel(strategy, bar)
        return
    broker._room()
    while k < int(broker.a[ORDERS]):
        if broker._orders[broker._queue[k]][O_KIND] == ENTRY:
            end_order(broker.world, bar, k, code, wanted, had)
        else:
            k += 1
    refresh(broker.world)
    engine._take_rows()
