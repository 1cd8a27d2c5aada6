"""Candles on disk: one Parquet file for each symbol and timeframe."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np

from workbench.data.candles import ASKS, VALUES, Candles
from workbench.errors import (
    Conflict,
    DataError,
    InvalidRequest,
    UnknownSymbol,
    UnknownTimeframe,
    WorkbenchError,
)
from workbench.timeframes import DAY_MS, HOUR_MS, MINUTE_MS, WEEK_MS, Timeframe

SUFFIX = ".parquet"
MAX_SYMBOL = 64
SYMBOL_RULE = f"1 to {MAX_SYMBOL} printable characters without spaces around, not a path"


class CandleStore:
    """A folder of candles, ``root/SYMBOL/TIMEFRAME.parquet``.

    Listing looks at file names only. Writing replaces a file in one step, so a reader finds
    the old candles or the new ones.

    Parameters
    ----------
    root
        The folder; made when first written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def __repr__(self) -> str:
        return f"CandleStore({str(self.root)!r})"

    def path(self, symbol: str, timeframe: Timeframe) -> Path:
        """Return where these candles are or would be.

        Raises
        ------
        InvalidRequest
            The symbol is empty, too long, not printable or a path.
        """
        return self.root / folder_name(symbol) / f"{_plain(timeframe)}{SUFFIX}"

    def has(self, symbol: str, timeframe: Timeframe) -> bool:
        """Tell whether candles of this symbol and timeframe are stored."""
        return self.path(symbol, timeframe).is_file()

    def save(self, candles: Candles, replace: bool = False, **metadata: str) -> Path:
        """Write candles and return the file.

        Parameters
        ----------
        candles
            At least one.
        replace
            Overwrite candles stored under the same symbol and timeframe.
        metadata
            Further facts kept in the file, such as `imported_at` and `tz`.

        Raises
        ------
        Conflict
            There are such candles already and `replace` is false.
        InvalidRequest
            The symbol cannot be stored, or there are no candles.
        """
        path = self.path(candles.symbol, candles.timeframe)
        if not len(candles):
            msg = f"There are no candles of {candles.symbol} {candles.timeframe} to store"
            raise InvalidRequest(msg, field="candles", value=0, allowed="1 or more")
        if not replace:
            self.refuse_overwrite(candles.symbol, candles.timeframe)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
        try:
            _write(candles, part, metadata)
            os.replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return path

    def refuse_overwrite(self, symbol: str, timeframe: Timeframe) -> None:
        """Raise `Conflict` if such candles are stored."""
        if self.has(symbol, timeframe):
            msg = (
                f"{symbol} {timeframe} is stored already; "
                "replace it (replace=True, --replace) or use another symbol"
            )
            raise Conflict(msg, field="symbol", value=symbol, allowed="replace=True")

    def load(self, symbol: str, timeframe: Timeframe) -> Candles:
        """Read candles.

        Raises
        ------
        UnknownSymbol, UnknownTimeframe
            There are none stored under this symbol, or this timeframe of it.
        DataError
            The file is damaged.
        """
        path = self.path(symbol, timeframe)
        if not path.is_file():
            raise self._missing(symbol, timeframe)
        try:
            return _read(path, symbol, timeframe)
        except (OSError, ValueError, KeyError, TypeError, WorkbenchError) as error:
            msg = f"The stored candles of {symbol} {timeframe} cannot be read, import them again"
            raise DataError(msg, field="file", value=path.name, reason=str(error)) from error

    def metadata(self, symbol: str, timeframe: Timeframe) -> dict[str, str]:
        """Return what was noted when the candles were saved: source, imported_at, tz, ...

        Raises
        ------
        UnknownSymbol, UnknownTimeframe
            There are none stored under this symbol, or this timeframe of it.
        """
        import pyarrow.parquet as pq

        path = self.path(symbol, timeframe)
        if not path.is_file():
            raise self._missing(symbol, timeframe)
        return _decoded(pq.read_schema(path))

    def symbols(self) -> list[str]:
        """Return the stored symbols, sorted."""
        if not self.root.is_dir():
            return []
        found = []
        for folder in self.root.iterdir():
            symbol = unquote(folder.name, errors="replace")
            if folder.is_dir() and _is_folder_of(symbol, folder.name) and self.timeframes(symbol):
                found.append(symbol)
        return sorted(found)

    def timeframes(self, symbol: str) -> list[Timeframe]:
        """Return the stored timeframes of a symbol, shortest first; none if it is unknown."""
        folder = self.root / folder_name(symbol)
        found = []
        for path in folder.glob(f"*{SUFFIX}") if folder.is_dir() else ():
            with contextlib.suppress(UnknownTimeframe):
                timeframe = Timeframe.parse(path.stem)
                if timeframe.name == path.stem == _plain(timeframe):
                    found.append(timeframe)
        return sorted(found)

    def delete(self, symbol: str, timeframe: Timeframe) -> None:
        """Remove candles.

        Raises
        ------
        UnknownSymbol, UnknownTimeframe
            There are none stored under this symbol, or this timeframe of it.
        """
        path = self.path(symbol, timeframe)
        if not path.is_file():
            raise self._missing(symbol, timeframe)
        path.unlink()
        with contextlib.suppress(OSError):
            path.parent.rmdir()

    def _missing(self, symbol: str, timeframe: Timeframe) -> WorkbenchError:
        names = [stored.name for stored in self.timeframes(symbol)]
        if names:
            msg = f"{symbol} is stored in {', '.join(names)}, not in {timeframe}"
            return UnknownTimeframe(msg, field="timeframes", value=timeframe.name, allowed=names)
        msg = f"No candles are stored for {symbol!r}"
        return UnknownSymbol(msg, field="symbol", value=symbol, allowed=self.symbols())


