"""A sweep without scripts: its best combinations."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from math import inf, isnan
from typing import Any

from workbench.messages.deciding import readable
from workbench.widgets.sweep_fold import KEPT_METRICS, SweepFold

_BEST = 10
_PERCENT = ("total_return", "max_drawdown")


def best_words(sweep: SweepFold) -> str:
    """Return the best combination as a line of text."""
    best = sweep.best(1)
    if not best:
        return f"{len(sweep.rows)} rows, none of them without an error"
    params = ", ".join(f"{name}={value}" for name, value in best[0]["params"].items())
    figure = _written(best[0]["metrics"], sweep.metric)
    return f"best of {len(sweep.rows)}: {params} · {_title(sweep.metric)} {figure}"


def best_rows(sweep: SweepFold) -> str:
    """Return the best ten combinations as an HTML table."""
    best = sweep.best(_BEST)
    if not best:
        return f"<p>{escape(best_words(sweep))}</p>"
    params = list(best[0]["params"])
    names = [sweep.metric, *(name for name in KEPT_METRICS if name != sweep.metric)]
    metrics = [name for name in names if any(name in row["metrics"] for row in best)]
    head = "".join(f"<th>{escape(name)}</th>" for name in [*params, *map(_title, metrics)])
    body = "".join(
        "<tr>"
        + "".join(f"<td>{escape(str(row['params'].get(name, '')))}</td>" for name in params)
        + "".join(f"<td>{_written(row['metrics'], name)}</td>" for name in metrics)
        + "</tr>"
        for row in best
    )
    return (
        f"<p>The best {len(best)} of {len(sweep.rows):,} rows by {escape(_title(sweep.metric))}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _title(name: str) -> str:
    return name.replace("_", " ")


def _written(metrics: Mapping[str, Any], name: str) -> str:
    value = readable(metrics).get(name)
    if value is None or isnan(value):
        return "–"
    if value == inf:
        return "∞"
    if name in _PERCENT:
        return f"{value:.2f}%"
    if name == "win_rate":
        return f"{value:.1%}"
    return f"{value:,.0f}" if name == "total_trades" else f"{value:,.2f}"
