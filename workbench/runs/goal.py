"""Where a run is to stand still: after a step, or when a condition is met. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workbench.messages import Until, iso_time, parse_time

if TYPE_CHECKING:
    from workbench.engine import BacktestEngine
    from workbench.engine.watch import Watch


class Goal(NamedTuple):
    """A point a run has been sent to.

    Attributes
    ----------
    what
        In words, for the reason of the pause.
    bar
        After so many candles in all; None where it is not known before.
    watch
        What the engine has to look out for.
    since
        Candles done when it was set.
    steps
        Candles of a step; 0 for `run_until`.
    past
        Why it cannot be reached any more; empty when it can.
    """

    what: str
    bar: int | None = None
    watch: Watch | None = None
    since: int = 0
    steps: int = 0
    past: str = ""

    @classmethod
    def step(cls, candles: int, bar: int) -> Goal:
        """So many candles after `bar`."""
        return cls(f"step: {_count(candles, 'bar')}", bar + candles, since=bar, steps=candles)

    def further(self, candles: int) -> Goal:
        """Return this step, longer by `candles`."""
        return self.step(self.steps + candles, self.since)

    @classmethod
    def until(cls, until: Until, engine: BacktestEngine) -> Goal:
        """Where `run_until` leads to from here; `until` has been checked."""
        from workbench.engine.watch import Watch

        bar = engine.bar
        if isinstance(until.time, str):
            time = parse_time(until.time)
            goal = int(engine.candles.time.searchsorted(time)) + 1
            what, past = f"run_until: time {iso_time(time)}", ""
            if goal <= bar:
                past = f"{what} is past, the run is at {engine.time(bar - 1)}"
            return cls(what, goal, since=bar, past=past)
        if isinstance(until.bars, int):
            return cls(f"run_until: {_count(until.bars, 'bar')}", bar + until.bars, since=bar)
        if isinstance(until.trades, int):
            watch = Watch(filled=engine.filled + until.trades)
            return cls(f"run_until: {_count(until.trades, 'trade')}", watch=watch, since=bar)
        drawdown = float(until.drawdown or 0.0)
        return cls("run_until: drawdown", watch=Watch(drawdown=drawdown), since=bar)

    def met(self, engine: BacktestEngine) -> bool:
        """Tell whether the run is there."""
        if self.bar is not None:
            return engine.bar >= self.bar
        return (
            self.watch is not None
            and engine.bar > self.since
            and self.watch.met(engine.filled, engine.performance.drawdown)
        )

    def reason(self, engine: BacktestEngine) -> str:
        """Say what was reached, and when in market time."""
        found = ""
        if self.watch is not None and self.watch.drawdown is not None:
            found = f" {engine.performance.drawdown:.4f}"
        return f"{self.what}{found} at {engine.time(engine.bar - 1)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
