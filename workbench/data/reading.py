"""Files of candles to columns, whatever their headers are called."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.candles import ASKS, PRICES, VALUES, Floats, plain_name
from workbench.data.times import WrittenTimes, parse_cells, parse_epochs
from workbench.errors import InvalidCandles, InvalidRequest

TEXT = (".csv", ".txt", ".tsv")
PARQUET = (".parquet", ".pq")
FEATHER = (".feather", ".ftr")
ZIP = ".zip"
EXPECTED = (
    "a header line with time (or date, datetime, timestamp, or date and time), open, high, low, "
    "close (or bid_open, ... and ask_open, ...) and, if known, volume, separated by , ; or tab, "
    "or name the columns of a file without one (--columns time,open,high,low,close)"
)

_TIMES = ("datetime", "timestamp", "time", "date", "gmttime", "opentime", "unix", "epoch", "ts")
_ALIASES = {
    "open": ("open", "o", "openprice"),
    "high": ("high", "h", "highprice"),
    "low": ("low", "l", "lowprice"),
    "close": ("close", "c", "closeprice"),
    "volume": ("volume", "vol", "v"),
    "ticks": ("tickvol", "tickvolume", "ticks"),
}
_CLOCK = re.compile(r"\d{1,2}:\d\d.*")
_HEADER_WITHIN = 5


@dataclass(frozen=True, slots=True)
class RawCandles:
    """A file's columns in its own order.

    Attributes
    ----------
    times
        As written.
    values
        open, high, low, close, volume and, where there are all four, ask_open, ask_high, ask_low
        and ask_close; float64, NaN where empty.
    rows
        Line numbers of a text file (from 1, the header counts), else row numbers from 1.
    notes
        What was decided on the way.
    """

    times: WrittenTimes
    values: dict[str, Floats]
    rows: NDArray[Any]
    notes: list[str]


def read_raw(
    path: Path, dayfirst: bool | None = None, columns: Sequence[str] | None = None
) -> RawCandles:
    """Read a CSV, Parquet or Feather file, told apart by the name's ending.

    Parameters
    ----------
    path
        A CSV file may be alone in a zip archive.
    dayfirst
        See `workbench.data.times.parse_cells`.
    columns
        Names of the columns from the left, of a CSV file without a header or instead of a
        table's own. Names that mean nothing, such as ``-``, pass over a column.

    Raises
    ------
    InvalidRequest
        There is no such file, it is of another kind, has no usable header, its dates can be
        read in two ways, or `columns` lack time or a price.
    InvalidCandles
        Cells cannot be read.
    """
    ending = path.suffix.lower()
    if ending not in (*TEXT, *PARQUET, *FEATHER, ZIP):
        allowed = [*TEXT, *PARQUET, *FEATHER, ZIP]
        msg = f"{path.name} is not a kind of file that can be read: use {', '.join(allowed)}"
        raise InvalidRequest(msg, field="file", value=path.name, allowed=allowed)
    if not path.is_file():
        msg = f"There is no file {path}"
        raise InvalidRequest(msg, field="file", value=str(path), allowed="an existing file")
    named = None if columns is None else _named(columns)
    read = _read_table if ending in PARQUET + FEATHER else _read_text
    return read(path, dayfirst, named)


def _read_text(path: Path, dayfirst: bool | None, named: dict[str, int] | None) -> RawCandles:
    try:
        text = _bytes(path).decode(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path.name} is not UTF-8 text: {error.reason}"
        raise InvalidRequest(msg, field="file", value=path.name, allowed="UTF-8 text") from error
    lines = text.splitlines()
    separator = max(",;\t", key=lambda mark: sum(line.count(mark) for line in lines[:20]))
    reader = csv.reader(lines, delimiter=separator)
    records = [(reader.line_num, [cell.strip() for cell in record]) for record in reader]
    records = [(line, record) for line, record in records if any(record)]
    if named is None:
        above, found = _header(path, records, separator)
        body = records[above + 1 :]
    else:
        found, body = named, records
    rows = np.array([line for line, _ in body], dtype=np.int64)
    short = [line for line, record in body if len(record) <= max(found.values())]
    if short:
        msg = f"{path.name} has rows with missing cells: {short[:5]}"
        raise InvalidCandles(msg, field="rows", value=len(short), allowed="none", rows=short[:100])
    cells = {name: [record[column] for _, record in body] for name, column in found.items()}
    times = cells["time"]
    if "clock" in cells and body and _CLOCK.fullmatch(cells["clock"][0]):
        times = [f"{day} {clock}" for day, clock in zip(times, cells["clock"], strict=True)]
    values = {
        name: _numbers(cells[name], name, rows, comma=separator != ",")
        for name in (*VALUES, *ASKS, "ticks")
        if name in cells
    }
    return _finished(parse_cells(times, rows, dayfirst), values, rows)


def _bytes(path: Path) -> bytes:
    """Return a file's content, or that of the only text file in an archive."""
    if path.suffix.lower() != ZIP:
        return path.read_bytes()
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [name for name in archive.namelist() if name.lower().endswith(TEXT)]
            if len(inside) == 1:
                return archive.read(inside[0])
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        msg = f"{path.name} cannot be unpacked: {error}"
        raise InvalidRequest(msg, field="file", value=path.name, allowed="a zip file") from error
    names = ", ".join(inside[:5]) or "none"
    msg = f"{path.name} holds {len(inside)} text files ({names}): unpack the one that is meant"
    raise InvalidRequest(msg, field="file", value=inside[:100], allowed="one text file")


