"""Trades of an exchange: how they are numbered, which are missing, and asking for those."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from workbench.data.doubts import wrong_trade
from workbench.data.exchange.answers import LENGTH, BadAnswer, listed
from workbench.feeds.frames import LAST_NUMBER
from workbench.feeds.source import Tick

PAGE = 1000
PAGES = 200
"""Pages asked for at most to fill one hole: what is longer is told as missing."""

REMEMBERED = 50_000
"""Names of trades kept to know a repeated one, where trades are not counted."""


class Habit(NamedTuple):
    """How an exchange tells trades.

    Attributes
    ----------
    counted
        Its numbers of a market's trades rise by one, so that a missing one shows.
    watch
        What to say when subscribing.
    by_number
        The parameter that asks for trades from a number on, where there is one.
    until
        Whether a time to ask from needs one to ask to.
    """

    counted: bool = False
    watch: dict[str, Any] | None = None
    by_number: str | None = None
    until: bool = False


# Trades one by one can only be asked for with a key; those of one order and price together
# without, and candles are the same.
_BINANCE = Habit(counted=True, watch={"name": "aggTrade"}, by_number="fromId")
_COINBASE = Habit(counted=True, until=True)
HABITS = {
    "binance": _BINANCE,
    "binanceus": _BINANCE,
    "binanceusdm": _BINANCE,
    "binancecoinm": _BINANCE,
    "coinbase": _COINBASE,
    "coinbaseexchange": Habit(counted=True),
}


class Seen(NamedTuple):
    """A trade, and what the exchange calls it."""

    tick: Tick
    id: str | None


class Missing(NamedTuple):
    """Trades that lie between two others.

    Attributes
    ----------
    start, end
        Times of the others, epoch ms.
    first, last
        The numbers; None where trades are not counted.
    """

    start: int
    end: int
    first: int | None = None
    last: int | None = None

    @property
    def many(self) -> int:
        """How many; 0 where that cannot be known."""
        if self.first is None or self.last is None:
            return 0
        return self.last - self.first + 1


class Line:
    """The trades so far, each once and in order."""

    def __init__(self) -> None:
        self.last: Tick | None = None
        self._ids: set[str] = set()
        self._order: deque[str] = deque()

    def takes(self, seen: Seen) -> bool:
        """Tell whether this trade is new, and take it if so."""
        tick = seen.tick
        if tick.number is not None and self.last is not None and self.last.number is not None:
            if tick.number <= self.last.number:
                return False
        elif seen.id is not None:
            if seen.id in self._ids:
                return False
            self._ids.add(seen.id)
            self._order.append(seen.id)
            if len(self._order) > REMEMBERED:
                self._ids.discard(self._order.popleft())
        elif self.last is not None and tick.time <= self.last.time:
            # Without a name it may be one of those that are here.
            return False
        self.last = tick
        return True

    def missing(self, tick: Tick) -> Missing | None:
        """Return what lies between the last trade and this one, by their numbers."""
        last = self.last
        if last is None or last.number is None or tick.number is None:
            return None
        if tick.number <= last.number + 1:
            return None
        return Missing(last.time, tick.time, last.number + 1, tick.number - 1)


def read(trades: Iterable[Any], counted: bool) -> tuple[list[Seen], int]:
    """Return ccxt's trades in order, and how many of them cannot be."""
    found, bad = [], 0
    for trade in trades:
        seen = _read(trade, counted)
        if seen is None:
            bad += 1
        else:
            found.append(seen)
    found.sort(key=lambda seen: seen.tick.number or seen.tick.time)
    return found, bad


def _read(trade: Any, counted: bool) -> Seen | None:
    try:
        time, price, size = int(trade["timestamp"]), float(trade["price"]), float(trade["amount"])
        id = trade.get("id")
        number = int(id) if counted else None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
    if wrong_trade(time, price, size) is not None:
        return None
    if number is not None and not 0 <= number < LAST_NUMBER:
        return None
    return Seen(Tick(time, price, size, number), None if id is None else str(id))


async def fetch(exchange: Any, market: str, habit: Habit, missing: Missing) -> list[Any]:
    """Return ccxt's trades of a stretch, in any order, some perhaps twice or beyond it.

    Raises
    ------
    BadAnswer
        An answer holds none, and does not say so.
    """
    if habit.by_number is not None:
        if missing.first is not None:
            return await _by_number(exchange, market, habit.by_number, missing.first, missing.last)
        page = await asked(exchange, market, since=missing.start, limit=PAGE)
        if len(page) < PAGE:
            return list(page)
        next_ = max(_numbers(page)) + 1
        return [*page, *await _by_number(exchange, market, habit.by_number, next_, None)]
    if habit.until:
        return await _backwards(exchange, market, missing)
    found: list[Any] = []
    since = missing.start
    for _ in range(PAGES):
        page = await asked(exchange, market, since=since, limit=PAGE)
        found += page
        latest = max((int(trade["timestamp"]) for trade in page), default=since)
        if latest <= since or latest >= missing.end:
            break
        since = latest
    return found


async def _by_number(exchange: Any, market: str, name: str, at: int, last: int | None) -> list[Any]:
    found: list[Any] = []
    for _ in range(PAGES):
        page = await asked(exchange, market, limit=PAGE, params={name: at})
        found += page
        if len(page) < PAGE or (last is not None and max(_numbers(page)) >= last):
            break
        at = max(_numbers(page)) + 1
    return found


async def _backwards(exchange: Any, market: str, missing: Missing) -> list[Any]:
    """Ask an exchange that tells the latest trades of a stretch, if they are too many."""
    found: list[Any] = []
    until = missing.end + 1
    for _ in range(PAGES):
        page = await asked(
            exchange, market, since=missing.start, limit=PAGE, params={"until": until}
        )
        found += page
        earliest = min((int(trade["timestamp"]) for trade in page), default=until)
        if len(page) < PAGE or earliest <= missing.start or earliest + 1 >= until:
            break
        until = earliest + 1
    return found


async def asked(exchange: Any, market: str, **how: Any) -> Sequence[Any]:
    """Return ccxt's trades, one page of them.

    Raises
    ------
    BadAnswer
        The answer is none.
    """
    page = listed(exchange, await exchange.fetch_trades(market, **how))
    if page and not read(page, counted=False)[0]:
        raise BadAnswer(f"no trades but {str(page)[:LENGTH]}")
    return page


def _numbers(page: Iterable[Any]) -> list[int]:
    return [int(trade["id"]) for trade in page]
