"""The figure of a run: price with its trades, equity, drawdown."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.report.reduction import min_max
from workbench.report.trade_traces import trade_traces

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from workbench.data.candles import Candles

MAX_POINTS = 4000
CANDLE_COLUMNS = ("time", "open", "high", "low", "close", "volume")
UP, DOWN = "#94a3b8", "#475569"
EQUITY, DRAWDOWN, GRID, SPIKE = "#2563eb", "#dc2626", "rgba(128,140,160,0.18)", "#94a3b8"


def figure(
    candles: Mapping[str, Any],
    trades: pd.DataFrame,
    equity: pd.DataFrame,
    info: Mapping[str, Any],
) -> go.Figure:
    """Draw a run.

    At most 4000 points a trace: the equity curve keeps its extremes, and of more trades than
    can be drawn those with the largest profit or loss are shown, which the figure says.

    Parameters
    ----------
    candles
        As `GET …/candles` returns them: the columns `time` (epoch ms, UTC), `open`, `high`,
        `low` and `close`, and `timeframe` and `bucket`. Empty columns leave the pane empty;
        `missing` says why they are.
    trades, equity
        As `trades_frame` and `equity_frame` of `workbench.engine.frames` make them.
    info
        As `GET /api/backtesting/{id}` returns it.

    Returns
    -------
    plotly.graph_objects.Figure
        Three panes over one time axis, UTC.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    chart = make_subplots(
        rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.025, row_heights=[0.6, 0.23, 0.17]
    )
    chart.add_trace(_price(candles), row=1, col=1)
    traces, left_out = trade_traces(trades, MAX_POINTS)
    chart.add_traces(traces, rows=1, cols=1)
    times = equity.index.tz_localize(None) if len(equity) else equity.index
    for row, (name, color, factor) in enumerate(
        (("equity", EQUITY, 1.0), ("drawdown", DRAWDOWN, 100.0)), start=2
    ):
        values = equity[name].to_numpy(np.float64) * factor if len(equity) else np.empty(0)
        kept = min_max(values, MAX_POINTS)
        filled = name == "drawdown"
        line = go.Scatter(
            x=times[kept],
            y=values[kept],
            name=name.capitalize(),
            mode="lines",
            line={"color": color, "width": 1.4},
            fill="tozeroy" if filled else None,
            fillcolor="rgba(220,38,38,0.16)" if filled else None,
            hovertemplate=f"%{{x|%Y-%m-%d %H:%M}}<br>{name.capitalize()} %{{y:,.2f}}"
            + (" %" if filled else "")
            + "<extra></extra>",
            showlegend=False,
        )
        chart.add_trace(line, row=row, col=1)
    if len(equity):
        capital = info["spec"]["initial_capital"]
        chart.add_hline(capital, row=2, col=1, line={"color": SPIKE, "width": 1, "dash": "dot"})
    _lay_out(chart, candles, info, left_out)
    return chart


def candle_columns(candles: Candles) -> dict[str, Any]:
    """Return candles as `figure` takes them, merged to at most 4000."""
    from workbench.data.resample import downsample

    merged = downsample(candles, MAX_POINTS)
    return {
        "symbol": candles.symbol,
        "timeframe": candles.timeframe.name,
        "source": candles.source,
        "synthetic": candles.synthetic,
        "bucket": -(-len(candles) // max(1, len(merged))),
        **{name: getattr(merged, name).tolist() for name in CANDLE_COLUMNS},
    }


def no_candles(timeframe: str, why: str) -> dict[str, Any]:
    """Return what `figure` takes where there are no candles, which it says in their place."""
    return {
        **{name: () for name in CANDLE_COLUMNS},
        "timeframe": timeframe,
        "bucket": 1,
        "missing": why,
    }


def _price(candles: Mapping[str, Any]) -> go.Candlestick:
    import pandas as pd
    import plotly.graph_objects as go

    return go.Candlestick(
        x=pd.to_datetime(list(candles["time"]), unit="ms"),
        open=candles["open"],
        high=candles["high"],
        low=candles["low"],
        close=candles["close"],
        name="Price",
        increasing={"line": {"color": UP, "width": 1}, "fillcolor": UP},
        decreasing={"line": {"color": DOWN, "width": 1}, "fillcolor": DOWN},
        showlegend=False,
    )


def _lay_out(
    chart: go.Figure, candles: Mapping[str, Any], info: Mapping[str, Any], left_out: int
) -> None:
    symbol = html.escape(str(info.get("symbol") or candles.get("symbol") or ""))
    strategy = html.escape(str(info.get("strategy") or ""))
    bucket = int(candles.get("bucket") or 1)
    timeframe = str(candles.get("timeframe") or "")
    merged = f"{bucket} × " if bucket > 1 else ""
    text = f"<b>{strategy}</b> on <b>{symbol}</b> {timeframe}"
    if info.get("synthetic") or candles.get("synthetic"):
        text += '  <b><span style="color:#b45309">SYNTHETIC DATA</span></b>'
    if left_out:
        chart.add_annotation(
            text=f"{left_out:,} trades with the smallest profit or loss are not drawn",
            x=0.0, xref="paper", xanchor="left", y=1.0, yref="paper", yanchor="top",
            showarrow=False,
        )  # fmt: skip
    if missing := candles.get("missing"):
        lines = textwrap.wrap(f"No candles: {missing}", 90)
        chart.add_annotation(
            text="<br>".join(map(html.escape, lines)),
            x=0.5, xref="x domain", y=0.5, yref="y domain", showarrow=False,
        )  # fmt: skip
    chart.update_layout(
        template="plotly_white",
        title={"text": text, "x": 0.0, "xanchor": "left", "xref": "paper", "font": {"size": 15}},
        height=780,
        margin={"l": 64, "r": 24, "t": 64, "b": 40},
        font={"family": "system-ui, -apple-system, 'Segoe UI', sans-serif", "size": 12},
        hovermode="closest",
        hoverlabel={"align": "left", "bgcolor": "white", "font": {"size": 12, "color": "#111827"}},
        legend={
            "orientation": "h",
            "x": 0.0,
            "xanchor": "left",
            "y": 1.0,
            "yanchor": "bottom",
            "font": {"size": 11},
        },
        xaxis_rangeslider_visible=False,
        dragmode="zoom",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": SPIKE, "activecolor": EQUITY},
    )
    chart.update_xaxes(
        gridcolor=GRID,
        showspikes=True,
        spikemode="across",
        spikesnap="cursor",
        spikethickness=1,
        spikedash="dot",
        spikecolor=SPIKE,
        showline=False,
    )
    chart.update_xaxes(title={"text": "UTC", "standoff": 4}, row=3, col=1)
    chart.update_yaxes(gridcolor=GRID, zeroline=False, automargin=True)
    chart.update_yaxes(title_text=f"Price, {merged}{timeframe}", row=1, col=1)
    chart.update_yaxes(title_text="Equity", tickformat=",.0f", row=2, col=1)
    chart.update_yaxes(title_text="Drawdown", ticksuffix=" %", row=3, col=1)
