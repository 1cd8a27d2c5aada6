"""Equity points as columns: merged for the wire, thinned for keeping."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from workbench.messages import parse_time
from workbench.widgets.source import Message

_NAMES = ("equity", "balance", "drawdown")


def merge_equity(batch: Iterable[Message]) -> list[Message]:
    """Put runs of consecutive `equity` messages into one `equity_columns` message each.

    Parameters
    ----------
    batch
        Messages in the order of the log.

    Returns
    -------
    list
        The same story in the same order. `seq` of a merged message is that of its last point.
    """
    merged: list[Message] = []
    columns: dict[str, Any] | None = None
    for message in batch:
        if message.get("type") != "equity":
            merged.append(message)
            columns = None
            continue
        data = message["data"]
        if columns is None:
            columns = {"backtest_id": data["backtest_id"], "time": []}
            columns.update({name: [] for name in _NAMES})
            merged.append({"type": "equity_columns", "data": columns})
        columns["time"].append(parse_time(data["time"]))
        for name in _NAMES:
            columns[name].append(data[name])
        merged[-1]["timestamp"] = message["timestamp"]
        if "seq" in message:
            merged[-1]["seq"] = message["seq"]
    return merged


def thin(values: Sequence[float], most: int) -> list[int]:
    """Choose at most `most` indices that keep the shape of a curve.

    The curve is cut into equal pieces, of each the least and the greatest value are kept, and of
    the whole the first and the last (min-max decimation).

    Parameters
    ----------
    values
        The curve.
    most
        At least 4.

    Returns
    -------
    list of int
        Ascending, without duplicates.
    """
    import numpy as np

    count = len(values)
    if count <= most:
        return list(range(count))
    array = np.asarray(values, dtype=np.float64)
    edges = np.linspace(0, count, (most - 2) // 2 + 1).astype(np.int64)
    chosen = {0, count - 1}
    for start, end in pairwise(edges.tolist()):
        piece = array[start:end]
        chosen.add(int(start + piece.argmin()))
        chosen.add(int(start + piece.argmax()))
    return sorted(chosen)
