"""What a feed gives, made into the messages of its stream: pure, and the same however it comes."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import UNSET, UnsetType

from workbench.analysis.detecting import Analysis, Finding
from workbench.data.aggregate import Aggregator, Made
from workbench.data.bars import Bar, bars_of
from workbench.data.candles import Candles
from workbench.data.growing import Span
from workbench.data.seeding import without_wrong
from workbench.data.troubles import Trouble
from workbench.feeds.counting import counted
from workbench.feeds.pacing import multiple
from workbench.feeds.source import BarUpdate, Hole, Item, Moment, Note, Tick
from workbench.feeds.spec import FeedSpec
from workbench.messages import (
    Candle,
    CandleData,
    CandleExtra,
    DataGap,
    DataGapData,
    Feed,
    FeedData,
    FeedState,
    Message,
    iso_time,
    utc_now,
)
from workbench.timeframes import Timeframe

UPDATES = 2.0
_CODES = {"invalid": "invalid_data", "clock": "clock_jump"}

Tell = Callable[[Finding, str, str], Message]


class Pipeline:
    """Takes what a source gives; returns what the stream is told.

    Messages depend on the items alone, never on how they are cut into batches; only their
    `timestamp` is by the clock. A candle comes before what was found on it.

    Parameters
    ----------
    spec
        The feed.
    analysis
        What looks at the candles.
    now
        Returns the present as messages write it.
    source, synthetic
        Where prices come from, for people, and whether they never traded.
    seen
        Of an analysis that goes on: open time (epoch ms) of the last candle it has seen, by
        timeframe.
    tell
        Makes a message of a finding, its symbol and the time.
    updates
        Growing candles of each timeframe are told so often a second at most. It is a second of
        market time, at the feed's speed; where that has no bound, growing ones are not told.

    Attributes
    ----------
    told, seen
        Open time (epoch ms) of the last closed candle told, and of the last the analysis has
        seen, by timeframe.
    candles
        How many closed ones it has seen.
    state
        What was last said of the feed.

    Raises
    ------
    InvalidRequest
        The feed's timeframes or speed are wrong.
    """

    def __init__(
        self,
        spec: FeedSpec,
        analysis: Analysis,
        *,
        now: Callable[[], str] = utc_now,
        source: str = "",
        synthetic: bool = False,
        seen: Mapping[str, int] = {},
        tell: Tell | None = None,
        updates: float = UPDATES,
    ) -> None:
        self._spec, self.analysis, self._now = spec, analysis, now
        self._source, self._synthetic = source, synthetic
        self._tell = tell or _usual_tell()
        self._aggregator = Aggregator(spec.timeframes)
        self._names = [t.name for t in self._aggregator.timeframes]
        speed = multiple(spec)
        self._every = None if speed is None else max(1, round(1000 * speed / updates))
        self._slot = -1
        self._grown: dict[str, Bar] = {}
        self.seen = dict(seen)
        self.candles = 0
        self.state: FeedState = "starting"
        self.told: dict[str, int] = {}

    def warm(self, history: Mapping[str, Candles], after: Mapping[str, int]) -> list[Message]:
        """Take the closed candles from before the feed begins; return what is told of them.

        Parameters
        ----------
        history
            By timeframe.
        after
            By timeframe, the open time (epoch ms) of the last closed candle that has been told.
            Candles up to it, and what is found on them, are not told again, now or later.
        """
        self.told = dict(after)
        out: list[Message] = []
        sound, lacking = {}, []
        for name, candles in history.items():
            sound[name], wrong = without_wrong(candles)
            if wrong:
                many = f"{len(wrong)} {name} candles of the history are left out: one"
                one = f"A {name} candle of the history is left out: it"
                text = f"{many if len(wrong) > 1 else one} has {wrong[0][1]}"
                out.append(self._feed(text, _CODES["invalid"]))
            lacking += [(at, at + candles.timeframe.ms) for at, _ in wrong]
        out += self._missed(sound)
        for timeframe, bar in self._in_order(sound):
            out += self._close(Span(timeframe.name, bar.whole(), True, None, "history", False))
        self._aggregator.seed(sound)
        for stretch in lacking:
            self._aggregator.lack(*stretch)
        return out

    def take(self, items: Sequence[Item]) -> list[Message]:
        """Take what comes next; return what is told of it."""
        out: list[Message] = []
        for item in items:
            match item:
                case Tick():
                    out += self._made(self._aggregator.trade(*item))
                case Moment():
                    out += self._made(self._aggregator.moment(item.time))
                case BarUpdate():
                    out += self._take_bar(item)
                case Note():
                    if item.state in ("ended", "stopped"):
                        # The last trades are in candles that will not close.
                        out += self._grow()
                    self.state = item.state
                    out.append(self._feed(item.message, item.code))
                    continue
                case Hole():
                    if item.what == "candles" and not item.filled:
                        self._aggregator.lack(item.start, item.end)
                    out.append(self._hole(item))
                    continue
            if self._every is not None and self._aggregator.time // self._every > self._slot:
                self._slot = self._aggregator.time // self._every
                out += self._grow()
        return out

    def _missed(self, history: Mapping[str, Candles]) -> list[Message]:
        """Tell of candles between the last that was told and the first that is known."""
        out: list[Message] = []
        for timeframe in self._aggregator.timeframes:
            candles, last = history.get(timeframe.name), self.told.get(timeframe.name)
            if candles is None or not len(candles) or last is None:
                continue
            start, end = last + timeframe.ms, int(candles.time[0])
            if missing := max(0, end - start) // timeframe.ms:
                hole = Hole("candles", missing, start, end, False, timeframe=timeframe.name)
                out.append(self._hole(hole))
        return out

    def _in_order(self, history: Mapping[str, Candles]) -> Iterator[tuple[Timeframe, Bar]]:
        """Give candles by the time they closed, and the longest first where that is one."""

        def keyed(timeframe: Timeframe) -> Iterator[tuple[tuple[int, int], Timeframe, Bar]]:
            for bar in bars_of(history[timeframe.name]):
                yield (bar.time + timeframe.ms, -timeframe.ms), timeframe, bar

        lengths = [t for t in self._aggregator.timeframes if t.name in history]
        for _, timeframe, bar in heapq.merge(*map(keyed, lengths)):
            yield timeframe, bar

    # --- candles ----------------------------------------------------------------------

    def _take_bar(self, item: BarUpdate) -> list[Message]:
        base = self._aggregator.base.name
        if item.timeframe != base:
            text = f"A {item.timeframe} candle came where {base} ones are made, and is left out"
            return [self._feed(text, _CODES["invalid"])]
        return self._made(self._aggregator.candle(item.bar, item.closed, item.origin))

    def _made(self, made: Made) -> list[Message]:
        out: list[Message] = []
        for one in made:
            out += self._close(one) if isinstance(one, Span) else [self._trouble(one)]
        return out

    def _close(self, span: Span) -> list[Message]:
        if span.bar.time <= self.seen.get(span.timeframe, -1):
            # Seen before, or the history reached further than that of the shortest timeframe.
            return []
        self.seen[span.timeframe] = span.bar.time
        self.candles += 1
        findings = self.analysis.closed(span.timeframe, span.bar)
        self._grown.pop(span.timeframe, None)
        if not self._is_new(span):
            return []
        self.told[span.timeframe] = span.bar.time
        now = self._now()
        return [self._candle(span, now), *self._found(findings, now)]

    def _grow(self) -> list[Message]:
        out: list[Message] = []
        for name in self._names:
            span = self._aggregator.growing(name)
            if span is None or self._grown.get(name) == span.bar or not self._is_new(span):
                continue
            self._grown[name] = span.bar
            findings = self.analysis.forming(name, span.bar)
            now = self._now()
            out += [self._candle(span, now), *self._found(findings, now)]
        return out

    def _is_new(self, span: Span) -> bool:
        return span.bar.time > self.told.get(span.timeframe, -1)

    # --- messages ---------------------------------------------------------------------

    def _found(self, findings: Sequence[Finding], now: str) -> list[Message]:
        return [self._tell(one, self._spec.symbol, now) for one in findings]

    def _candle(self, span: Span, now: str) -> Candle:
        _, opened, high, low, close, volume = span.bar
        known = UNSET if span.trades is None or not span.closed else span.trades
        extra: CandleExtra | UnsetType = UNSET
        if known is not UNSET or span.origin != "live" or span.partial:
            extra = CandleExtra(span.origin, known, span.partial)
        data = CandleData(
            self._spec.symbol,
            span.timeframe,
            iso_time(span.bar.time),
            opened,
            high,
            low,
            close,
            volume,
            span.closed,
        )
        return Candle(now, data=data, extra=extra)

    def _feed(self, text: str, code: str | None) -> Feed:
        data = FeedData(
            self._spec.symbol,
            self._spec.feed,
            self.state,
            text,
            self._source,
            self._synthetic,
            self._names[::-1],
            UNSET if code is None else code,
        )
        return Feed(self._now(), data=data)

    def _hole(self, hole: Hole) -> DataGap:
        data = DataGapData(
            self._spec.symbol,
            hole.what,
            hole.missing,
            iso_time(hole.start),
            iso_time(hole.end),
            hole.filled,
            _or_unset(hole.timeframe),
            _or_unset(hole.first_number),
            _or_unset(hole.last_number),
        )
        return DataGap(self._now(), data=data)

    def _trouble(self, trouble: Trouble) -> Message:
        if trouble.kind == "late":
            what = trouble.what
            timeframe = self._aggregator.base.name
            numbers = (trouble.first_number, trouble.last_number)
            times = (trouble.start, trouble.end)
            return self._hole(Hole(what, trouble.many, *times, False, *numbers, timeframe))
        others = counted(trouble.many - 1, trouble.what.removesuffix("s"))
        more = f" (and {others} before)" if trouble.many > 1 else ""
        return self._feed(trouble.message + more, _CODES[trouble.kind])


def whole_parts(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Give what the stream is told in parts it is to have whole: a candle and what was found on it.

    A process that is started again tells neither of a candle that the stream has.
    """
    part: list[Message] = []
    for message in messages:
        if part and isinstance(message, Candle | Feed | DataGap):
            yield part
            part = []
        part.append(message)
    if part:
        yield part


def _or_unset(value: Any) -> Any:
    return UNSET if value is None else value


def _usual_tell() -> Tell:
    from workbench.analysis.telling import message_of

    return message_of
