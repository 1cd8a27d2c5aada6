"""A session for tests of its process: counts what it is given, and says what a real one might."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import msgspec

from workbench.messages import (
    Candle,
    CandleData,
    Complete,
    CompleteData,
    CompleteExtra,
    Feed,
    FeedData,
    FinalMetrics,
    Message,
    Status,
    StatusData,
    iso_time,
)
from workbench.messages.live import OrderData
from workbench.messages.wire import Order
from workbench.sessions.beginning import Begun
from workbench.sessions.job import LiveJob
from workbench.trading.brokering import Cancel, Command, Open, Place
from workbench.trading.inputs import Asked, Bars, Input, Others, Passed, Reported, Ticks, Word

EVERY = 7
"""An order each so many candles."""


class State(msgspec.Struct):
    candles: int = 0
    digest: int = 0
    held: dict[str, float] = {}
    ended: bool = False
    seen: dict[str, int] = {}
    open: dict[str, tuple[Place, float, bool]] = {}
    placed: int = 0


class CountingSession:
    """Buys a unit at every seventh candle of a symbol, and takes every third order back."""

    def __init__(
        self,
        job: LiveJob,
        begun: Begun,
        emit: Callable[[Message], None],
        route: Callable[[Command], None],
    ) -> None:
        self._id, self._frame = job.run_id, job.spec.timeframes[0]
        self._emit, self._route = emit, route
        self._routed = job.spec.live is not None and job.spec.live.broker == "exchange"
        self.begun, self.state = begun, State()
        self.pause_at: int | None = None

    @property
    def ended(self) -> bool:
        return self.state.ended

    def begin(self, at: int) -> None:
        self._emit(Status(iso_time(at), data=StatusData(self._id, "running")))

    def take(self, given: Input) -> None:
        match given:
            case Bars():
                for time, *prices, closed in given.bars:
                    if closed and time > self.state.seen.get(given.symbol, -1):
                        self._close(given.symbol, time, prices, given.at)
            case Asked(action="stop"):
                self._end(given.at)
            case Reported():
                self._reported(given)
            case Word():
                facts = (given.symbol, "replay", given.state, given.message, "", False)
                self._emit(Feed(iso_time(given.at), data=FeedData(*facts, [self._frame])))
                if given.state == "ended":
                    self._end(given.at)
            case Ticks() | Passed() | _:
                pass

    def _close(self, symbol: str, time: int, prices: list[float], at: int) -> None:
        state, now = self.state, iso_time(at)
        state.seen[symbol] = time
        state.candles += 1
        state.digest = zlib.crc32(repr((symbol, time, prices)).encode(), state.digest)
        row = (symbol, self._frame, iso_time(time), *prices, True)
        self._emit(Candle(now, data=CandleData(*row)))
        if state.candles % EVERY:
            return
        state.placed += 1
        name = f"{self._id}-{state.placed}"
        if self._routed:
            place = Place(name, symbol, "buy", "market", 1.0, None, False, at)
            state.open[name] = (place, 0.0, False)
            self._route(place)
            if state.placed % 3 == 0:
                self._route(Cancel(name, symbol))
        else:
            state.held[symbol] = state.held.get(symbol, 0.0) + 1.0
            self._order(name, symbol, "filled", 1.0, at)

    def _reported(self, given: Reported) -> None:
        if given.client_order_id not in self.state.open:
            return
        place, filled, _ = self.state.open[given.client_order_id]
        held = self.state.held
        held[given.symbol] = held.get(given.symbol, 0.0) + given.filled - filled
        if given.status in ("filled", "cancelled", "rejected", "expired"):
            del self.state.open[given.client_order_id]
            self._order(given.client_order_id, given.symbol, given.status, given.filled, given.at)
        else:
            self.state.open[given.client_order_id] = (place, given.filled, True)

    def _order(self, name: str, symbol: str, status: str, filled: float, at: int) -> None:
        data = OrderData(
            self._id, "fake", symbol, name, status, "entry", "buy", "market", 1.0, None, filled,
            100.0 if filled else None, 0.0, iso_time(self.state.seen[symbol]), "paper",
        )  # fmt: skip
        self._emit(Order(iso_time(at), data=data))

    def _end(self, at: int) -> None:
        self.state.ended = True
        metrics = FinalMetrics(0, 0, 0, *[0.0] * 10)
        extra = CompleteExtra("stopped", self.state.candles, float(self.state.digest))
        self._emit(Complete(iso_time(at), data=CompleteData(self._id, metrics), extra=extra))

    def orders_open(self) -> list[Open]:
        return [Open(*one) for one in self.state.open.values()]

    def held(self) -> dict[str, float]:
        return dict(self.state.held)

    def own(self) -> Others:
        return Others(0, float(self.state.candles), 0.0, 0.0, 0, 0, dict(self.state.held))

    def save(self) -> bytes:
        return msgspec.msgpack.encode(self.state)

    def load(self, saved: bytes) -> None:
        self.state = msgspec.msgpack.decode(saved, type=State)
