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
only), `extra` (further facts, per type) and `conflated` (so many earlier messages were
merged into this one for a slow reader).
"""

from __future__ import annotations

from workbench.messages.checksum import TradeChecksum
from workbench.messages.connection import (
    ConnectedData,
    EquityColumns,
    GapData,
    HeartbeatData,
    ReplayData,
    ResetData,
    ShutdownData,
)
from workbench.messages.controls import ControlAction, ControlData, SeekTo, Until
from workbench.messages.payloads import (
    CompleteData,
    CompleteExtra,
    Direction,
    EntryData,
    EquityData,
    EquityExtra,
    ErrorData,
    ErrorExtra,
    ExitData,
    FinalMetrics,
    MetricsData,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
    Reasoning,
    RunStatus,
    StatusData,
    TradeExtra,
)
from workbench.messages.requests import ClientMessage, ControlRequest, Ping, decode_request
from workbench.messages.signals import SignalData, SignalExtra, SignalOutcome
from workbench.messages.sweeps import SweepCurve, SweepData, SweepFacts
from workbench.messages.times import (
    iso_time,
    parse_time,
    utc_now,
)
from workbench.messages.wire import (
    FINAL_STATUSES,
    FINAL_TYPES,
    MESSAGE_TYPES,
    PROTOCOL,
    AnyMessage,
    Complete,
    Connected,
    Control,
    Delivery,
    Equity,
    EquityBatch,
    Error,
    Gap,
    Heartbeat,
    LogMessage,
    Message,
    Metrics,
    Pong,
    Progress,
    Replay,
    Reset,
    Shutdown,
    Signal,
    Status,
    Sweep,
    Trade,
    decode,
    decode_frame,
    encode,
    error_message,
)

__all__ = [
    "FINAL_STATUSES",
    "FINAL_TYPES",
    "MESSAGE_TYPES",
    "PROTOCOL",
    "AnyMessage",
    "ClientMessage",
    "Complete",
    "CompleteData",
    "CompleteExtra",
    "Connected",
    "ConnectedData",
    "Control",
    "ControlAction",
    "ControlData",
    "ControlRequest",
    "Delivery",
    "Direction",
    "EntryData",
    "Equity",
    "EquityBatch",
    "EquityColumns",
    "EquityData",
    "EquityExtra",
    "Error",
    "ErrorData",
    "ErrorExtra",
    "ExitData",
    "FinalMetrics",
    "Gap",
    "GapData",
    "Heartbeat",
    "HeartbeatData",
    "LogMessage",
    "Message",
    "Metrics",
    "MetricsData",
    "Ping",
    "Pong",
    "Progress",
    "ProgressData",
    "ProgressExtra",
    "ProgressMetrics",
    "Reasoning",
    "Replay",
    "ReplayData",
    "Reset",
    "ResetData",
    "RunStatus",
    "SeekTo",
    "Shutdown",
    "ShutdownData",
    "Signal",
    "SignalData",
    "SignalExtra",
    "SignalOutcome",
    "Status",
    "StatusData",
    "Sweep",
    "SweepCurve",
    "SweepData",
    "SweepFacts",
    "Trade",
    "TradeChecksum",
    "TradeExtra",
    "Until",
    "decode",
    "decode_frame",
    "decode_request",
    "encode",
    "error_message",
    "iso_time",
    "parse_time",
    "utc_now",
]
