"""The report as one HTML page that works without a network."""

from __future__ import annotations

import html as escaping
from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from workbench.report.measures import measures, money, percent
from workbench.report.sections import SIGNS, months_section, statistics_section
from workbench.report.statistics import grouped

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

MAX_ROWS = 500
_COLUMNS = (
    ("", "Trade"), ("", "Side"), ("num", "Quantity"), ("", "Entry"), ("", "Exit"), ("num", "P&L"),
    ("num", "MFE / MAE"), ("", "Exit reason"), ("", "Why"),
)  # fmt: skip


def html(
    figure: go.Figure,
    metrics: Mapping[str, Any],
    trades: pd.DataFrame,
    info: Mapping[str, Any],
    months: pd.DataFrame | None = None,
) -> str:
    """Return the report of a run.

    Parameters
    ----------
    figure
        See `workbench.report.figure`.
    metrics
        Of `complete`, or the latest `metrics` of a run that goes on.
    trades
        See `workbench.engine.frames.trades_frame`; the first 500 are listed.
    info
        As `GET /api/backtesting/{id}` returns it.
    months
        See `workbench.engine.metrics.tables.monthly_returns`; left out where None.

    Returns
    -------
    str
        A page that loads nothing from elsewhere. All text of the run is escaped.
    """
    page = Template((files("workbench.report") / "page.html").read_text())
    extra = (info.get("result") or {}).get("extra") or {}
    capital = info["spec"]["initial_capital"]
    equity = extra.get("final_equity")
    groups = grouped(metrics, extra.get("statistics"), extra.get("intervals"), capital, equity)
    return page.substitute(
        title=_safe(f"{info['strategy']} on {info['symbol']}"),
        badge=_badge(info),
        status=_safe(info["status"]),
        problem=_problem(info),
        facts="".join(f"<dt>{name}</dt><dd>{_safe(text)}</dd>" for name, text in _facts(info)),
        metrics="".join(
            f'<div class="metric"><dt>{one.label}</dt>'
            f'<dd class="{SIGNS[one.sign]}">{one.text}</dd></div>'
            for one in measures(metrics, capital, equity)
        ),
        statistics=statistics_section(groups),
        months=months_section(months, _thinned(info)),
        figure=_figure(figure),
        trades=_trades(trades),
    )


def _badge(info: Mapping[str, Any]) -> str:
    return '<span class="badge">SYNTHETIC DATA</span>' if info["synthetic"] else ""


def _thinned(info: Mapping[str, Any]) -> str:
    every = info["spec"].get("equity_every") or 1
    return f"Months end at the last point of the curve, one each {every} candles." * (every > 1)


def _problem(info: Mapping[str, Any]) -> str:
    error = ((info.get("result") or {}).get("data") or {}).get("error")
    return f'<p class="problem">The run failed: {_safe(error)}</p>' if error else ""


def _facts(info: Mapping[str, Any]) -> list[tuple[str, str]]:
    spec = info["spec"]
    params = ", ".join(f"{k} = {v}" for k, v in spec.get("strategy_params", {}).items())
    costs = [
        f"commission {100 * spec['commission']:g} %",
        f"slippage {100 * spec['slippage']:g} %",
        f"leverage {spec['leverage']:g}×",
        f"risk per trade {100 * spec['risk_per_trade']:g} %",
    ]
    facts = [
        ("Strategy", f"{info['strategy']}({params})"),
        ("Symbol", f"{info['symbol']}, {' / '.join(info['timeframes'])}"),
        ("Range", " to ".join(filter(None, (info["start_date"], info["end_date"]))) + " (UTC)"),
        ("Data", info["source"]),
        ("Account", ", ".join(costs)),
        ("Run", f"{info['backtest_id']}, created {info['created'][:19].replace('T', ' ')} UTC"),
    ]
    if info.get("notes"):
        facts.append(("Notes", info["notes"]))
    if info.get("tags"):
        facts.append(("Tags", ", ".join(info["tags"])))
    return facts


def _figure(figure: go.Figure) -> str:
    import plotly.graph_objects as go

    # Greys that read on the page's light and its dark ground.
    drawn = go.Figure(figure)
    clear = "rgba(0,0,0,0)"
    drawn.update_layout(paper_bgcolor=clear, plot_bgcolor=clear, font_color="#7c8798", title=None)
    drawn.update_layout(margin_t=44)
    text: str = drawn.to_html(
        full_html=False,
        include_plotlyjs=True,
        config={"displaylogo": False, "responsive": True},
        div_id="figure",
    )
    return text


def _trades(trades: pd.DataFrame) -> str:
    if not len(trades):
        return "<p>No trade was closed.</p>"
    head = "".join(f'<th class="{kind}">{_safe(name)}</th>' for kind, name in _COLUMNS)
    rows = "".join(_row(row) for row in trades.head(MAX_ROWS).to_dict("records"))
    cut = ""
    if len(trades) > MAX_ROWS:
        cut = f"<p>The first {MAX_ROWS} of {len(trades):,} are listed.</p>"
    return (
        f'{cut}<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(row: dict[str, Any]) -> str:
    sign = SIGNS[(row["pnl"] > 0) - (row["pnl"] < 0)]
    why = "".join(
        f"<div><b>{end}</b> {_safe(row[f'{end}_rationale'])}</div>"
        for end in ("entry", "exit")
        if row[f"{end}_rationale"]
    )
    cells = [
        ("", row["trade_id"], ""),
        ("", row["direction"], ""),
        ("num", f"{row['quantity']:,.6g}", ""),
        ("at", f"{row['entry_time']:%Y-%m-%d %H:%M}", f"at {row['entry_price']:,.6g}"),
        ("at", f"{row['exit_time']:%Y-%m-%d %H:%M}", f"at {row['exit_price']:,.6g}"),
        (f"num {sign}", money(row["pnl"]), percent(row["pnl_percent"], signed=True)),
        ("num", money(row["mfe"]), money(row["mae"])),
        ("", row["exit_reason"], ""),
    ]
    text = "".join(
        f'<td class="{kind}">{_safe(cell)}{f"<small>{_safe(below)}</small>" if below else ""}</td>'
        for kind, cell, below in cells
    )
    return f'<tr>{text}<td class="why">{why}</td></tr>'


def _safe(text: object) -> str:
    return escaping.escape(str(text))
