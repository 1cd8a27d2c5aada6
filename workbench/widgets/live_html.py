"""The view of a live session without scripts: for exports, and for pages that show no widgets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from workbench.widgets.live_fold import LiveFold, told
from workbench.widgets.static_html import curve_chart

_WIDTH = 720
_MOST_ORDERS = 20
_MOST_BREACHES = 10
_BADGES = {"PAPER": "#2962ff", "SANDBOX": "#8250df", "LIVE": "#d1242f"}


def point_text(title: str, session_id: str) -> str:
    """Return one line on how to see a session of which nothing was told yet."""
    name = session_id if title == session_id else f"{title} ({session_id})"
    return f"Live session {name}: see it with wb.attach({json.dumps(session_id)})"


def point_html(title: str, session_id: str) -> str:
    """Return `point_text` as HTML."""
    name = escape(session_id) if title == session_id else f"{escape(title)} ({escape(session_id)})"
    code = escape(f"wb.attach({json.dumps(session_id)})", quote=False)
    return f"<p>Live session <b>{name}</b>: see it with <code>{code}</code></p>"


def describe(title: str, messages: Iterable[Mapping[str, Any]]) -> str:
    """Return what a snapshot holds as one line of text."""
    return _words(title, _fold(messages))


def render_html(
    title: str, messages: Iterable[Mapping[str, Any]], session_id: str | None = None
) -> str:
    """Return what a snapshot holds as HTML, without scripts or outside references.

    Parameters
    ----------
    title
        Name of the session.
    messages
        Of `LiveFold.snapshot`.
    session_id
        Named where it is said how to see it as it is now; not said where it is None.
    """
    kept = [dict(message) for message in messages]
    fold = _fold(kept)
    broker = badge(fold.facts)
    style = f"background:{_BADGES[broker]};color:#fff;padding:1px 8px;border-radius:3px"
    synthetic = any(m["type"] == "status" and m["data"].get("synthetic") for m in kept)
    parts = [f'<p><b style="{style}">{broker}</b> <b>{escape(_words(title, fold))}</b></p>']
    parts.append(_as_of(kept, session_id))
    if synthetic:
        parts.append("<p><b>SYNTHETIC DATA</b>: these prices were generated.</p>")
    for message in kept:
        if message["type"] == "error":
            parts.append(f"<p>{escape(str(message['data']['error']))}</p>")
        elif message["type"] == "equity_columns" and len(message["data"]["time"]) > 1:
            time, equity = message["data"]["time"], message["data"]["equity"]
            parts.append(curve_chart("Equity", time, equity, "#2962ff", "{:,.2f}"))
    parts.append(_prices(fold))
    parts.append(_positions(fold))
    parts.append(_orders(fold))
    parts += [
        f"<p><b>{escape(met['limit'])}</b> {escape(met['time'])}: {escape(met['message'])}</p>"
        for met in fold.breaches[-_MOST_BREACHES:]
    ]
    return f'<div style="max-width:{_WIDTH}px">{"".join(parts)}</div>'


def _fold(messages: Iterable[Mapping[str, Any]]) -> LiveFold:
    return told(dict(message) for message in messages)


def badge(facts: Mapping[str, Any]) -> str:
    """Return who fills, in a word: ``PAPER``, ``SANDBOX`` or, with real money, ``LIVE``."""
    if facts.get("broker", "paper") == "paper":
        return "PAPER"
    return "SANDBOX" if facts.get("sandbox") else "LIVE"


def _words(title: str, fold: LiveFold) -> str:
    held, working = len(fold.positions), len(fold.working)
    parts = [title, fold.status]
    if fold.pnl is not None:
        parts.append(f"equity {fold.pnl['equity']:,.2f}")
        parts.append(f"realised {fold.pnl['realized']:+,.2f}")
        parts.append(f"unrealised {fold.pnl['unrealized']:+,.2f}")
    parts.append(f"{held} position{'' if held == 1 else 's'}")
    parts.append(f"{working} working order{'' if working == 1 else 's'}")
    return " · ".join(parts)


def _as_of(kept: Sequence[Mapping[str, Any]], session_id: str | None) -> str:
    """When the last of it was told: what a saved page shows does not hold any more."""
    last = max(kept, key=lambda message: message.get("seq", 0))
    when = escape(str(last.get("timestamp", "")))
    now = ""
    if session_id is not None:
        now = f"; now: <code>wb.attach({escape(json.dumps(session_id), quote=False)})</code>"
    return f"<p>As of {when}{now}</p>" if when else ""


def _prices(fold: LiveFold) -> str:
    rows = [
        (symbol, f"{data['close']:,.8g}", data["time"], data["timeframe"])
        for symbol, data in fold.prices.items()
    ]
    return table("Last prices", ("Symbol", "Price", "Candle", "Timeframe"), rows) if rows else ""


def _positions(fold: LiveFold) -> str:
    if not fold.positions:
        return "<p>Nothing is held.</p>"
    head = ("Symbol", "Side", "Quantity", "Entry", "Price", "Stop", "Unrealised", "Since")
    rows = [
        (
            p["symbol"], p["direction"], f"{p['quantity']:,.6g}", f"{p['entry_price']:,.8g}",
            f"{p['price']:,.8g}", _number(p["stop_loss"]), f"{p['unrealized_pnl']:+,.2f}",
            p["entry_time"],
        )
        for p in fold.positions
    ]  # fmt: skip
    return table("Positions", head, rows)


def _orders(fold: LiveFold) -> str:
    if not fold.orders:
        return ""
    head = ("Order", "Symbol", "Side", "Kind", "Quantity", "Filled", "Price", "Status", "Why")
    rows = [
        (
            o["order_id"], o["symbol"], o["side"], o["kind"], _number(o["quantity"]),
            _number(o["filled"]), _number(o["price"]), o["status"],
            o.get("message") or o.get("reasoning", {}).get("rationale", ""),
        )
        for o in fold.orders[-_MOST_ORDERS:]
    ]  # fmt: skip
    return table("Orders", head, rows)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.8g}"


def table(name: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as HTML, all of it text."""
    heads = "".join(f"<th>{escape(text)}</th>" for text in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(text))}</td>" for text in row) + "</tr>" for row in rows
    )
    return (
        f"<p>{escape(name)}</p><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    )
