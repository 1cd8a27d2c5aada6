"""Stored candles as a table, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def history(
    symbol: str, timeframe: str = "1H", *, start: str, end: str, root: str | Path | None = None
) -> pd.DataFrame:
    """Return stored candles by open time (UTC): open, high, low, close, volume.

    Those that were imported or fetched, else the bundled samples; `workbench.symbols` lists
    them. Longer timeframes are built from what is stored.

    Parameters
    ----------
    symbol, timeframe
        Such as ``BTC-USD`` and ``1H``.
    start, end
        ISO dates or times, UTC; a plain `end` date is included.
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
        They do not cover the range.
    """
    from workbench.data.catalog import load
    from workbench.timeframes import Timeframe

    name = Timeframe.parse(timeframe).name
    candles = load(symbol, [name], start, end, None if root is None else Path(root))[name]
    frame = candles.to_frame()
    frame.attrs = {
        "symbol": candles.symbol,
        "timeframe": name,
        "source": candles.source,
        "synthetic": candles.synthetic,
    }
    return frame
