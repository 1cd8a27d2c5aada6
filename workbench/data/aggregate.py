"""Candles of several timeframes out of trades, or out of candles of the shortest of them.

The rules are written in docs/market.md, section Candles.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial

from workbench.data.bars import Bar
from workbench.data.candles import Candles
from workbench.data.doubts import FOLD, LAST_MS, MOST, Doubts, Held, when, wrong_bar, wrong_trade
from workbench.data.growing import Growing, Origin, Span
from workbench.data.seeding import seed_of
from workbench.data.troubles import Trouble, TroubleKind, Troubles, What
from workbench.errors import InvalidRequest, UnknownTimeframe
from workbench.timeframes import DAY_MS, HOUR_MS, Timeframe

Made = Sequence[Span | Trouble]

REMEMBERED = 10_000
"""So many of the latest trade numbers are known again."""
AHEAD_TRADE_MS = HOUR_MS
AHEAD_CANDLE_MS = 30 * DAY_MS
"""A trade or candle that is further ahead of the one before is doubted."""
_NOTHING: Made = ()


class Aggregator:
    """Makes candles of all timeframes as trades or candles come in.

    What comes out depends on what goes in and its order alone: there is no clock here, market
    time is the latest that was heard of.

    Parameters
    ----------
    timeframes
        Such as ``["1M", "15M", "4H"]``; whole candles of the shortest fill each of them.

    Attributes
    ----------
    timeframes
        The longest first.
    base
        The shortest.
    time
        Market time, epoch ms; 0 before anything has come.
    duplicates
        So many trades and candles came again and were passed over.

    Raises
    ------
    InvalidRequest
        No timeframe is named.
    UnknownTimeframe
        One is no timeframe, or cannot be built from the shortest.
    """

    def __init__(self, timeframes: Sequence[str]) -> None:
        self.timeframes = ordered(timeframes)
        self.base = self.timeframes[-1]
        self._length, self._offset = self.base.ms, self.base.offset_ms
        self.time = 0
        self.duplicates = 0
        self._longer = {t.name: t for t in self.timeframes[:-1]}
        self._growing: Growing | None = None
        self._spans: dict[str, Growing] = {}
        self._known_from: int | None = None
        self._seeded = 0
        self._known: dict[str, int] = {}
        self._bare: dict[str, list[tuple[int, int]]] = {}
        self._closed_until = 0
        self._last_closed: Bar | None = None
        self._started = False
        self._far = LAST_MS
        self._low, self._high = 0.0, MOST
        self._newest = -1
        self._recent: set[int] = set()
        self._numbers: deque[int] = deque()
        self._doubts = Doubts()
        self._troubles = Troubles()

    def trade(self, time: int, price: float, size: float, number: int | None = None) -> Made:
        """Take a trade; return candles that this closed, in order, and what is wrong with it.

        Parameters
        ----------
        time
            Epoch ms, UTC.
        price, size
            In the quote currency, above 0; in units of the base currency, 0 or more.
        number
            As the exchange counts; two trades of one number are one. None where it does not.
        """
        like_others = self._low < price < self._high and 0 <= time <= self._far
        if not (like_others and 0.0 <= size < MOST) or self._doubts.held is not None:
            return self._consider(time, price, size, number)
        return self._take_trade(time, price, size, number)

    def candle(self, bar: Bar, closed: bool, origin: Origin = "live") -> Made:
        """Take a candle of the shortest timeframe, growing or closed; return as of `trade`.

        A growing one replaces what was known of it; trades that follow are added to it.
        """
        wrong = wrong_bar(bar, self.base)
        if wrong is not None:
            text = f"A candle has {wrong} and is left out"
            return self._tell("candles", "invalid", self.time, text)
        far = self.time and bar.time > self.time + AHEAD_CANDLE_MS
        doubt: TroubleKind | None = "clock" if far else self._doubt_price(bar.close)
        if doubt is None and self._doubts.held is None:
            return self._take_candle(bar, closed, origin)

        take = partial(self._take_candle, bar, closed, origin)
        return self._settle(Held(doubt, bar.time, bar.close, AHEAD_CANDLE_MS, take), "candles")

    def moment(self, time: int) -> Made:
        """Learn that all trades before `time` (epoch ms) have come; return as of `trade`."""
        far = not 0 <= time < LAST_MS or (self.time and time > self.time + AHEAD_TRADE_MS)
        if not far and self._doubts.held is None:
            return self._pass(time)
        take = partial(self._pass, time)
        held = Held("clock" if far else None, time, None, AHEAD_TRADE_MS, take)
        return self._settle(held, "trades")

    def growing(self, timeframe: str) -> Span | None:
        """Return the candle of a timeframe as it is now, None while there is none."""
        base = self._growing
        if timeframe == self.base.name:
            return None if base is None else base.span(False)
        span = self._spans.get(timeframe)
        if base is None:
            return None if span is None else span.span(False)
        if span is None:
            length = self._longer[timeframe]
            span = self._begin(length, length.floor(base.time))
        else:
            span = span.copy()
        span.absorb(base.bar(), base.trades, base.origin)
        return span.span(False)

    def seed(self, history: Mapping[str, Candles]) -> None:
        """Know the closed candles from before the first trade, by timeframe.

        Longer candles that have begun go on from there. What comes from before the end of the
        history is passed over, without a word until something from beyond it has come.
        """
        seed = seed_of(self.timeframes, history)
        if seed is None:
            return
        self._known_from = self._seeded = seed.end
        self._known = {timeframe.name: since for timeframe, since in seed.known.items()}
        self._bare = {timeframe.name: bare for timeframe, bare in seed.bare.items()}
        for timeframe, (opened, bars) in seed.parts.items():
            span = self._spans[timeframe.name] = self._begin(timeframe, opened)
            for bar in bars:
                span.absorb(bar, None, "history")
        self._near(seed.price)
        self._pass(seed.end)

    def lack(self, start: int, end: int) -> None:
        """Know that candles are missing from `start` to `end` (epoch ms).

        Without this, a time without candles is one without trades. Longer candles that grow are
        partial then, if no closed one of the history covers that time.
        """
        for name, span in self._spans.items():
            bare = [*self._bare.get(name, ()), (self._seeded, LAST_MS)]
            for first, last in bare:
                if max(first, start, span.time) < min(last, end):
                    span.partial = True

    # --- trades -----------------------------------------------------------------------

    def _take_trade(self, time: int, price: float, size: float, number: int | None) -> Made:
        if number is not None and not self._is_new(number):
            return _NOTHING
        base = self._growing
        if base is not None and base.time <= time < base.end:
            base.add(price, size, (time, number or 0))
            if time > self.time:
                self.time = time
            return _NOTHING
        if time < self._closed_until:
            return self._late(time, price, number)
        made = self._pass(time)
        if self._known_from is None:
            self._known_from = time
        base = self._growing = self._begin(self.base, self.base.floor(time))
        base.begin(price, size, (time, number or 0))
        self._near(price)
        self._started = True
        return made

    def _is_new(self, number: int) -> bool:
        if number > self._newest:
            self._newest = number
        elif number in self._recent:
            self.duplicates += 1
            return False
        self._recent.add(number)
        self._numbers.append(number)
        if len(self._numbers) > REMEMBERED:
            self._recent.discard(self._numbers.popleft())
        return True

    def _late(self, time: int, price: float, number: int | None) -> Made:
        if not self._started:
            return _NOTHING
        text = f"A trade of {when(time)} at {price:g} came when its candle had closed"
        return self._tell("trades", "late", time, text, number)

    def _consider(self, time: int, price: float, size: float, number: int | None) -> Made:
        """Take a trade with care: it is not like the others, or the one before was not."""
        wrong = wrong_trade(time, price, size)
        if wrong is not None:
            text = f"A trade has {wrong} and is left out"
            return self._tell("trades", "invalid", self.time, text, number)
        if number is not None and number in self._recent:
            self.duplicates += 1
            return _NOTHING
        if time < self._closed_until:
            return self._late(time, price, number)

        take = partial(self._take_trade, time, price, size, number)
        doubt: TroubleKind | None = "clock" if time > self._far else self._doubt_price(price)
        return self._settle(Held(doubt, time, price, AHEAD_TRADE_MS, take, number), "trades")

    # --- candles ----------------------------------------------------------------------

    def _take_candle(self, bar: Bar, closed: bool, origin: Origin) -> Made:
        if bar.time < self._closed_until:
            return self._again(bar, closed)
        made = self._pass(bar.time)
        if self._known_from is None:
            self._known_from = bar.time
        base = self._growing
        if base is None:
            base = self._growing = self._begin(self.base, bar.time)
        base.become(bar, origin)
        self._near(bar.close)
        self._started = True
        return [*made, *self._pass(base.end)] if closed else made

    def _again(self, bar: Bar, closed: bool) -> Made:
        last = self._last_closed
        known = bar == last or (last is not None and bar.time == last.time and not closed)
        if known or not self._started:
            self.duplicates += 1
            return _NOTHING
        text = f"The candle of {when(bar.time)}, close {bar.close:g}, came when it had closed"
        return self._tell("candles", "late", bar.time, text)

    # --- time -------------------------------------------------------------------------

    def _pass(self, now: int) -> Made:
        """Let market time come to `now`; return the candles this closes, in order.

        They close in the order of their ends, and of those that end together the longest first.
        """
        if now > self.time:
            self.time = now
        until = now - (now - self._offset) % self._length
        if until <= self._closed_until:
            return _NOTHING
        self._closed_until = until
        self._far = until + self._length + AHEAD_TRADE_MS
        ended: list[Growing] = []
        base = self._growing
        if base is not None:
            bar = base.bar()
            for name, timeframe in self._longer.items():
                span = self._spans.get(name)
                if span is None:
                    opened = timeframe.floor(base.time)
                    span = self._spans[name] = self._begin(timeframe, opened)
                span.absorb(bar, base.trades, base.origin)
            ended.append(base)
            self._growing, self._last_closed = None, bar
            self._near(bar.close)
        over = [name for name, span in self._spans.items() if span.end <= until]
        if over:
            ended += [self._spans.pop(name) for name in over]
            ended.sort(key=lambda span: (span.end, -span.length))
        return [*(span.span(True) for span in ended), *self._troubles.rest()]

    def _near(self, price: float) -> None:
        """Know about where prices are."""
        self._low, self._high = price / FOLD, min(price * FOLD, MOST)

    def _begin(self, timeframe: Timeframe, opened: int) -> Growing:
        known = self._known.get(timeframe.name, self._known_from or 0)
        return Growing(timeframe, opened, opened < known)

    # --- doubts -----------------------------------------------------------------------

    def _doubt_price(self, price: float) -> TroubleKind | None:
        return None if self._low < price < self._high else "invalid"

    def _settle(self, new: Held, what: What) -> Made:
        taken, dropped = self._doubts.settle(new)
        made: list[Span | Trouble] = []
        if dropped is not None:
            price = "" if dropped.price is None else f" at {dropped.price:g}"
            text = f"{when(dropped.time)}{price} is far from all before and after, and is left out"
            made += self._tell(what, dropped.doubt or "clock", self.time, text, dropped.number)
        for held in taken:
            made += held.take()
        if taken and new.doubt == "invalid" and new.price is not None:
            self._near(new.price)
        return made

    def _tell(
        self, what: What, kind: TroubleKind, time: int, text: str, number: int | None = None
    ) -> Made:
        told = self._troubles.note(what, kind, time, text, number)
        return _NOTHING if told is None else [told]


def ordered(timeframes: Sequence[str]) -> list[Timeframe]:
    """Return timeframes, the longest first, each length once.

    Raises
    ------
    InvalidRequest
        None is named.
    UnknownTimeframe
        One is no timeframe, or whole candles of the shortest do not fill it.
    """
    if isinstance(timeframes, str) or not timeframes:
        msg = f"timeframes must be a list with one or more, not {timeframes!r}"
        raise InvalidRequest(msg, field="timeframes", value=timeframes, allowed="1M, 15M, 1H")
    lengths = {t.ms: t for t in map(Timeframe.parse, reversed(timeframes))}
    found = [lengths[ms] for ms in sorted(lengths, reverse=True)]
    base = found[-1]
    for timeframe in found[:-1]:
        if not base.builds(timeframe):
            allowed = f"whole multiples of {base}"
            msg = f"{timeframe} cannot be built from {base} candles, the shortest: use {allowed}"
            raise UnknownTimeframe(msg, field="timeframes", value=timeframe.name, allowed=allowed)
    return found
