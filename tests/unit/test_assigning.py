"""A strategy may keep what it likes in attributes, but not overwrite what it reads."""

from __future__ import annotations

from typing import Any

import pytest
from random_runs import walk

from workbench.engine import BacktestEngine, Strategy
from workbench.errors import StrategyError


class Free(Strategy):
    """Everything that is allowed."""

    period = 3

    def init(self) -> None:
        self._declare()
        self.count = 0
        self.last: Any = None

    def _declare(self) -> None:
        self.fast = self.I("SMA", self.close, self.period)

    def next(self) -> None:
        self.count += 1
        self.period = 4
        self.last, other = self.fast[-1], self
        self.remember(other)

    def remember(self, other: Any) -> None:
        other.seen = self.close[-1]
        self.orders_kept = [self.count]


class Close(Free):
    def next(self) -> None:
        if self.close[-1] > 0:
            self.close = 5


class Fast(Free):
    def next(self) -> None:
        self.fast = 3


class Added(Free):
    def next(self) -> None:
        self.count += 1
        self.fast += 1


class Unpacked(Free):
    def next(self) -> None:
        self.count, self.fast = 1, 2


class Called(Free):
    def next(self) -> None:
        self.help(1)

    def help(self, value: int) -> None:
        self.fast = value


class Both(Free):
    def init(self) -> None:
        super().init()
        self.bands = self.I(lambda close: (close, close), self.close)

    def next(self) -> None:
        self.bands = None


class Held(Free):
    def next(self) -> None:
        self.position = None


class AtFirst(Free):
    def init(self) -> None:
        super().init()
        self.close = self.I("SMA", self.close, 3)


def test_plain_attributes_are_free() -> None:
    engine = BacktestEngine(Free, {"15M": walk(1, 50)})
    engine.advance(50)
    assert engine.strategy.count == 48


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Close, r"Close.next assigns self.close \(line \d+ in next\), which belongs to every"),
        (Fast, r"Fast.next assigns self.fast \(line \d+ in next\), which is an indicator: keep"),
        (Added, "Added.next assigns self.fast"),
        (Unpacked, "Unpacked.next assigns self.fast"),
        (Called, r"Called.help assigns self.fast \(line \d+ in help\)"),
        (Both, "Both.next assigns self.bands"),
        (Held, "Held.next assigns self.position"),
        (AtFirst, "AtFirst.init assigns self.close, which belongs"),
    ],
)
def test_what_it_reads_is_not(kind: type[Strategy], said: str) -> None:
    with pytest.raises(StrategyError, match=said):
        BacktestEngine(kind, {"15M": walk(1, 50)})
