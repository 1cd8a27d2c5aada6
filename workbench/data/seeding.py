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
    end
        What it reaches to, epoch ms.
    price
        The last close.
    parts
        Of each longer timeframe whose candle has begun: its open time and the closed candles it
        is made of so far, one after the other.
    known
        From when on (epoch ms) all is known that a candle of a longer timeframe is made of.
    bare
        Stretches of that candle (epoch ms) that none of its parts covers, by timeframe. Nothing
        was traded then, unless it is said that something is missing.
    """

    end: int
    price: float
    parts: dict[Timeframe, tuple[int, list[Bar]]]
    known: dict[Timeframe, int]
    bare: dict[Timeframe, list[tuple[int, int]]]


def seed_of(timeframes: Sequence[Timeframe], history: Mapping[str, Candles]) -> Seed | None:
    """Put a history together; None if it is empty.

    A longer candle is made of the shortest ones, as one that was seen from its beginning; where
    these do not fill it, of the longest closed ones that fit into it, and of shorter ones after
    these.

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
    seed = Seed(end, float(known[deciding].close[-1]), {}, {}, {})
    for timeframe in timeframes[:-1]:
        opened = timeframe.floor(end)
        shorter = [t for t in known if t.ms < timeframe.ms]
        bars, bare = _within(opened, end, shorter[-1:], known)
        if bare:
            bars, bare = _within(opened, end, shorter, known)
        if bars:
            seed.parts[timeframe] = (opened, bars)
        reach = sorted((int(known[t].time[0]), ends[t]) for t in shorter)
        seed.known[timeframe] = opened if _cover(reach, opened, end) else end
        seed.bare[timeframe] = bare
    return seed


def _within(
    at: int, end: int, lengths: list[Timeframe], known: Mapping[Timeframe, Candles]
) -> tuple[list[Bar], list[tuple[int, int]]]:
    """Return the closed candles of a stretch, and the stretches between them."""
    bars: list[Bar] = []
    bare: list[tuple[int, int]] = []
    for timeframe in lengths:
        for bar in bars_of(known[timeframe].slice(at, end)):
            if bar.time + timeframe.ms <= end:
                if bar.time > at:
                    bare.append((at, bar.time))
                bars.append(bar)
                at = bar.time + timeframe.ms
    return bars, [*bare, (at, end)] if at < end else bare


def _cover(stretches: list[tuple[int, int]], at: int, end: int) -> bool:
    """Tell whether stretches, in order, leave nothing out from `at` to `end`."""
    for first, last in stretches:
        if first <= at:
            at = max(at, last)
    return at >= end


def without_wrong(candles: Candles) -> tuple[Candles, list[tuple[int, str]]]:
    """Return candles without those that are none, and time and fault of these."""
    wrong = [(bar.time, wrong_bar(bar, candles.timeframe)) for bar in bars_of(candles)]
    faults = [(time, one) for time, one in wrong if one is not None]
    if not faults:
        return candles, []
    sound = [one is None for _, one in wrong]
    columns = {name: getattr(candles, name)[sound] for name in candles.names}
    return candles.replace(**columns), faults
