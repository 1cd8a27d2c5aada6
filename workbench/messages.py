"""Every message on the wire, each with its delivery class.

Units, as the contract prints them:

- `timestamp` is when the message was made: ISO 8601, UTC, milliseconds, ``Z``.
- Market times (`time`, `current_time`, `entry_time`, `exit_time`) are the open time of
  the candle they speak of: ISO 8601, UTC, ``Z``, without a fraction when it is zero.
- `progress` is percent, 0 to 100.
- In `progress`, `equity` and `metrics`: `win_rate`, `max_drawdown` and `drawdown` are
  fractions, drawdowns zero or negative.
- In `complete`: `total_return`, `max_drawdown` and the average and largest win and loss
  are percent; `win_rate` is a fraction.
- `pnl`, `mfe`, `mae`, `balance`, `equity` and commissions are in the account's currency,
  `pnl` net of the trade's commissions; `pnl_percent` is percent of the entry's notional.
- A ratio that is not defined yet (no losing trade, no return) is 0.0.

What goes beyond the contract stands beside `data`, at the top level: `seq` (gap-free
position in the log, from 1), `eseq` (gap-free count of event-class messages, on those
only) and `extra` (further facts, per type).
"""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

PROTOCOL = "1.0"

RunStatus = Literal["pending", "running", "paused", "complete", "error", "stopped"]
FINAL_STATUSES: frozenset[str] = frozenset({"complete", "error", "stopped"})
Direction = Literal["long", "short"]


class Delivery(enum.Enum):
    """What a slow reader may be spared."""

    EVENT = "event"
    """Never dropped, never reordered."""
    CURVE = "curve"
    """May be merged, keeping last, minimum and maximum."""
    STATE = "state"
    """Only the latest of its key matters."""
    CONNECTION = "connection"
    """Belongs to one connection; never in a log."""


class _Stamped(Struct, tag_field="type"):
    timestamp: str


class Message(_Stamped, tag_field="type", kw_only=True, omit_defaults=True):
    """What all messages share. `type` is the struct's tag."""

    delivery: ClassVar[Delivery]
    seq: int | UnsetType = UNSET
    eseq: int | UnsetType = UNSET

    @property
    def key(self) -> str:
        """Name the thing whose latest state this message tells."""
        return str(self.__struct_config__.tag)


