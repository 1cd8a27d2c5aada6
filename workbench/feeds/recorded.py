"""A recorded session of an exchange as a feed."""

from __future__ import annotations

import asyncio
import re
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from workbench.data.candles import Candles
from workbench.errors import DataError, UnknownSymbol
from workbench.feeds.frames import Heard, lines, parse
from workbench.feeds.pacing import Pacer, multiple
from workbench.feeds.source import Hole, Item, Moment, Note
from workbench.feeds.spec import FeedSpec

AT_ONCE = 500
GRACE_MS = 1000
"""Trades are given this much later than frames of another kind, at most."""
STEP_MS = 250
"""How often the passing of time is told."""


class RecordedSource:
    """Gives the trades of a file of recorded frames, by the clock of who recorded it.

    The market is the one of the first trade, unless `market` names another; other frames tell
    how late it is. Lines that cannot be read are told and passed over; numbers that are missing
    between two trades are a `Hole`.

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
        self._path = home / Path(spec.path or "").expanduser()
        if not self._path.is_file():
            msg = f"There is no file {spec.path} to replay: give the path of recorded frames"
            raise DataError(msg, field="path", value=spec.path, allowed="a file")
        self._symbol = spec.symbol
        self._market = None if spec.market is None else _plain(spec.market)
        self._pacer = Pacer(multiple(spec), clock, sleep)
        self._number: int | None = None
        self._last_trade = self._told_time = 0
        self._upto = upto
        self._broken = 0
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
        yield [Note("live", f"replaying {self._path.name}")]
        batch: list[Item] = []
        for heard, items in self._told():
            if heard is not None and items and self._last_trade >= self._upto:
                if batch and not self._pacer.due(heard.local):
                    yield batch
                    batch = []
                await self._pacer.reach(heard.local)
            batch += items
            if len(batch) >= AT_ONCE:
                yield batch
                batch = []
        if self._number is None and not self._last_trade:
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
                except (ValueError, msgspec.MsgspecError) as error:
                    yield None, self._unreadable(line, str(error))
                    continue
                yield heard, self._items(heard)
        except (OSError, EOFError, zlib.error) as error:
            text = f"the rest of {self._path.name} cannot be read: {error}"
            yield None, [Note("live", text, "corrupt_frame")]

    def _unreadable(self, line: bytes, why: str) -> list[Item]:
        """Tell of the first, the tenth, the hundredth and so on."""
        self._broken += 1
        if str(self._broken).rstrip("0") != "1":
            return []
        shown = line[:60].decode(errors="replace").strip()
        text = f"{self._broken} frames could not be read, the last is {shown!r}: {why}"
        return [Note("live", text, "corrupt_frame")]

    def _items(self, heard: Heard) -> list[Item]:
        if heard.tick is not None and self._market is None:
            self._market = _plain(heard.symbol)
        if heard.symbol and self._market != _plain(heard.symbol):
            return []
        tick = heard.tick
        if tick is None:
            if heard.sent is None or heard.sent - GRACE_MS < self._told_time + STEP_MS:
                return []
            self._told_time = heard.sent - GRACE_MS
            return [Moment(self._told_time)]
        items: list[Item] = []
        known = self._number
        if tick.number is not None:
            if known is not None and tick.number > known + 1:
                missing = tick.number - known - 1
                times = (self._last_trade, max(tick.time, self._last_trade))
                span = (known + 1, tick.number - 1)
                items.append(Hole("trades", missing, *times, False, *span))
            self._number = tick.number if known is None else max(known, tick.number)
        self._last_trade = max(self._last_trade, tick.time)
        return [*items, tick]


def _plain(market: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", market.upper())
