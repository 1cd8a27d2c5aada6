"""An exchange as a source: its trades, or its candles, through ccxt, with nothing lost unsaid."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from workbench.data.candles import Candles
from workbench.data.exchange.answers import load_markets
from workbench.data.exchange.connecting import find_market, open_exchange
from workbench.data.exchange.paging import SETTLED_MS, Pager
from workbench.data.exchange.trouble import Trouble, code_of, error_of, pause, persist, trouble_of
from workbench.errors import InvalidRequest, WorkbenchError
from workbench.feeds.counting import counted
from workbench.feeds.exchange_candles import CandleFollower
from workbench.feeds.exchange_clock import MarketClock
from workbench.feeds.exchange_following import TradeFollower
from workbench.feeds.exchange_history import completed
from workbench.feeds.exchange_line import Connection, bars
from workbench.feeds.exchange_socket import Socket
from workbench.feeds.source import Hole, Item, Note
from workbench.feeds.spec import FeedSpec
from workbench.timeframes import Timeframe

PATIENCE_S = 20.0
"""How long the history is waited for; after that the feed begins, says why, and asks again."""


MOST = 20_000
"""Candles of an absence that are fetched at most, of each timeframe."""

MOST_NOTES = 10
"""Odd candles of the history that are told one by one."""

FOLLOWERS: tuple[tuple[str, type[TradeFollower] | type[CandleFollower]], ...] = (
    ("watchTrades", TradeFollower),
    ("watchOHLCV", CandleFollower),
)
"""By what ccxt calls the ability; the first that an exchange has is used."""

STOOD_S = 60.0
"""A connection that stood this long worked: the next pause is short again."""


class ExchangeSource:
    """Follows one market of an exchange.

    Trades are followed where the exchange tells them, else candles of the shortest timeframe. After
    each loss of the connection, what was missed is asked for; what the exchange does not give is
    told as a `Hole`. Whatever goes wrong is told as a `Note` and tried again, ever more slowly.

    The items go on where the history ends: with the candle of the shortest timeframe that was
    growing then. Of that timeframe the history reaches back to the beginning of the longest
    candle that is growing, so that this one can be made whole.

    Parameters
    ----------
    spec
        `exchange` as ccxt calls it; `market` where the symbol has another name there; `options` as
        of `workbench.data.exchange.connecting.open_exchange`.
    after
        Of a feed that goes on: open time (epoch ms) of the last closed candle of the shortest
        timeframe. History reaches back to it, over `MOST` candles at most.
    sleep
        Waits some seconds.
    elapsed
        Seconds of a clock that never jumps.

    Raises
    ------
    InvalidRequest
        ccxt is missing or has no such exchange, it cannot be followed live, or the options are
        wrong.
    """

    synthetic = False

    def __init__(
        self,
        spec: FeedSpec,
        *,
        after: int | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spec = spec
        self._after = after
        self._sleep = sleep
        self._elapsed = elapsed
        self._timeframes = sorted(map(Timeframe.parse, spec.timeframes))
        exchange = open_exchange(spec.exchange, live=True, options=spec.options)
        able = [kind for name, kind in FOLLOWERS if exchange.has.get(name)]
        if not able:
            msg = f"ccxt cannot follow {spec.exchange} live: choose another exchange"
            raise InvalidRequest(msg, field="exchange", value=spec.exchange)
        self._clock = MarketClock()
        self._broken: list[str] = []
        self._socket = Socket(exchange, self._heard, self._unreadable)
        self._exchange = exchange
        self._follow = able[0]
        self._market: str | None = None
        self._since: int | None = None
        self._history_failed: Trouble | None = None
        self._odd: list[Item] = []
        what = "trades" if self._follow is TradeFollower else "candles"
        sandbox = " (test network)" if spec.options.get("sandbox") else ""
        self.description = f"{spec.exchange} {what}{sandbox}"

    async def history(self, timeframes: Sequence[str], count: int) -> Mapping[str, Candles]:
        """Return about `count` closed candles of each timeframe.

        Where the exchange cannot be reached there are none; `items` then begins with those of
        the shortest timeframe.

        Raises
        ------
        UnknownSymbol
            The exchange has no such symbol.
        """
        lengths = self._timeframes = sorted(map(Timeframe.parse, timeframes))
        deadline = self._elapsed() + PATIENCE_S

        def told(trouble: Trouble, wait: float) -> None:
            self._history_failed = trouble

        async def ask(what: Callable[[], Awaitable[Any]]) -> Any:
            left = deadline - self._elapsed()
            return await persist(
                self._exchange, what, told=told, sleep=self._sleep, tries=4, patience=left
            )

        found: dict[str, Candles] = {}
        try:
            await ask(self._open)
            now = await ask(self._now)
            pagers = [Pager(self._exchange, self._name, length, ask) for length in lengths]
            for pager in pagers:
                wanted = self._reach(pager.timeframe, now, count)
                name = pager.timeframe.name
                found[name] = await pager.recent(wanted, now, self._spec.symbol)
            since = lengths[0].floor(now - SETTLED_MS)
            holes = await completed(pagers[0], ask, found, lengths, now, since, self._spec.symbol)
        except WorkbenchError as error:
            if isinstance(error, InvalidRequest):
                raise
            self._history_failed = self._history_failed or Trouble(
                code_of(error), error.message, None, True
            )
            return {}
        self._history_failed = None
        notes = list(dict.fromkeys(note for pager in pagers for note in pager.notes))
        self._odd = [
            *(Note("starting", note, "invalid_data") for note in notes[:MOST_NOTES]),
            *holes,
        ]
        self._since = since
        return found

    async def items(self) -> AsyncIterator[Sequence[Item]]:
        """Give what comes; see `Source.items`."""
        yield [Note("starting", f"connecting to {self._spec.exchange}")]
        if self._history_failed is not None:
            trouble = self._history_failed
            yield [Note("reconnecting", f"There is no history: {trouble.message}", trouble.code)]
        if self._odd:
            yield self._odd
        follower: TradeFollower | CandleFollower | None = None
        failures = 0
        while True:
            begun = self._elapsed()
            try:
                await self._open()
                if self._since is None:
                    yield await self._beginning()
                if follower is None:
                    yield self._skipped()
                    follower = self._follow(self._connection())
                async with aclosing(follower.batches()) as batches:
                    async for batch in batches:
                        told = [*self._frames_lost(), *batch]
                        if told:
                            yield told
            except WorkbenchError:
                raise
            except Exception as error:
                trouble = trouble_of(self._exchange, error)
                if trouble.code == "unknown_symbol":
                    raise error_of(trouble, self._spec.symbol) from error
                if self._elapsed() - begun > STOOD_S:
                    failures = 0
                wait = pause(failures, trouble.wait)
                failures += 1
                text = f"{trouble.message}; trying again in {wait:.0f} s"
                yield [*self._frames_lost(), Note("reconnecting", text, trouble.code)]
                await self._sleep(wait)

    async def close(self) -> None:
        """Let go of connections."""
        await self._exchange.close()

    @property
    def _name(self) -> str:
        assert self._market is not None
        return self._market

    def _connection(self) -> Connection:
        assert self._since is not None
        return Connection(
            exchange=self._exchange,
            market=self._name,
            timeframe=self._timeframes[0],
            since=self._since,
            clock=self._clock,
            socket=self._socket,
            sleep=self._sleep,
            elapsed=self._elapsed,
        )

    async def _open(self) -> None:
        if self._market is None:
            await load_markets(self._exchange)
            self._market = find_market(self._exchange, self._spec.symbol, self._spec.market)

    async def _now(self) -> int:
        """Return the exchange's clock where it tells it, ours elsewhere."""
        if not self._exchange.has.get("fetchTime"):
            return int(self._exchange.milliseconds())
        now = int(await self._exchange.fetch_time())
        self._clock.observe(now, self._elapsed() * 1000)
        return now

    async def _beginning(self) -> list[Item]:
        """Return candles in place of the history that could not be had."""

        async def ask(what: Callable[[], Awaitable[Any]]) -> Any:
            return await what()

        now = await self._now()
        shortest = self._timeframes[0]
        count = self._reach(shortest, now, self._spec.history)
        pager = Pager(self._exchange, self._name, shortest, ask)
        candles = await pager.recent(count, now, self._spec.symbol)
        self._since = shortest.floor(now - SETTLED_MS)
        return bars(candles, shortest.name, "history")

    def _reach(self, length: Timeframe, now: int, count: int) -> int:
        """Return how many candles go back to all that is needed."""
        shortest, longest = self._timeframes[0], self._timeframes[-1]
        cut = length.floor(now - SETTLED_MS)
        reach = cut - count * length.ms
        if length is shortest:
            reach = min(reach, longest.floor(cut))
        if self._after is not None:
            reach = min(reach, length.floor(self._after))
        return min((cut - reach) // length.ms, max(count, MOST))

    def _skipped(self) -> list[Item]:
        """Say which candles of an absence are beyond what is fetched of it."""
        if self._after is None or self._since is None:
            return []
        shortest = self._timeframes[0]
        first = self._since - max(self._spec.history, MOST) * shortest.ms
        start = self._after + shortest.ms
        missing = (first - start) // shortest.ms
        if missing <= 0:
            return []
        return [Hole("candles", missing, start, first, False, timeframe=shortest.name)]

    def _heard(self) -> None:
        self._clock.heard(self._elapsed() * 1000)

    def _unreadable(self, error: Exception) -> None:
        self._broken.append(" ".join(str(error).split())[:100])

    def _frames_lost(self) -> list[Item]:
        lost, self._broken = self._broken, []
        if not lost:
            return []
        many = counted(len(lost), "frame")
        return [Note("live", f"{many} could not be read: {lost[0]}", "corrupt_frame")]
