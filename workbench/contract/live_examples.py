"""Examples of what is told of live trading."""

from __future__ import annotations

from workbench.messages import (
    PROTOCOL,
    Breach,
    Connected,
    ConnectedData,
    LimitUse,
    Message,
    Order,
    OrderData,
    Pnl,
    PnlData,
    PnlPart,
    Position,
    PositionData,
    Reasoning,
    Risk,
    RiskData,
)

SESSION = "live_20260511_071500"
START = {
    "name": "Averages on paper",
    "symbols": ["BTC-USD", "ETH-USD"],
    "timeframes": ["15M", "1H"],
    "strategy_ids": ["sma_cross"],
    "initial_capital": 10000,
    "feed": {"feed": "synthetic"},
    "limits": {"max_drawdown": 0.1, "max_orders_per_minute": 10},
}
"""A body of `POST /api/live-trading/start`."""

_NOW = "2026-05-11T08:15:00.412Z"
_AT = "2026-05-11T08:15:00Z"
_LIMIT = LimitUse("max_drawdown", 0.021, 0.1, 0.21, "fraction")
_RISK = RiskData(
    SESSION, _AT, 9890.25, 5120.4, 5120.4, 0.518, 5120.4, -0.021, -109.75, 1, 2, 41.2, 57.9, 0.95,
    0.4, "open", [_LIMIT],
)  # fmt: skip
_PART = PnlPart(-85.25, -24.5, 4.1, 3)

LIVE_EXAMPLES: dict[str, Message] = {
    "connected to live trading": Connected(
        _NOW,
        data=ConnectedData(
            message="Connected to live trading stream",
            epoch="5d1c08b7a2f94e63",
            seq=218,
            status="running",
            protocol=PROTOCOL,
            symbol="",
            source="live sessions",
            synthetic=True,
            eseq=40,
            first_seq=1,
            snapshot=218,
            sessions={SESSION: True},
        ),
    ),
    "position": Position(
        _NOW,
        data=PositionData(
            SESSION, "sma_cross", "BTC-USD", "trade_3", "modify", "long", 0.1, 51449.0, _AT,
            51204.0, _AT, 50100.0, [53500.0], -24.5, 0.0, 1.4,
        ),
        seq=214,
    ),
    "order": Order(
        _NOW,
        data=OrderData(
            SESSION, "sma_cross", "BTC-USD", "signal_4", "new", "entry", "buy", "limit", 0.1,
            51100.0, 0.0, None, 0.0, _AT, "paper",
            reasoning=Reasoning("enter_long", 0.85, "Averages crossed"), latency_ms=12.0,
        ),
        seq=215,
        eseq=39,
    ),
    "order rejected": Order(
        _NOW,
        data=OrderData(
            SESSION, "sma_cross", "ETH-USD", "signal_5", "rejected", "entry", "buy", "market", 2.0,
            None, 0.0, None, 0.0, _AT, "paper", code="risk_limit",
            message="max_exposure: 10420 wanted, 10000 allowed",
            numbers={"wanted": 10420.0, "allowed": 10000.0},
        ),
        seq=216,
        eseq=40,
    ),
    "risk": Risk(_NOW, data=_RISK, seq=217),
    "risk breached": Risk(
        _NOW,
        data=RiskData(
            SESSION, _AT, 8990.0, 0.0, 0.0, 0.0, 0.0, -0.101, -1010.0, 0, 2, None, None, 0.95, 0.4,
            "paused", [LimitUse("max_drawdown", 0.101, 0.1, 1.01, "fraction")],
            breach=Breach(
                "max_drawdown", 0.101, 0.1, "flatten",
                "Drawdown is 10.1 %, allowed are 10 %: everything is closed",
            ),
        ),
        seq=230,
        eseq=44,
    ),
    "pnl": Pnl(
        _NOW,
        data=PnlData(
            SESSION, _AT, 9890.25, 9914.75, -85.25, -24.5, 4.1, 3, {"BTC-USD": _PART},
            {"sma_cross": _PART},
        ),
        seq=218,
    ),
}  # fmt: skip
