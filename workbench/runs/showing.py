"""What lists and details tell of a run."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.runs.records import RunRecord
from workbench.streams import SqliteLog

DETAILS = ("statistics", "intervals")
"""What of a result `detail` alone tells."""


def summary(record: RunRecord, log: SqliteLog) -> dict[str, Any]:
    """Return what the run list shows of a run."""
    info = log.info(record.id)
    return {
        "backtest_id": record.id,
        "kind": record.spec.kind,
        "name": record.spec.name,
        "status": record.status,
        "strategy": ", ".join(record.spec.strategy_ids),
        "symbol": record.spec.symbol,
        "timeframes": record.spec.timeframes,
        "start_date": record.spec.start_date,
        "end_date": record.spec.end_date,
        "created": record.created,
        "started": record.started,
        "finished": record.finished,
        "source": record.source,
        "synthetic": record.synthetic,
        "producer": record.producer,
        "bytes": info.bytes if info else 0,
        "tags": record.spec.tags,
        "notes": record.spec.notes,
        "progress": _progress(record, log),
        "result": short(record.result),
    }


def _progress(record: RunRecord, log: SqliteLog) -> float:
    # What a program tells of its own run need not go up to the end.
    if record.status == "complete":
        return 100.0
    told: float = (latest(record.id, "progress", log) or {}).get("progress", 0.0)
    return told


def detail(record: RunRecord, log: SqliteLog) -> dict[str, Any]:
    """Return a run's summary, its spec and where its log stands."""
    info = log.info(record.id)
    return {
        **summary(record, log),
        "result": record.result,
        "spec": msgspec.to_builtins(record.spec),
        "epoch": info.epoch if info else None,
        "seq": info.seq if info else 0,
        "metrics": latest(record.id, "metrics", log),
    }


def latest(run_id: str, key: str, log: SqliteLog) -> dict[str, Any] | None:
    """Return `data` of the latest message of a state key."""
    info = log.info(run_id)
    seq = info.latest.get(key) if info else None
    if seq is None:
        return None
    entry = log.read(run_id, seq - 1, 1)[0]
    data: dict[str, Any] = msgspec.json.decode(entry.wire)["data"]
    return data


def short(result: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a result without what makes a list of many runs long."""
    if result is None:
        return None
    return {**result, "extra": {n: v for n, v in result["extra"].items() if n not in DETAILS}}
