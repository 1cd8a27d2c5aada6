"""A recorded session of an exchange as a feed."""

from __future__ import annotations

import asyncio
import re
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from workbench.data.aggregate import AHEAD_TRADE_MS
from workbench.data.candles import Candles
from workbench.errors import DataError, UnknownSymbol
from workbench.feeds.believing import NUMBERS, Believed, Counted
from workbench.feeds.frames import Heard, Impossible, lines, parse
from workbench.feeds.pacing import Pacer, multiple
from workbench.feeds.recordings import path_of
from workbench.feeds.source import Hole, Item, Moment, Note, Tick
from workbench.feeds.spec import FeedSpec

AT_ONCE = 500
GRACE_MS = 1000
"""Trades are given this much later than frames of another kind, at most."""
STEP_MS = 250
"""How often the passing of time is told."""
JUMP_MS = 60_000
"""By so much the recorder's clock and the market's may disagree about the time between frames."""
LONGEST_WAIT_S = 60.0
"""A longer pause between two frames is told, and not waited for."""


class RecordedSource:
    """Gives the trades of a file of recorded frames, by the clock of who recorded it.

    The market is the one of the first trade, unless `market` names another; other frames tell
    how late it is. Lines that cannot be read, or hold what cannot be, are told and passed over;
    numbers that are missing between two trades are a `Hole`.

    Parameters
    ----------
    spec
        `path` of the file.
    home
        What a path that is not absolute starts from.
    upto
        Market time (epoch ms) that has been given before: what is earlier is not waited for.
    clock, sleep
        Seconds, monotonic; sleeps that many.

    Raises
    ------
    DataError
        There is no such file.
    """

    synthetic = False

    def __init__(
        self,
        spec: FeedSpec,
        home: Path,
        *,
        upto: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._path = path_of(spec.path or "", home)
        if not self._path.is_file():
            msg = f"There is no file {spec.path} to replay: give the path of recorded frames"
            raise DataError(msg, field="path", value=spec.path, allowed="a file")
        self._symbol = spec.symbol
        self._market = None if spec.market is None else _plain(spec.market)
        self._pacer = Pacer(multiple(spec), clock, sleep)
        self._pace = " by its own clock" if spec.speed is None else ""
        self._numbers = Believed(NUMBERS)
        self._times = Believed(AHEAD_TRADE_MS)
        self._traded = False
        self._last_trade = self._told_time = 0
        self._upto = upto
        self._local: float | None = None
        self._heard_at: tuple[int, ...] = ()
        self._odd = Counted()
        self.description = f"recorded session {self._path.name}"

    async def history(self, timeframes: Sequence[str], count: int) -> Mapping[str, Candles]:
        """Return nothing: a recording knows no earlier candles."""
        return {}

    async def items(self) -> AsyncIterator[Sequence[Item]]:
        """Give what was recorded, at the feed's pace, and say when it has ended.

        Raises
        ------
        UnknownSymbol
            There is no trade of the market in the file.
        """
        yield [Note("live", f"replaying {self._path.name}{self._pace}")]
        batch: list[Item] = []
        for heard, items in self._told():
            if heard is not None and items and self._last_trade >= self._upto:
                batch += self._waited(heard)
                local = self._local
                if local is not None:
                    if batch and not self._pacer.due(local):
                        yield batch
                        batch = []
                    await self._pacer.reach(local)
            batch += items
            if len(batch) >= AT_ONCE:
                yield batch
                batch = []
        if not self._traded:
            # What was odd comes first: it may be why there is none.
            yield batch
            market = f" of {self._market}" if self._market else ""
            msg = f"{self._path.name} holds no trade{market}: choose another file or market"
            raise UnknownSymbol(msg, field="market", value=self._market or self._symbol)
        yield [*batch, Note("ended", "the recording has come to its end")]

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _told(self) -> Iterator[tuple[Heard | None, list[Item]]]:
        try:
            for line in lines(self._path):
                if line.isspace():
                    continue
                try:
                    heard = parse(line)
                except Impossible as error:
                    yield None, [*self._unusable("invalid_data", line, error)]
                    continue
                except (ValueError, msgspec.MsgspecError) as error:
                    yield None, [*self._unusable("corrupt_frame", line, error)]
                    continue
                yield heard, self._items(heard)
        except (OSError, EOFError, zlib.error) as error:
            text = f"the rest of {self._path.name} cannot be read: {error}"
            yield None, [Note("live", text, "corrupt_frame")]

    def _unusable(self, code: str, line: bytes, why: Exception) -> list[Note]:
        what = "could not be read" if code == "corrupt_frame" else "cannot be, left out"
        shown = line[:60].decode(errors="replace").strip()
        return self._odd.tell(code, f"a frame {what}", f"frames {what}", f"{shown!r}: {why}")

    def _waited(self, heard: Heard) -> list[Note]:
        """Know when a frame came; return what is odd about it."""
        before, was = self._local, self._heard_at
        own = heard.tick.time if heard.tick else heard.sent
        # What the frame says may be wrong, and what is believed lags a frame behind.
        self._heard_at = tuple(time for time in (own, self._times.last) if time is not None)
        if heard.local is None:
            return self._jumped("a frame came at no time at all")
        self._local = heard.local
        if before is None:
            return []
        passed = heard.local - before
        here = [now - then for now in self._heard_at for then in was]
        steady = not here or min(abs(passed - one) for one in here) <= JUMP_MS
        if steady and self._pacer.left(heard.local) <= LONGEST_WAIT_S:
            return []
        self._pacer.begin(heard.local)
        if not steady:
            return self._jumped(
                f"by {passed / 1000:,.0f} s, the market's by {here[0] / 1000:,.0f} s"
            )
        text = f"nothing was recorded for {passed / 60_000:,.0f} minutes, which are not waited for"
        return [Note("live", text)]

    def _jumped(self, how: str) -> list[Note]:
        one = "the clock of who recorded has jumped, which is not waited for"
        return self._odd.tell("clock_jump", one, "jumps of the recorder's clock", how)

    def _items(self, heard: Heard) -> list[Item]:
        if heard.tick is not None and self._market is None:
            self._market = _plain(heard.symbol)
        if heard.symbol and self._market != _plain(heard.symbol):
            return []
        tick = heard.tick
        if tick is None:
            if heard.sent is None or abs(heard.sent - GRACE_MS - self._told_time) < STEP_MS:
                return []
            return self._moment(heard.sent - GRACE_MS)
        items: list[Item] = []
        known = self._numbers.last
        if tick.number is not None:
            if not self._numbers.takes(tick.number):
                text = f"number {tick.number}, the one before was {known}"
                one, many = "a trade is left out", "trades are left out"
                return [*self._odd.tell("invalid_data", one, many, text)]
            items += self._missing(tick, tick.number, known)
        self._traded = True
        # Trades come one by one to the aggregator, which has its own doubts about their times.
        if self._times.takes(tick.time):
            late = self._last_trade - tick.time
            self._last_trade = self._last_trade if 0 <= late <= AHEAD_TRADE_MS else tick.time
        return [*items, tick]

    def _moment(self, time: int) -> list[Item]:
        # One that is not to be gone by is for the aggregator to doubt.
        if self._times.takes(time):
            if 0 <= self._told_time + STEP_MS - time <= AHEAD_TRADE_MS:
                return []
            self._told_time = time
        return [Moment(time)]

    def _missing(self, tick: Tick, number: int, known: int | None) -> list[Item]:
        """Return what lies between a trade and the one before, by their numbers."""
        if known is None or number == known + 1:
            return []
        if number <= known:
            if known - number <= NUMBERS:
                self._numbers.last = known
            return []
        times = (self._last_trade, max(tick.time, self._last_trade))
        if number - known > NUMBERS:
            # The exchange counts anew: nobody knows how many there were.
            return [Hole("trades", 0, *times, False)]
        return [Hole("trades", number - known - 1, *times, False, known + 1, number - 1)]


def _plain(market: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", market.upper())
