"""One example at least of everything on the wire; where the contract prints one, that one."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.contract.live_examples import LIVE_EXAMPLES, SESSION
from workbench.contract.market_examples import MARKET_EXAMPLES
from workbench.contract.more_examples import MORE_EXAMPLES
from workbench.contract.parameters import RUN_ID
from workbench.messages import (
    Complete,
    CompleteData,
    CompleteExtra,
    Connected,
    ConnectedData,
    Control,
    ControlData,
    ControlRequest,
    EntryData,
    Equity,
    EquityBatch,
    EquityColumns,
    EquityData,
    EquityExtra,
    Error,
    ErrorData,
    ErrorExtra,
    ExitData,
    FinalMetrics,
    Gap,
    GapData,
    Heartbeat,
    HeartbeatData,
    Message,
    Metrics,
    MetricsData,
    Ping,
    Pong,
    Progress,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
    Reasoning,
    Replay,
    ReplayData,
    Reset,
    ResetData,
    SeekTo,
    Shutdown,
    ShutdownData,
    Status,
    StatusData,
    Trade,
    TradeExtra,
    Until,
)
from workbench.runs.publishing import Ack, Batch, Command, Hello, Refused

_EPOCH = "5f0c9a52d1e84b7e"
_NOW = "2024-02-11T12:36:00.123Z"
_RATIONALE = "Strong confluence: HTF bullish bias + LTF LE candle at support"

_ENTRY = Trade(
    "2024-02-11T12:35:05.456Z",
    data=EntryData(
        trade_id="trade_123",
        symbol="BTC-USD",
        direction="long",
        entry_price=51234.5,
        entry_time="2024-01-15T08:15:00Z",
        quantity=0.1,
        stop_loss=50000.0,
        take_profit_levels=[52000.0, 53000.0, 54000.0],
        reasoning=Reasoning("enter_long", 0.85, _RATIONALE),
    ),
    extra=TradeExtra(0.1, 0.1, 5.12, "strategy1", 1377, inputs={"rsi": 38.4}),
    seq=210,
    eseq=42,
)
_EXIT = Trade(
    "2024-02-11T12:35:30.789Z",
    data=ExitData(
        trade_id="trade_123",
        symbol="BTC-USD",
        direction="long",
        entry_price=51234.5,
        entry_time="2024-01-15T08:15:00Z",
        exit_price=52000.0,
        exit_time="2024-01-15T10:30:00Z",
        exit_reason="take_profit_1",
        pnl=76.55,
        pnl_percent=1.49,
        mfe=150.0,
        mae=-25.0,
    ),
    extra=TradeExtra(0.1, 0.0, 5.2, "strategy1", 1386),
    seq=214,
    eseq=43,
)

MESSAGES: dict[str, Message] = {
    "connected": Connected(
        "2024-02-11T12:34:56.789Z",
        data=ConnectedData(
            backtest_id=RUN_ID,
            message="Connected to backtest stream",
            epoch=_EPOCH,
            seq=209,
            status="running",
            protocol="1.0",
            symbol="BTC-USD",
            source="synthetic sample (generated, not market data)",
            synthetic=True,
            eseq=41,
        ),
    ),
    "pong": Pong(_NOW, data={}),
    "gap": Gap(
        _NOW,
        data=GapData(
            reason="the log has another epoch: the story starts again",
            requested_since=180,
            requested_epoch="another",
            epoch=_EPOCH,
            available_from=1,
            available_to=209,
        ),
    ),
    "heartbeat": Heartbeat(
        _NOW, data=HeartbeatData(seq=209, sent=205, lag=4, lag_ms=12, conflated=0)
    ),
    "shutdown": Shutdown(_NOW, data=ShutdownData("the server is stopping", 1000)),
    "reset": Reset(_NOW, data=ResetData("seek", 120)),
    "replay": Replay(
        _NOW,
        data=ReplayData(
            state="playing",
            seq=120,
            last_seq=512,
            time="2024-01-15T08:15:00Z",
            start="2024-01-01T00:00:00Z",
            end="2024-01-31T23:45:00Z",
            speed=3600.0,
            unit="x",
        ),
    ),
    "equity_columns": EquityBatch(
        _NOW,
        data=EquityColumns(
            RUN_ID,
            [1705319100000, 1705320000000],
            [11318.2, 11327.05],
            [11250.5, 11250.5],
            [-0.0458, -0.045],
        ),
        seq=216,
    ),
    "progress": Progress(
        "2024-02-11T12:35:00.123Z",
        data=ProgressData(
            RUN_ID,
            45.2,
            "2024-01-15T08:00:00Z",
            ProgressMetrics(11250.5, 3, 42, 26, 0.619, -0.082),
        ),
        extra=ProgressExtra(1345, 2976),
        seq=209,
    ),
    "trade": _ENTRY,
    "trade exit": _EXIT,
    **MORE_EXAMPLES,
    **MARKET_EXAMPLES,
    **LIVE_EXAMPLES,
    "equity": Equity(
        _NOW,
        data=EquityData(RUN_ID, "2024-01-15T12:00:00Z", 11327.05, 11250.5, -0.045),
        extra=EquityExtra(1392),
        seq=216,
    ),
    "metrics": Metrics(
        "2024-02-11T12:37:00.456Z",
        data=MetricsData(RUN_ID, 50, 31, 0.62, 1.85, 1.32, -0.089),
        seq=217,
    ),
    "complete": Complete(
        "2024-02-11T12:45:00.789Z",
        data=CompleteData(
            RUN_ID,
            FinalMetrics(
                total_trades=120,
                winning_trades=75,
                losing_trades=45,
                win_rate=0.625,
                profit_factor=1.88,
                total_return=23.5,
                max_drawdown=-12.3,
                sharpe_ratio=1.42,
                average_win=2.1,
                average_loss=-1.2,
                largest_win=5.8,
                largest_loss=-2.3,
                total_commissions=45.67,
            ),
        ),
        extra=CompleteExtra("complete", 2976, 12350.0, 240, 2774891346),
        seq=512,
        eseq=243,
    ),
    "error": Error(
        "2024-02-11T12:40:00.123Z",
        data=ErrorData(
            "Insufficient historical data",
            {
                "symbol": "BTC-USD",
                "required_start": "2024-01-01",
                "available_start": "2024-01-15",
            },
        ),
        extra=ErrorExtra("insufficient_data"),
        seq=2,
        eseq=2,
    ),
    "status": Status(
        _NOW,
        data=StatusData(
            RUN_ID,
            "running",
            strategy="strategy1",
            symbol="BTC-USD",
            timeframes=["15M", "1H", "4H"],
            bars=2976,
            start="2024-01-01T00:00:00Z",
            end="2024-01-31T23:45:00Z",
            source="synthetic sample (generated, not market data)",
            synthetic=True,
            initial_capital=10000.0,
        ),
        seq=1,
        eseq=1,
    ),
    "status paused": Status(_NOW, data=StatusData(RUN_ID, "paused", "3 trades"), seq=230, eseq=46),
    "control": Control(_NOW, data=ControlData("step", True, 10.0, by="anna"), seq=231, eseq=47),
    "control refused": Control(
        _NOW,
        data=ControlData("jump", False, reason="Unknown action 'jump'", by="anna"),
        seq=232,
        eseq=48,
    ),
}
"""Messages, the first of each type under the type's name."""

