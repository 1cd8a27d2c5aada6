"""What the structs' types cannot say of a field: unit, format, bounds; and what is not printed.

Keys are ``Struct.field``, or a field's name for all structs that have it.
"""

from __future__ import annotations

from typing import Any, get_args

from workbench.messages import ControlAction

Fact = dict[str, Any]

_TIME: Fact = {"format": "date-time"}
_CURRENCY: Fact = {"x-unit": "currency of the account"}
_PRICE: Fact = {"x-unit": "price"}
_FRACTION: Fact = {"x-unit": "fraction"}
_LOSS: Fact = {"x-unit": "fraction, 0 or below"}
_PERCENT: Fact = {"x-unit": "percent"}
_UNITS: Fact = {"x-unit": "units of the symbol"}
_CANDLES: Fact = {"x-unit": "candles"}
_EPOCH_MS: Fact = {"x-unit": "milliseconds since 1970-01-01 UTC"}
_RATIO: Fact = {"x-unit": "ratio; 0 while it is not defined"}

BY_NAME: dict[str, Fact] = {
    "timestamp": {**_TIME, "description": "When the message was made: UTC, milliseconds, `Z`."},
    "seq": {"x-unit": "position in the log, gap-free from 1"},
    "eseq": {"x-unit": "count of event-class messages, gap-free from 1"},
    "current_time": _TIME,
    "entry_time": _TIME,
    "exit_time": _TIME,
    "balance": _CURRENCY,
    "equity": _CURRENCY,
    "final_equity": _CURRENCY,
    "initial_capital": _CURRENCY,
    "total_commissions": _CURRENCY,
    "commission": _CURRENCY,
    "pnl": {"x-unit": "currency of the account, net of commissions"},
    "mfe": _CURRENCY,
    "mae": _CURRENCY,
    "entry_price": _PRICE,
    "exit_price": _PRICE,
    "stop_loss": _PRICE,
    "take_profit_levels": _PRICE,
    "quantity": _UNITS,
    "remaining": _UNITS,
    "pnl_percent": {"x-unit": "percent of the entry's notional"},
    "win_rate": _FRACTION,
    "drawdown": _LOSS,
    "max_drawdown": _LOSS,
    "profit_factor": _RATIO,
    "sharpe_ratio": _RATIO,
    "progress": {"x-unit": "percent, 0 to 100"},
    "bars": _CANDLES,
    "progress_every": _CANDLES,
    "equity_every": _CANDLES,
    "lag_ms": {"x-unit": "milliseconds"},
    "reconnect_ms": {"x-unit": "milliseconds"},
    "confidence": {"x-unit": "fraction, 0 to 1"},
    "bar_time": _TIME,
    "confirmed_at": _TIME,
    "price": _PRICE,
    "top": _PRICE,
    "bottom": _PRICE,
    "score": {"x-unit": "fraction, 0 to 1"},
}
"""For every field of this name, unless its struct says otherwise below."""

