"""An analysis that finds something simple, and what a stream would say of it."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.analysis.bars import Bar
from workbench.analysis.detecting import ConfluenceFinding, Finding, PatternFinding
from workbench.messages import (
    Candle,
    Confluence,
    ConfluenceData,
    Message,
    Pattern,
    PatternData,
    iso_time,
)
from workbench.timeframes import Timeframe

NOW = "2024-01-15T12:00:00.000Z"


class RisingCandles:
    """Finds the pattern ``rising`` on candles that rise, and a score of how many did."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.seen: list[tuple[str, Bar]] = []
        self._shown: dict[str, bool] = {}

    def closed(self, timeframe: str, bar: Bar) -> Sequence[Finding]:
        self.seen.append((timeframe, bar))
        self._shown.pop(timeframe, None)
        found: list[Finding] = self._rising(timeframe, bar, False)
        if timeframe == self.base:
            rising = sum(bar.close > bar.open for _, bar in self.seen)
            at = bar.time + Timeframe.parse(timeframe).ms
            score = rising / len(self.seen)
            found.append(
                ConfluenceFinding(timeframe, bar.time, at, score, "bullish", (), "rising candles")
            )
        return found

    def forming(self, timeframe: str, bar: Bar) -> Sequence[Finding]:
        shown, rises = self._shown.get(timeframe, False), bar.close > bar.open
        self._shown[timeframe] = rises
        return self._rising(timeframe, bar, True) if shown != rises else []

    def _rising(self, timeframe: str, bar: Bar, provisional: bool) -> list[Finding]:
        rises = bar.close > bar.open
        if not (rises or provisional):
            return []
        at = bar.time + Timeframe.parse(timeframe).ms
        return [
            PatternFinding(timeframe, "rising", "bullish", 100 * rises, bar.time, at, provisional)
        ]


def tell(finding: Finding, symbol: str, now: str) -> Message:
    bar_time, confirmed = iso_time(finding.bar_time), iso_time(finding.confirmed_at)
    if isinstance(finding, PatternFinding):
        pattern = PatternData(
            symbol, finding.timeframe, finding.pattern, finding.direction, finding.strength,
            bar_time, confirmed, finding.provisional,
        )  # fmt: skip
        return Pattern(now, data=pattern)
    assert isinstance(finding, ConfluenceFinding)
    score = ConfluenceData(
        symbol, finding.timeframe, bar_time, confirmed, finding.score, finding.direction,
        list(finding.terms), finding.rationale,
    )  # fmt: skip
    return Confluence(now, data=score)


def said(messages: Sequence[Message]) -> list[tuple[object, ...]]:
    """Return what messages say, in short."""
    out: list[tuple[object, ...]] = []
    for message in messages:
        if isinstance(message, Candle):
            data = message.data
            out.append((
                "candle" if data.closed else "growing", data.timeframe, data.time[11:16],
                data.close,
            ))  # fmt: skip
        elif isinstance(message, Pattern):
            kind = "provisional" if message.data.provisional else "pattern"
            out.append((kind, message.data.timeframe, message.data.strength))
        else:
            out.append((message.type,))
    return out
