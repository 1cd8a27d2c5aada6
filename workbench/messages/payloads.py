"""What the messages carry in `data` and `extra`."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from workbench.messages.live_facts import LiveFacts
from workbench.messages.sweeps import SweepFacts

RunStatus = Literal["pending", "running", "paused", "complete", "error", "stopped"]
Direction = Literal["long", "short"]


class Reasoning(Struct, frozen=True, omit_defaults=True):
    """Why a decision was made.

    Attributes
    ----------
    decision
        What was decided: ``enter_long``, ``enter_short``, ``exit``.
    confidence
        0 to 1.
    rationale
        A sentence for people.
    inputs
        The numbers the decision saw, by name.
    """

    decision: str
    confidence: float
    rationale: str
    inputs: dict[str, float] | UnsetType = UNSET


class ProgressMetrics(Struct, frozen=True):
    """The account while the run goes on."""

    balance: float
    open_positions: int
    total_trades: int
    winning_trades: int
    win_rate: float
    max_drawdown: float


class ProgressData(Struct, frozen=True):
    """How far the run is.

    Attributes
    ----------
    current_time
        Open time of the last candle done.
    metrics
        The account after it.
    """

    backtest_id: str
    progress: float
    current_time: str
    metrics: ProgressMetrics


class ProgressExtra(Struct, frozen=True):
    """Candles done and in all."""

    bar: int
    bars: int


class EntryData(Struct, frozen=True, tag_field="event", tag="entry"):
    """A position was opened."""

    trade_id: str
    symbol: str
    direction: Direction
    entry_price: float
    entry_time: str
    quantity: float
    stop_loss: float | None
    take_profit_levels: list[float]
    reasoning: Reasoning


class ExitData(Struct, frozen=True, tag_field="event", tag="exit"):
    """A position, or a part of it, was closed. Money is that of the part."""

    trade_id: str
    symbol: str
    direction: Direction
    entry_price: float
    entry_time: str
    exit_price: float
    exit_time: str
    exit_reason: str
    pnl: float
    pnl_percent: float
    mfe: float
    mae: float


class TradeExtra(Struct, frozen=True, omit_defaults=True):
    """What the contract has no place for.

    Attributes
    ----------
    quantity
        Units filled by this entry or exit.
    remaining
        Units still open after it.
    commission
        Commission of this fill alone.
    strategy
        Name of the strategy that traded.
    bar
        Index of the candle of the fill, from 0, in the lowest timeframe; left out where a program
        publishes its own run and does not count candles.
    reasoning
        Why it was closed, on exits.
    inputs
        The numbers the decision saw, by name; the contract's reasoning has no place for them.
    signal
        Id of the signal that this fills, such as ``signal_12``; left out where no signal did it (a
        stop, a target, ...).
    decided
        Index of the candle at whose close that signal was given.
    financing
        Interest and funding that the part has cost by its exit; left out where there was none.
    """

    quantity: float
    remaining: float
    commission: float
    strategy: str
    bar: int | UnsetType = UNSET
    reasoning: Reasoning | UnsetType = UNSET
    inputs: dict[str, float] | UnsetType = UNSET
    signal: str | UnsetType = UNSET
    decided: int | UnsetType = UNSET
    financing: float | UnsetType = UNSET


class EquityData(Struct, frozen=True, gc=False):
    """One point of the equity curve, at the close of the candle opened at `time`."""

    backtest_id: str
    time: str
    equity: float
    balance: float
    drawdown: float


class EquityExtra(Struct, frozen=True, gc=False):
    """Index of the candle, from 0, in the lowest timeframe."""

    bar: int


class MetricsData(Struct, frozen=True):
    """Performance so far, over closed trades and the equity curve."""

    backtest_id: str
    total_trades: int
    winning_trades: int
    win_rate: float
    profit_factor: float
    sharpe_ratio: float
    max_drawdown: float


class FinalMetrics(Struct, frozen=True):
    """Performance of the whole run; formulas in `workbench.engine.metrics`."""

    total_trades: int
    winning_trades: int
    losing_trades: int
    win_rate: float
    profit_factor: float
    total_return: float
    max_drawdown: float
    sharpe_ratio: float
    average_win: float
    average_loss: float
    largest_win: float
    largest_loss: float
    total_commissions: float


class CompleteData(Struct, frozen=True):
    """The end of a run."""

    backtest_id: str
    metrics: FinalMetrics


class CompleteExtra(Struct, frozen=True, omit_defaults=True):
    """How it ended (``complete``, or ``stopped`` by request) and with how much.

    Attributes
    ----------
    bars
        Candles done.
    trades
        Number of `trade` messages before this one. The message's `eseq` is the number of events.
    crc32
        Checksum over them, see `workbench.messages.TradeChecksum`.
    statistics
        What the contract's metrics have no place for, by name; see docs/metrics.md.
    intervals
        Bootstrap confidence intervals of some of them, by name: lower and upper bound.
    """

    status: Literal["complete", "stopped"]
    bars: int
    final_equity: float
    trades: int | UnsetType = UNSET
    crc32: int | UnsetType = UNSET
    statistics: dict[str, float] | UnsetType = UNSET
    intervals: dict[str, list[float]] | UnsetType = UNSET


class ErrorData(Struct, frozen=True):
    """What went wrong."""

    error: str
    details: dict[str, Any]


class ErrorExtra(Struct, frozen=True):
    """Stable name of the kind of error, as in `workbench.errors`."""

    code: str


class StatusData(Struct, frozen=True, omit_defaults=True):
    """The run entered a state. The first one (``running``) tells what it runs on.

    `reason` says why a run paused by itself: the condition of `run_until` that was met. That of the
    first one says why nothing will be ordered, where that is known: no candle is left after the
    warm-up, or there are no signals. `warm_up` is the number of candles before the first that a
    strategy is asked about; `sweep` is there where the run is one, `live` where it is a session.
    """

    backtest_id: str
    status: RunStatus
    reason: str | UnsetType = UNSET
    strategy: str | UnsetType = UNSET
    symbol: str | UnsetType = UNSET
    timeframes: list[str] | UnsetType = UNSET
    bars: int | UnsetType = UNSET
    start: str | UnsetType = UNSET
    end: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    synthetic: bool | UnsetType = UNSET
    initial_capital: float | UnsetType = UNSET
    warm_up: int | UnsetType = UNSET
    sweep: SweepFacts | UnsetType = UNSET
    live: LiveFacts | UnsetType = UNSET
