"""Tables made of what the stream of a market has told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.messages import ConfluenceTerm, parse_time

if TYPE_CHECKING:
    import pandas as pd

    from workbench.analysis.findings import Findings
    from workbench.widgets.market_fold import MarketFold

CANDLE_COLUMNS = ("open", "high", "low", "close", "volume")
GAP_COLUMNS = ("start", "end", "what", "missing", "filled", "timeframe")


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


def findings(messages: Iterable[Mapping[str, Any]]) -> Findings:
    """Return what messages of detectors tell, as `workbench.detect` returns it.

    Parameters
    ----------
    messages
        `pattern`, `structure` and `confluence`, in the order of the log.
    """
    from workbench.analysis.detecting import ConfluenceFinding, PatternFinding, StructureFinding
    from workbench.analysis.findings import Findings

    kinds: dict[str, Any] = {
        "pattern": PatternFinding,
        "structure": StructureFinding,
        "confluence": ConfluenceFinding,
    }
    found = Findings()
    for message in messages:
        kind = kinds[message["type"]]
        data = message["data"]
        told = {name: data[name] for name in kind.__struct_fields__ if name in data}
        told |= {name: parse_time(data[name]) for name in ("bar_time", "confirmed_at")}
        if "terms" in told:
            told["terms"] = tuple(ConfluenceTerm(**term) for term in told["terms"])
        found.append(kind(**told))
    return found


def gaps_frame(fold: MarketFold) -> pd.DataFrame:
    """Return what is missing, one a row: what this reader came too late for, then the rest."""
    import pandas as pd

    data = [*fold.lost, *(message["data"] for message in fold.gaps)]
    made: dict[str, Any] = {}
    for name in GAP_COLUMNS:
        values = [each.get(name) for each in data]
        if name in ("start", "end"):
            made[name] = pd.to_datetime(pd.Series(values, dtype="object"), utc=True)
        else:
            made[name] = pd.Series(values, dtype="int64" if name == "missing" else "object")
    return pd.DataFrame(made, columns=list(GAP_COLUMNS))
