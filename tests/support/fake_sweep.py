"""A made-up sweep, as the fake server tells it: a smooth hill of Sharpe ratios over two parameters.

Where the fast mean is not below the slow one a combination fails; where nothing was traded its
Sharpe ratio is left out. `kind` is ``grid`` (two parameters, and a third of two values), ``line``
(one parameter), ``walk`` (two parameters, three splits) or ``half`` (two parameters, of which a
constraint excludes what would fail).
"""

from __future__ import annotations

import itertools
import math
from typing import Any

Message = dict[str, Any]
START, END = "2017-01-01T22:00:00Z", "2017-12-29T21:00:00Z"
FAILURE = "The strategy raised ValueError: fast must be below slow"
SPLITS = 3


class FakeSweep:
    """The log of a sweep, one list of messages per row.

    Parameters
    ----------
    kind
        See the module.
    count
        Combinations, about: the grid is as square as it gets.
    """

    symbol = "EUR-USD"
    synthetic = False

    def __init__(self, kind: str, count: int) -> None:
        side = max(2, round(math.sqrt(count / 2)))
        self.space: dict[str, list[Any]] = {"fast": [5 + 2 * i for i in range(side)]}
        if kind == "line":
            self.space = {"fast": [5 + 2 * i for i in range(count)]}
        else:
            self.space["slow"] = [10 + 3 * i for i in range(side)]
        if kind == "grid":
            self.space["trend"] = [True, False]
        self.splits = SPLITS if kind == "walk" else 0
        self.kind = kind
        self.excluded: Message = {}
        self.rows = self._rows()
        self.seq = 0
        self.steps = [[self._status()]]
        for i, row in enumerate(self.rows):
            self.steps.append([self._message("sweep", {"backtest_id": "fake", **row})])
            if i % 25 == 24:
                self.steps[-1].append(self._progress(i + 1))
        self.steps.append([self._complete()])

    def _message(self, kind: str, data: Message, extra: Message | None = None) -> Message:
        self.seq += 1
        message = {"type": kind, "timestamp": "", "data": data, "seq": self.seq}
        return message if extra is None else {**message, "extra": extra}

    def _status(self) -> Message:
        return self._message("status", {
            "backtest_id": "fake", "status": "running", "strategy": "sma_cross",
            "symbol": self.symbol, "timeframes": ["1H"], "bars": 6_200, "start": START, "end": END,
            "source": "bundled sample", "synthetic": False, "initial_capital": 10_000.0,
            "sweep": {
                "space": self.space, "metric": "sharpe_ratio", "maximize": True, "method": "grid",
                "rows": len(self.rows), "splits": self.splits, **self.excluded,
            },
        })  # fmt: skip

    def _rows(self) -> list[Message]:
        names = list(self.space)
        combinations: list[Message] = [{}]
        for name in names:
            combinations = [{**c, name: v} for c in combinations for v in self.space[name]]
        if self.kind == "half":
            flags = [params["fast"] >= params["slow"] for params in combinations]
            lengths = [sum(1 for _ in group) for _, group in itertools.groupby(flags)]
            self.excluded = {"excluded": lengths}
            combinations = [
                c for c, excluded in zip(combinations, flags, strict=True) if not excluded
            ]
        if not self.splits:
            return [_row(i, params, "all", 0) for i, params in enumerate(combinations)]
        rows: list[Message] = []
        for split in range(self.splits):
            inside = [_row(i, params, "in", split) for i, params in enumerate(combinations)]
            best = max(inside, key=lambda row: row["metrics"].get("sharpe_ratio", -9.0))
            out = _row(best["number"], best["params"], "out", split)
            rows += [*inside, {**out, "curve": _curve(split, out["metrics"]["total_return"])}]
        return rows

    @property
    def best(self) -> Message:
        """The best row."""
        return max(self.rows, key=lambda row: row["metrics"].get("sharpe_ratio", -9.0))

    def _progress(self, done: int) -> Message:
        share = 100 * done / len(self.rows)
        data = {"backtest_id": "fake", "progress": share, "current_time": END, "metrics": {}}
        return self._message("progress", data, {"bar": done, "bars": len(self.rows)})

    def _complete(self) -> Message:
        data = {"backtest_id": "fake", "metrics": self.best["metrics"]}
        extra = {"status": "complete", "bars": 6_200, "final_equity": 11_000.0}
        return self._message("complete", data, extra)

    def connected(self, seq: int, status: str) -> Message:
        """Return the first message of a connection."""
        return {"type": "connected", "timestamp": "", "data": {
            "backtest_id": "fake", "message": "Connected to backtest stream", "epoch": "e1",
            "seq": seq, "status": status, "protocol": "1.0", "symbol": self.symbol,
            "source": "", "synthetic": False,
        }}  # fmt: skip

    def detail(self) -> Message:
        """Return what GET answers of it."""
        return {"name": "Crosses of 2017", "spec": {
            "symbol": self.symbol, "timeframes": ["1H"], "start_date": "2017-01-01",
            "end_date": "2017-12-31", "strategy_ids": ["sma_cross"], "name": "Crosses of 2017",
            "strategy_params": {"stop": 0.02}, "sweep": {"maximize": "sharpe_ratio"},
        }}  # fmt: skip


def _row(number: int, params: Message, sample: str, split: int) -> Message:
    fast, slow = params["fast"], params.get("slow", 90)
    error, metrics = "", {}
    if fast >= slow:
        error = FAILURE
    else:
        hill = math.exp(-(((fast - 15) / 14) ** 2) - ((slow - 55 - 4 * split) / 40) ** 2)
        sharpe = 2.1 * hill - 0.6 + (0.1 if params.get("trend") else 0.0)
        if sample == "out":
            sharpe *= 0.6
        metrics = {
            "total_trades": 400 // fast, "win_rate": 0.4 + hill / 10, "profit_factor": 1 + hill,
            "total_return": 12 * sharpe, "max_drawdown": -14 + 6 * hill,
        }  # fmt: skip
        if (fast * slow) % 29 != 0:
            metrics["sharpe_ratio"] = sharpe
    return {
        "number": number, "params": params, "metrics": metrics, "error": error, "sample": sample,
        "split": split, "start": START, "end": END,
    }  # fmt: skip


def _curve(split: int, gained: float) -> Message:
    days = 80
    time = [1_483_308_000_000 + 86_400_000 * (days * split + day) for day in range(days)]
    growth = [
        1 + gained / 100 * (day + 1) / days + 0.02 * math.sin(math.pi * (day + 1) / 10)
        for day in range(days)
    ]
    growth[-1] = 1 + gained / 100
    return {
        "time": time, "growth": growth, "high": max(growth), "low": min(1.0, *growth),
        "open": False, "periods": 252.0,
    }  # fmt: skip
