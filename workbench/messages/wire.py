"""The messages themselves, each with its delivery class, and their encoding."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from workbench.errors import WorkbenchError
from workbench.messages.base import Delivery, Message
from workbench.messages.connection import (
    ConnectedData,
    EquityColumns,
    GapData,
    HeartbeatData,
    ReplayData,
    ResetData,
    ShutdownData,
)
from workbench.messages.controls import ControlData
from workbench.messages.live import OrderData, PnlData, PositionData, RiskData
from workbench.messages.market import (
    CandleData,
    CandleExtra,
    ConfluenceData,
    DataGapData,
    FeedData,
    PatternData,
    StructureData,
)
from workbench.messages.payloads import (
    CompleteData,
    CompleteExtra,
    EntryData,
    EquityData,
    EquityExtra,
    ErrorData,
    ErrorExtra,
    ExitData,
    MetricsData,
    ProgressData,
    ProgressExtra,
    StatusData,
    TradeExtra,
)
from workbench.messages.signals import SignalData, SignalExtra
from workbench.messages.sweeps import SweepData
from workbench.messages.times import utc_now

PROTOCOL = "1.0"
FINAL_TYPES: frozenset[str] = frozenset({"complete", "error"})
PROMPT_TYPES: frozenset[str] = FINAL_TYPES | {"status", "control"}
"""Not held back to be sent with others: somebody waits for them."""
FINAL_STATUSES: frozenset[str] = frozenset({"complete", "error", "stopped"})


class Connected(Message, tag="connected"):
    delivery = Delivery.CONNECTION
    data: ConnectedData


class Pong(Message, tag="pong"):
    delivery = Delivery.CONNECTION
    data: dict[str, Any]


class Gap(Message, tag="gap"):
    delivery = Delivery.CONNECTION
    data: GapData


class Heartbeat(Message, tag="heartbeat"):
    delivery = Delivery.CONNECTION
    data: HeartbeatData


class Shutdown(Message, tag="shutdown"):
    delivery = Delivery.CONNECTION
    data: ShutdownData


class Reset(Message, tag="reset"):
    delivery = Delivery.CONNECTION
    data: ResetData


class Replay(Message, tag="replay"):
    delivery = Delivery.CONNECTION
    data: ReplayData


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


class Signal(Message, tag="signal"):
    """A signal that was not filled."""

    delivery = Delivery.EVENT
    data: SignalData
    extra: SignalExtra


class Sweep(Message, tag="sweep"):
    """A row of a sweep's table."""

    delivery = Delivery.EVENT
    data: SweepData


class Equity(Message, tag="equity"):
    delivery = Delivery.CURVE
    data: EquityData
    extra: EquityExtra | UnsetType = UNSET


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


class Candle(Message, tag="candle"):
    delivery = Delivery.EVENT
    passing = True
    data: CandleData
    extra: CandleExtra | UnsetType = UNSET

    @property
    def key(self) -> str:
        """A growing candle is the latest of its timeframe."""
        return "candle" if self.data.closed else f"candle:{self.data.timeframe}"


class Pattern(Message, tag="pattern"):
    delivery = Delivery.EVENT
    passing = True
    data: PatternData

    @property
    def key(self) -> str:
        """A provisional pattern is the latest of its timeframe and name."""
        data = self.data
        return f"pattern:{data.timeframe}:{data.pattern}" if data.provisional else "pattern"


class Structure(Message, tag="structure"):
    delivery = Delivery.EVENT
    data: StructureData


class Confluence(Message, tag="confluence"):
    """Once for each closed candle of the shortest timeframe."""

    delivery = Delivery.EVENT
    data: ConfluenceData


class Feed(Message, tag="feed"):
    """What the feed of a market is doing."""

    delivery = Delivery.EVENT
    data: FeedData


class DataGap(Message, tag="data_gap"):
    """Prices are missing; `gap` is about messages that are not kept, this about the market."""

    delivery = Delivery.EVENT
    data: DataGapData


class Position(Message, tag="position"):
    """A position of a session; that it was opened or closed is an event."""

    delivery = Delivery.EVENT
    passing = True
    data: PositionData

    @property
    def key(self) -> str:
        """Of what changes in between, only the latest of each position matters."""
        data = self.data
        if data.event != "modify":
            return "position"
        return f"position:{data.session}:{data.position_id}"


class Order(Message, tag="order"):
    """What has become of an order."""

    delivery = Delivery.EVENT
    data: OrderData


class Risk(Message, tag="risk"):
    """What a session risks; a breach of a limit is an event."""

    delivery = Delivery.EVENT
    passing = True
    data: RiskData

    @property
    def key(self) -> str:
        """Of what is no breach, only the latest of a session matters."""
        return f"risk:{self.data.session}" if self.data.breach is UNSET else "risk"


class Pnl(Message, tag="pnl"):
    """The latest of each session."""

    delivery = Delivery.STATE
    data: PnlData

    @property
    def key(self) -> str:
        """Each session is told for itself."""
        return f"pnl:{self.data.session}"


def error_message(error: WorkbenchError) -> Error:
    """Return what a stream says of an error."""
    return Error(
        utc_now(), data=ErrorData(error.message, error.details), extra=ErrorExtra(error.code)
    )


RunMessage = (
    Progress | Trade | Signal | Sweep | Equity | Metrics | Complete | Error | Status | Control
)
MarketMessage = Candle | Pattern | Structure | Confluence | Feed | DataGap
LiveMessage = Position | Order | Risk | Pnl
LogMessage = RunMessage | MarketMessage | LiveMessage
AnyMessage = (
    LogMessage | Connected | Pong | Gap | Heartbeat | Shutdown | Reset | Replay | EquityBatch
)
MESSAGE_TYPES: dict[str, type[Message]] = {
    str(cls.__struct_config__.tag): cls
    for cls in (
        Connected, Pong, Gap, Heartbeat, Shutdown, Reset, Replay, EquityBatch, Progress,
        Trade, Signal, Sweep, Equity, Metrics, Complete, Error, Status, Control,
        Candle, Pattern, Structure, Confluence, Feed, DataGap,
        Position, Order, Risk, Pnl,
    )
}  # fmt: skip

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyMessage] = msgspec.json.Decoder(AnyMessage)
_batch_decoder: msgspec.json.Decoder[list[AnyMessage]] = msgspec.json.Decoder(list[AnyMessage])


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


def decode_frame(data: bytes | str) -> list[AnyMessage]:
    """Parse and validate a frame: one message, or an array of them (``batch=1``).

    Raises
    ------
    msgspec.ValidationError
        A message is not one of the protocol's.
    """
    if data[:1] in (b"[", "["):
        return _batch_decoder.decode(data)
    return [_decoder.decode(data)]
