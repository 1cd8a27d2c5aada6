"""One symbol of a session: its candles, its engine, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs

from workbench.data.aggregate import Aggregator, Made
from workbench.data.bars import Bar
from workbench.data.candles import Candles
from workbench.data.growing import Origin, Span
from workbench.engine.driving import Kinds
from workbench.engine.live_engine import LiveEngine
from workbench.engine.live_parts import needs_whole
from workbench.engine.live_views import LiveAccount, Refusal, Wanted
from workbench.engine.settings import Settings
from workbench.engine.telling import Telling
from workbench.messages import Feed, Reasoning, iso_time
from workbench.timeframes import Timeframe
from workbench.trading.hosting import Facts, Host
from workbench.trading.inputs import Word
from workbench.trading.ledger import Ledger
from workbench.trading.measures import Closes
from workbench.trading.orders import Moment, Orders
from workbench.trading.pnl import Account
from workbench.trading.positions import Positions
from workbench.trading.risk import Symbol
from workbench.trading.routed_ledger import RoutedLedger
from workbench.trading.telling import Trades, Words, shown


class Book:
    """A symbol's candles, account, orders and positions.

    Parameters
    ----------
    host
        The session.
    facts
        What all its books share.
    symbol
        The symbol.
    kinds, names, params, seed
        Of the strategies.
    settings
        Of the symbol's account.
    history
        Closed candles from before, by timeframe.
    words
        Makes messages of prices.

    Attributes
    ----------
    engine, aggregator, ledger, closes
        The account and its strategies; candles; what is told; for value at risk.
    entries
        Notional of each entry that waits, money, by number of the order.
    late
        Numbers of closing orders that wait until more orders may be given.
    price, close
        The last price, and the last close; None before the first.
    time
        Market time of the last price, epoch ms; 0 before the first.
    decided
        Close time of the last candle strategies decided on, epoch ms.
    """

    def __init__(
        self, host: Host, facts: Facts, symbol: str, kinds: Kinds, names: Sequence[str],
        params: Mapping[str, Any], seed: int | None, settings: Settings,
        history: Mapping[str, Candles], words: Words,
    ) -> None:  # fmt: skip
        self._host, self._facts, self._names = host, facts, names
        self.symbol, self.words = symbol, words
        self._history = history = {
            name: history.get(name) or _none(symbol, name) for name in facts.timeframes
        }
        self.engine = LiveEngine(
            kinds, history, strategy_params=params, settings=settings, seed=seed, names=names,
            routed=facts.routed, gate=self._gate,
        )  # fmt: skip
        self.aggregator = Aggregator(facts.timeframes)
        self.aggregator.seed(history)
        self._base = self.aggregator.base
        self.hedging = settings.hedging
        self._whole = needs_whole(settings) is not None
        prefix = f"{symbol}:" if facts.several else ""
        telling = Telling(symbol, names, self._opened, host.stamp, self._why)
        make = RoutedLedger if facts.routed else Ledger
        self.ledger: Ledger = make(
            self.engine,
            Trades(telling, symbol, facts.numbers, prefix),
            Orders(facts.session, symbol, facts.broker, host.emit),
            Positions(facts.session, symbol, host.emit),
            host.emit,
            lambda row, closed: host.filled(self, row, closed),
        )
        self.closes = Closes()
        self.entries: dict[int, float] = {}
        self.late: list[int] = []
        self._counted = 0
        self.price: float | None = None
        self.close: float | None = None
        self.time = self.decided = 0
        self._fresh = 0
        self._open: int | None = None
        self._first: int | None = None
        self._seen = Bar(0, 0.0, 0.0, 0.0, 0.0, 0.0)
        self._grown: dict[str, Bar] = {}
        base = history.get(self._base.name)
        if base is not None and len(base):
            for time, close in zip(base.time.tolist(), base.close.tolist(), strict=True):
                self.closes.add(time, close)
            self._first = int(base.time[0])
            self.close = self.price = float(base.close[-1])
            self.time = int(base.time[-1]) + self._base.ms

    # --- what comes -------------------------------------------------------------------

    def begin(self) -> None:
        """Tell of the candles from before."""
        for span in shown(self._history):
            self._host.emit(self.words.candle(span))

    def trade(self, time: int, price: float, size: float, number: int | None) -> None:
        """Take a trade."""
        self._fresh = time
        self.price = price
        self._take(self.aggregator.trade(time, price, size, number))
        self._grow(True)

    def bar(self, bar: Bar, closed: bool, origin: Origin) -> None:
        """Take a candle, growing or closed."""
        self._fresh = bar.time + self._base.ms if closed else self._host.at
        self.price = bar.close
        self._take(self.aggregator.candle(bar, closed, origin))
        self._grow(False)

    def said(self, word: Word) -> Feed:
        """Return how the feed fares, and what is still waited for."""
        if word.state == "live" and not self.decided:
            text = f"{word.message}; the first decision comes with the first closed candle of "
            word = structs.replace(word, message=text + self._base.name)
        return self.words.feed(word)

    def passed(self, time: int) -> None:
        """Let market time pass."""
        self._take(self.aggregator.moment(time))

    def _take(self, made: Made) -> None:
        for one in made:
            if not isinstance(one, Span):
                self._host.emit(self.words.trouble(one, self._base.name))
                continue
            base = one.timeframe == self._base.name
            if base:
                self._host.closing(one.bar.time)
            self._grown.pop(one.timeframe, None)
            self._host.emit(self.words.candle(one))
            if base:
                self._close(one.bar)
            elif self._first is not None and one.bar.time >= self._first:
                # One that had begun before all that is known is not whole.
                self.engine.join(one.timeframe, one.bar)

    def _close(self, bar: Bar) -> None:
        self._first = bar.time if self._first is None else self._first
        self.close = bar.close
        self.decided = self.time = bar.time + self._base.ms
        self.closes.add(bar.time, bar.close)
        begun, self._open = self._open == bar.time, None
        if not begun and self.late:
            begun = self._begin(bar.time, bar.open)
        if begun:
            self.engine.end(bar)
        else:
            self.engine.candle(bar)
        self.settle(closed=True)
        self._host.closed(self, bar.time)

    def _grow(self, traded: bool) -> None:
        """Have the engine know what is new of the candle that grows."""
        span = self.aggregator.growing(self._base.name)
        if span is None:
            return
        bar = span.bar
        self.time = max(self.time, self._fresh)
        self._host.moved(self.time)
        if self._whole:
            self._host.priced(self)
            return
        first = self._open != bar.time
        if first:
            self._open = bar.time
            self._seen = Bar(bar.time, bar.open, bar.open, bar.open, bar.open, 0.0)
            self._begin(bar.time, bar.open)
            if traded and span.trades != 1:
                # Two came at once: the first was doubted, and the second has borne it out.
                self.engine.within(self._seen)
        high, low, close = self._seen[2:5]
        if not first and (bar.high, bar.low, bar.close) == (high, low, close):
            return
        start = bar.close if traded else close
        top = bar.high if bar.high > high else max(start, bar.close)
        bottom = bar.low if bar.low < low else min(start, bar.close)
        self._seen = bar
        self.engine.within(Bar(bar.time, start, top, bottom, bar.close, 0.0))
        if not self.ledger.idle:
            self.settle()
        self._host.priced(self)

    def _begin(self, time: int, price: float) -> bool:
        """Open a candle, without the closing orders that have to wait; tell whether it could be."""
        self.late = [number for number in self.late if not self._host.may_close(time)]
        if self._whole:
            self.late.clear()
            return False
        self.engine.begin(time, price, without=self.late)
        return True

    def settle(self, closed: bool = False, tell_prices: bool = False) -> None:
        """Tell what has come of it."""
        now = self.moment()
        self.ledger.tell(now)
        routed = self._facts.routed
        waiting = self.ledger.look(now, self._names, not routed, closed or tell_prices)
        if not routed:
            for one in waiting:
                if one.kind == "close" and one.order > self._counted:
                    self._counted = one.order
                    if not self._host.may_close(self.time):
                        self.late.append(one.order)
        if self.entries:
            left = {one.order for one in waiting}
            self.entries = {order: money for order, money in self.entries.items() if order in left}

    def grown(self) -> None:
        """Tell of the candles that grow, where that was not told."""
        for timeframe in self.aggregator.timeframes:
            span = self.aggregator.growing(timeframe.name)
            if span is not None and self._grown.get(span.timeframe) != span.bar:
                self._grown[span.timeframe] = span.bar
                self._host.emit(self.words.candle(span))

    # --- what it has come to ----------------------------------------------------------

    def moment(self) -> Moment:
        """Return when things are told now."""
        late = float(self._host.at - self.time) if self._facts.real_time else None
        return Moment(self._host.stamp(), iso_time(self.time), late)

    def account(self) -> Account:
        """Return what the account has come to."""
        now = self.engine.account()
        ledger, views = self.ledger, self.engine.positions() if now.open_positions else []
        held = ledger.positions.held
        early = sum(one.fees for one in ledger.ahead.values())
        early += sum(one.commission for one in views if one.trade not in held)
        by_strategy = ledger.positions.by_strategy(views, self._names, ledger.ahead)
        trades = sum(one.trades for one in by_strategy.values())
        return Account(
            self.engine.initial_capital, now.balance, now.equity, now.fees + early, trades,
            by_strategy,
        )  # fmt: skip

    def symbol_standing(self, account: LiveAccount) -> Symbol:
        """Return what risk limits look at; `account` is the engine's now."""
        age = None
        if self._facts.real_time and self.time:
            age = max(0.0, (self._host.at - self.time) / 1000)
        apart = abs(self.price / self.close - 1) if self.price and self.close else 0.0
        return Symbol(account.exposure, sum(self.entries.values()), age, apart)

    # --- checkpoints ------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """Return all that is needed to go on."""
        ledger = self.ledger
        return {
            "engine": self.engine.save(),
            "orders": ledger.orders.save(),
            "positions": (ledger.positions.held, ledger.positions.sums),
            "ledger": {name: getattr(ledger, name) for name in ledger.kept},
            "state": self.words.state,
            "kept": {name: getattr(self, name) for name in _KEPT},
        }

    def load(self, saved: Mapping[str, Any]) -> None:
        """Go on from where `save` was called, on a book made with the same arguments."""
        ledger = self.ledger
        self.engine.load(saved["engine"])
        ledger.orders.load(saved["orders"])
        ledger.positions.held, ledger.positions.sums = saved["positions"]
        for name, value in saved["ledger"].items():
            setattr(ledger, name, value)
        self.words.state = saved["state"]
        for name, value in saved["kept"].items():
            setattr(self, name, value)

    def _gate(self, wanted: Wanted) -> Refusal | None:
        now = self.moment()
        self.ledger.tell(now)
        self.ledger.want(wanted, now, self._names)
        refusal = self._host.admit(self, wanted)
        if refusal is None:
            self.entries[wanted.order] = wanted.notional
        return refusal

    def _why(self, order: int, strategy: int, decided: int, sign: float) -> Reasoning:
        if not order:
            text = "The venue closed more of another trade than there was: taken from this one"
            return Reasoning("exit", 1.0, text)
        known = self.ledger.reasons.get(order)
        return known or self.engine.reason(order, strategy, decided, sign)

    def _opened(self, bar: int) -> str:
        return self.engine.time(bar)


def _none(symbol: str, timeframe: str) -> Candles:
    """Return candles of which there are none."""
    no: Any = ()
    return Candles(symbol, Timeframe.parse(timeframe), no, no, no, no, no, no, "")


_KEPT = (
    "late", "_counted", "_first",
    "aggregator", "closes", "entries", "price", "close", "time", "decided", "_fresh", "_open",
    "_seen", "_grown",
)  # fmt: skip