FIELDS: dict[str, Fact] = {
    "CandleData.open": _PRICE,
    "CandleData.high": _PRICE,
    "CandleData.low": _PRICE,
    "CandleData.close": _PRICE,
    "Message.seq": {"description": "Position in the log; absent on messages that are in no log."},
    "Message.eseq": {"description": "On event-class messages only: a gap proves a loss."},
    "Message.conflated": {
        "description": "So many earlier messages were merged into this one for a slow reader."
    },
    "Message.extra": {"description": "What the contract has no place for."},
    "EquityData.time": _TIME,
    "EquityColumns.time": _EPOCH_MS,
    "EquityReply.time": _EPOCH_MS,
    "FeedCandles.time": _EPOCH_MS,
    "CandleData.time": _TIME,
    "DataGapData.start": _TIME,
    "DataGapData.end": _TIME,
    "FeedSummary.created": _TIME,
    "FeedSummary.started": _TIME,
    **{
        f"RiskData.{name}": _CURRENCY
        for name in ("exposure", "net_exposure", "margin", "daily_pnl", "var", "es")
    },
    "RiskData.leverage": {"x-unit": "multiples of equity"},
    "RiskData.confidence": {"x-unit": "fraction"},
    "RiskData.data_age": {"x-unit": "seconds"},
    **{
        f"{struct}.{name}": _CURRENCY
        for struct in ("PnlData", "PnlPart")
        for name in ("realized", "unrealized", "fees")
    },
    **{
        f"PositionData.{name}": _CURRENCY for name in ("unrealized_pnl", "realized_pnl", "fees")
    },
    "OrderData.fees": _CURRENCY,
    "ConfluenceTerm.value": {"x-unit": "-1 (bearish) to 1 (bullish)"},
    "ConfluenceTerm.weight": {"x-unit": "fraction, 0 to 1"},
    "CandlesReply.time": _EPOCH_MS,
    "FinalMetrics.max_drawdown": {"x-unit": "percent, 0 or below"},
    "FinalMetrics.total_return": _PERCENT,
    "FinalMetrics.average_win": _PERCENT,
    "FinalMetrics.average_loss": _PERCENT,
    "FinalMetrics.largest_win": _PERCENT,
    "FinalMetrics.largest_loss": _PERCENT,
    "CompleteExtra.crc32": {"minimum": 0, "maximum": 2**32 - 1},
    "StatusData.start": _TIME,
    "StatusData.end": _TIME,
    "ReplayData.time": _TIME,
    "ReplayData.start": _TIME,
    "ReplayData.end": _TIME,
    "ControlRequest.action": {"examples": [*get_args(ControlAction), "seek"]},
    "Until.drawdown": {"x-unit": "fraction, above 0"},
    "Result.data": {"x-of": ["CompleteData", "ErrorData"]},
    "Result.extra": {"x-of": ["CompleteExtra", "ErrorExtra"]},
    "RunSummary.created": _TIME,
    "RunSummary.started": _TIME,
    "RunSummary.finished": _TIME,
    "RunSpec.commission": {"x-unit": "fraction of the notional"},
    "StartRequest.initial_capital": {**_CURRENCY, "exclusiveMinimum": 0, "maximum": 1e15},
    "StartRequest.risk_per_trade": {
        "x-unit": "fraction of equity", "exclusiveMinimum": 0, "maximum": 1,
    },
    "StartRequest.commission": {"x-unit": "fraction of the notional", "minimum": 0, "maximum": 0.5},
    "StartRequest.slippage": {"x-unit": "fraction of the price", "minimum": 0, "maximum": 0.5},
    "StartRequest.leverage": {
        "x-unit": "multiples of equity", "exclusiveMinimum": 0, "maximum": 1000,
    },
    "StartRequest.progress_every": {**_CANDLES, "minimum": 1, "maximum": 1e9},
    "StartRequest.equity_every": {**_CANDLES, "minimum": 1, "maximum": 1e9},
    "StartRequest.seed": {"minimum": 0},
    "StartRequest.name": {"maxLength": 200},
    "StartRequest.notes": {"maxLength": 10_000},
    "PublishRequest.initial_capital": {**_CURRENCY, "exclusiveMinimum": 0, "maximum": 1e15},
    "PublishRequest.name": {"maxLength": 200},
    "PublishRequest.notes": {"maxLength": 10_000},
    "PublishRequest.timeframes": {"examples": [["1H"]]},
    "StartRequest.timeframes": {"minItems": 1, "examples": [["4H", "1H", "15M"]]},
    "StartRequest.strategy_ids": {"minItems": 1, "maxItems": 1},
}  # fmt: skip
"""For one field of one struct and of those made from it; ``x-of`` names the structs it holds."""

RULES: dict[str, Fact] = {
    "ConnectedData": {
        "anyOf": [
            {"required": ["backtest_id"]},
            {"required": ["feed", "timeframes"]},
            {"required": ["snapshot"]},
        ]
    },
}
"""What must hold between the fields of a struct."""

SUMMARIES: dict[str, str] = {"Pong": "Answer to `ping`."}
"""Of structs without a docstring; a message without one is described by what it carries."""

BEYOND: dict[str, tuple[str, ...]] = {
    "ConnectedData": (
        "epoch", "seq", "status", "protocol", "symbol", "source",
    ),
    "StartReply": ("stream_path", "source", "synthetic"),
}  # fmt: skip
"""Fields this server always sends that the contract does not print, beside messages' `extra`.

A schema lists them in ``x-always`` instead of ``required``, so that what the contract prints is
valid too.
"""
