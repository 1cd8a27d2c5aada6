"""What the messages of a live session say, as lines and tables: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import UNSET

from workbench.cli.output import Line
from workbench.messages import (
    AnyMessage,
    Complete,
    Control,
    DataGap,
    EntryData,
    Error,
    Feed,
    Gap,
    Order,
    OrderData,
    Risk,
    Status,
    Trade,
)

TYPES = ("status", "order", "trade", "risk", "feed", "data_gap", "control", "complete", "error")
STYLES = {
    "filled": "green", "partially_filled": "green", "rejected": "red", "cancelled": "dim",
    "expired": "dim", "new": "", "accepted": "dim", "left": "yellow",
}  # fmt: skip
Table = tuple[str, Sequence[str], list[tuple[str, ...]], Sequence[int]]


def narrate(message: AnyMessage) -> list[Line]:
    """Return what to print of a message."""
    match message:
        case Status():
            data = message.data
            if data.live is UNSET:
                return [Line(f"{data.status}{_because(data.reason)}", "dim")]
            live = data.live
            where = live.broker if live.exchange is UNSET else str(live.exchange)
            lines = [Line(f"{data.strategy} on {' '.join(live.symbols)}, {where}", "bold")]
            if data.synthetic is True:
                lines.append(Line("SYNTHETIC DATA: generated, never traded", "bold yellow"))
            return lines
        case Order():
            return [_order(message.data)]
        case Trade() if not isinstance(message.data, EntryData):
            trade = message.data
            text = (
                f"{_when(trade.exit_time)}  {trade.trade_id} closed by {trade.exit_reason} at "
                f"{trade.exit_price:,.6g}: {trade.pnl:+,.2f} ({trade.pnl_percent:+.2f} %)"
            )
            return [Line(text, "green" if trade.pnl >= 0 else "red")]
        case Risk() if message.data.breach is not UNSET:
            breach = message.data.breach
            text = f"{_when(message.data.time)}  RISK {breach.limit}: {breach.message}"
            return [Line(text, "bold red")]
        case Feed():
            style = "yellow" if isinstance(message.data.code, str) else "dim"
            what = f"{message.data.symbol} feed: {message.data.state}: {message.data.message}"
            return [Line(what, style)]
        case DataGap():
            gap = message.data
            filled = "fetched since" if gap.filled else "not to be had"
            text = f"{gap.symbol}: {gap.missing} {gap.what} missing from {gap.start}: {filled}"
            return [Line(text, "yellow")]
        case Control():
            data_ = message.data
            who = "" if data_.by is UNSET else f" by {data_.by}"
            said = "" if data_.accepted else f" refused{_because(data_.reason)}"
            return [Line(f"{data_.action}{who}{said}", "bold")]
        case Complete():
            text = f"ended: {message.data.metrics.total_trades} trades, equity "
            return [Line(text + f"{message.extra.final_equity:,.2f}", "bold")]
        case Gap():
            return [Line(f"The story starts over: {message.data.reason}", "yellow")]
        case Error():
            return [Line(f"error: {message.data.error}", "red")]
    return []


def heading(info: Mapping[str, Any]) -> list[Line]:
    """Return what a session is, how it stands, and why, if it ended with an error."""
    name = f": {info['name']}" if info.get("name") else ""
    lines = [Line(f"{info['session_id']}{name}", "bold")]
    style = {"error": "red", "running": "green"}.get(info["status"], "")
    finished = info.get("finished")
    since = f", ended {_when(finished)}" if finished else ""
    lines.append(Line(f"{info['status']}{since}", style))
    why = error_of(info)
    if why is not None:
        lines.append(Line(f"error: {why}", "red"))
    return lines


def error_of(info: Mapping[str, Any]) -> str | None:
    """Return the error a session ended with; None if it goes on, or ended well."""
    if info["status"] != "error":
        return None
    result = info.get("result") or {}
    return str((result.get("data") or {}).get("error", "not known"))


def tables(info: Mapping[str, Any]) -> Iterator[Table]:
    """Return what a session holds, has ordered, risks and has earned, table by table.

    Each: title, head, rows, and which columns are numbers.
    """
    yield (
        "Positions",
        ("ID", "SYMBOL", "SIDE", "QUANTITY", "ENTRY", "PRICE", "STOP", "OPEN P&L"),
        [
            (
                one["position_id"], one["symbol"], one["direction"], _number(one["quantity"]),
                _number(one["entry_price"]), _number(one["price"]), _number(one["stop_loss"]),
                f"{one['unrealized_pnl']:+,.2f}",
            )
            for one in info["positions"]
        ],
        (3, 4, 5, 6, 7),
    )  # fmt: skip
    yield (
        "Open orders",
        ("ID", "SYMBOL", "WHAT", "STATUS", "QUANTITY", "PRICE", "FILLED"),
        [
            (
                one["order_id"], one["symbol"], f"{one['side']} {one['kind']} ({one['role']})",
                one["status"], _number(one["quantity"]), _number(one["price"]),
                _number(one["filled"]),
            )
            for one in info["open_orders"]
        ],
        (4, 5, 6),
    )  # fmt: skip
    pnl, risk = info.get("pnl") or {}, info.get("risk") or {}
    yield (
        "Profit",
        ("SYMBOL", "REALISED", "OPEN", "FEES", "TRADES"),
        [
            (name, *(f"{part[key]:,.2f}" for key in ("realized", "unrealized", "fees")),
             str(part["trades"]))
            for name, part in [*pnl.get("by_symbol", {}).items(), *([("all", pnl)] if pnl else [])]
        ],
        (1, 2, 3, 4),
    )  # fmt: skip
    yield (
        "Limits",
        ("LIMIT", "NOW", "ALLOWED", "USED"),
        [
            (one["name"], _number(one["value"]), _number(one["limit"]), f"{one['used']:.0%}")
            for one in risk.get("limits", [])
        ],
        (1, 2, 3),
    )


def _order(data: OrderData) -> Line:
    wanted = "" if data.quantity is None else f" {data.quantity:,.6g}"
    at = "" if data.price is None else f" at {data.price:,.6g}"
    filled = ""
    if data.average_price is not None:
        filled = f", {data.filled:,.6g} at {data.average_price:,.6g}"
    why = ""
    if data.message is not UNSET:
        why = f": {data.message}"
    elif data.reasoning is not UNSET:
        why = f"  · {data.reasoning.rationale}"
    what = f"{data.side} {data.kind}{wanted} {data.symbol}{at} ({data.role})"
    text = f"{_when(data.time)}  {data.order_id} {data.status}: {what}{filled}{why}"
    return Line(text, STYLES[data.status])


def _because(reason: Any) -> str:
    return f": {reason}" if isinstance(reason, str) and reason else ""


def _when(time: str) -> str:
    return time[:19].replace("T", " ")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.6g}"
