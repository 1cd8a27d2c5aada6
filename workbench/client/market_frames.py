"""Tables made of what the stream of a market has told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from workbench.widgets.market_fold import MarketFold

CANDLE_COLUMNS = ("open", "high", "low", "close", "volume")
PATTERN_COLUMNS = ("timeframe", "bar_time", "confirmed_at", "pattern", "direction", "strength")
STRUCTURE_COLUMNS = (
    "timeframe", "bar_time", "confirmed_at", "id", "kind", "direction", "status", "price", "top",
    "bottom",
)  # fmt: skip
CONFLUENCE_COLUMNS = ("bar_time", "confirmed_at", "timeframe", "score", "direction", "rationale")
GAP_COLUMNS = ("start", "end", "what", "missing", "filled", "timeframe")
_TIMES = frozenset({"time", "bar_time", "confirmed_at", "start", "end"})
_NUMBERS = frozenset({"strength", "price", "top", "bottom", "score", "missing"})


def candles_frame(messages: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return candles by open time (UTC): open, high, low, close, volume.

    Parameters
    ----------
    messages
        `candle` messages of one timeframe, by time.
    """
    import pandas as pd

    data = [message["data"] for message in messages]
    index = pd.DatetimeIndex(pd.to_datetime([each["time"] for each in data], utc=True), name="time")
    columns = {name: [float(each[name]) for each in data] for name in CANDLE_COLUMNS}
    return pd.DataFrame(columns, index=index)


def findings_frame(messages: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Return one row a message; times are UTC, what a message lacks is missing."""
    import pandas as pd

    data = [message["data"] for message in messages]
    made: dict[str, Any] = {}
    for name in columns:
        values = [each.get(name) for each in data]
        if name in _TIMES:
            made[name] = pd.to_datetime(pd.Series(values, dtype="object"), utc=True)
        elif name in _NUMBERS:
            made[name] = pd.Series(values, dtype="float64")
        else:
            made[name] = pd.Series(values, dtype="object")
    return pd.DataFrame(made, columns=list(columns))


def gaps_frame(fold: MarketFold) -> pd.DataFrame:
    """Return what is missing, one a row: what this reader came too late for, then the rest."""
    return findings_frame([*({"data": data} for data in fold.lost), *fold.gaps], GAP_COLUMNS)


def confluence_frame(messages: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the scores by time of their candle, with a column for each term's value."""
    import pandas as pd

    told = list(messages)
    frame = findings_frame(told, CONFLUENCE_COLUMNS)
    terms = [{t["name"]: float(t["value"]) for t in m["data"]["terms"]} for m in told]
    frame = pd.concat([frame, pd.DataFrame(terms, index=frame.index, dtype="float64")], axis=1)
    return frame.set_index("bar_time")
