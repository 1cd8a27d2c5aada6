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

from workbench.messages.payloads import (
    CompleteData,
    CompleteExtra,
    ConnectedData,
    ControlAction,
    ControlData,
    Direction,
    EntryData,
    EquityColumns,
    EquityData,
    ErrorData,
    ErrorExtra,
    ExitData,
    FinalMetrics,
    GapData,
    MetricsData,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
    Reasoning,
    RunStatus,
    StatusData,
    TradeExtra,
)
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
    LogMessage,
    Message,
    Metrics,
    Pong,
    Progress,
    Status,
    Trade,
    decode,
    encode,
    error_message,
)

__all__ = [
    "FINAL_STATUSES",
    "FINAL_TYPES",
    "MESSAGE_TYPES",
    "PROTOCOL",
    "AnyMessage",
    "Complete",
    "CompleteData",
    "CompleteExtra",
    "Connected",
    "ConnectedData",
    "Control",
    "ControlAction",
    "ControlData",
    "Delivery",
    "Direction",
    "EntryData",
    "Equity",
    "EquityBatch",
    "EquityColumns",
    "EquityData",
    "Error",
    "ErrorData",
    "ErrorExtra",
    "ExitData",
    "FinalMetrics",
    "Gap",
    "GapData",
    "LogMessage",
    "Message",
    "Metrics",
    "MetricsData",
    "Pong",
    "Progress",
    "ProgressData",
    "ProgressExtra",
    "ProgressMetrics",
    "Reasoning",
    "RunStatus",
    "Status",
    "StatusData",
    "Trade",
    "TradeExtra",
    "decode",
    "encode",
    "error_message",
    "iso_time",
    "parse_time",
    "utc_now",
]
