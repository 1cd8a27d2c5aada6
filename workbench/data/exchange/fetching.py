"""Candles of an exchange into the store: resumable, closed candles only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from workbench import paths
from workbench.data.candles import Candles
from workbench.data.catalog import parse_range
from workbench.data.exchange import ranges
from workbench.data.exchange.answers import load_markets
from workbench.data.exchange.connecting import find_market, open_exchange
from workbench.data.exchange.paging import (
    SETTLED_MS,
    Page,
    Pager,
    Rows,
    candles_of,
    rows_of,
    source_of,
)
from workbench.data.exchange.running import run
from workbench.data.exchange.trouble import Trouble, persist
from workbench.data.samples import SAMPLES
from workbench.data.store import CandleStore
from workbench.data.synthetic import SYMBOL as SYNTHETIC
from workbench.data.validate import Report, refuse, validate_candles
from workbench.errors import Conflict, InsufficientData
from workbench.messages import iso_time, utc_now
from workbench.timeframes import HOUR_MS, Timeframe

SAVE_EVERY_S = 15.0
"""What a killed fetch loses at most; saving writes the whole file."""

FOREVER = "9999-12-30"

UNSURE_MS = HOUR_MS
"""How long a candle may be absent because the exchange is late, and not for want of trades."""

ASKED = "fetched"
"""Of the file's metadata: the stretches of time that the exchange has been asked for."""