# --- data of the messages -------------------------------------------------------------


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
    """How far the run is."""

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
    bar
        Index of the candle of the fill, from 0, in the lowest timeframe.
    quantity
        Units filled by this entry or exit.
    remaining
        Units still open after it.
    commission
        Commission of this fill alone.
    strategy
        Name of the strategy that traded.
    reasoning
        Why it was closed, on exits.
    inputs
        The numbers the decision saw, by name; the contract's reasoning has no place for them.
    """

    bar: int
    quantity: float
    remaining: float
    commission: float
    strategy: str
    reasoning: Reasoning | UnsetType = UNSET
    inputs: dict[str, float] | UnsetType = UNSET


class EquityData(Struct, frozen=True):
    """One point of the equity curve, at the close of the candle opened at `time`."""

    backtest_id: str
    time: str
    equity: float
    balance: float
    drawdown: float


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


class CompleteExtra(Struct, frozen=True):
    """How it ended (``complete``, or ``stopped`` by request) and with how much."""

    status: Literal["complete", "stopped"]
    bars: int
    final_equity: float


class ErrorData(Struct, frozen=True):
    """What went wrong."""

    error: str
    details: dict[str, Any]


class ErrorExtra(Struct, frozen=True):
    """Stable name of the kind of error, as in `workbench.errors`."""

    code: str


class StatusData(Struct, frozen=True, omit_defaults=True):
    """The run entered a state. The first one (``running``) tells what it runs on."""

    backtest_id: str
    status: RunStatus
    strategy: str | UnsetType = UNSET
    symbol: str | UnsetType = UNSET
    timeframes: list[str] | UnsetType = UNSET
    bars: int | UnsetType = UNSET
    start: str | UnsetType = UNSET
    end: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    synthetic: bool | UnsetType = UNSET
    initial_capital: float | UnsetType = UNSET


ControlAction = Literal["pause", "resume", "step", "speed", "stop"]


class ControlData(Struct, frozen=True, omit_defaults=True):
    """A control was asked for: accepted, or refused with a reason."""

    action: ControlAction
    accepted: bool
    value: float | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class ConnectedData(Struct, frozen=True):
    """First message of every connection: where the log stands."""

    backtest_id: str
    message: str
    epoch: str
    seq: int
    status: str
    protocol: str
    symbol: str
    source: str
    synthetic: bool


class GapData(Struct, frozen=True):
    """A position that was asked for cannot be served; the story starts at `available_from`."""

    reason: str
    requested_since: int
    requested_epoch: str | None
    epoch: str
    available_from: int
    available_to: int


class EquityColumns(Struct, frozen=True):
    """Several equity points as columns (``format=columns``). `time` in epoch ms."""

    backtest_id: str
    time: list[int]
    equity: list[float]
    balance: list[float]
    drawdown: list[float]


# --- messages -------------------------------------------------------------------------


class Connected(Message, tag="connected"):
    delivery = Delivery.CONNECTION
    data: ConnectedData


class Pong(Message, tag="pong"):
    delivery = Delivery.CONNECTION
    data: dict[str, Any]


class Gap(Message, tag="gap"):
    delivery = Delivery.CONNECTION
    data: GapData


class EquityBatch(Message, tag="equity_columns"):
    """Made for one connection out of `equity` messages; `seq` is that of the last."""

    delivery = Delivery.CONNECTION
    data: EquityColumns


class Progress(Message, tag="progress"):
    delivery = Delivery.STATE
    data: ProgressData
    extra: ProgressExtra


class Trade(Message, tag="trade"):
    delivery = Delivery.EVENT
    data: EntryData | ExitData
    extra: TradeExtra


class Equity(Message, tag="equity"):
    delivery = Delivery.CURVE
    data: EquityData


class Metrics(Message, tag="metrics"):
    delivery = Delivery.STATE
    data: MetricsData


class Complete(Message, tag="complete"):
    delivery = Delivery.EVENT
    data: CompleteData
    extra: CompleteExtra


class Error(Message, tag="error"):
    delivery = Delivery.EVENT
    data: ErrorData
    extra: ErrorExtra


class Status(Message, tag="status"):
    delivery = Delivery.EVENT
    data: StatusData


class Control(Message, tag="control"):
    delivery = Delivery.EVENT
    data: ControlData


LogMessage = Progress | Trade | Equity | Metrics | Complete | Error | Status | Control
AnyMessage = LogMessage | Connected | Pong | Gap | EquityBatch
MESSAGE_TYPES: dict[str, type[Message]] = {
    str(cls.__struct_config__.tag): cls
    for cls in (
        Connected, Pong, Gap, EquityBatch, Progress, Trade, Equity, Metrics, Complete, Error,
        Status, Control,
    )
}  # fmt: skip

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyMessage] = msgspec.json.Decoder(AnyMessage)


def encode(message: Message) -> bytes:
    """Return the message as JSON."""
    return _encoder.encode(message)


def decode(data: bytes | str) -> AnyMessage:
    """Parse and validate one message.

    Raises
    ------
    msgspec.ValidationError
        The message is not one of the protocol's.
    """
    return _decoder.decode(data)


# --- times ----------------------------------------------------------------------------


def utc_now() -> str:
    """Return the present as ``2024-02-11T12:34:56.789Z``."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_time(time_ms: int) -> str:
    """Return epoch milliseconds as ``2024-01-15T08:15:00Z``."""
    whole = datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    rest = time_ms % 1000
    return f"{whole}.{rest:03d}Z" if rest else f"{whole}Z"


def parse_time(text: str) -> int:
    """Return an ISO 8601 time as epoch milliseconds; without an offset it is UTC.

    Raises
    ------
    ValueError
        The text is not a time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
