"""The backtest over the very candles that a live session has seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET

from workbench.client.differing import tested_here
from workbench.data.candles import Candles
from workbench.engine import BacktestResult, backtest
from workbench.engine.settings import Settings
from workbench.errors import InvalidRequest
from workbench.messages import Candle, parse_time
from workbench.timeframes import Timeframe
from workbench.trading.spec import LiveSettings

_PRICES = ("open", "high", "low", "close", "volume")


def backtests(
    info: Mapping[str, Any], told: Iterable[Candle], strategy: Any = None
) -> dict[str, BacktestResult]:
    """Run the backtest of each symbol of a session.

    Parameters
    ----------
    info
        What the server knows of the session.
    told
        Its `candle` messages, in order.
    strategy
        The class, or classes; those registered by its names where absent.

    Returns
    -------
    dict
        By symbol; symbols without a closed candle are left out. The capital is the symbol's part.

    Raises
    ------
    InvalidRequest
        The session's strategy is none that is registered, or it has seen no candle yet.
    """
    spec = info["spec"]
    live = msgspec.convert(spec["live"], LiveSettings)
    kinds = tested_here(spec["strategy_ids"], strategy)
    seen = candles_of(told)
    found = {}
    for symbol in live.symbols:
        columns, first = seen.get(symbol, ({}, 0))
        if not columns or first >= len(next(iter(columns.values()))):
            continue
        settings = {name: spec[name] for name in Settings.__struct_fields__ if name in spec}
        settings["initial_capital"] = spec["initial_capital"] * live.part(symbol)
        given = msgspec.structs.asdict(msgspec.convert(settings, Settings))
        found[symbol] = backtest(
            kinds if len(kinds) > 1 else kinds[0],
            columns,
            first=first,
            seed=spec.get("seed"),
            strategy_params=spec["strategy_params"],
            names=spec["strategy_ids"],
            **given,
        )
    if not found:
        msg = f"{info['session_id']} has not seen a closed candle yet: wait for the first"
        raise InvalidRequest(msg, field="session", value=info["session_id"], allowed="a candle")
    return found


def candles_of(told: Iterable[Candle]) -> dict[str, tuple[dict[str, Candles], int]]:
    """Return closed candles by symbol and timeframe, the shortest first, and the first traded on.

    A longer one that had begun before the first of the shortest is not whole, and left out.

    Parameters
    ----------
    told
        `candle` messages of a session, in order.
    """
    rows: dict[str, dict[str, list[Any]]] = {}
    before: dict[str, dict[str, int]] = {}
    for message in told:
        data = message.data
        if not data.closed:
            continue
        rows.setdefault(data.symbol, {}).setdefault(data.timeframe, []).append(data)
        if message.extra is not UNSET and message.extra.origin == "history":
            counts = before.setdefault(data.symbol, {})
            counts[data.timeframe] = counts.get(data.timeframe, 0) + 1
    found = {}
    for symbol, frames in rows.items():
        names = sorted(frames, key=lambda name: Timeframe.parse(name).ms)
        columns = {name: _columns(symbol, name, frames[name]) for name in names}
        known, begun = before.get(symbol, {}), columns[names[0]].time[0]
        for name in names[1:]:
            if not known.get(name):
                whole = columns.pop(name)
                whole = whole[int(np.searchsorted(whole.time, begun)) :]
                columns |= {name: whole} if len(whole) else {}
        found[symbol] = (columns, known.get(names[0], 0))
    return found


def beside(results: Mapping[str, BacktestResult]) -> dict[str, Any]:
    """Return what the live view draws of a backtest beside a session: its curve and trades."""
    import pandas as pd

    curves = [result.equity["equity"] for result in results.values()]
    # Each symbol has an account of its own: before its first candle it has its capital.
    starts = [result.settings.initial_capital for result in results.values()]
    table = pd.concat(curves, axis=1).ffill()
    for number, capital in enumerate(starts):
        table.iloc[:, number] = table.iloc[:, number].fillna(capital)
    total = table.sum(axis=1)
    trades = [
        {
            "symbol": row.symbol, "direction": row.direction,
            "entry_time": row.entry_time.isoformat(), "entry_price": row.entry_price,
            "exit_time": row.exit_time.isoformat(), "exit_price": row.exit_price,
        }
        for result in results.values()
        for row in result.trades.itertuples()
    ]  # fmt: skip
    times = [int(at.timestamp() * 1000) for at in total.index]
    return {"name": "backtest", "time": times, "equity": total.tolist(), "trades": trades}


def _columns(symbol: str, timeframe: str, rows: list[Any]) -> Candles:
    def column(field: str) -> Any:
        return np.array([getattr(row, field) for row in rows], dtype=np.float64)

    time = np.array([parse_time(row.time) for row in rows], dtype=np.int64)
    prices: dict[str, Any] = {name: column(name) for name in _PRICES}
    length = Timeframe.parse(timeframe)
    return Candles(symbol, length, time, source="a live session", **prices)