class Step(NamedTuple):
    """How far a fetch is, in candles there could be; or what holds it up.

    Attributes
    ----------
    trouble
        Why it waits, and for `wait` seconds.
    """

    done: int
    total: int
    trouble: Trouble | None = None
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of a fetch.

    Attributes
    ----------
    candles
        All that are stored now, UTC, from before this fetch too.
    new
        How many of them were not stored before.
    report
        What validation found; without errors.
    notes
        What is worth knowing.
    stored_at
        The file in the store.
    """

    candles: Candles
    new: int
    report: Report
    notes: list[str]
    stored_at: Path

    def __str__(self) -> str:
        c = self.candles
        lines = [
            f"{c.symbol} {c.timeframe}: {self.new:,} new candles, {len(c):,} stored, "
            f"{iso_time(int(c.time[0]))} to {iso_time(int(c.time[-1]))}, {c.source}",
            *(f"  note: {note}" for note in self.notes),
            str(self.report),
        ]
        return "\n".join(lines)


def fetch(
    symbol: str,
    timeframe: str | Timeframe,
    *,
    exchange: str,
    start: str,
    end: str | None = None,
    market: str | None = None,
    replace: bool = False,
    store: CandleStore | None = None,
    options: Mapping[str, Any] = {},
    progress: Callable[[Step], None] = lambda step: None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.time,
) -> Fetched:
    """Fetch closed candles of an exchange into the store.

    What is stored of the range is not asked for again, holes in it are; an interrupted fetch
    keeps what it has. A candle stands in the store only if its time was over.

    Parameters
    ----------
    symbol
        To store under, such as ``BTC-USD``.
    timeframe
        Such as ``15M``; built from a shorter one where the exchange has none of this length.
    exchange
        As ccxt calls it.
    start, end
        ISO 8601, UTC where without an offset; a plain end date is meant to its end; until now
        where absent.
    market
        The symbol on the exchange, where it is another one, such as ``BTC/USDT``.
    replace
        Begin anew: what is fetched takes the place of what is stored under this symbol and
        timeframe.
    store
        Where to; the user's own store where absent.
    options
        See `open_exchange`.
    progress
        Told of each page and each delay.
    sleep, clock
        For waiting, and the time in seconds where the exchange does not tell its own.

    Raises
    ------
    UnknownSymbol, UnknownTimeframe, InvalidRequest
        The exchange, its symbol, the timeframe or the dates are wrong, or ccxt is missing.
    Conflict
        What is stored under this name is from elsewhere.
    InsufficientData
        The exchange has nothing in the range.
    RateLimited, ServerUnreachable
        The exchange refuses or cannot be reached, after several tries.
    """
    length = Timeframe.parse(timeframe) if isinstance(timeframe, str) else timeframe
    store = CandleStore(paths.candles_dir()) if store is None else store
    store.path(symbol, length)
    # Without an end it is the exchange's clock that ends the range.
    wanted = parse_range(start, FOREVER if end is None else end)
    opened = open_exchange(exchange, options=options)

    async def work() -> Fetched:
        try:
            fetching = _Fetching(symbol, length, opened, store, progress, sleep, clock, replace)
            return await fetching.run(market, wanted)
        finally:
            await opened.close()

    return run(work)


@dataclass
class _Fetching:
    symbol: str
    timeframe: Timeframe
    exchange: Any
    store: CandleStore
    progress: Callable[[Step], None]
    sleep: Callable[[float], Awaitable[None]]
    clock: Callable[[], float]
    replace: bool
    rows: list[Rows] = field(default_factory=list)
    asked: list[ranges.Range] = field(default_factory=list)
    done: int = 0
    total: int = 0
    unsaved: bool = False

    async def run(self, market: str | None, wanted: tuple[int, int]) -> Fetched:
        await self._ask(lambda: load_markets(self.exchange))
        self.market = find_market(self.exchange, self.symbol, market)
        pager = Pager(self.exchange, self.market, self.timeframe, self._ask)
        before = self._stored()
        now = await self._now()
        start, end = self._on_grid(wanted, now)
        left = ranges.missing((start, end), self.asked)
        self.total = sum(last - first for first, last in left) // self.timeframe.ms
        self.progress(Step(0, self.total))
        saved = self.clock()
        try:
            for first, last in left:
                at = first
                async for page in pager.pages(first, last, now):
                    self._take(page, at, now)
                    at = page.until
                    self.progress(Step(self.done, self.total))
                    if self.clock() - saved >= SAVE_EVERY_S:
                        self._save()
                        saved = self.clock()
        finally:
            self._save()
        candles = self._merged()
        inside = candles.slice(start, end)
        if not len(inside):
            raise self._nothing(start, end)
        report = validate_candles(candles)
        notes = [*self._late(inside, start), *pager.notes]
        if self.symbol == SYNTHETIC:
            notes.append("these real prices now take the place of the synthetic sample")
        if pager.served.timeframe.ms != self.timeframe.ms:
            notes.append(f"built from {pager.served.timeframe} candles")
        path = self.store.path(self.symbol, self.timeframe)
        return Fetched(candles, len(candles) - before, report, notes, path)

    def _take(self, page: Page, at: int, now: int) -> None:
        self.rows.append(page.rows)
        self.done += (page.until - at) // self.timeframe.ms
        closed = int(page.rows[-1, 0]) + self.timeframe.ms if len(page.rows) else at
        sure = min(page.until, max(closed, now - UNSURE_MS))
        self.asked = ranges.joined([*self.asked, (at, sure)])
        self.unsaved = True

    async def _ask(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        def told(trouble: Trouble, wait: float) -> None:
            self.progress(Step(self.done, self.total, trouble, wait))

        return await persist(self.exchange, ask, told=told, sleep=self.sleep)

    async def _now(self) -> int:
        """Return the exchange's clock: ours may be ahead, and a growing candle pass for closed."""
        if self.exchange.has.get("fetchTime"):
            told = await self._ask(self.exchange.fetch_time)
            if told:
                return int(told)
        return int(self.clock() * 1000)

    def _stored(self) -> int:
        """Take up what is stored of this market; return how many candles."""
        if self.symbol in SAMPLES and not self.store.timeframes(self.symbol) and not self.replace:
            msg = (
                f"{self.symbol} is a bundled sample, which fetched candles of that name would "
                "hide: use another symbol, or replace it (replace=True, --replace)"
            )
            raise Conflict(msg, field="symbol", value=self.symbol, allowed="replace=True")
        if self.replace or not self.store.has(self.symbol, self.timeframe):
            return 0
        facts = self.store.metadata(self.symbol, self.timeframe)
        source = source_of(self.exchange, self.market)
        if facts.get("source") != source or ASKED not in facts:
            msg = (
                f"{self.symbol} {self.timeframe} is stored already and came from elsewhere "
                f"({facts.get('source')}), not from {source}: replace it (replace=True, "
                "--replace) or use another symbol"
            )
            raise Conflict(msg, field="symbol", value=self.symbol, allowed="replace=True")
        candles = self.store.load(self.symbol, self.timeframe)
        self.rows.append(rows_of(candles))
        self.asked = ranges.read(facts[ASKED])
        return len(candles)

    def _on_grid(self, wanted: tuple[int, int], now: int) -> tuple[int, int]:
        closed = self.timeframe.floor(now - SETTLED_MS)
        start = self.timeframe.floor(wanted[0] + self.timeframe.ms - 1)
        end = min(self.timeframe.floor(wanted[1] + self.timeframe.ms - 1), closed)
        if start >= end:
            raise self._nothing(start, max(start, end))
        return start, end

    def _nothing(self, start: int, end: int) -> InsufficientData:
        msg = (
            f"{self.exchange.id} has no closed {self.timeframe} candle of {self.market} from "
            f"{iso_time(start)} to {iso_time(end)}: choose an earlier start or a later end"
        )
        return InsufficientData(
            msg, symbol=self.symbol, required_start=iso_time(start), required_end=iso_time(end)
        )

    def _late(self, inside: Candles, start: int) -> list[str]:
        first = int(inside.time[0])
        if first <= start:
            return []
        return [f"asked from {iso_time(start)} on, the exchange has {iso_time(first)} and later"]

    def _merged(self) -> Candles:
        rows = np.concatenate(self.rows) if self.rows else np.empty((0, 6))
        # The later one of two that are of one time was fetched later.
        _, last = np.unique(rows[::-1, 0], return_index=True)
        rows = rows[len(rows) - 1 - last]
        self.rows = [rows]
        source = source_of(self.exchange, self.market)
        return candles_of(rows, self.symbol, self.timeframe, source)

    def _save(self) -> None:
        candles = self._merged()
        if not self.unsaved or not len(candles):
            return
        refuse(validate_candles(candles), "The exchange's candles cannot be used", "symbol",
               self.symbol)  # fmt: skip
        self.store.save(
            candles, replace=True, imported_at=utc_now(), tz="UTC",
            **{ASKED: ranges.written(self.asked)},
        )  # fmt: skip
        self.unsaved = False
