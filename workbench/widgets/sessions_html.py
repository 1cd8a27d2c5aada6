"""The view of all live sessions without scripts: for exports, and for pages without widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from workbench.messages import FINAL_STATUSES
from workbench.widgets.live_html import badge, table

SEE = "wb.sessions_view()"

Listed = Mapping[str, Any]


def going_on(sessions: Sequence[Listed]) -> list[Listed]:
    """Return those of the server's list that have not ended."""
    return [one for one in sessions if one["status"] not in FINAL_STATUSES]


def describe(sessions: Sequence[Listed] | None) -> str:
    """Return the server's list as text, a line a session that goes on; None: it is not known."""
    if sessions is None:
        return f"Live sessions: see them with {SEE}"
    active = going_on(sessions)
    if not active:
        return f"Live sessions: none goes on; now: {SEE}"
    lines = [" · ".join(part for part in _cells(one) if part) for one in active]
    return "\n".join([f"Live sessions: {len(active)}", *lines])


def render_html(sessions: Sequence[Listed] | None, as_of: str) -> str:
    """Return the server's list as HTML, without scripts or outside references.

    Parameters
    ----------
    sessions
        As ``GET /api/live-trading`` lists them; None where that is not known.
    as_of
        When that was, ISO 8601.
    """
    if sessions is None:
        return f"<p>Live sessions: see them with <code>{escape(SEE)}</code></p>"
    active = going_on(sessions)
    now = f"<p>As of {escape(as_of)}; now: <code>{escape(SEE)}</code></p>"
    if not active:
        return f"<p>No live session goes on.</p>{now}"
    head = (
        "Session", "Broker", "Strategy", "Symbols", "Status", "Positions", "Exposure",
        "Unrealised", "Realised", "Drawdown", "Worst limit",
    )  # fmt: skip
    return table(f"Live sessions: {len(active)}", head, [_cells(one) for one in active]) + now


def _cells(one: Listed) -> tuple[str, ...]:
    risk, pnl = one.get("risk") or {}, one.get("pnl") or {}
    paused = risk.get("entries") == "paused"
    held = int(one.get("positions") or 0)
    return (
        str(one["session_id"]),
        badge(one),
        str(one["strategy"]),
        " ".join(one["symbols"]),
        f"{one['status']}, entries paused" if paused else str(one["status"]),
        "flat" if held == 0 else f"{held} open",
        _written(risk, "exposure", "{:,.2f}"),
        _written(pnl, "unrealized", "{:+,.2f}"),
        _written(pnl, "realized", "{:+,.2f}"),
        _written(risk, "drawdown", "{:.2%}"),
        _worst(risk.get("limits") or []),
    )


def _written(told: Listed, name: str, form: str) -> str:
    value = told.get(name)
    return "" if value is None else form.format(value)


def _worst(limits: Sequence[Listed]) -> str:
    worst = max(limits, key=lambda use: float(use["used"]), default=None)
    return "" if worst is None else f"{worst['name']} {worst['used']:.0%}"
