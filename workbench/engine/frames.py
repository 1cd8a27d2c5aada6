"""Tables made from a run's messages, whether fresh or read from a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from workbench.messages import EntryData, Equity, Message, Signal, Trade
from workbench.messages.deciding import readable

if TYPE_CHECKING:
    import pandas as pd

_TEXT = (
    "trade_id",
    "symbol",
    "strategy",
    "direction",
    "exit_reason",
    "entry_rationale",
    "exit_rationale",
)
_TIMES = ("entry_time", "exit_time")
TRADE_COLUMNS = (
    "trade_id", "symbol", "strategy", "direction", "quantity", "entry_time", "entry_price",
    "exit_time", "exit_price", "exit_reason", "pnl", "pnl_percent", "mfe", "mae", "commission",
    "financing", "stop_loss", "confidence", "entry_rationale", "exit_rationale",
)  # fmt: skip
SIGNAL_COLUMNS = (
    "signal_id", "time", "strategy", "decision", "outcome", "code", "message", "rationale",
)  # fmt: skip
EQUITY_COLUMNS = ("equity", "balance", "drawdown")


def trades_frame(messages: Iterable[Message]) -> pd.DataFrame:
    """Return one row for each exit: a whole trade, or a part of one.

    Parameters
    ----------
    messages
        Of one run, in order; all but `trade` are passed over.

    Returns
    -------
    pandas.DataFrame
        Columns `TRADE_COLUMNS`. Times are UTC; `quantity`, `pnl`, `pnl_percent`, `mfe`, `mae`
        and `commission` (of the exit, and the share of the entry's) are those of the part.
        A position that is still open has no row.
    """
    entries: dict[str, tuple[EntryData, float]] = {}
    rows: list[dict[str, Any]] = []
    for message in messages:
        if not isinstance(message, Trade):
            continue
        data, extra = message.data, message.extra
        if isinstance(data, EntryData):
            entries[data.trade_id] = (data, extra.commission)
            continue
        # A log read from its middle may lack the entry.
        entry, commission = entries.get(data.trade_id, (None, 0.0))
        share = commission * extra.quantity / entry.quantity if entry else 0.0
        row = {name: getattr(data, name, None) for name in TRADE_COLUMNS}
        row["quantity"], row["strategy"] = extra.quantity, extra.strategy
        row["commission"] = extra.commission + share
        row["financing"] = 0.0 if extra.financing is UNSET else extra.financing
        row["exit_rationale"] = "" if extra.reasoning is UNSET else extra.reasoning.rationale
        row["entry_rationale"] = entry.reasoning.rationale if entry else ""
        row["confidence"] = entry.reasoning.confidence if entry else None
        row["stop_loss"] = entry.stop_loss if entry else None
        rows.append(row)
    return _typed_trades(rows)


def _typed_trades(rows: list[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {}
    for name in TRADE_COLUMNS:
        values = [row[name] for row in rows]
        if name in _TIMES:
            columns[name] = _times(values)
        else:
            columns[name] = pd.Series(values, dtype="object" if name in _TEXT else "float64")
    return pd.DataFrame(columns)


def signals_frame(messages: Iterable[Message]) -> pd.DataFrame:
    """Return one row for each signal that was not filled.

    Parameters
    ----------
    messages
        Of one run, in order; all but `signal` are passed over.

    Returns
    -------
    pandas.DataFrame
        Columns `SIGNAL_COLUMNS`; `time` is the open time of the candle it was given on, UTC.
    """
    import pandas as pd

    told = [message.data for message in messages if isinstance(message, Signal)]
    columns: dict[str, Any] = {}
    for name in SIGNAL_COLUMNS:
        values = [
            one.reasoning.rationale if name == "rationale" else getattr(one, name) for one in told
        ]
        columns[name] = _times(values) if name == "time" else pd.Series(values, dtype="object")
    return pd.DataFrame(columns)


def equity_frame(messages: Iterable[Message]) -> pd.DataFrame:
    """Return the equity curve.

    Parameters
    ----------
    messages
        Of one run, in order; all but `equity` are passed over. Of several points of one
        candle the last counts.

    Returns
    -------
    pandas.DataFrame
        Columns `equity` and `balance` (account's currency) and `drawdown` (fraction, zero or
        negative), float64, by `time` (open times of the candles at whose close they were
        taken, UTC).
    """
    import pandas as pd

    points = [message.data for message in messages if isinstance(message, Equity)]
    index = pd.DatetimeIndex(_times([point.time for point in points]), name="time")
    columns = {name: [getattr(point, name) for point in points] for name in EQUITY_COLUMNS}
    frame = pd.DataFrame(columns, index=index, dtype="float64")
    return frame[~frame.index.duplicated(keep="last")]


def readable_metrics(
    metrics: Mapping[str, Any], statistics: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Return metrics as Python can say them: what is not defined is NaN, and no zero.

    On the wire it is 0.0; see `workbench.messages.deciding.readable`, by which sweeps go, too.

    Parameters
    ----------
    metrics
        Of a `complete` or a `metrics` message.
    statistics
        Of the same `complete`, where there is one: they tell a Sharpe ratio of 0 from none.
    """
    told = readable({**metrics, **(statistics or {})})
    return {name: told[name] for name in metrics}


def _times(values: list[str]) -> pd.Series[pd.Timestamp]:
    import pandas as pd

    times = pd.to_datetime(pd.Series(values, dtype="object"), format="ISO8601", utc=True)
    return times.dt.as_unit("ms")
