"""Trades as marks on the price."""

from __future__ import annotations

import html
import math
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.report.measures import money, percent

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

LONG, SHORT, WIN, LOSS = "#2563eb", "#9333ea", "#16a34a", "#dc2626"
HOVER_WIDTH, HOVER_LINES, MOST_TEXTS = 64, 8, 4

_Texts = dict[tuple[Any, float], list[str]]


class _Marks(NamedTuple):
    name: str
    symbol: str
    color: str
    size: int
    width: float


_ENTRIES = {
    "long": _Marks("Long entry", "triangle-up", LONG, 8, 0),
    "short": _Marks("Short entry", "triangle-down", SHORT, 8, 0),
}
# Rings, so that the entry of a reversal shows inside.
_EXITS = {
    True: _Marks("Exit, profit", "circle-open", WIN, 12, 2),
    False: _Marks("Exit, loss", "circle-open", LOSS, 12, 2),
}


def trade_traces(trades: pd.DataFrame, max_points: int) -> tuple[list[go.Scatter], int]:
    """Return the traces of entries, exits and the lines between, and how many are left out.

    Parameters
    ----------
    trades
        As `workbench.engine.frames.trades_frame` makes them, one row for each exit.
    max_points
        Of one trace. Of more rows those with the largest profit or loss stay.
    """
    shown = _largest(trades, max_points)
    if not len(shown):
        return [], 0
    entries = shown.drop_duplicates("trade_id").copy()
    entries["quantity"] = shown.groupby("trade_id", sort=False)["quantity"].sum().to_numpy()
    won = shown["pnl"] > 0
    traces = []
    for good in (True, False):
        part = _largest(shown[won == good], max_points // 3)
        if len(part):
            traces.append(_lines(part, _EXITS[good].color))
    texts = _texts(shown, entries)
    for side, marks in _ENTRIES.items():
        part = entries[entries["direction"] == side]
        if len(part):
            traces.append(_markers(part["entry_time"], part["entry_price"], texts, marks))
    for good, marks in _EXITS.items():
        part = shown[won == good]
        if len(part):
            traces.append(_markers(part["exit_time"], part["exit_price"], texts, marks))
    return traces, len(trades) - len(shown)


def _largest(trades: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return the rows of the `count` largest profits and losses, in their order."""
    if len(trades) <= count:
        return trades
    chosen = trades["pnl"].abs().nlargest(count).index
    return trades.loc[chosen].sort_index()


def _texts(shown: pd.DataFrame, entries: pd.DataFrame) -> _Texts:
    """Return what happened at each time and price: a reversal is an exit and an entry."""
    texts: _Texts = {}
    for row in shown.to_dict("records"):
        texts.setdefault((row["exit_time"], row["exit_price"]), []).append(_exit_text(row))
    for row in entries.to_dict("records"):
        texts.setdefault((row["entry_time"], row["entry_price"]), []).append(_entry_text(row))
    return texts


def _markers(times: Any, prices: Any, texts: _Texts, marks: _Marks) -> go.Scatter:
    import plotly.graph_objects as go

    places = zip(times, prices, strict=True)

    return go.Scatter(
        x=times.dt.tz_localize(None),
        y=prices,
        mode="markers",
        name=marks.name,
        hovertext=["<br><br>".join(texts[place][:MOST_TEXTS]) for place in places],
        hoverinfo="text",
        marker={
            "symbol": marks.symbol,
            "color": marks.color,
            "size": marks.size,
            "line": {"color": marks.color, "width": marks.width},
        },
    )


def _lines(part: pd.DataFrame, color: str) -> go.Scatter:
    import plotly.graph_objects as go

    entered, left = (part[f"{end}_time"].dt.tz_localize(None) for end in ("entry", "exit"))
    times: list[Any] = []
    prices: list[float | None] = []
    for row in zip(entered, left, part["entry_price"], part["exit_price"], strict=True):
        times += [row[0], row[1], None]
        prices += [row[2], row[3], None]
    return go.Scatter(
        x=times,
        y=prices,
        mode="lines",
        line={"color": color, "width": 1, "dash": "dot"},
        opacity=0.75,
        hoverinfo="skip",
        showlegend=False,
    )


def _entry_text(row: dict[str, Any]) -> str:
    lines = [
        f"<b>{_safe(row['trade_id'])} · {_safe(row['direction'])} entry</b>",
        f"{row['entry_time']:%Y-%m-%d %H:%M} · {row['entry_price']:,.6g} × {row['quantity']:,.6g}",
    ]
    if not math.isnan(row["stop_loss"]):
        lines.append(f"Stop loss {row['stop_loss']:,.6g}")
    return "<br>".join([*lines, *_wrapped(row["entry_rationale"])])


def _exit_text(row: dict[str, Any]) -> str:
    lines = [
        f"<b>{_safe(row['trade_id'])} · {_safe(row['direction'])} exit</b>",
        f"{row['exit_time']:%Y-%m-%d %H:%M} · {row['exit_price']:,.6g} × {row['quantity']:,.6g}",
        f"P&amp;L <b>{money(row['pnl'])}</b> ({percent(row['pnl_percent'], signed=True)})"
        f" · {_safe(row['exit_reason'])}",
    ]
    return "<br>".join([*lines, *_wrapped(row["exit_rationale"])])


def _wrapped(text: str) -> list[str]:
    """Return a text for a hover box: short lines, nothing of it taken for markup."""
    lines = textwrap.wrap(text, HOVER_WIDTH, max_lines=HOVER_LINES, placeholder=" …")
    return [_safe(line) for line in lines]


def _safe(text: object) -> str:
    return html.escape(str(text))
