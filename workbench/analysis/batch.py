"""The detectors over whole candles: the very same findings, as lists and tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.analysis.bars import Bar, bars_of
from workbench.analysis.findings import Findings
from workbench.analysis.given import UNNAMED, candles_given, timeframes_given
from workbench.analysis.market import MarketAnalysis
from workbench.analysis.structure.settings import StructureSettings
from workbench.data.candles import Candles
from workbench.data.resample import resample, visible_counts
from workbench.errors import InvalidRequest
from workbench.timeframes import Timeframe

if TYPE_CHECKING:
    import pandas as pd


def detect(
    candles: Candles | pd.DataFrame | Mapping[str, Candles | pd.DataFrame],
    *,
    timeframes: Sequence[str] | str | None = None,
    patterns: Iterable[str] | None = None,
    weights: Mapping[str, float] | None = None,
    detectors: Any = (),
    structure: StructureSettings | Mapping[str, Any] | None = None,
) -> Findings:
    """Return what the detectors of a market find in candles, as its stream would tell it.

    Parameters
    ----------
    candles
        Of one timeframe, or of several by its name; a candle of a longer one counts once it has
        closed by the close of one of the shortest. As `Candles`, or as a table such as
        `workbench.history` returns: columns open, high, low, close, perhaps volume, and times
        (UTC) in its index or a column; its timeframe is measured where ``attrs`` do not say it.
    timeframes
        One or several to build out of the candles of one timeframe, such as
        ``["15M", "1H", "4H"]``.
    patterns, weights, detectors, structure
        As of `workbench.analysis.market.MarketAnalysis`.

    Raises
    ------
    InvalidRequest
        There are no candles, they are of several symbols, or a pattern, weight, setting or
        detector makes no sense.
    InvalidCandles
        A table lacks a column, prices are none, or candles open off the grid of their timeframe.
    UnknownTimeframe
        A timeframe cannot be built out of the candles.
    DetectorError
        A user's detector raised, or returned what cannot be told.
    """
    columns = _columns(candles, timeframes)
    analysis = MarketAnalysis(
        columns[0].symbol, [one.timeframe.name for one in columns],
        patterns=patterns, weights=weights, detectors=detectors, structure=structure,
    )  # fmt: skip
    found = Findings()
    for timeframe, bar in closes(columns):
        found.extend(analysis.closed(timeframe, bar))
    return found


def closes(columns: Sequence[Candles]) -> Iterator[tuple[str, Bar]]:
    """Yield closed candles in the order they close, the longest first at one time.

    Parameters
    ----------
    columns
        Candles of one symbol, the shortest timeframe first.
    """
    base, *higher = columns
    waiting = [
        (one.timeframe.name, iter(bars_of(one)), visible_counts(base, one).tolist())
        for one in reversed(higher)
    ]
    done = [0] * len(waiting)
    for number, bar in enumerate(bars_of(base)):
        for place, (timeframe, bars, counts) in enumerate(waiting):
            for _ in range(counts[number] - done[place]):
                yield timeframe, next(bars)
            done[place] = counts[number]
        yield base.timeframe.name, bar


def _columns(candles: Any, timeframes: Any) -> list[Candles]:
    if not isinstance(candles, Mapping):
        base = candles_given(candles)
        names = [base.timeframe.name] if timeframes is None else timeframes_given(timeframes)
        columns = [resample(base, Timeframe.parse(name)) for name in dict.fromkeys(names)]
    elif timeframes is None:
        columns = [_named(key, one) for key, one in candles.items()]
    else:
        text = "Candles of several timeframes are given: leave out timeframes"
        raise InvalidRequest(text, field="timeframes", value=repr(timeframes), allowed=None)
    if not columns:
        raise InvalidRequest("There are no candles", field="candles", value=[], allowed="one")
    names = [one.timeframe.name for one in columns]
    symbols = sorted({one.symbol for one in columns} - {UNNAMED})
    if len(set(names)) < len(names):
        text = f"A timeframe is given twice: {', '.join(names)}"
        raise InvalidRequest(text, field="candles", value=names, allowed="each once")
    if len(symbols) > 1:
        text = f"The candles are of {' and '.join(symbols)}: a market is one symbol"
        raise InvalidRequest(text, field="candles", value=symbols, allowed="one symbol")
    return sorted(columns, key=lambda one: one.timeframe)


def _named(key: Any, given: Any) -> Candles:
    wanted = Timeframe.parse(key)
    found = candles_given(given, wanted.name)
    if found.timeframe.ms != wanted.ms:
        text = f"The candles named {key!r} are {found.timeframe} ones: name each by its timeframe"
        raise InvalidRequest(text, field="candles", value=key, allowed=found.timeframe.name)
    return found
