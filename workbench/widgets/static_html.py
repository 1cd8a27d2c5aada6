"""The view without scripts: for exports, and for pages that show no widgets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from workbench.widgets.sweep_fold import SweepFold
from workbench.widgets.sweep_html import best_rows, best_words

_WIDTH, _HEIGHT, _PAD = 720, 150, 6
_FIGURES = (
    ("Total return", "total_return", "{:+.2%}"),
    ("Max drawdown", "max_drawdown", "{:.2%}"),
    ("Sharpe", "sharpe_ratio", "{:.2f}"),
    ("Profit factor", "profit_factor", "{:.2f}"),
    ("Win rate", "win_rate", "{:.1%}"),
    ("Trades", "total_trades", "{:,.0f}"),
    ("Balance", "balance", "{:,.2f}"),
)

_OF_TRADES = ("sharpe_ratio", "profit_factor", "win_rate")


def describe(
    title: str,
    status: str,
    progress: float,
    metrics: Mapping[str, float],
    snapshot: Mapping[str, Any],
) -> str:
    """Return the view as text: one line, and one more for a sweep."""
    sweep = SweepFold.of(snapshot.get("messages", []))
    parts = [title, status if status == "complete" else f"{status} {progress:.1f}%"]
    if sweep.rows:
        return f"{' · '.join(parts)}\n{best_words(sweep)}"
    parts += [f"{name.lower()} {text}" for name, text in _figures(metrics)]
    return " · ".join(parts)


def point_text(title: str, run_id: str) -> str:
    """Return one line on how to see a run whose outcome is not known."""
    name = run_id if title == run_id else f"{title} ({run_id})"
    return f"Backtest {name}: see it with wb.attach({json.dumps(run_id)})"


def point_html(title: str, run_id: str) -> str:
    """Return `point_text` as HTML."""
    name = escape(run_id) if title == run_id else f"{escape(title)} ({escape(run_id)})"
    code = escape(f"wb.attach({json.dumps(run_id)})", quote=False)
    return f"<p>Backtest <b>{name}</b>: see it with <code>{code}</code></p>"


def render_html(
    title: str,
    status: str,
    progress: float,
    metrics: Mapping[str, float],
    snapshot: Mapping[str, Any],
) -> str:
    """Return the view as HTML with inline SVG, without scripts or outside references.

    Parameters
    ----------
    title, status, progress, metrics
        As the view's traits.
    snapshot
        As `RunFold.snapshot` returns; without equity points there are no charts, with the rows
        of a sweep a table of the best ten.
    """
    messages: Sequence[Mapping[str, Any]] = snapshot.get("messages", [])
    curve = next((m["data"] for m in messages if m["type"] == "equity_columns"), None)
    about: Mapping[str, Any] = next((m["data"] for m in messages if m["type"] == "status"), {})
    synthetic = " · <b>SYNTHETIC DATA</b>" if about.get("synthetic") else ""
    state = status if status == "complete" else f"{status}, {progress:.1f}%"
    failure = next((m["data"] for m in messages if m["type"] == "error"), None)
    parts = [f"<p><b>{escape(title)}</b> · {escape(state)}{synthetic}</p>"]
    if failure is not None:
        parts.append(f"<p>{escape(str(failure['error']))}</p>")
    sweep = SweepFold.of(messages)
    if sweep.rows:
        parts.append(best_rows(sweep))
    figures = [] if sweep.rows else _figures(metrics)
    if figures:
        head = "".join(f"<th>{escape(name)}</th>" for name, _ in figures)
        body = "".join(f"<td>{escape(text)}</td>" for _, text in figures)
        parts.append(f"<table><thead><tr>{head}</tr></thead><tbody><tr>{body}</tr></tbody></table>")
    if curve is not None and len(curve["time"]) > 1:
        parts.append(curve_chart("Equity", curve["time"], curve["equity"], "#2962ff", "{:,.2f}"))
        parts.append(curve_chart("Drawdown", curve["time"], curve["drawdown"], "#c9374a", "{:.2%}"))
    return f'<div style="max-width:{_WIDTH}px">{"".join(parts)}</div>'


def _figures(metrics: Mapping[str, float]) -> list[tuple[str, str]]:
    # The wire writes a ratio that is not defined as 0.
    undefined = _OF_TRADES if metrics.get("total_trades") == 0 else ()
    return [
        (name, "–" if key in undefined else form.format(metrics[key]))
        for name, key, form in _FIGURES
        if key in metrics
    ]


def curve_chart(
    name: str, time: Sequence[float], values: Sequence[float], colour: str, form: str
) -> str:
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    width = (time[-1] - time[0]) or 1
    points = " ".join(
        f"{(t - time[0]) / width * _WIDTH:.1f},"
        f"{_PAD + (high - v) / span * (_HEIGHT - 2 * _PAD):.1f}"
        for t, v in zip(time, values, strict=True)
    )
    label = f"{name}: {form.format(low)} to {form.format(high)}, last {form.format(values[-1])}"
    return (
        f"<p>{escape(label)}</p>"
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" '
        f'role="img" aria-label="{escape(label)}">'
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.3"/></svg>'
    )
