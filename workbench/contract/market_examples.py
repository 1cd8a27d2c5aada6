"""Examples of what the stream of a market says."""

from __future__ import annotations

from workbench.messages import (
    PROTOCOL,
    Candle,
    CandleData,
    CandleExtra,
    Confluence,
    ConfluenceData,
    ConfluenceTerm,
    Connected,
    ConnectedData,
    DataGap,
    DataGapData,
    Feed,
    FeedData,
    Message,
    Pattern,
    PatternData,
    Structure,
    StructureData,
)

START = {"symbol": "BTC-USD", "timeframes": ["15M", "1H", "4H"], "feed": "synthetic"}
"""A body of `POST /api/market-data/start`."""

_NOW = "2024-02-11T12:45:00.310Z"
_OPEN = "2024-02-11T12:30:00Z"
_CLOSE = "2024-02-11T12:45:00Z"
_FRAMES = ["15M", "1H", "4H"]
_RATIONALE = "HTF bullish bias + LTF LE candle at support"

MARKET_EXAMPLES: dict[str, Message] = {
    "connected to a market": Connected(
        _NOW,
        data=ConnectedData(
            message="Connected to market data stream", epoch="5f0c9a52d1e84b7e", seq=5210,
            status="live", protocol=PROTOCOL, symbol="BTC-USD", source="coinbase trades",
            synthetic=False, eseq=1204, timeframes=_FRAMES, feed="exchange",
        ),
    ),
    "candle": Candle(
        _NOW,
        data=CandleData(
            "BTC-USD", "15M", _OPEN, 48210.5, 48300.0, 48190.0, 48288.1, 41.7, True
        ),
        extra=CandleExtra(trades=812),
        seq=5211, eseq=1205,
    ),
    "candle growing": Candle(
        _NOW,
        data=CandleData(
            "BTC-USD", "1H", "2024-02-11T12:00:00Z", 48105.0, 48300.0, 48077.3, 48288.1, 160.2,
            False,
        ),
        seq=5212,
    ),
    "pattern": Pattern(
        _NOW,
        data=PatternData("BTC-USD", "15M", "engulfing", "bullish", 100, _OPEN, _CLOSE, False),
        seq=5213, eseq=1206,
    ),
    "pattern provisional": Pattern(
        _NOW,
        data=PatternData(
            "BTC-USD", "1H", "hammer", "bullish", 100, "2024-02-11T12:00:00Z",
            "2024-02-11T13:00:00Z", True,
        ),
        seq=5214,
    ),
    "structure": Structure(
        _NOW,
        data=StructureData(
            "BTC-USD", "15M", "fvg_12", "fvg", "bullish", "confirmed", _OPEN, _CLOSE, 48240.0,
            48240.0, 48205.5, {"size_atr": 0.42},
        ),
        seq=5215, eseq=1207,
    ),
    "confluence": Confluence(
        _NOW,
        data=ConfluenceData(
            "BTC-USD", "15M", _OPEN, _CLOSE, 0.68, "bullish",
            [
                ConfluenceTerm("trend", 1.0, 0.4, "HTF bullish bias"),
                ConfluenceTerm("pattern", 0.7, 0.4, "LTF LE candle at support"),
                ConfluenceTerm("momentum", 0.0, 0.2, "momentum is flat"),
            ],
            _RATIONALE,
        ),
        seq=5216, eseq=1208,
    ),
    "feed": Feed(
        _NOW,
        data=FeedData(
            "BTC-USD", "exchange", "live", "trades arrive", "coinbase trades", False, _FRAMES
        ),
        seq=2, eseq=2,
    ),
    "feed lost": Feed(
        _NOW,
        data=FeedData(
            "BTC-USD", "exchange", "reconnecting",
            "The feed's process 4711 ended with exit code -9; it is started again in 1 s while "
            "somebody listens",
            "coinbase trades", False, _FRAMES, "worker_lost",
        ),
        seq=5217, eseq=1209,
    ),
    "data_gap": DataGap(
        _NOW,
        data=DataGapData(
            "BTC-USD", "trades", 3, "2024-02-11T12:44:58.120Z", "2024-02-11T12:44:59.004Z", True,
            first_id=601234, last_id=601236,
        ),
        seq=5218, eseq=1210,
    ),
}  # fmt: skip
