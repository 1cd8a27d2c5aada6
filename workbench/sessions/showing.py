"""What lists and details tell of a session."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.runs.live_book import LiveBook
from workbench.runs.records import RunRecord
from workbench.runs.showing import latest, short
from workbench.streams import SqliteLog


def summary(record: RunRecord, log: SqliteLog, book: LiveBook) -> dict[str, Any]:
    """Return what the list shows of a session; without its positions and orders, but their number.

    `risk` and `pnl` are the data of its latest messages, None before the first.
    """
    state = _state(record, book)
    return {
        **_shown(record, log),
        "result": short(record.result),
        "positions": len(state["position"]),
        "open_orders": len(state["order"]),
        "risk": next(iter(state["risk"]), None),
        "pnl": next(iter(state["pnl"]), None),
    }


def detail(record: RunRecord, log: SqliteLog, book: LiveBook) -> dict[str, Any]:
    """Return all that holds of a session; of one that has ended, what held then."""
    state = _state(record, book)
    info = log.info(record.id)
    return {
        **_shown(record, log),
        "result": record.result,
        "positions": state["position"],
        "open_orders": state["order"],
        "risk": next(iter(state["risk"]), None),
        "pnl": next(iter(state["pnl"]), None),
        "spec": msgspec.to_builtins(record.spec),
        "metrics": latest(record.id, "metrics", log),
        "epoch": info.epoch if info else None,
        "seq": info.seq if info else 0,
    }


def _shown(record: RunRecord, log: SqliteLog) -> dict[str, Any]:
    live = record.spec.live
    assert live is not None
    info = log.info(record.id)
    return {
        "session_id": record.id,
        "name": record.spec.name,
        "status": record.status,
        "strategy": ", ".join(record.spec.strategy_ids),
        "symbols": live.symbols,
        "timeframes": record.spec.timeframes,
        "broker": live.broker,
        "exchange": live.exchange,
        "account": live.account,
        "sandbox": live.sandbox,
        "feed": live.feed.get("feed", "synthetic"),
        "created": record.created,
        "started": record.started,
        "finished": record.finished,
        "source": record.source,
        "synthetic": record.synthetic,
        "bytes": info.bytes if info else 0,
        "tags": record.spec.tags,
        "notes": record.spec.notes,
    }


def _state(record: RunRecord, book: LiveBook) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {"position": [], "order": [], "risk": [], "pnl": []}
    for entry in book.state(record.id):
        found[entry.type].append(msgspec.json.decode(entry.wire)["data"])
    return found
