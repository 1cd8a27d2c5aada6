"""The rows of a sweep, small enough to be kept in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.messages.deciding import MIN_TRADES, value
from workbench.widgets.source import Message

MOST_ROWS = 2_000
KEPT_METRICS = (
    "sharpe_ratio", "total_return", "max_drawdown", "profit_factor", "win_rate", "total_trades",
)  # fmt: skip
"""Kept of each row beside the metric that the sweep looks for."""


class SweepFold:
    """Folds a sweep's rows, as they come.

    Attributes
    ----------
    rows
        All `sweep` messages.
    metric
        What the sweep looks for.
    maximize
        Whether more of it is better.
    min_trades
        Rows with fewer trades come last.
    """

    def __init__(self) -> None:
        self.rows: list[Message] = []
        self.metric = "sharpe_ratio"
        self.maximize = True
        self.min_trades = MIN_TRADES

    @classmethod
    def of(cls, messages: Iterable[Mapping[str, Any]]) -> SweepFold:
        """Return what the messages of a log, or of a snapshot, tell."""
        fold = cls()
        for message in messages:
            if message["type"] == "status" and "sweep" in message["data"]:
                fold.begin(message["data"]["sweep"])
            elif message["type"] == "sweep":
                fold.add(dict(message))
        return fold

    def begin(self, facts: Mapping[str, Any]) -> None:
        """Take what the first `status` says of the sweep."""
        self.metric = facts.get("metric", self.metric)
        self.maximize = facts.get("maximize", True)
        self.min_trades = facts.get("min_trades", MIN_TRADES)

    def add(self, message: Message) -> None:
        """Take a row."""
        self.rows.append(message)

    def best(self, most: int) -> list[dict[str, Any]]:
        """Return the `data` of the best rows, the best first; of a walk-forward those in sample."""
        rows = [m["data"] for m in self.rows if m["data"]["sample"] != "out"]
        return sorted((row for row in rows if not row["error"]), key=self._rank)[:most]

    def kept(self) -> list[Message]:
        """Return what is kept: the best rows with their main figures, and all out of sample."""
        rows = self.rows
        if len(rows) > MOST_ROWS:
            rows = sorted(rows, key=lambda m: (m["data"]["sample"] != "out", self._rank(m["data"])))
            rows = rows[:MOST_ROWS]
        return [self._short(row) for row in rows]

    def _rank(self, row: Mapping[str, Any]) -> tuple[bool, float, int]:
        found = value(row["metrics"], self.metric, self.min_trades)
        if row["error"] or found is None:
            return True, 0.0, row["number"]
        return False, -found if self.maximize else found, row["number"]

    def _short(self, message: Message) -> Message:
        data = message["data"]
        names = {self.metric, *KEPT_METRICS}
        metrics = {name: value for name, value in data["metrics"].items() if name in names}
        return {**message, "data": {**data, "metrics": metrics}}
