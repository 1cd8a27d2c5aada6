"""The detectors over whole candles: the very same findings, as lists and tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.analysis.bars import Bar, bars_of
from workbench.analysis.detecting import (
    ConfluenceFinding,
    Finding,
    PatternFinding,
    StructureFinding,
)
from workbench.analysis.market import MarketAnalysis
from workbench.analysis.structure.settings import StructureSettings
from workbench.data.candles import Candles
from workbench.data.resample import resample, visible_counts
from workbench.errors import InvalidRequest
from workbench.timeframes import Timeframe

if TYPE_CHECKING:
    import pandas as pd


class Findings(list[Finding]):
    """Findings in the order they became known, the longest timeframe first at one time."""

    def patterns(self) -> pd.DataFrame:
        """Return the candlestick patterns.

        Returns
        -------
        pandas.DataFrame
            Columns `timeframe`, `pattern`, `direction`, `strength`, `bar_time`, `confirmed_at`;
            times are UTC.
        """
        return _frame(
            [one for one in self if isinstance(one, PatternFinding)],
            ("timeframe", "pattern", "direction", "strength"),
        )

    def structure(self) -> pd.DataFrame:
        """Return the facts of market structure.

        Returns
        -------
        pandas.DataFrame
            Columns `timeframe`, `id`, `kind`, `direction`, `status`, `price`, `top`, `bottom`
            (NaN where there are no edges), `numbers`, `bar_time`, `confirmed_at`; times are UTC.
        """
        return _frame(
            [one for one in self if isinstance(one, StructureFinding)],
            ("timeframe", "id", "kind", "direction", "status", "price", "top", "bottom", "numbers"),
        )

    def confluence(self) -> pd.DataFrame:
        """Return the confluence scores, one for each candle of the shortest timeframe.

        Returns
        -------
        pandas.DataFrame
            Columns `score`, `direction`, `rationale`, the votes of the terms by name (-1 to 1),
            `bar_time`, `confirmed_at`; times are UTC.
        """
        rows = [one for one in self if isinstance(one, ConfluenceFinding)]
        frame = _frame(rows, ("score", "direction", "rationale"))
        names = [term.name for term in rows[0].terms] if rows else []
        for place, name in enumerate(names):
            frame.insert(3 + place, name, [one.terms[place].value for one in rows])
        return frame


def detect(
    candles: Candles | Mapping[str, Candles],
    *,
    timeframes: Sequence[str] | None = None,
    patterns: Iterable[str] | None = None,
    weights: Mapping[str, float] | None = None,
    detectors: Iterable[Any] = (),
    structure: StructureSettings | None = None,
) -> Findings:
    """Return what the detectors of a market find in candles, as its stream would tell it.

    Parameters
    ----------
    candles
        Of one timeframe, or several by name; a candle of a longer one counts once it has closed
        by the close of one of the shortest.
    timeframes
        To build out of the candles of one timeframe, such as ``["15M", "1H", "4H"]``.
    patterns, weights, detectors, structure
        As of `workbench.analysis.market.MarketAnalysis`.

    Raises
    ------
    InvalidRequest
        There are no candles, or a pattern, weight or detector makes no sense.
    UnknownTimeframe
        A timeframe cannot be built out of the candles.
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


def _columns(
    candles: Candles | Mapping[str, Candles], timeframes: Sequence[str] | None
) -> list[Candles]:
    if isinstance(candles, Candles):
        names = [candles.timeframe.name] if timeframes is None else timeframes
        columns = [resample(candles, Timeframe.parse(name)) for name in names]
    elif timeframes is None:
        columns = list(candles.values())
    else:
        text = "Candles of several timeframes are given: leave out timeframes"
        raise InvalidRequest(text, field="timeframes", value=list(timeframes), allowed=None)
    if not columns:
        raise InvalidRequest("There are no candles", field="candles", value=[], allowed="one")
    return sorted(columns, key=lambda one: one.timeframe)


def _frame(rows: Sequence[Any], names: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {name: [getattr(one, name) for one in rows] for name in names}
    for name in ("price", "top", "bottom"):
        if name in columns:
            columns[name] = pd.Series(columns[name], dtype="float64")
    for name in ("bar_time", "confirmed_at"):
        times = pd.Series([getattr(one, name) for one in rows], dtype="int64")
        columns[name] = pd.to_datetime(times, unit="ms", utc=True).dt.as_unit("ms")
    return pd.DataFrame(columns)
