"""Candles that had begun before the first trade came, out of those that had closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from workbench.data.bars import Bar, bars_of
from workbench.data.candles import Candles
from workbench.data.doubts import wrong_bar
from workbench.timeframes import Timeframe


class Seed(NamedTuple):
    """What a history comes to.

    Attributes
    ----------
    start, end
        What it reaches from and to, epoch ms.
    price
        The last close.
    parts
        Of each longer timeframe whose candle has begun: its open time and the closed candles it
        is made of so far, one after the other.
    """

    start: int
    end: int
    price: float
    parts: dict[Timeframe, tuple[int, list[Bar]]]


def seed_of(timeframes: Sequence[Timeframe], history: Mapping[str, Candles]) -> Seed | None:
    """Put a history together; None if it is empty.

    A longer candle is made of the longest closed ones that fit into it, and of shorter ones
    after these.

    Parameters
    ----------
    timeframes
        The longest first.
    history
        Closed candles by timeframe; those of the shortest decide where it ends, if there are any.
    """
    known = {t: history[t.name] for t in timeframes if len(history.get(t.name, ()))}
    if not known:
        return None
    ends = {t: int(candles.time[-1]) + t.ms for t, candles in known.items()}
    deciding = timeframes[-1]
    if deciding not in known:
        deciding = max(known, key=lambda t: (ends[t], -t.ms))
    end = ends[deciding]
    parts: dict[Timeframe, tuple[int, list[Bar]]] = {}
    for timeframe in timeframes[:-1]:
        opened = timeframe.floor(end)
        if bars := _within(opened, end, [t for t in known if t.ms < timeframe.ms], known):
            parts[timeframe] = (opened, bars)
    start = min(int(candles.time[0]) for candles in known.values())
    return Seed(start, end, float(known[deciding].close[-1]), parts)


def _within(
    at: int, end: int, lengths: list[Timeframe], known: Mapping[Timeframe, Candles]
) -> list[Bar]:
    bars: list[Bar] = []
    for timeframe in lengths:
        for bar in bars_of(known[timeframe].slice(at, end)):
            if bar.time + timeframe.ms <= end:
                bars.append(bar)
                at = bar.time + timeframe.ms
    return bars


def without_wrong(candles: Candles) -> tuple[Candles, list[str]]:
    """Return candles without those that are none, and what is wrong with these."""
    wrong = [wrong_bar(bar, candles.timeframe) for bar in bars_of(candles)]
    if not any(wrong):
        return candles, []
    sound = [one is None for one in wrong]
    columns = {name: getattr(candles, name)[sound] for name in candles.names}
    return candles.replace(**columns), [one for one in wrong if one is not None]
