"""Every run there has been, in the state file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from workbench.errors import NotFound
from workbench.messages import FINAL_STATUSES, utc_now
from workbench.runs.records import SESSION, RunRecord, hash_token, run_id_for
from workbench.runs.spec import RunSpec
from workbench.streams.database import Database

_COLUMNS = (
    "id, status, created, started, finished, spec, strategy, python, paths, "
    "token_hash, pid, pid_start, source, synthetic, result, producer, seen"
)
_json = msgspec.json.encode


class RunRegistry:
    """Runs by id; a run is here from the moment it is asked for until it is deleted."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def create(
        self,
        spec: RunSpec,
        *,
        source: str,
        synthetic: bool,
        strategy: bytes | None = None,
        python: str | None = None,
        paths: Sequence[str] = (),
        producer: str = "worker",
    ) -> RunRecord:
        """Add a pending run under a fresh id; `producer` says who is to publish it."""
        now = datetime.now(UTC)
        beginning = "backtest_" if spec.live is None else SESSION
        with self._db.transaction() as tx:
            taken = 0
            while tx.execute(
                "SELECT 1 FROM runs WHERE id = ?", (run_id_for(now, taken, beginning),)
            ).fetchone():
                taken += 1
            record = RunRecord(
                id=run_id_for(now, taken, beginning),
                status="pending",
                created=utc_now(),
                spec=spec,
                source=source,
                synthetic=synthetic,
                token_hash="",
                strategy=strategy,
                python=python,
                paths=list(paths),
                producer=producer,
            )
            tx.execute(
                "INSERT INTO runs (id, status, created, spec, strategy, python, paths, "
                "token_hash, source, synthetic, producer) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    record.id,
                    record.status,
                    record.created,
                    _json(spec),
                    strategy,
                    python,
                    _json(record.paths),
                    record.token_hash,
                    source,
                    int(synthetic),
                    producer,
                ),
            )
        return record

    def get(self, run_id: str) -> RunRecord:
        """Return a run.

        Raises
        ------
        NotFound
            There is none of this id.
        """
        rows = self._db.query(f"SELECT {_COLUMNS} FROM runs WHERE id = ?", run_id)
        if not rows:
            msg = f"There is no run {run_id!r}"
            raise NotFound(msg, field="backtest_id", value=run_id)
        return _record(rows[0])

    def list(self, *statuses: str, sessions: bool | None = None) -> list[RunRecord]:
        """Return the runs, the newest first; only those in `statuses` if any are given.

        Parameters
        ----------
        sessions
            Only live sessions, or all but those; None for all.
        """
        asked = [] if not statuses else [f"status IN ({', '.join('?' * len(statuses))})"]
        if sessions is not None:
            asked.append(f"id {'' if sessions else 'NOT '}GLOB '{SESSION}*'")
        where = f"WHERE {' AND '.join(asked)}" if asked else ""
        rows = self._db.query(
            f"SELECT {_COLUMNS} FROM runs {where} ORDER BY created DESC, rowid DESC", *statuses
        )
        return [_record(row) for row in rows]

    def set_token(self, run_id: str, token: str) -> None:
        """Replace the publish token; only its hash is stored."""
        self._update(run_id, token_hash=hash_token(token))

    @contextmanager
    def claim(self, run_id: str, token: str) -> Iterator[bool]:
        """Take a run that waits for a worker, under a fresh token; tell whether it was to be had.

        Of all who serve the state folder one gets it: the block holds the write lock. It is to
        start the worker and note its process; an exception there gives the run back, and so does
        the end of this process.
        """
        with self._db.transaction() as tx:
            claimed = tx.execute(
                "UPDATE runs SET token_hash = ? WHERE id = ? AND status = 'pending' "
                "AND producer = 'worker' AND pid IS NULL",
                (hash_token(token), run_id),
            )
            yield claimed.rowcount == 1

    @contextmanager
    def reclaim(self, run_id: str, token: str) -> Iterator[bool]:
        """Take a session that has no process, as `claim` does a run that waits for its first."""
        with self._db.transaction() as tx:
            claimed = tx.execute(
                "UPDATE runs SET token_hash = ? WHERE id = ? AND pid IS NULL "
                "AND status IN ('pending', 'running', 'paused')",
                (hash_token(token), run_id),
            )
            yield claimed.rowcount == 1

    def set_worker(self, run_id: str, pid: int | None, pid_start: float | None) -> None:
        """Note the producer's process; None for a session that has lost its own."""
        self._update(run_id, pid=pid, pid_start=pid_start)

    def set_seen(self, run_id: str, now: float) -> None:
        """Note that the producer was connected at `now`, seconds since the epoch."""
        self._update(run_id, seen=now)

    def set_status(self, run_id: str, status: str, result: dict[str, Any] | None = None) -> None:
        """Enter a state. A final one is never left again."""
        rows = self._db.query("SELECT status, started FROM runs WHERE id = ?", run_id)
        if not rows or rows[0][0] in FINAL_STATUSES:
            return
        values: dict[str, object] = {"status": status}
        if status == "running" and rows[0][1] is None:
            values["started"] = utc_now()
        if status in FINAL_STATUSES:
            values["finished"] = utc_now()
            values["result"] = None if result is None else _json(result)
        self._update(run_id, **values)

    def delete(self, run_id: str) -> None:
        """Remove a run."""
        with self._db.transaction() as tx:
            tx.execute("DELETE FROM runs WHERE id = ?", (run_id,))

    def _update(self, run_id: str, **values: object) -> None:
        assignments = ", ".join(f"{name} = ?" for name in values)
        with self._db.transaction() as tx:
            tx.execute(f"UPDATE runs SET {assignments} WHERE id = ?", (*values.values(), run_id))


def _record(row: Sequence[Any]) -> RunRecord:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    values["spec"] = msgspec.json.decode(values["spec"], type=RunSpec)
    values["paths"] = msgspec.json.decode(values["paths"])
    values["synthetic"] = bool(values["synthetic"])
    values["result"] = None if values["result"] is None else msgspec.json.decode(values["result"])
    return RunRecord(**values)
