"""Stored candles as a table, in this process."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import InsufficientData, InvalidRequest
from workbench.runs.moments import wire_time

if TYPE_CHECKING:
    import pandas as pd

_SPAN = re.compile(r"(\d{4})(?:-(\d{2}))?")


def history(
    symbol: str,
    timeframe: str = "1H",
    *,
    start: Any = None,
    end: Any = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Return stored candles by open time (UTC): open, high, low, close, volume.

    Those that were imported or fetched, else the bundled samples; `workbench.symbols` lists
    them. Longer timeframes are built from what is stored. A candle that has not closed by `end`
    is left out, as a backtest up to there never sees it: no price is from after `end`.

    Parameters
    ----------
    symbol, timeframe
        Such as ``BTC-USD`` and ``1H``.
    start, end
        Candles that open at `start` or later and have closed by `end`; all there are where
        absent. An ISO date or time, also a year (``"2017"``) or month (``"2017-03"``), a `date`,
        `datetime`, pandas `Timestamp`, or epoch milliseconds; UTC without a zone. A day, month or
        year as `end` is included.
    root
        Folder of the candle store; the user's own where absent.

    Returns
    -------
    pandas.DataFrame
        Its ``attrs`` have `symbol`, `timeframe`, `source` and `synthetic`.

    Raises
    ------
    UnknownSymbol, UnknownTimeframe, InvalidRequest
        There are no such candles, or the range makes no sense.
    InsufficientData
        They begin more than four days after `start` or end more than four days before `end`, or
        fewer than two are in the range; it says which there are.
    """
    from workbench.data import catalog
    from workbench.messages import iso_time
    from workbench.timeframes import Timeframe

    folder = None if root is None else Path(root)
    wanted = Timeframe.parse(timeframe)
    info = catalog.find(symbol, folder)
    (wanted,) = catalog.check_timeframes(info.symbol, [wanted.name], folder)
    stored = catalog.load_stored(info, wanted, folder)
    first = iso_time(int(stored.time[0])) if len(stored) else ""
    last = iso_time(int(stored.time[-1]) + stored.timeframe.ms) if len(stored) else ""
    begins = _moment("start", start) or first
    ends = _moment("end", end) or last
    try:
        candles = catalog.load(info.symbol, [wanted.name], begins, ends, folder)[wanted.name]
    except InsufficientData as error:
        msg = (
            f"{info.symbol} has no candles of {wanted} from {begins} to {ends}, or too few of "
            f"them: there are those from {first} to {last}"
        )
        raise InsufficientData(msg, **error.details) from None
    except InvalidRequest as error:
        if error.details.get("field") not in ("start_date", "end_date"):
            raise
        msg = f"end is {ends}, expected a time after start, {begins}"
        raise InvalidRequest(msg, field="end", value=ends, allowed=f"after {begins}") from None
    start_ms, end_ms = catalog.parse_range(begins, ends)
    candles = candles.slice(start_ms, end_ms - wanted.ms + 1)
    frame = candles.to_frame()
    frame.attrs = {
        "symbol": candles.symbol,
        "timeframe": wanted.name,
        "source": candles.source,
        "synthetic": candles.synthetic,
    }
    return frame


def _moment(field: str, value: Any) -> str:
    """Return a moment as the catalogue reads it; empty where there is none."""
    if value is None:
        return ""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, str):
        return wire_time(value, field)
    text = value.strip()
    span = _SPAN.fullmatch(text)
    if span is not None:
        year, month = int(span[1]), int(span[2] or (12 if field == "end" else 1))
        if year >= 1 and 1 <= month <= 12:
            day = calendar.monthrange(year, month)[1] if field == "end" else 1
            return f"{year:04}-{month:02}-{day:02}"
    wire_time(text, field)
    return text
