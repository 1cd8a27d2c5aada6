"""What there is to run on: imported candles, bundled samples, the synthetic sample."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from workbench import paths
from workbench.data import samples, synthetic
from workbench.data.candles import Candles
from workbench.data.resample import resample
from workbench.data.store import CandleStore
from workbench.errors import InsufficientData, InvalidRequest, UnknownSymbol, UnknownTimeframe
from workbench.messages import iso_time, parse_time
from workbench.timeframes import ALLOWED, DAY_MS, Timeframe

TOLERANCE_MS = 4 * DAY_MS
"""How far the candles may begin after, or end before, what was asked for: a long weekend."""

_USUAL = ("1M", "5M", "15M", "30M", "1H", "2H", "4H", "6H", "12H", "1D", "1W")
_DATES = "an ISO 8601 date or time, such as 2024-01-31 or 2024-01-31T12:00:00Z"


@dataclass(frozen=True, slots=True)
class SymbolInfo:
    """A symbol that can be run on.

    Attributes
    ----------
    symbol
        Its name.
    timeframes
        Stored timeframes, shortest first; longer ones can be built.
    kind
        Where its candles come from. Imported ones hide a sample of the same name.
    synthetic
        Whether they were generated and never traded.
    """

    symbol: str
    timeframes: tuple[str, ...]
    kind: Literal["imported", "sample", "synthetic"]
    synthetic: bool = False

    @property
    def source(self) -> str:
        """Where its candles come from, for people."""
        if self.kind == "sample":
            return samples.SOURCES[self.symbol]
        return synthetic.SOURCE if self.kind == "synthetic" else "imported candles"


def symbols(root: Path | None = None) -> list[SymbolInfo]:
    """Return all known symbols, sorted by name; reads no candles.

    Parameters
    ----------
    root
        Folder of the candle store; the user's own where absent.
    """
    known = {name: SymbolInfo(name, (tf,), "sample") for name, tf in samples.SAMPLES.items()}
    generated = (synthetic.TIMEFRAME.name,)
    known[synthetic.SYMBOL] = SymbolInfo(synthetic.SYMBOL, generated, "synthetic", True)
    store = _store(root)
    for name in store.symbols():
        stored = tuple(timeframe.name for timeframe in store.timeframes(name))
        known[name] = SymbolInfo(name, stored, "imported")
    return sorted(known.values(), key=lambda info: info.symbol)


def find(symbol: str, root: Path | None = None) -> SymbolInfo:
    """Return a symbol by name; ``EURUSD``, ``eur-usd`` and ``EUR/USD`` find ``EUR-USD``.

    Raises
    ------
    UnknownSymbol
        There is none of this name, or several differ only in case and punctuation.
    """
    known = {info.symbol: info for info in symbols(root)}
    if symbol in known:
        return known[symbol]
    names = list(known)
    text = symbol if isinstance(symbol, str) else ""
    alike = [name for name in names if _key(name) and _key(name) == _key(text)]
    if len(alike) == 1:
        return known[alike[0]]
    by_key = {_key(name): name for name in names}
    near = alike or [by_key[key] for key in difflib.get_close_matches(_key(text), by_key, n=3)]
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    msg = f"Unknown symbol {symbol!r}: {hint}There are {', '.join(names)}; import others"
    raise UnknownSymbol(msg, field="symbol", value=symbol, allowed=names)


def check_timeframes(
    symbol: str, timeframes: Sequence[str], root: Path | None = None
) -> list[Timeframe]:
    """Return the timeframes, shortest first, each length once.

    Raises
    ------
    UnknownSymbol
        As of `find`.
    InvalidRequest
        No timeframe is named.
    UnknownTimeframe
        One is not written as a timeframe, or cannot be built: the shortest from a stored one,
        the others from the shortest.
    """
    info = find(symbol, root)
    if isinstance(timeframes, str) or not timeframes:
        msg = f"timeframes must be a list with one or more, not {timeframes!r}"
        raise InvalidRequest(msg, field="timeframes", value=timeframes, allowed=ALLOWED)
    wanted = sorted({t.ms: t for t in map(Timeframe.parse, reversed(timeframes))}.values())
    stored = [Timeframe.parse(name) for name in info.timeframes]
    usual = [Timeframe.parse(name) for name in _USUAL]
    for timeframe in wanted:
        bases = stored if timeframe is wanted[0] else wanted[:1]
        if not any(base.builds(timeframe) for base in bases):
            from_ = " or ".join(base.name for base in bases)
            lengths = {t.ms: t for t in (*usual, *stored) if any(b.builds(t) for b in bases)}
            allowed = [t.name for t in sorted(lengths.values())]
            msg = f"{info.symbol} has no {timeframe}: it cannot be built from {from_} candles"
            if len(wanted) > 1 and bases != stored:
                msg += ", the shortest timeframe asked for"
            msg += f". Use one of {', '.join(allowed)}"
            raise UnknownTimeframe(msg, field="timeframes", value=timeframe.name, allowed=allowed)
    return wanted


def parse_range(start: str, end: str) -> tuple[int, int]:
    """Return the range as epoch ms, UTC: from start on, before end.

    A plain end date is meant to its end; an end time is exclusive: candles that open before
    it belong to the range. Times without an offset are UTC.

    Raises
    ------
    InvalidRequest
        One of them is not a date or time, or the range is empty.
    """
    start_ms, end_ms = _instant("start_date", start), _instant("end_date", end)
    if _is_date(end):
        end_ms += DAY_MS
    if end_ms <= start_ms:
        msg = f"end_date {end} is not after start_date {start}: swap them"
        raise InvalidRequest(msg, field="end_date", value=end, allowed=f"after {start}")
    return start_ms, end_ms


def load(
    symbol: str, timeframes: Sequence[str], start: str, end: str, root: Path | None = None
) -> dict[str, Candles]:
    """Return candles of a range, one entry for each timeframe, shortest first.

    The shortest timeframe is the one stored, or built from the longest stored one that fills
    it; the others are built from the shortest. The range holds the candles that open in it;
    nothing after its end goes into any of them.

    Parameters
    ----------
    symbol
        See `find`.
    timeframes
        Such as ``["15M", "1H"]``, in any order.
    start, end
        See `parse_range`.
    root
        Folder of the candle store; the user's own where absent.

    Raises
    ------
    UnknownSymbol, UnknownTimeframe, InvalidRequest
        As of `check_timeframes` and `parse_range`.
    InsufficientData
        The candles begin more than four days after `start`, end more than four days before
        `end`, or fewer than two are in the range. `details` has `symbol` and, of each side
        that lacks, `required_start` and `available_start`, `required_end` and
        `available_end`, as ISO dates.
    """
    start_ms, end_ms = parse_range(start, end)
    info = find(symbol, root)
    wanted = check_timeframes(info.symbol, timeframes, root)
    base = resample(load_stored(info, wanted[0], root), wanted[0])
    late = bool(len(base)) and int(base.time[0]) > start_ms + TOLERANCE_MS
    ended = bool(len(base)) and int(base.time[-1]) + base.timeframe.ms < end_ms - TOLERANCE_MS
    known = base.slice(int(base.time[0]), end_ms) if len(base) else base
    few = len(known.slice(start_ms, end_ms)) < 2
    if late or ended or few:
        details = {}
        if late or not ended:
            details["required_start"] = iso_time(start_ms)[:10]
            details["available_start"] = iso_time(int(base.time[0]))[:10]
        if ended or not late:
            details["required_end"] = iso_time(_instant("end_date", end))[:10]
            details["available_end"] = iso_time(int(base.time[-1]))[:10]
        raise InsufficientData("Insufficient historical data", symbol=info.symbol, **details)
    return {t.name: resample(known, t).slice(start_ms, end_ms) for t in wanted}


def check_within(info: SymbolInfo, start: str, end: str) -> None:
    """Refuse a range in which there is no candle, where that is known without reading any.

    It is of what comes with the workbench; of imported candles `load` says it.

    Raises
    ------
    InvalidRequest
        As of `parse_range`.
    InsufficientData
        The range begins after the last candle, or ends before the first.
    """
    start_ms, end_ms = parse_range(start, end)
    if info.kind == "imported":
        return
    first, last = synthetic.SPAN if info.kind == "synthetic" else samples.SPANS[info.symbol]
    for field, text, outside in (
        ("start_date", start, start_ms >= last),
        ("end_date", end, end_ms <= first),
    ):
        if outside:
            allowed = f"{iso_time(first)[:10]} to {iso_time(last - 1)[:10]}"
            msg = f"{field} is {text}, but there are candles of {info.symbol} from {allowed} alone"
            raise InsufficientData(
                msg, field=field, value=text, allowed=allowed, symbol=info.symbol
            )


def known_until(symbol: str, timeframes: Sequence[str], root: Path | None = None) -> str:
    """Return when the last candle there is of a symbol ends: ISO 8601, UTC.

    Raises
    ------
    UnknownSymbol, UnknownTimeframe
        As of `check_timeframes`.
    """
    info = find(symbol, root)
    stored = load_stored(info, check_timeframes(info.symbol, timeframes, root)[0], root)
    return iso_time(int(stored.time[-1]) + stored.timeframe.ms)


def _store(root: Path | None) -> CandleStore:
    return CandleStore(paths.candles_dir() if root is None else root)


def load_stored(info: SymbolInfo, timeframe: Timeframe, root: Path | None) -> Candles:
    """Return all candles of a symbol, in the longest stored timeframe that fills `timeframe`."""
    if info.kind == "synthetic":
        return synthetic.btc_usd()
    if info.kind == "sample":
        return samples.load_sample(info.symbol)
    stored = [Timeframe.parse(name) for name in info.timeframes]
    longest = max(base for base in stored if base.builds(timeframe))
    return _store(root).load(info.symbol, longest)


def _key(symbol: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", symbol.upper())


def _instant(field: str, text: str) -> int:
    try:
        return parse_time(text)
    except (ValueError, TypeError, OverflowError):
        msg = f"{field} {text!r} is not a date: write {_DATES}"
        raise InvalidRequest(msg, field=field, value=text, allowed=_DATES) from None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