def folder_name(symbol: str) -> str:
    """Return the symbol as one safe file name; `urllib.parse.unquote` gives it back.

    Raises
    ------
    InvalidRequest
        The symbol is empty, too long, not printable or a path.
    """
    good = isinstance(symbol, str) and 0 < len(symbol) <= MAX_SYMBOL and symbol.isprintable()
    if not good or symbol != symbol.strip() or set(symbol.replace("\\", "/").split("/")) & _PATHS:
        msg = f"{symbol!r} cannot be a symbol: use {SYMBOL_RULE}"
        raise InvalidRequest(msg, field="symbol", value=symbol, allowed=SYMBOL_RULE)
    name = quote(symbol, safe="")
    return f"%2E{name[1:]}" if name.startswith(".") else name


_PATHS = {"", ".", ".."}


def _is_folder_of(symbol: str, name: str) -> bool:
    try:
        return folder_name(symbol) == name
    except InvalidRequest:
        return False


def _plain(timeframe: Timeframe) -> str:
    """Write a length in one way: 60M as 1H."""
    for unit, ms in (("W", WEEK_MS), ("D", DAY_MS), ("H", HOUR_MS)):
        if timeframe.ms % ms == 0:
            return f"{timeframe.ms // ms}{unit}"
    return f"{timeframe.ms // MINUTE_MS}M"


def _write(candles: Candles, path: Path, metadata: dict[str, str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    facts = {
        **metadata,
        "symbol": candles.symbol,
        "timeframe": candles.timeframe.name,
        "source": candles.source,
        "synthetic": str(candles.synthetic).lower(),
    }
    arrays = [pa.array(candles.time.astype("datetime64[ms]"), pa.timestamp("ms", tz="UTC"))]
    arrays += [pa.array(getattr(candles, name)) for name in candles.names[1:]]
    table = pa.table(arrays, names=list(candles.names))
    pq.write_table(
        table.replace_schema_metadata({f"workbench.{k}": v for k, v in facts.items()}),
        path,
        compression="zstd",
        compression_level=12,
        use_dictionary=False,
        column_encoding={
            "time": "DELTA_BINARY_PACKED",
            **dict.fromkeys(candles.names[1:], "PLAIN"),
        },
    )


def _read(path: Path, symbol: str, timeframe: Timeframe) -> Candles:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # ParquetFile and not read_table: that one brings in the whole dataset machinery.
    with pq.ParquetFile(path) as file:
        table = file.read()
    facts = _decoded(table.schema)
    asks = [name for name in ASKS if name in table.column_names]

    def column(name: str, dtype: Any) -> Any:
        # Not Array.to_numpy: that one imports pandas.
        return np.from_dlpack(table[name].cast(dtype).combine_chunks())

    return Candles(
        symbol=symbol,
        timeframe=timeframe,
        time=column("time", pa.int64()),
        **{name: column(name, pa.float64()) for name in (*VALUES, *asks)},
        source=facts["source"],
        synthetic=facts["synthetic"] == "true",
    )


def _decoded(schema: Any) -> dict[str, str]:
    prefix = b"workbench."
    return {
        key.removeprefix(prefix).decode(): value.decode()
        for key, value in (schema.metadata or {}).items()
        if key.startswith(prefix)
    }