def _header(
    path: Path, records: list[tuple[int, list[str]]], separator: str
) -> tuple[int, dict[str, int]]:
    for above in range(min(_HEADER_WITHIN, len(records))):
        found = _find_columns(records[above][1])
        if set(PRICES) <= found.keys() and "time" in found:
            return above, found
    first = separator.join(records[0][1]) if records else ""
    msg = f"{path.name} has no usable header, it starts {first[:80]!r}: write {EXPECTED}"
    raise InvalidRequest(msg, field="header", value=first[:200], allowed=EXPECTED)


def _named(columns: Sequence[str]) -> dict[str, int]:
    found = _find_columns(columns)
    missing = [name for name in ("time", *PRICES) if name not in found]
    if missing or isinstance(columns, str):
        msg = f"The columns {columns!r} lack {', '.join(missing)}: name time and all four prices"
        value = columns if isinstance(columns, str) else list(columns)
        raise InvalidRequest(msg, field="columns", value=value, allowed=["time", *VALUES, *ASKS])
    return found


def _read_table(path: Path, dayfirst: bool | None, named: dict[str, int] | None) -> RawCandles:
    import pandas as pd
    import pyarrow as pa

    try:
        is_parquet = path.suffix.lower() in PARQUET
        frame = pd.read_parquet(path) if is_parquet else pd.read_feather(path)
    except (pa.ArrowException, ValueError, OSError) as error:
        msg = f"{path.name} cannot be read: {error}"
        raise InvalidRequest(msg, field="file", value=path.name, allowed="a whole file") from error
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index(names=frame.index.name or "time")
    names = [str(name) for name in frame.columns]
    found = _find_columns(names) if named is None else named
    missing = [name for name in ("time", *PRICES) if name not in found]
    if max(found.values(), default=0) >= len(names):
        msg = f"{path.name} has {len(names)} columns, {', '.join(names)}: fewer than are named"
        raise InvalidRequest(msg, field="columns", value=len(names), allowed=names)
    if missing:
        msg = f"{path.name} lacks {', '.join(missing)}; its columns are {', '.join(names)}"
        raise InvalidRequest(msg, field="header", value=names, allowed=["time", *VALUES])
    rows = np.arange(1, len(frame) + 1)
    values = {
        name: _column(frame.iloc[:, at], name, rows)
        for name, at in found.items()
        if name not in ("time", "clock")
    }
    return _finished(_table_times(frame.iloc[:, found["time"]], rows, dayfirst), values, rows)


