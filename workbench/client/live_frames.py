"""Tables of live trading, made of messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from workbench.messages import FINAL_ORDER_STATUSES, AnyMessage, Candle, Order, Risk

if TYPE_CHECKING:
    import pandas as pd

POSITION_COLUMNS = (
    "symbol", "strategy", "direction", "quantity", "entry_time", "entry_price", "price",
    "stop_loss", "take_profit_levels", "unrealized_pnl", "realized_pnl", "fees",
)  # fmt: skip
ORDER_COLUMNS = (
    "symbol", "role", "side", "kind", "status", "quantity", "price", "filled", "average_price",
    "fees", "given", "time", "trade_id", "code", "why", "broker", "emulated", "latency_ms",
)  # fmt: skip
PNL_COLUMNS = ("realized", "unrealized", "fees", "trades")
LIMIT_COLUMNS = ("value", "limit", "used", "unit", "symbol")
BREACH_COLUMNS = ("time", "limit", "value", "allowed", "action", "symbol", "order_id", "message")
KINDS = {"trades": "int64"}
TIMES = frozenset({"entry_time", "given", "time"})
TEXTS = frozenset(
    {
        "symbol", "strategy", "direction", "take_profit_levels", "role", "side", "kind", "status",
        "trade_id", "code", "why", "broker", "emulated", "unit", "action",
        "order_id", "message",
    }
)  # fmt: skip
CANDLE_COLUMNS = ("open", "high", "low", "close", "volume")


def positions_frame(positions: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return open positions by id; columns `POSITION_COLUMNS`.

    Parameters
    ----------
    positions
        `data` of the latest `position` message of each.
    """
    return _table(positions, "position_id", POSITION_COLUMNS)


def orders_frame(messages: Iterable[AnyMessage]) -> pd.DataFrame:
    """Return orders as they stand by id, open ones first, then the latest; columns `ORDER_COLUMNS`.

    `given` is when it was first told, `time` when it last changed; `why` says why it was given or,
    where it came to nothing, why that.

    Parameters
    ----------
    messages
        Of one session, in order; all but `order` are passed over.
    """
    found: dict[str, dict[str, Any]] = {}
    for message in messages:
        if not isinstance(message, Order):
            continue
        data = message.data
        row = {name: getattr(data, name, None) for name in ORDER_COLUMNS}
        before = found.pop(data.order_id, {})
        row["given"] = before.get("given", data.time)
        reason = None if data.reasoning is UNSET else data.reasoning.rationale
        row["why"] = data.message if data.message is not UNSET else reason or before.get("why")
        row["order_id"] = data.order_id
        found[data.order_id] = {
            name: before.get(name) if value is UNSET else value for name, value in row.items()
        }
    rows = list(found.values())[::-1]
    rows.sort(key=lambda row: row["status"] in FINAL_ORDER_STATUSES)
    return _table(rows, "order_id", ORDER_COLUMNS)


def pnl_frame(pnl: Mapping[str, Any] | None) -> pd.DataFrame:
    """Return profit by symbol, with a last row ``all``; columns `PNL_COLUMNS`.

    Parameters
    ----------
    pnl
        `data` of the latest `pnl` message; None before the first.
    """
    if pnl is None:
        return _table([], "symbol", PNL_COLUMNS)
    rows = [{"symbol": name, **part} for name, part in pnl["by_symbol"].items()]
    return _table([*rows, {"symbol": "all", **pnl}], "symbol", PNL_COLUMNS)


def limits_frame(risk: Mapping[str, Any] | None) -> pd.DataFrame:
    """Return limits by name, the most used first; columns `LIMIT_COLUMNS`.

    Parameters
    ----------
    risk
        `data` of the latest `risk` message; None before the first.
    """
    rows = sorted((risk or {}).get("limits", []), key=lambda one: -float(one["used"]))
    return _table(rows, "name", LIMIT_COLUMNS)


def breaches_frame(messages: Iterable[AnyMessage]) -> pd.DataFrame:
    """Return the limits that were met, in order; columns `BREACH_COLUMNS`."""
    rows = [
        {"time": message.data.time, **msgspec.to_builtins(message.data.breach)}
        for message in messages
        if isinstance(message, Risk) and message.data.breach is not UNSET
    ]
    numbered = [{**row, "": number} for number, row in enumerate(rows)]
    return _table(numbered, "", BREACH_COLUMNS, TEXTS | {"limit"}).reset_index(drop=True)


def candles_frame(messages: Iterable[Candle], symbol: str, timeframe: str) -> pd.DataFrame:
    """Return closed candles by open time (UTC): open, high, low, close, volume."""
    import pandas as pd

    found = [
        message.data
        for message in messages
        if message.data.closed
        and (message.data.symbol, message.data.timeframe) == (symbol, timeframe)
    ]
    index = pd.DatetimeIndex(_times([one.time for one in found]), name="time")
    columns = {name: [float(getattr(one, name)) for one in found] for name in CANDLE_COLUMNS}
    return pd.DataFrame(columns, index=index)


def _table(
    rows: Iterable[Mapping[str, Any]],
    key: str,
    columns: Sequence[str],
    texts: frozenset[str] = TEXTS,
) -> pd.DataFrame:
    import pandas as pd

    given = list(rows)
    index = pd.Index([row[key] for row in given], name=key, dtype="object")
    frame = pd.DataFrame(index=index)
    for name in columns:
        values = [row.get(name) for row in given]
        if name in TIMES:
            frame[name] = _times(values)
        else:
            kind = "object" if name in texts else KINDS.get(name, "float64")
            frame[name] = pd.Series(values, index=index, dtype=kind)
    return frame


def _times(values: Sequence[Any]) -> pd.DatetimeIndex:
    import pandas as pd

    return pd.to_datetime(list(values), utc=True, format="ISO8601").as_unit("ms")
