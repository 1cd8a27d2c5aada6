"""Candles from files, checked before they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench import paths
from workbench.data.candles import ASKS, VALUES, Candles
from workbench.data.reading import RawCandles, read_raw
from workbench.data.samples import SAMPLES
from workbench.data.store import CandleStore
from workbench.data.synthetic import SYMBOL
from workbench.data.times import to_utc, zone
from workbench.data.validate import Report, refuse, validate
from workbench.errors import Conflict
from workbench.messages import iso_time, utc_now
from workbench.timeframes import DAY_MS, Timeframe

BUNDLED = frozenset({*SAMPLES, SYMBOL})


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What came out of a file.

    Attributes
    ----------
    candles
        The candles, UTC.
    report
        What validation found; without errors.
    rows_read
        Data rows of the file.
    duplicates_dropped
        Rows that repeated another one exactly.
    notes
        What was decided on the way.
    stored_at
        The file in the store, or None where nothing was stored.
    """

    candles: Candles
    report: Report
    rows_read: int
    duplicates_dropped: int
    notes: list[str] = field(default_factory=list)
    stored_at: Path | None = None

    def __str__(self) -> str:
        time = self.candles.time
        lines = [
            f"{self.candles.symbol} {self.candles.timeframe}: {len(self.candles):,} candles, "
            f"{iso_time(int(time[0]))} to {iso_time(int(time[-1]))}, {self.candles.source}",
            *(f"  note: {note}" for note in self.notes),
            str(self.report),
        ]
        return "\n".join(lines)


def import_file(
    path: str | Path,
    symbol: str,
    timeframe: str | Timeframe,
    tz: str = "UTC",
    store: CandleStore | None = None,
    replace: bool = False,
    dayfirst: bool | None = None,
    columns: Sequence[str] | None = None,
) -> ImportResult:
    """Read a file as `read_file` does and store its candles.

    Parameters
    ----------
    store
        Where to; the user's own store where absent.
    replace
        Overwrite candles stored under the same symbol and timeframe.

    Raises
    ------
    Conflict
        There are such candles already and `replace` is false.
    InvalidRequest, InvalidCandles
        As of `read_file`.
    """
    timeframe = Timeframe.parse(timeframe) if isinstance(timeframe, str) else timeframe
    store = CandleStore(paths.candles_dir()) if store is None else store
    if not replace:
        store.refuse_overwrite(symbol, timeframe)
        if symbol in BUNDLED and not store.timeframes(symbol):
            msg = (
                f"{symbol} is a bundled sample, which imported candles of that name would hide: "
                "use another symbol, or replace it (replace=True, --replace)"
            )
            raise Conflict(msg, field="symbol", value=symbol, allowed="replace=True")
    store.path(symbol, timeframe)
    result = read_file(path, symbol, timeframe, tz, dayfirst, columns)
    stored_at = store.save(result.candles, replace=replace, imported_at=utc_now(), tz=tz)
    return ImportResult(
        result.candles, result.report, result.rows_read, result.duplicates_dropped,
        result.notes, stored_at,
    )  # fmt: skip


def read_file(
    path: str | Path,
    symbol: str,
    timeframe: str | Timeframe,
    tz: str = "UTC",
    dayfirst: bool | None = None,
    columns: Sequence[str] | None = None,
) -> ImportResult:
    """Read candles from a CSV, Parquet or Feather file and check them.

    Rows that repeat another one exactly are dropped and counted, unsorted rows are sorted;
    both are told. Dates of daily and longer candles name days: they are kept as they are, at
    00:00 UTC, whatever `tz` is.

    Parameters
    ----------
    path
        Told apart by its ending; a CSV file may be alone in a zip archive. CSV needs a header,
        see `workbench.data.reading.EXPECTED`, or `columns`. With bid and ask (bid_open, askopen,
        bidO, ...) the candles are the bid's and have the ask beside.
    symbol
        To file the candles under.
    timeframe
        Of the candles in the file.
    tz
        IANA name of the zone the file's clock times are in; see `workbench.data.times.to_utc`
        for the hours a clock skips or repeats. Times with an offset and epoch numbers are
        UTC already.
    dayfirst
        Whether ``01.02.2017`` is in February; only needed where the dates do not tell.
    columns
        Names of the columns from the left, where the file has no header.

    Raises
    ------
    InvalidRequest
        The file, its header, the columns, the zone or the order of day and month cannot be used.
    InvalidCandles
        Rows cannot be read, contradict each other or break a rule of `validate`; `details`
        has `rows` and `problems`.
    """
    timeframe = Timeframe.parse(timeframe) if isinstance(timeframe, str) else timeframe
    zone(tz)
    path = Path(path)
    raw = read_raw(path, dayfirst, columns)
    notes = list(raw.notes)
    time, order = _utc_times(raw, tz, timeframe, notes)
    names = [*VALUES, *(name for name in ASKS if name in raw.values)]
    values = np.stack([raw.values[name][order] for name in names])
    rows = raw.rows[order]
    keep = _first_of_each(time, values)
    dropped = int((~keep).sum())
    if dropped:
        notes.append(f"{dropped:,} rows that repeat another one exactly were dropped")
    time, values, rows = time[keep], values[:, keep], rows[keep]
    prices = dict(zip(VALUES, values, strict=False))
    asks = dict(zip(names[len(VALUES) :], values[len(VALUES) :], strict=True))
    ask = list(asks.values()) or None
    report = validate(time, **prices, timeframe=timeframe, ask=ask, rows=rows)
    refuse(report, f"{path.name} was refused", "file", path.name)
    source = f"imported from {path.name}"
    candles = Candles(symbol, timeframe, time, **prices, **asks, source=source)
    return ImportResult(candles, report, len(raw.rows), dropped, notes)


def _utc_times(
    raw: RawCandles, tz: str, timeframe: Timeframe, notes: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return UTC times, sorted, and the positions of their rows."""
    written = raw.times.ms
    order = np.arange(len(written))
    if len(written) > 1 and (np.diff(written) <= 0).all():
        order = order[::-1]
        notes.append("rows were newest first and have been turned round")
    local = written[order]
    if tz == "UTC":
        time = local
    elif raw.times.absolute:
        time = local
        notes.append(f"times are fixed by the file itself, so {tz} was not applied")
    elif timeframe.ms >= DAY_MS and not (local % DAY_MS).any():
        time = local
        notes.append(f"dates name days and stay at 00:00 UTC, so {tz} was not applied")
    else:
        time = to_utc(local, tz, timeframe.ms, raw.rows[order])
    falling = int((np.diff(time) < 0).sum())
    if falling:
        notes.append(f"rows were not in order of time ({falling:,} steps back) and were sorted")
    by_time = np.argsort(time, kind="stable")
    return time[by_time], order[by_time]


def _first_of_each(time: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark all sorted rows but those that equal an earlier one of the same time."""
    order = np.lexsort((*values, time))
    same = (np.diff(time[order]) == 0) & (np.diff(values[:, order]) == 0).all(axis=0)
    keep = np.ones(len(time), dtype=np.bool_)
    keep[order[1:][same]] = False
    return keep
