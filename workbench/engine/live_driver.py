"""Stepping an account whose candles come one after another, in parts or many at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from workbench.analysis.series import Clock
from workbench.data.bars import Bar
from workbench.data.candles import Floats
from workbench.engine.broker import Broker
from workbench.engine.growing_market import GrowingMarket
from workbench.engine.live_forms import next_of
from workbench.engine.live_showing import wanted_of
from workbench.engine.live_views import Gate
from workbench.engine.python_driver import Failed, PythonDriver
from workbench.engine.routed import RoutedBroker
from workbench.engine.rules.book import end_order, leave, see
from workbench.engine.rules.candle import begin_candle, end_candle, refresh, within_candle
from workbench.engine.rules.layout import (
    BY_SESSION,
    ENTRY,
    FLATTENED,
    FRESH,
    LOWER,
    M_FIRST,
    O_BAR,
    O_ID,
    O_KIND,
    ORDERS,
    P_AT,
    P_HIGH,
    P_LOW,
    P_REMAINING,
    P_SEEN,
    P_SIGN,
    POSITIONS,
    SESSION_ENDED,
    UPPER,
)  # fmt: skip
from workbench.engine.settings import Settings
from workbench.messages import Reasoning


class LiveDriver(PythonDriver):
    """A `PythonDriver` on a market that grows.

    Between two pieces of the market, what is held has seen all pieces so far: its P_SEEN is 0, and
    its P_AT -1, so that the inside columns need to hold the present piece alone.

    Parameters
    ----------
    market
        Its columns.
    broker
        The book.
    gate
        Looks at each entry; None for none.
    """

    def __init__(self, market: GrowingMarket, broker: Broker, gate: Gate | None) -> None:
        self.broker = broker
        self.failed: Failed | None = None
        self.tables: list[Floats] | None = None
        self.market = market
        self.gate = gate
        self._deciding = 0
        self._columns = market.columns
        self._nexts: list[tuple[int, Callable[[], object]]] = []
        self._clock = Clock()
        self._higher: list[tuple[Clock, Sequence[int]]] = []
        self._due: list[float] = []
        self._interrupted = False

    @property
    def at(self) -> int:
        """Index of the candle that is open."""
        return self.market.firsts.bar

    def rebind(self) -> None:
        """Look at the columns of the market as they are now."""
        self._columns = self.market.columns
        self.broker.market = self.market.plain

    def show(self, counts: Sequence[int]) -> None:
        """Set the clocks to so many closed candles of each timeframe, the shortest first."""
        for clock, count in zip([self._clock, *(one for one, _ in self._higher)], counts,
                                strict=True):  # fmt: skip
            clock.count = count

    def know(self, warm_ups: Sequence[int], counts: Mapping[str, Any]) -> None:
        """Take from which candle on each strategy is asked, and the counts of longer candles."""
        nexts = [each for _, each in self._nexts]
        self._nexts = list(zip(warm_ups, nexts, strict=True))
        clocks = [clock for clock, _ in self._higher]
        self._higher = [
            (clock, each.data) for clock, each in zip(clocks, counts.values(), strict=True)
        ]

    def begin(
        self,
        nexts: Sequence[tuple[int, Callable[[], object]]],
        clock: Clock,
        higher: Sequence[tuple[Clock, Sequence[int]]],
    ) -> None:
        """Say whose `next` is called, and what shows the time to them; see `PythonDriver.begin`."""
        super().begin(nexts, clock, higher)
        bound = [(warm, each, each.__self__) for warm, each in nexts]  # type: ignore[attr-defined]
        self._nexts = [(warm, next_of(one, each, self)) for warm, each, one in bound]

    # --- a candle in parts ------------------------------------------------------------------

    def begin_bar(self) -> None:
        """Do what is due at the open of the candle that is open."""
        broker = self.broker
        broker._room()
        begin_candle(broker.world, broker.market, self.at, 0)
        broker.fresh.clear()
        refresh(broker.world)

    @contextmanager
    def held_back(self, numbers: Collection[int]) -> Iterator[None]:
        """Leave orders of these numbers waiting while something fills; they come back as new."""
        broker = self.broker
        a, orders, queue = broker.a, broker._orders, broker._queue
        lifted = [slot for slot in queue[: int(a[ORDERS])] if int(orders[slot][O_ID]) in numbers]
        for slot in lifted:
            queue.remove(slot)
        a[ORDERS] -= len(lifted)
        try:
            yield
        finally:
            count = int(a[ORDERS])
            waiting = sorted([*queue[:count], *lifted], key=lambda slot: orders[slot][O_ID])
            queue[:] = [*waiting, *queue[count:]]
            a[ORDERS] += len(lifted)
            if lifted:
                a[FRESH] = 1.0

    def part(self, bid: Bar, ask: Bar, routed: bool = False) -> None:
        """Take the account through the next part of the candle; `routed`: nothing fills in it."""
        broker, market = self.broker, self.market
        a = broker.a
        if not routed and (bid.low <= a[LOWER] or ask.high >= a[UPPER]):
            broker._room()
            for piece in market.pieces(bid, ask):
                market.put(*piece)
                within_candle(broker.world, market.plain, self.at, 0)
                self.seen(1)
                market.firsts.start = -1  # the next piece is not the first
            refresh(broker.world)
        elif a[POSITIONS] > 0.0:
            market.put(bid, ask)
            self.seen(1)
            if isinstance(broker, RoutedBroker):
                broker.follow()
        market.firsts.start = -1

    def end_bar(self) -> None:
        """Do what is due when the candle is over."""
        self.broker._room()
        self.market.firsts.start = 0
        end_candle(self.broker.world, self.at)

    def seen(self, end: int) -> None:
        """Let what is held have seen all inside candles before `end`, and forget these."""
        broker = self.broker
        for k in range(int(broker.a[POSITIONS])):
            row = broker._positions[broker._held[k]]
            see(broker.market, row, end)
            row[P_SEEN], row[P_AT] = 0.0, -1.0

    def decide(self, bar: int) -> None:
        """Let the strategies decide at the close of candle `bar`, and fill what fills at it."""
        broker = self.broker
        try:
            if bar >= min(warm for warm, _ in self._nexts):
                self._decide(bar)()
        except (Exception, SystemExit) as error:
            self.failed = Failed(error, self._deciding)
            return
        if isinstance(broker, RoutedBroker):
            broker.fresh.clear()
        elif broker.at_close and broker.fresh:
            broker.settle(bar)
            self.seen(0)

    def _decide(self, start: int) -> Callable[[], object]:
        decide = super()._decide(start)
        if self.gate is None:
            return decide
        clock, fresh = self._clock, self.broker.fresh

        def decide_and_look() -> None:
            decide()
            if fresh:
                self._look(clock.count - 1)

        return decide_and_look

    def _look(self, bar: int) -> None:
        """Show the gate the entries that were just placed; end those it refuses."""
        broker = self.broker
        if self.gate is None:
            return
        for number in [one for one in broker.fresh if one]:
            k = broker.waiting(number)
            if k is None:
                continue
            row = broker._orders[broker._queue[k]]
            if row[O_KIND] == ENTRY and row[O_BAR] == bar:
                refusal = self.gate(wanted_of(broker, row))
                if refusal is not None:
                    broker._room()
                    k = broker.waiting(number)
                    if k is not None:
                        end_order(broker.world, bar, k, *refusal)

    # --- many at once ------------------------------------------------------------------------

    def run_bulk(self, start: int, end: int) -> tuple[Floats, list[list[float]]]:
        """Do closed candles; return the equity at the close of each, and the events of all."""
        broker = self.broker
        broker.market = self.market.bulk(start, end)
        try:
            done = self.run(start, end, None, 0, 0.0)
            self.seen(broker.market[M_FIRST][start + len(done[0])])
        finally:
            broker.market = self.market.plain
        return done

    # --- what is kept -------------------------------------------------------------------------

    def reason(self, order: int, strategy: int, decided: int, sign: float) -> Reasoning:
        """Return why an order was placed; a venue may fill one that had ended in the book."""
        known = self.broker.reasons.get(order)
        return known or Reasoning("exit", 1.0, f"Filled after order {order} had ended")

    def forget(self, order: int) -> None:
        """Forget why an order was placed, where all of it is told."""
        broker = self.broker
        if not (isinstance(broker, RoutedBroker) and broker.untold(order)):
            super().forget(order)

    def save(self) -> Mapping[str, Any]:
        """Return the book, to be restored by `load`."""
        broker = self.broker
        routed = broker.save() if isinstance(broker, RoutedBroker) else None
        return {**super().save(), "routed": routed}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Restore the book."""
        super().load(saved)
        if isinstance(self.broker, RoutedBroker):
            self.broker.load(saved["routed"])

    # --- ending --------------------------------------------------------------------------------

    def end_entries(self, bar: int, code: int, wanted: float, had: float) -> None:
        """End all entries that wait; where fills are routed, ask for them to be taken back."""
        broker, k = self.broker, 0
        if isinstance(broker, RoutedBroker):
            for strategy in range(len(self._nexts)):
                broker.cancel(strategy, bar)
            return
        broker._room()
        while k < int(broker.a[ORDERS]):
            if broker._orders[broker._queue[k]][O_KIND] == ENTRY:
                end_order(broker.world, bar, k, code, wanted, had)
            else:
                k += 1
        refresh(broker.world)

    def flatten(self, bar: int, code: int, bid: float, ask: float, slips: bool) -> None:
        """Close everything at these prices, with slippage or without, and end all orders."""
        broker = self.broker
        broker._room()
        world, a = broker.world, broker.a
        self.market.firsts.start = 0
        while a[ORDERS] > 0.0:
            end_order(world, bar, 0, SESSION_ENDED if code == BY_SESSION else FLATTENED, 0.0, 0.0)
        while a[POSITIONS] > 0.0:
            row = broker._positions[broker._held[0]]
            price = bid if row[P_SIGN] > 0.0 else ask
            if price > row[P_HIGH]:
                row[P_HIGH] = price
            if price < row[P_LOW]:
                row[P_LOW] = price
            leave(
                world, broker.market, bar, 0, price, row[P_REMAINING], code, 0.0, slips, False,
                0.0, 0.0, 0, 0.0,
            )  # fmt: skip
        broker.fresh.clear()
        a[FRESH] = 0.0
        refresh(world)


def empty_book(market: GrowingMarket, settings: Settings, routed: bool) -> Broker:
    """Return a book without anything in it."""
    return (RoutedBroker if routed else Broker)(market.plain, settings)