def _table_times(column: Any, rows: NDArray[Any], dayfirst: bool | None) -> WrittenTimes:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype):
        return parse_epochs(column.to_numpy(), rows)
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        return parse_cells([str(cell) for cell in column], rows, dayfirst)
    empty = np.flatnonzero(column.isna())
    if len(empty):
        at = [int(rows[row]) for row in empty[:100]]
        msg = f"There is no time in rows {at[:5]}"
        raise InvalidCandles(msg, field="time", value="NaT", allowed="a time", rows=at)
    index = pd.DatetimeIndex(column)
    absolute = index.tz is not None
    ms = index.as_unit("ms").asi8
    return WrittenTimes(np.asarray(ms, dtype=np.int64), absolute)


def _column(column: Any, name: str, rows: NDArray[Any]) -> Floats:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype):
        return np.array(column.to_numpy(dtype=np.float64, na_value=np.nan))
    cells = ["" if cell is None else str(cell) for cell in column]
    return _numbers(cells, name, rows, comma=False)


def _find_columns(names: Sequence[str]) -> dict[str, int]:
    """Map time, clock, values, asks and ticks to column positions."""
    plain = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in names]
    found: dict[str, int] = {}
    for name, aliases in _ALIASES.items():
        at = next((plain.index(alias) for alias in aliases if alias in plain), None)
        if at is not None:
            found[name] = at
    # A bid's own columns win over others of the same name.
    sided = {plain_name(name): at for at, name in enumerate(plain) if plain_name(name) != name}
    found.update({name: at for name, at in sided.items() if name in (*PRICES, *ASKS)})
    if "volume" not in found:
        at = next((i for i, name in enumerate(plain) if name.startswith("volume")), None)
        if at is not None:
            found["volume"] = at
    if "date" in plain and "time" in plain:
        found["time"], found["clock"] = plain.index("date"), plain.index("time")
    else:
        at = next((plain.index(name) for name in _TIMES if name in plain), None)
        if at is not None:
            found["time"] = at
    return found


def _numbers(cells: Sequence[str], name: str, rows: NDArray[Any], comma: bool) -> Floats:
    out = np.empty(len(cells))
    bad = []
    for at, cell in enumerate(cells):
        if comma and "," in cell and "." not in cell:
            cell = cell.replace(",", ".")
        try:
            out[at] = float(cell) if cell else np.nan
        except ValueError:
            out[at] = np.nan
            if cell.lower() not in ("null", "none", "na", "n/a", "-"):
                bad.append(at)
    if bad:
        numbers = [int(rows[at]) for at in bad[:100]]
        msg = f"{name} is not a number, first {cells[bad[0]]!r}: rows {numbers[:5]}"
        raise InvalidCandles(
            msg, field=name, value=cells[bad[0]], allowed="numbers such as 1.05", rows=numbers
        )
    return out


def _finished(times: WrittenTimes, values: dict[str, Floats], rows: Any) -> RawCandles:
    notes = []
    volume, ticks = values.get("volume"), values.pop("ticks", None)
    if volume is None or not volume.any():
        if ticks is not None and ticks.any():
            values["volume"] = ticks
            notes.append("volume is the tick count, the file has no other volume")
        elif volume is None:
            values["volume"] = np.zeros(len(rows))
            notes.append("the file has no volume column, volume is set to 0")
    asks = [name for name in ASKS if name in values]
    if asks and len(asks) < len(ASKS):
        notes.append(f"{', '.join(asks)} left out: an ask needs open, high, low and close")
        for name in asks:
            del values[name]
    elif asks:
        notes.append("prices are the bid, the ask is kept beside")
    return RawCandles(times, values, rows, notes)
