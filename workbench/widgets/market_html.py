"""The view of a market without scripts: for exports, and for pages that show no widgets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from workbench.widgets.market_fold import MarketFold, told

_WIDTH, _HEIGHT, _PAD = 720, 220, 6
_UP, _DOWN = "#12977f", "#d9414e"


def point_text(title: str, name: str) -> str:
    """Return one line on how to see a market of which nothing was told yet."""
    return f"Market {title}: see it with wb.market({json.dumps(name)})"


def point_html(title: str, name: str) -> str:
    """Return `point_text` as HTML."""
    code = escape(f"wb.market({json.dumps(name)})", quote=False)
    return f"<p>Market <b>{escape(title)}</b>: see it with <code>{code}</code></p>"


def describe(messages: Iterable[Mapping[str, Any]]) -> str:
    """Return what a snapshot holds as one line of text."""
    fold = _fold(messages)
    parts = [str(fold.info.get("symbol", "")), "synthetic data" if _synthetic(fold) else ""]
    for timeframe in fold.candles:
        candles = fold.closed(timeframe)
        if candles:
            last = candles[-1]["data"]
            parts.append(f"{len(candles)} candles of {timeframe} to {last['time']}")
            parts.append(f"close {last['close']:,.8g}")
    if fold.confluence is not None:
        parts.append(f"confluence {fold.confluence['score']:.2f} {fold.confluence['direction']}")
    return " · ".join(filter(None, parts))


def render_html(messages: Iterable[Mapping[str, Any]]) -> str:
    """Return what a snapshot holds as HTML: the candles as a picture, the score in words."""
    fold = _fold(messages)
    parts = [f"<p><b>{escape(describe(messages))}</b></p>"]
    if _synthetic(fold):
        parts.append("<p><b>SYNTHETIC DATA</b>: these prices were generated.</p>")
    for timeframe in fold.candles:
        rows = [message["data"] for message in fold.closed(timeframe)]
        if len(rows) > 1:
            parts.append(_chart(f"{fold.info.get('symbol', '')} {timeframe}", rows))
    if fold.confluence is not None:
        parts.append(f"<p>{escape(str(fold.confluence['rationale']))}</p>")
    return f'<div style="max-width:{_WIDTH}px">{"".join(parts)}</div>'


def _fold(messages: Iterable[Mapping[str, Any]]) -> MarketFold:
    return told(dict(message) for message in messages)


def _synthetic(fold: MarketFold) -> bool:
    return bool(fold.info.get("synthetic"))


def _chart(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    low, high = min(row["low"] for row in rows), max(row["high"] for row in rows)
    span = (high - low) or 1.0
    pitch = _WIDTH / len(rows)

    def y(price: float) -> float:
        return round(_PAD + float(high - price) / span * (_HEIGHT - 2 * _PAD), 1)

    wicks, bodies = {_UP: "", _DOWN: ""}, {_UP: "", _DOWN: ""}
    for i, row in enumerate(rows):
        colour = _UP if row["close"] >= row["open"] else _DOWN
        x = round((i + 0.5) * pitch, 1)
        wicks[colour] += f"M{x} {y(row['high'])}V{y(row['low'])}"
        bodies[colour] += f"M{x} {y(row['open'])}V{y(row['close'])}"
    paths = "".join(
        f'<path d="{d}" stroke="{colour}" stroke-width="{width:.1f}"/>'
        for drawn, width in ((wicks, 1.0), (bodies, max(1.0, pitch * 0.7)))
        for colour, d in drawn.items()
        if d
    )
    label = f"{name}: {low:,.8g} to {high:,.8g}, last {rows[-1]['close']:,.8g}"
    return (
        f"<p>{escape(label)}</p>"
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" '
        f'role="img" aria-label="{escape(label)}">{paths}</svg>'
    )
