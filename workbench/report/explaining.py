"""Why a trade was made, and why none was: answered from a run's messages alone."""

from __future__ import annotations

import html
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from msgspec import UNSET, UnsetType

from workbench.errors import InvalidRequest, NotFound
from workbench.messages import (
    Complete,
    EntryData,
    Equity,
    Error,
    ExitData,
    Message,
    Progress,
    Reasoning,
    Signal,
    Status,
    Trade,
    iso_time,
    parse_time,
)
from workbench.timeframes import Timeframe

Numbers = Mapping[str, float]
TYPES = ("status", "trade", "signal", "equity", "progress", "complete", "error")
"""Messages that are needed."""


@dataclass(frozen=True)
class Decision:
    """What was decided, why, and the numbers that were seen.

    Attributes
    ----------
    time
        Open time of the candle at whose close it was decided, ISO 8601 UTC; of what no signal did
        (a stop, a target), of the candle it happened in.
    what
        In a few words.
    """

    time: str
    what: str
    rationale: str
    confidence: float
    inputs: Numbers = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Say it."""
        yield f"{self.time}  {self.what}"
        if self.rationale:
            yield f"    why: {self.rationale} (confidence {self.confidence:.2f})"
        if self.inputs:
            seen = ", ".join(f"{name} {value:.6g}" for name, value in self.inputs.items())
            yield f"    saw: {seen}"


@dataclass(frozen=True)
class Explanation:
    """An answer: a headline, and the decisions that led there. Prints as text."""

    headline: str
    decisions: list[Decision]
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [self.headline]
        lines += [f"  {line}" for one in self.decisions for line in one.lines()]
        return "\n".join(lines + [f"  {note}" for note in self.notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


class Story:
    """The messages of one run, ready to be asked.

    Parameters
    ----------
    messages
        In order, from the first; types other than `TYPES` are passed over.
    """

    def __init__(self, messages: Iterable[Message]) -> None:
        self.entries: dict[str, Trade] = {}
        self.exits: dict[str, list[Trade]] = {}
        self.signals: list[Signal] = []
        self.warm_up = 0
        self._over = False
        self._step = 1
        self._anchors: dict[int, int] = {}
        for message in messages:
            self._take(message)
        self._bars = sorted(self._anchors)
        self._times = [self._anchors[bar] for bar in self._bars]

    def _take(self, message: Message) -> None:
        if isinstance(message, Trade):
            if isinstance(message.data, EntryData):
                self.entries[message.data.trade_id] = message
                self._anchor(message.extra.bar, message.data.entry_time)
            else:
                self.exits.setdefault(message.data.trade_id, []).append(message)
                self._anchor(message.extra.bar, message.data.exit_time)
        elif isinstance(message, Signal):
            self.signals.append(message)
            self._anchor(message.extra.decided, message.data.time)
        elif isinstance(message, Equity):
            if message.extra is not UNSET:
                self._anchor(message.extra.bar, message.data.time)
        elif isinstance(message, Progress):
            self._anchor(message.extra.bar - 1, message.data.current_time)
        elif isinstance(message, Complete | Error):
            self._over = True
        elif isinstance(message, Status) and message.data.timeframes is not UNSET:
            data = message.data
            self._step = min(Timeframe.parse(name) for name in message.data.timeframes).ms
            if data.start is not UNSET:
                self._anchor(0, data.start)
            if data.warm_up is not UNSET:
                self.warm_up = data.warm_up

    def _anchor(self, bar: int | UnsetType, time: str) -> None:
        if bar is not UNSET:
            self._anchors[bar] = parse_time(time)

    def bar(self, time_ms: int) -> int:
        """Return the candle that is open at a time (epoch ms UTC), as far as the story tells.

        Raises
        ------
        InvalidRequest
            The time is before the first candle.
        """
        at = bisect_right(self._times, time_ms) - 1
        if at < 0:
            first = iso_time(self._times[0]) if self._times else None
            text = f"{iso_time(time_ms)} is before the run's first candle, {first}"
            if first is None:
                text = f"{iso_time(time_ms)}: the run has told of no candle"
            raise InvalidRequest(text, field="time", value=iso_time(time_ms), allowed=first)
        if at == len(self._bars) - 1 and time_ms >= self._times[at] + self._step and self._over:
            last = iso_time(self._times[at])
            text = f"{iso_time(time_ms)} is after the run's last candle, {last}"
            raise InvalidRequest(text, field="time", value=iso_time(time_ms), allowed=last)
        bar = self._bars[at] + (time_ms - self._times[at]) // self._step
        # Candles may be missing: never beyond what is known to come later.
        return min(bar, self._bars[at + 1] - 1) if at + 1 < len(self._bars) else bar

    def time(self, bar: int) -> str:
        """Return the open time of a candle, as far as the story tells."""
        at = max(0, bisect_right(self._bars, bar) - 1)
        return iso_time(self._times[at] + (bar - self._bars[at]) * self._step)

    def explain(self, trade_id: str | int) -> Explanation:
        """Say why a trade was entered and left.

        Parameters
        ----------
        trade_id
            ``trade_3``, or 3.

        Raises
        ------
        NotFound
            There is no such trade (yet).
        """
        name = str(trade_id) if str(trade_id).startswith("trade_") else f"trade_{trade_id}"
        entry = self.entries.get(name)
        if entry is None:
            known = (
                f"{next(iter(self.entries))} to {list(self.entries)[-1]}"
                if self.entries
                else "none"
            )
            text = f"There is no trade {name!r}; there are {known}"
            raise NotFound(text, field="trade_id", value=name, allowed=known)
        data, extra = entry.data, entry.extra
        assert isinstance(data, EntryData)
        stop = f", stop {data.stop_loss:g}" if data.stop_loss is not None else ""
        goals = ", ".join(f"{level:g}" for level in data.take_profit_levels)
        what = f"{data.reasoning.decision}, filled {data.entry_time} at {data.entry_price:g}"
        what += f" ({data.quantity:g} units{stop}{', targets ' + goals if goals else ''})"
        decided = self.time(extra.decided) if extra.decided is not UNSET else data.entry_time
        decisions = [_decision(decided, what, data.reasoning, extra.inputs)]
        parts = self.exits.get(name, [])
        for part in parts:
            decisions.append(self._left(part))
        return Explanation(_headline(name, data, extra.strategy, parts), decisions)

    def _left(self, part: Trade) -> Decision:
        data, extra = part.data, part.extra
        assert isinstance(data, ExitData)
        what = f"exit by {data.exit_reason}, filled {data.exit_time} at {data.exit_price:g}"
        what += f" ({extra.quantity:g} units, pnl {data.pnl:+.2f}, {data.pnl_percent:+.2f} %"
        what += f"; best {data.mfe:+.2f}, worst {data.mae:+.2f} on the way)"
        decided = self.time(extra.decided) if extra.decided is not UNSET else data.exit_time
        why = Reasoning("exit", 1.0, "") if extra.reasoning is UNSET else extra.reasoning
        return _decision(decided, what, why, extra.inputs)

    def why_not(self, time: str) -> Explanation:
        """Say what was decided at the close of the candle open at `time`, and why not more.

        Parameters
        ----------
        time
            ISO 8601, UTC without an offset.

        Raises
        ------
        InvalidRequest
            It is no time, or before the first candle or after the last.
        """
        try:
            bar = self.bar(parse_time(str(time)))
        except ValueError:
            text = f"time is {time!r}, expected ISO 8601 such as 2024-01-15T08:15:00Z"
            raise InvalidRequest(text, field="time", value=time, allowed="ISO 8601") from None
        when = self.time(bar)
        decisions = [self._ended(one) for one in self.signals if one.extra.decided == bar]
        made = [one for one in self.entries.values() if one.extra.decided == bar]
        for one in made:
            decisions += self.explain(one.data.trade_id).decisions[:1]
        for part in (part for parts in self.exits.values() for part in parts):
            if part.extra.decided == bar:
                decisions.append(self._left(part))
        notes = list(self._standing(bar))
        if made:
            return Explanation(f"{when}: there was an entry", decisions, notes)
        if decisions:
            return Explanation(f"{when}: what was decided came to no entry", decisions, notes)
        if bar < self.warm_up:
            text = f"the strategy was warming up until {self.time(self.warm_up)}"
        else:
            text = "the strategy gave no signal"
            notes += self._near(bar)
        return Explanation(f"{when}: {text}", [], notes)

    def _ended(self, one: Signal) -> Decision:
        data = one.data
        what = f"{data.decision}: {data.outcome} ({data.code}). {data.message}"
        return _decision(data.time, what, data.reasoning, one.extra.inputs)

    def _standing(self, bar: int) -> Iterator[str]:
        """Say what was open or waiting at the close of a candle."""
        for name, entry in self.entries.items():
            data, first, decided = entry.data, entry.extra.bar, entry.extra.decided
            assert isinstance(data, EntryData)
            if first is UNSET:
                continue
            gone = self._gone(name)
            if first <= bar and (gone is None or bar < gone):
                until = "still open" if gone is None else f"until {self.time(gone)}"
                yield f"{name} ({data.direction}) was open, since {data.entry_time}, {until}"
            elif decided is not UNSET and decided < bar < first:
                yield f"the order of {name} was waiting, since {self.time(decided)}"
        for one in self.signals:
            if one.extra.decided < bar < one.extra.bar:
                told = one.data
                yield f"{told.signal_id} ({told.decision}) was waiting, since {told.time}"

    def _gone(self, name: str) -> int | None:
        """Return the candle a trade ended on, None while it is open."""
        for part in self.exits.get(name, []):
            if part.extra.remaining <= 0 and part.extra.bar is not UNSET:
                return part.extra.bar
        return None

    def _near(self, bar: int) -> Iterator[str]:
        """Name the nearest decisions before and after."""
        known = sorted(self._decided().items())
        for (before, what), (after, then) in pairwise([(-1, ""), *known, (1 << 62, "")]):
            if before < bar < after:
                if what:
                    yield f"the decision before: {what}, {self.time(before)}"
                if then:
                    yield f"the next one: {then}, {self.time(after)}"

    def _decided(self) -> dict[int, str]:
        decided = {
            one.extra.decided: f"{one.data.decision} ({one.data.code})" for one in self.signals
        }
        for name, one in self.entries.items():
            if one.extra.decided is not UNSET:
                decided[one.extra.decided] = f"entry of {name}"
        return decided


def _decision(time: str, what: str, why: Reasoning, inputs: Numbers | UnsetType) -> Decision:
    return Decision(
        time, what, why.rationale, why.confidence, {} if inputs is UNSET else dict(inputs)
    )


def _headline(name: str, data: EntryData, strategy: str, parts: list[Trade]) -> str:
    head = f"{name}: {data.direction} {data.quantity:g} {data.symbol} by {strategy}"
    if not parts:
        return f"{head}, still open"
    pnl = sum(part.data.pnl for part in parts if isinstance(part.data, ExitData))
    left = parts[-1].extra.remaining
    return f"{head}, pnl {pnl:+.2f}" + (f", {left:g} units still open" if left > 0 else "")
