"""What the messages of a market say, as lines: pure."""

from __future__ import annotations

from workbench.cli.output import Line
from workbench.messages import (
    AnyMessage,
    Bias,
    Candle,
    Confluence,
    Connected,
    DataGap,
    Error,
    Feed,
    Gap,
    Pattern,
    Structure,
)

MARKS: dict[Bias, str] = {"bullish": "▲", "bearish": "▼", "neutral": "◆"}
STYLES: dict[Bias, str] = {"bullish": "green", "bearish": "red", "neutral": "dim"}
TYPES = ("candle", "pattern", "structure", "confluence", "feed", "data_gap", "error")


def narrate(message: AnyMessage) -> list[Line]:
    """Return what to print of a message; nothing of what may be gone a moment later."""
    match message:
        case Connected():
            data = message.data
            frames = " / ".join(data.timeframes) if isinstance(data.timeframes, list) else ""
            lines = [Line(f"{data.symbol} {frames}: {data.source}", "bold")]
            if data.synthetic:
                lines.append(Line("SYNTHETIC DATA: generated, never traded", "bold yellow"))
            return lines
        case Candle() if message.data.closed:
            bar = message.data
            text = (
                f"{_when(bar.time)}  {bar.timeframe:<4} open {_number(bar.open)}  high "
                f"{_number(bar.high)}  low {_number(bar.low)}  close {_number(bar.close)}  "
                f"volume {_number(bar.volume)}"
            )
            return [Line(text)]
        case Pattern() if not message.data.provisional:
            pattern = message.data
            text = f"{MARKS[pattern.direction]} {pattern.pattern} ({pattern.strength:+d})"
            return [_found(pattern.bar_time, pattern.timeframe, text, pattern.direction)]
        case Structure():
            fact = message.data
            text = f"{MARKS[fact.direction]} {fact.id} {fact.status} at {_number(fact.price)}"
            return [_found(fact.bar_time, fact.timeframe, text, fact.direction)]
        case Confluence():
            score = message.data
            text = f"{MARKS[score.direction]} confluence {score.score:.2f}  · {score.rationale}"
            return [_found(score.bar_time, score.timeframe, text, score.direction)]
        case Feed():
            style = "yellow" if isinstance(message.data.code, str) else "dim"
            return [Line(f"feed: {message.data.state}: {message.data.message}", style)]
        case DataGap():
            gap = message.data
            filled = "fetched since" if gap.filled else "not to be had"
            text = f"{gap.missing} {gap.what} missing, {gap.start} to {gap.end}: {filled}"
            return [Line(text, "yellow")]
        case Gap():
            return [Line(f"The story starts over: {message.data.reason}", "yellow")]
        case Error():
            return [Line(f"error: {message.data.error}", "red")]
    return []


def _found(time: str, timeframe: str, text: str, direction: Bias) -> Line:
    return Line(f"{_when(time)}  {timeframe:<4} {text}", STYLES[direction])


def _when(time: str) -> str:
    return time[:16].replace("T", " ")


def _number(value: float) -> str:
    return f"{value:,.6g}"
