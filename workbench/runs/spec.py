"""What is asked for when a run is started."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from workbench.engine.settings import Settings
from workbench.sweeps.spec import SweepSpec
from workbench.trading.spec import LiveSettings


class RunSpec(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A backtest, as the body of `POST /api/backtesting/start` asks for it.

    What the account is given (capital, costs, limits, how orders fill) is inherited from
    `workbench.engine.settings.Settings`.

    Attributes
    ----------
    name
        For people.
    symbol
        One symbol of the candle store or a bundled sample, such as ``EUR-USD``.
    timeframes
        In any order. The shortest is the one the strategy steps on; the others are built
        from it.
    start_date, end_date
        ISO 8601 date or time, UTC. A plain end date is meant to its end.
    strategy_ids
        Names of registered strategies, which share the account. With a pickled strategy, its class
        name.
    strategy_params
        Values for the strategy's parameters, by name; with several strategies, by name of the
        strategy and then of the parameter.
    speed
        Candles a second; absent: as fast as possible.
    progress_every, equity_every
        Candles between two `progress`, and two `equity` messages.
    seed
        For strategies that draw random numbers.
    notes, tags
        For people.
    sweep
        Parameters to try: the run is a sweep then, and brings a table of what each combination
        came to instead of trades and a curve.
    live
        The run is a live session: `symbol` is the first of its symbols, `start_date` when it was
        started, `end_date` empty.
    """

    symbol: str
    timeframes: list[str]
    start_date: str
    end_date: str
    strategy_ids: list[str]
    name: str = "Backtest"
    strategy_params: dict[str, Any] = msgspec.field(default_factory=dict)
    speed: float | None = None
    progress_every: int = 100
    equity_every: int = 100
    seed: int | None = None
    notes: str = ""
    tags: list[str] = msgspec.field(default_factory=list)
    sweep: SweepSpec | None = None
    live: LiveSettings | None = None

    @property
    def kind(self) -> Literal["backtest", "sweep", "live"]:
        """What kind of run it is."""
        if self.live is not None:
            return "live"
        return "backtest" if self.sweep is None else "sweep"