REQUESTS: dict[str, Ping | ControlRequest] = {
    "ping": Ping(),
    "pause": ControlRequest("pause"),
    "resume": ControlRequest("resume"),
    "step": ControlRequest("step", 10.0),
    "speed in candles": ControlRequest("speed", 100.0),
    "speed in market time": ControlRequest("speed", 3600.0, "x"),
    "run until a time": ControlRequest("run_until", until=Until(time="2024-01-15T08:15:00Z")),
    "run until a trade": ControlRequest("run_until", until=Until(trades=1)),
    "run until a drawdown": ControlRequest("run_until", until=Until(drawdown=0.1)),
    "stop": ControlRequest("stop"),
    "pause entries": ControlRequest("pause_entries"),
    "resume entries": ControlRequest("resume_entries"),
    "flatten a session": ControlRequest("flatten", session=SESSION),
    "seek in a replay": ControlRequest("seek", to=SeekTo(trade="trade_123")),
}
"""What clients say on a stream."""

BATCH = Batch(1, [MESSAGES["status"], MESSAGES["progress"]])  # type: ignore[list-item]
PUBLISHING: dict[str, Any] = {
    "hello": Hello(208, [Command("run_until", until=Until(trades=1), seq=231)]),
    "ack": Ack(210),
    "command": Command("speed", 3600.0, "x", seq=232),
    "refused": Refused("Batch 5 leaves out numbers: expected 3"),
}
"""What the server says to a producer."""

START = {
    "name": "Test Backtest",
    "symbol": "BTC-USD",
    "timeframes": ["4H", "1H", "15M"],
    "start_date": "2024-01-01",
    "end_date": "2024-01-31",
    "initial_capital": 10000,
    "strategy_ids": ["strategy1"],
    "risk_per_trade": 0.02,
}
"""The body of a start request, as the contract prints it."""


PUBLISH = {
    "name": "My own engine",
    "symbol": "BTC-USD",
    "timeframes": ["1H"],
    "strategy": "breakout",
    "start_date": "2024-01-01",
    "end_date": "2024-01-31",
}
"""The body of a request to publish one's own run."""


def plain(value: Any) -> Any:
    """Return an example as it is on the wire, decoded."""
    return msgspec.to_builtins(value)


def of_message(kind: str) -> dict[str, Any]:
    """Return the examples of one message type, by a name for each."""
    return {name: plain(each) for name, each in MESSAGES.items() if each.type == kind}
