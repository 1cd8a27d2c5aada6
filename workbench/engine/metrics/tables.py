"""Tables of an equity curve: returns by month, the worst drawdowns, excursions of trades.

Read from the points of a log, which may be thinned (`equity_every`): then months end at their last
point, and highs and lows between points are not seen. The statistics of `complete` are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MONTHS = tuple(range(1, 13))
DRAWDOWN_COLUMNS = ("start", "valley", "end", "depth", "duration")
EXCURSION_COLUMNS = ("trade_id", "direction", "pnl_percent", "mfe_percent", "mae_percent", "pnl")


def monthly_returns(equity: pd.DataFrame, initial_capital: float | None = None) -> pd.DataFrame:
    """Return the returns by calendar month, UTC, in percent.

    Parameters
    ----------
    equity
        See `workbench.engine.frames.equity_frame`.
    initial_capital
        What the first month's return is counted from; left out, the first point.

    Returns
    -------
    pandas.DataFrame
        float64, one row a `year`, columns 1 to 12 and ``year`` (the return of its months
        together). The last equity of a month over that of the month before with any; NaN for
        months without.
    """
    import pandas as pd

    index = pd.Index([], dtype="int64", name="year")
    table = pd.DataFrame(index=index, columns=[*MONTHS, "year"], dtype="float64")
    if not len(equity):
        return table
    values = equity["equity"]
    last = values.groupby([values.index.year, values.index.month]).last()
    first = float(values.iloc[0]) if initial_capital is None else initial_capital
    growth = last / last.shift(fill_value=first)
    months = growth.unstack().reindex(columns=MONTHS)
    table = 100 * (months - 1)
    table["year"] = 100 * (months.prod(axis=1) - 1)
    return table.rename_axis(index="year", columns=None)


def drawdowns(
    equity: pd.DataFrame, count: int | None = 10, initial_capital: float | None = None
) -> pd.DataFrame:
    """Return the deepest drawdowns.

    Parameters
    ----------
    equity
        See `workbench.engine.frames.equity_frame`.
    count
        How many; None for all.
    initial_capital
        The highest equity before the first point; left out, that point's. A drawdown from there
        starts at the first point.

    Returns
    -------
    pandas.DataFrame
        The deepest first: `start` (the last point at the high), `valley` (the lowest), `end` (the
        first as high again, NaT where it goes on), `depth` in percent (below 0) and `duration`
        from start to end, or to the last point. Times are UTC.
    """
    import pandas as pd

    times = equity.index
    values = equity["equity"].to_numpy(dtype=np.float64)
    peaks = np.maximum.accumulate(values)
    if initial_capital is not None:
        peaks = np.maximum(peaks, initial_capital)
    under = np.r_[False, values < peaks, False]
    begins = np.flatnonzero(under[1:] & ~under[:-1])
    ends = np.flatnonzero(under[:-1] & ~under[1:])
    rows = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        valley = begin + int(values[begin:end].argmin())
        start, over = times[max(begin - 1, 0)], end < len(values)
        depth = 100 * (values[valley] / peaks[valley] - 1)
        duration = times[min(end, len(values) - 1)] - start
        rows.append((start, times[valley], times[end] if over else pd.NaT, depth, duration))
    found = pd.DataFrame(rows, columns=list(DRAWDOWN_COLUMNS))
    for name in ("start", "valley", "end"):
        found[name] = pd.to_datetime(found[name], utc=True).dt.as_unit("ms")
    found["depth"] = found["depth"].astype("float64")
    found["duration"] = pd.to_timedelta(found["duration"]).dt.as_unit("ms")
    return found.sort_values("depth", kind="stable", ignore_index=True).head(
        len(found) if count is None else count
    )


def excursions(trades: pd.DataFrame) -> pd.DataFrame:
    """Return how far each trade went for and against it.

    Parameters
    ----------
    trades
        See `workbench.engine.frames.trades_frame`.

    Returns
    -------
    pandas.DataFrame
        One row a trade, in the order of their last exits: `pnl` in the account's currency, and in
        percent of the notional that was closed `pnl_percent`, `mfe_percent` (best unrealised
        profit) and `mae_percent` (worst). Parts of a trade are added up.
    """
    notional = trades["entry_price"] * trades["quantity"]
    parts = trades.assign(notional=notional).groupby("trade_id", sort=False)
    sums = parts[["pnl", "mfe", "mae", "notional"]].sum()
    order = trades.drop_duplicates("trade_id", keep="last").set_index("trade_id")
    sums = sums.reindex(order.index)
    for name in ("pnl", "mfe", "mae"):
        sums[f"{name}_percent"] = 100 * sums[name] / sums["notional"]
    sums["direction"] = order["direction"]
    return sums.reset_index()[list(EXCURSION_COLUMNS)]
