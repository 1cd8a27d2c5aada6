"""Where a log's messages stand in market time: what a replay's clock is compared with.

A message's *place* is the candle it belongs to, counted from 0; -1 is before the first candle.
Messages of one place form a *moment* and are told together. Only moments are kept, three
numbers each, so the index of a log with a million messages takes some megabytes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from workbench.messages import Delivery, parse_time
from workbench.streams.log import Entry

NO_TIME = -(1 << 62)
_BARS = range(-1, 1 << 53)
_STEP_MS = 1000


class _Data(Struct, gc=False):
    time: str | None = None
    current_time: str | None = None
    exit_time: str | None = None
    entry_time: str | None = None
    event: str | None = None
    trade_id: str | None = None


class _Extra(Struct, frozen=True, gc=False):
    bar: int | None = None


class _Facts(Struct, gc=False):
    data: _Data
    extra: _Extra = _Extra()


class _Range(Struct, gc=False):
    start: str | None = None
    end: str | None = None


class _Status(Struct, gc=False):
    data: _Range


_status = msgspec.json.Decoder(_Status)
_decoder = msgspec.json.Decoder(_Facts)
_NOTHING = _Facts(_Data())


class ReplayIndex:
    """Places, times, trades and states of a log, taken in page by page with `extend`.

    The place of a message is `extra.bar` (of `progress`, which counts candles done, one less);
    without it, as far after the last known place as its market time is, in candles; without
    either, that of the message before. Places never fall. A log in which nothing has a place
    is spaced evenly, a message a candle.

    Parameters
    ----------
    step_ms
        Length of a candle of the lowest timeframe, None if it is not known: then each market
        time is a candle of its own.

    Attributes
    ----------
    first, last
        Seq of the first and the last message taken in; what was before may have been trimmed.
    trades
        Seq of the entry of each trade, by `trade_id`.
    """

    def __init__(self, step_ms: int | None = None) -> None:
        self.first = 1
        self.last = 0
        self.trades: dict[str, int] = {}
        self._step = step_ms
        self._starts: Sequence[int] = array("q")
        self._places: Sequence[int] = array("q")
        self._times = array("q")
        self._states: dict[str, array[int]] = {}
        self._anchor: tuple[int, int] | None = None
        self._range: tuple[int, int] | None = None
        self._placed = False
        self._place = -1
        self._timed = False

    def extend(self, entries: Sequence[Entry]) -> None:
        """Take in the next entries of the log."""
        if entries and not self.last:
            self.first = entries[0].seq
        for entry in entries:
            self._add(entry)

    def finish(self) -> ReplayIndex:
        """Note that all entries are in."""
        if not self._placed:
            self._starts = range(self.first, self.last + 1)
            self._places = range(len(self._starts))
            self._times = array("q")
        return self

    @property
    def step_ms(self) -> int:
        """Length of a candle: as given, or the average of what is known, or a second."""
        if self._step:
            return self._step
        known = bisect_right(self._times, NO_TIME)
        if known >= len(self._times) - 1:
            return _STEP_MS
        span = self._times[-1] - self._times[known]
        return max(1, span // max(1, self._places[-1] - self._places[known]))

    @property
    def start(self) -> int | None:
        """Market time at which the run starts, epoch ms.

        As its `status` tells it, else that of the first message that has one.
        """
        known = bisect_right(self._times, NO_TIME)
        first = self._times[known] if known < len(self._times) else None
        if self._range is None:
            return first
        return self._range[0] if first is None else min(first, self._range[0])

    @property
    def end(self) -> int | None:
        """Market time at which the run ends, epoch ms; like `start`."""
        last = self._times[-1] if self._times and self._times[-1] != NO_TIME else None
        if self._range is None:
            return last
        return self._range[1] if last is None else max(last, self._range[1])

    def place(self, seq: int) -> int:
        """Return the place of a message; of 0, that of the first."""
        moment = bisect_right(self._starts, seq) - 1
        return self._places[max(0, moment)] if self.last else -1

    def until(self, place: float) -> int:
        """Return the seq of the last message at `place` or before, 0 if there is none."""
        return self._before(bisect_right(self._places, place))

    def reached(self, passed: Callable[[int], bool]) -> int:
        """Return the seq of the last message whose place is `passed`, which holds up to one."""
        return self._before(bisect_left(self._places, True, key=lambda p: not passed(p)))

    def until_time(self, time_ms: int) -> tuple[int, int]:
        """Return the seq of the last message at a market time or before, and the clock's place."""
        moment = bisect_right(self._times, time_ms)
        if not moment:
            return 0, self.place(0)
        place = self._places[moment - 1]
        if self._times[moment - 1] != NO_TIME:
            place += (time_ms - self._times[moment - 1]) // self.step_ms
        if moment < len(self._places):
            place = min(place, self._places[moment] - 1)
        else:
            place = self._places[-1]
        return self._before(moment), place

    def time(self, place: float) -> int | None:
        """Return the market time of a candle, epoch ms; before the first known, the start."""
        moment = bisect_right(self._places, place) - 1
        if not 0 <= moment < len(self._times) or self._times[moment] == NO_TIME:
            return self.start
        time = self._times[moment] + int(place - self._places[moment]) * self.step_ms
        following = self._times[min(moment + 1, len(self._times) - 1)]
        return min(time, following)

    def latest(self, seq: int) -> dict[str, int]:
        """Return the seq of the latest message of each state key, as it was at `seq`."""
        found = {key: bisect_right(seqs, seq) for key, seqs in self._states.items()}
        return {key: self._states[key][count - 1] for key, count in found.items() if count}

    def _before(self, moment: int) -> int:
        return self._starts[moment] - 1 if moment < len(self._starts) else self.last

    def _add(self, entry: Entry) -> None:
        seq = self.last = entry.seq
        if entry.delivery is Delivery.STATE:
            self._states.setdefault(entry.key, array("q")).append(seq)
        try:
            facts = _decoder.decode(entry.wire)
        except msgspec.DecodeError:
            # Another producer's type, whose fields of these names mean something else.
            facts = _NOTHING
        if entry.type == "status" and self._range is None:
            self._range = _range(entry.wire)
        data = facts.data
        if data.event == "entry" and data.trade_id is not None:
            self.trades.setdefault(data.trade_id, seq)
        bar = facts.extra.bar
        if bar is not None and entry.type == "progress":
            bar -= 1
        if bar == self._place and self._timed:
            return  # By far the most: another message of the same candle.
        text = data.time or data.current_time or data.exit_time or data.entry_time
        time = NO_TIME if text is None else _milliseconds(text)
        place = self._locate(bar, time)
        if not self._places or place > self._place:
            self._starts.append(seq)  # type: ignore[attr-defined]
            self._places.append(place)  # type: ignore[attr-defined]
            self._times.append(max(time, self._times[-1] if self._times else NO_TIME))
            self._place = place
            self._timed = time != NO_TIME
        elif time > self._times[-1]:
            self._times[-1] = time
            self._timed = True

    def _locate(self, bar: int | None, time: int) -> int:
        """Return the place of what is known of a message."""
        if bar is not None and bar in _BARS:
            place = bar
        elif time == NO_TIME:
            return self._place
        elif self._step is None:
            place = self._place + (not self._times or time > self._times[-1])
        else:
            known, at = self._anchor or (max(0, self._place), time)
            place = known + (time - at) // self._step
        self._placed = True
        place = max(place, self._place)
        if time != NO_TIME:
            self._anchor = (place, time)
        return place


def _range(wire: bytes) -> tuple[int, int] | None:
    """Return from when to when a run goes, if its status tells it."""
    try:
        data = _status.decode(wire).data
    except msgspec.DecodeError:
        return None
    start, end = (_milliseconds(text or "") for text in (data.start, data.end))
    return (start, end) if NO_TIME < start <= end else None


def _milliseconds(text: str) -> int:
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        return NO_TIME
