"""Candles, strategies and stand-ins for tests of sweeps."""

from __future__ import annotations

import os
import signal
from typing import Any

import numpy as np

from workbench.data import Candles
from workbench.engine import Strategy
from workbench.sweeps.workload import Outcome, Workload, keep
from workbench.timeframes import Timeframe

HOUR = 3_600_000
MONDAY = 1_704_067_200_000


def walk(count: int = 400, seed: int = 7, symbol: str = "X") -> Candles:
    """Hourly candles of a seeded random walk."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.004, count)))
    opened = np.concatenate([[100.0], close[:-1]])
    spread = np.abs(random.normal(0, 0.002, (2, count)))
    return Candles(
        symbol, Timeframe.parse("1H"), MONDAY + HOUR * np.arange(count), opened,
        np.maximum(opened, close) * (1 + spread[0]), np.minimum(opened, close) * (1 - spread[1]),
        close, np.ones(count), "a random walk", True,
    )  # fmt: skip


class Cross(Strategy):
    """In while the fast average is above the slow one; some values are trouble."""

    fast = 5
    slow = 20
    scale = 1.0
    mode = "both"

    def init(self) -> None:
        if self.fast == 13:
            raise ValueError("thirteen")
        if self.fast == 99:
            os.kill(os.getpid(), signal.SIGKILL)
        self.quick = self.I("sma", self.close, self.fast)
        self.calm = self.I("sma", self.close, self.slow)

    def next(self) -> None:
        if self.quick[-1] > self.calm[-1] and not self.position:
            self.enter_long()
        elif self.quick[-1] < self.calm[-1] and self.position:
            self.position.close()


def workload(candles: Candles | None = None, **fixed: Any) -> Workload:
    """A workload over a walk."""
    from workbench.engine.settings import Settings

    one = walk() if candles is None else candles
    return Workload(Cross, {one.timeframe.name: one}, None, Settings(), fixed, 1)


def begin(key: str) -> None:
    """Keep the walk's workload in a new process."""
    keep(key, workload())


class Inline:
    """Runs batches at once, in this process, when it is waited for.

    Attributes
    ----------
    order
        Which of the batches that wait is done next: the first (0) or the last (-1).
    """

    def __init__(self, load: Workload, workers: int = 2, order: int = 0) -> None:
        self.load = load
        self.workers = workers
        self.order = order
        self.closed = False
        self.tasks: list[Any] = []
        self.batches: list[Any] = []

    @property
    def room(self) -> bool:
        return len(self.batches) < 2 * self.workers

    @property
    def busy(self) -> bool:
        return bool(self.batches)

    def submit(self, batch: Any) -> None:
        self.tasks += batch
        self.batches.append(batch)

    def wait(self, seconds: float) -> list[tuple[Any, Outcome]]:
        batch = self.batches.pop(self.order)
        return [(task, self.load.run(task)) for task in batch]

    def close(self) -> None:
        self.closed = True
