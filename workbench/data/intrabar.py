"""Shorter candles that tell what happened within a run's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.data.candles import Candles
from workbench.data.catalog import check_timeframes, find, load
from workbench.data.resample import resample
from workbench.errors import InsufficientData, InvalidRequest
from workbench.timeframes import Timeframe


def check_intrabar(
    symbol: str, timeframes: Sequence[str], intrabar: str, root: Path | None = None
) -> Timeframe:
    """Return the timeframe of a run's intrabar candles.

    Parameters
    ----------
    symbol, timeframes
        Of the run, see `workbench.data.catalog.check_timeframes`.
    intrabar
        A timeframe shorter than all of `timeframes`, whole candles of which fill the shortest.
    root
        Folder of the candle store; the user's own where absent.

    Raises
    ------
    UnknownSymbol, UnknownTimeframe, InvalidRequest
        As of `check_timeframes`; or `intrabar` is not shorter, does not fill the run's candles,
        or the symbol has no candles to build it from. `details` names `field` (intrabar), `value`
        and `allowed`.
    """
    info = find(symbol, root)
    shortest = check_timeframes(info.symbol, timeframes, root)[0]
    stored = [Timeframe.parse(name) for name in info.timeframes]
    return _checked(info.symbol, stored, shortest, intrabar)


def load_intrabar(
    symbol: str,
    timeframes: Sequence[str],
    intrabar: str,
    start: str,
    end: str,
    root: Path | None = None,
) -> Candles:
    """Load the intrabar candles of a run.

    Parameters
    ----------
    symbol, timeframes, intrabar, root
        As of `check_intrabar`.
    start, end
        Of the run, see `workbench.data.catalog.parse_range`.

    Raises
    ------
    UnknownSymbol, UnknownTimeframe, InvalidRequest
        As of `check_intrabar` and `parse_range`.
    InsufficientData
        The shorter candles do not cover the run's range; `details` as of
        `workbench.data.catalog.load`, and `timeframe`.
    """
    shorter = check_intrabar(symbol, timeframes, intrabar, root)
    try:
        return load(symbol, [shorter.name], start, end, root)[shorter.name]
    except InsufficientData as error:
        told = {k: v for k, v in error.details.items() if k != "symbol"}
        spans = ", ".join(f"{name.replace('_', ' ')} {day}" for name, day in told.items())
        symbol = error.details["symbol"]
        msg = f"intrabar needs {shorter} candles of {symbol} for all of the run: {spans}"
        raise InsufficientData(msg, symbol=symbol, timeframe=shorter.name, **told) from error


def build_intrabar(source: Candles, timeframe: Timeframe, intrabar: str) -> Candles:
    """Build intrabar candles of ones at hand.

    Parameters
    ----------
    source
        What the run's candles are built from.
    timeframe
        The run's shortest.
    intrabar
        As of `check_intrabar`.

    Raises
    ------
    UnknownTimeframe, InvalidRequest
        As of `check_intrabar`.
    """
    return resample(source, _checked(source.symbol, [source.timeframe], timeframe, intrabar))


def _checked(
    symbol: str, stored: Sequence[Timeframe], shortest: Timeframe, intrabar: str
) -> Timeframe:
    wanted = Timeframe.parse(intrabar)
    usual = (Timeframe.parse(name) for name in ("1M", "5M", "15M", "30M", "1H", "4H", "1D"))
    possible = {
        one.ms: one
        for one in (*usual, *stored)
        if one.ms < shortest.ms and one.builds(shortest) and any(s.builds(one) for s in stored)
    }
    allowed = [one.name for one in sorted(possible.values())]
    if wanted.ms >= shortest.ms:
        reason = f"intrabar must be shorter than the run's {shortest}, not {wanted}"
    elif not wanted.builds(shortest):
        reason = f"whole {wanted} candles do not fill the run's {shortest}"
    elif not any(one.builds(wanted) for one in stored):
        reason = f"{symbol} has no {wanted} candles and none to build them from"
    else:
        return wanted
    there = f"{symbol} has candles from {min(stored)} up"
    hint = f"use {' or '.join(allowed)}" if allowed else f"{there}, import shorter ones"
    msg = f"{reason}: {hint}"
    raise InvalidRequest(msg, field="intrabar", value=wanted.name, allowed=allowed)
