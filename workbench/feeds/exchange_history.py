"""Whether the history of an exchange is whole where the growing candles are made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.data.candles import Candles
from workbench.data.exchange.paging import Ask, Pager, candles_of, rows_of, source_of
from workbench.data.seeding import seed_of
from workbench.errors import WorkbenchError
from workbench.feeds.exchange_trades import HABITS, PAGE, asked, read
from workbench.feeds.source import Hole
from workbench.timeframes import Timeframe

MOST_HOLES = 10
"""A market with more times without candles than these is a quiet one."""


async def completed(
    pager: Pager, ask: Ask, found: dict[str, Candles], lengths: Sequence[Timeframe], now: int,
    until: int, symbol: str,
) -> list[Hole]:  # fmt: skip
    """Ask again for what the growing longest candle lacks; return what is missing for good.

    Parameters
    ----------
    pager
        Of the shortest timeframe.
    found
        The history by timeframe; candles that come now are added.
    lengths
        The shortest first.
    now, until
        The exchange's clock, and where the history is to end, epoch ms.
    """
    base = lengths[0]
    if not (bare := _bare(found, lengths, until)):
        return []
    rows = [page.rows async for page in pager.pages(bare[0][0], bare[-1][1], now)]
    rows = [rows_of(found[base.name]), *rows]
    whole = np.concatenate(rows)
    whole = whole[np.unique(whole[:, 0], return_index=True)[1]]
    source = source_of(pager.exchange, pager.market)
    found[base.name] = candles_of(whole, symbol, base, source)
    return [
        Hole("candles", (end - start) // base.ms, start, end, False, timeframe=base.name)
        for start, end in _bare(found, lengths, until)[:MOST_HOLES]
        if await _traded(pager.exchange, pager.market, ask, start, end)
    ]


def _bare(
    found: dict[str, Candles], lengths: Sequence[Timeframe], until: int
) -> list[tuple[int, int]]:
    """Return the stretches of the growing longest candle for which there is no candle."""
    seed = seed_of(lengths[::-1], found)
    if seed is None or len(lengths) < 2:
        return []
    bare = list(seed.bare[lengths[-1]])
    if seed.end < until:
        bare.append((seed.end, until))
    begun = lengths[-1].floor(until)
    return [(max(start, begun), end) for start, end in bare if end > begun]


async def _traded(exchange: Any, market: str, ask: Ask, start: int, end: int) -> bool:
    """Tell whether there were trades from `start` to `end`, or nobody can say."""
    habit = HABITS.get(exchange.id)
    if habit is None or not exchange.has.get("fetchTrades"):
        # Others may tell their latest trades, whatever is asked for.
        return True
    params = {"until": end} if habit.until else {}
    try:
        page = await ask(lambda: asked(exchange, market, since=start, limit=PAGE, params=params))
    except WorkbenchError:
        return True
    return any(start <= seen.tick.time < end for seen in read(page, counted=False)[0])
