"""A finished log, told again with a clock: which messages are due, and when to look again.

Pure: it knows neither a socket nor the time. Who uses it hands in `now` (seconds, from any clock
that does not go back), tells the messages up to `due` and says so with `told`.
"""

from __future__ import annotations

from math import floor, inf, nextafter
from typing import Literal

from msgspec import UNSET

from workbench.errors import Conflict, InvalidRequest
from workbench.messages import ControlRequest, ReplayData, SeekTo, iso_time, parse_time
from workbench.streams.pace import Pace
from workbench.streams.replay_index import ReplayIndex

ACTIONS = ("pause", "resume", "step", "speed", "seek")
FIELDS = ("seq", "time", "trade")
_FURTHEST = 1e9


class Replay:
    """One reader's replay.

    The clock counts candles. It stands while paused, while a seek or a step is being told, and
    while the reader's socket is full; a message is due once the clock has reached its place.

    Parameters
    ----------
    index
        Of the whole log.
    pace
        How fast.
    now
        The time at which it begins, in seconds.
    since
        The last seq the reader has.

    Attributes
    ----------
    cursor
        Seq of the last message told.
    target
        What a seek or step has asked for: told even while paused, and before anything else.
    """

    def __init__(self, index: ReplayIndex, pace: Pace, now: float, since: int = 0) -> None:
        self.cursor = self.target = since
        self._index = index
        self._pace = pace
        self._playing = since < index.last
        self._merged = since
        self._clock: float = index.place(since)
        self._from = now

    @property
    def state(self) -> Literal["playing", "paused", "ended"]:
        """What it does."""
        if self.cursor >= self._index.last:
            return "ended"
        return "playing" if self._playing else "paused"

    @property
    def jumping(self) -> bool:
        """Whether the story of a seek or step is not told to its end yet."""
        return self.cursor < self.target

    def due(self, now: float) -> int:
        """Return up to which seq is to be told."""
        if self.jumping:
            return self.target
        if not self._playing:
            return self.cursor
        if self._rate is None:
            return self._index.last
        return max(self.cursor, self._index.reached(lambda place: self._at(place) <= now))

    def wake(self, now: float) -> float | None:
        """Return the time at which something is due, None while nothing will be."""
        if self.due(now) > self.cursor:
            return now
        if not self._playing:
            return None
        return self._at(self._index.place(self.cursor + 1))

    def latest(self) -> dict[str, int]:
        """Return the states that are to be told: while seeking, those that hold at its target.

        To be given to `Subscription.select`; empty means every one.
        """
        return self._index.latest(self._merged) if self.cursor < self._merged else {}

    def told(self, seq: int, now: float) -> None:
        """Note that all messages up to `seq`, which is due, are told."""
        if self.jumping and seq >= self.target:
            self._from = now
        self.cursor = seq
        if seq >= self._index.last:
            self._clock = self._index.place(seq)
            self._playing = False

    def hold(self, seconds: float) -> None:
        """Let the clock stand for a time that has passed: the reader's socket was full."""
        self._from += seconds

    def position(self, now: float) -> float:
        """Return the clock, in candles."""
        if self.jumping or not self._playing:
            return self._clock
        told = max(self._clock, self._index.place(self.cursor))
        if self._rate is None or self.due(now) > self.cursor:
            return told
        clock = self._clock + (now - self._from) * self._rate
        return max(told, min(clock, nextafter(self._index.place(self.cursor + 1), -inf)))

    def describe(self, now: float) -> ReplayData:
        """Return what the reader is told of the replay."""
        index, value = self._index, self._pace.value
        time, start, end = index.time(self.position(now)), index.start, index.end
        return ReplayData(
            state=self.state,
            seq=self.cursor,
            last_seq=index.last,
            time=None if time is None else iso_time(time),
            start=None if start is None else iso_time(start),
            end=None if end is None else iso_time(end),
            speed=value,
            unit="x" if self._pace.market else UNSET,
        )

    def control(self, request: ControlRequest, now: float) -> bool:
        """Do what is asked for; tell whether the reader must forget what it was told.

        Then `cursor` is 0, and the story up to `target` is due.

        Raises
        ------
        InvalidRequest
            The action is unknown, its value wrong, or where it leads does not exist.
        Conflict
            It cannot go on: it is at its end.
        """
        match request.action:
            case "pause":
                self._settle(now)
                self._playing = False
            case "resume":
                self._resume(now)
            case "speed":
                pace = Pace.of(request.value, request.unit)
                self._settle(now)
                self._pace = pace
            case "step":
                return self._step(_candles(request.value), now)
            case "seek":
                return self._go(*self._find(request.to), now)
            case "stop" | "run_until":
                msg = f"A replay has no {request.action}: use seek, or close the connection"
                raise InvalidRequest(
                    msg, field="action", value=request.action, allowed=list(ACTIONS)
                )
            case other:
                msg = f"Unknown action {other[:40]!r}: a replay has {', '.join(ACTIONS)}"
                raise InvalidRequest(msg, field="action", value=other[:40], allowed=list(ACTIONS))
        return False

    @property
    def _rate(self) -> float | None:
        return self._pace.candles(self._index.step_ms)

    def _at(self, place: int) -> float:
        assert self._rate is not None
        return self._from + (place - self._clock) / self._rate

    def _settle(self, now: float) -> None:
        self._clock, self._from = self.position(now), now

    def _resume(self, now: float) -> None:
        if self.state == "ended":
            msg = "The replay is at its end: seek or step back first"
            raise Conflict(msg, field="action", value="resume", allowed=["seek", "step"])
        self._settle(now)
        self._playing = True

    def _step(self, candles: int, now: float) -> bool:
        index = self._index
        self._settle(now)
        self._playing = False
        place = floor(self._clock) + candles
        if candles < 0:
            place = max(place, index.place(0))
            return self._go(index.until(place), place, now)
        self._clock = min(place, index.place(index.last))
        self.target = max(self.target, self.cursor, index.until(self._clock))
        return False

    def _go(self, seq: int, place: int, now: float) -> bool:
        # A seek given up halfway has left out states that hold at another place.
        torn = self.cursor < self._merged
        back = torn or seq < self.cursor or place < self.position(now)
        if back:
            self.cursor = 0
        self.target = self._merged = seq
        self._clock, self._from = place, now
        return back

    def _find(self, to: SeekTo | None) -> tuple[int, int]:
        """Return the seq a seek leads to, and the place of the clock there."""
        index = self._index
        given = {} if to is None else {n: v for n in FIELDS if (v := getattr(to, n)) is not UNSET}
        if to is None or len(given) != 1:
            msg = f"seek needs `to` with exactly one of {', '.join(FIELDS)}"
            raise InvalidRequest(msg, field="to", value=given, allowed=list(FIELDS))
        if isinstance(to.time, str):
            return index.until_time(self._time(to.time))
        if isinstance(to.trade, str):
            seq = index.trades.get(to.trade, 0)
            if not seq:
                names = list(index.trades)
                allowed = [names[0], names[-1]] if names else []
                msg = f"There is no trade {to.trade[:40]!r} in this run: " + (
                    f"it has {len(names)}, {names[0]} to {names[-1]}" if names else "it has none"
                )
                raise InvalidRequest(msg, field="to.trade", value=to.trade[:40], allowed=allowed)
        else:
            seq = int(given["seq"])
            if not 0 <= seq <= index.last:
                allowed_seqs = [0, index.last]
                msg = f"There is no message {seq}: the log has 1 to {index.last}, 0 is before it"
                raise InvalidRequest(msg, field="to.seq", value=seq, allowed=allowed_seqs)
        return seq, index.place(seq)

    def _time(self, text: str) -> int:
        start, end = self._index.start, self._index.end
        if start is None or end is None:
            msg = "Nothing in this log has a market time: seek by seq"
            raise InvalidRequest(msg, field="to.time", value=text[:40], allowed=[])
        allowed = [iso_time(start), iso_time(end)]
        try:
            time = parse_time(text)
        except (ValueError, OverflowError):
            msg = f"{text[:40]!r} is not a time: write it as {allowed[0]}"
            raise InvalidRequest(msg, field="to.time", value=text[:40], allowed=allowed) from None
        if not start <= time <= end:
            msg = f"{text[:40]} is not in this run: it goes from {allowed[0]} to {allowed[1]}"
            raise InvalidRequest(msg, field="to.time", value=text[:40], allowed=allowed)
        return time


def _candles(value: float | None) -> int:
    if value is None:
        return 1
    if value == 0 or value % 1 or abs(value) > _FURTHEST:
        allowed = "a whole number of candles, not 0; negative is back"
        msg = f"step by {value:g}, expected {allowed}"
        raise InvalidRequest(msg, field="value", value=value, allowed=allowed)
    return int(value)
