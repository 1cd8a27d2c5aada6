"""A market as its messages tell it, small enough to be kept in a notebook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.messages import parse_time
from workbench.widgets.source import Message

KEPT_CANDLES = 300
MOST_CANDLES = 20_000
MOST_FINDINGS = 5_000
_ZONES = frozenset({"fvg", "order_block", "liquidity", "zone"})
_ENDS = frozenset({"mitigated", "filled", "broken", "swept", "superseded", "expired"})


class MarketFold:
    """Folds the messages of a market, as they come off the wire.

    Parameters
    ----------
    candles, findings
        How many candles of each timeframe, and how many patterns, facts of structure and scores
        are kept; None for all.
    epoch
        Of the log that is to be read; None for whichever there is.

    Attributes
    ----------
    info
        Data of the last `connected`, and what `feed` messages said since: `symbol`, `feed`,
        `source`, `synthetic`, `timeframes`.
    status
        What the feed does; empty until told.
    message, code
        In its words, and the code where something is wrong.
    confluence
        Data of the latest score, or None.
    error
        The message that ended the stream, or None.
    lost
        Where the story has holes, as `data_gap` data with `what` ``messages``: what the log did
        not keep until it was read.
    seq, epoch
        Where the story stands.
    """

    def __init__(
        self,
        candles: int | None = MOST_CANDLES,
        findings: int | None = MOST_FINDINGS,
        epoch: str | None = None,
    ) -> None:
        self._most_candles = candles
        self._most = findings
        self.info: dict[str, Any] = {}
        self.epoch = epoch
        self.reset()

    def reset(self) -> None:
        """Forget the story; it is going to be told again."""
        self.status = self.message = self.code = ""
        self.confluence: dict[str, Any] | None = None
        self.error: Message | None = None
        self.seq = 0
        self.candles: dict[str, dict[int, Message]] = {}
        self.growing: dict[str, Message] = {}
        self.patterns: list[Message] = []
        self.structure: list[Message] = []
        self.scores: list[Message] = []
        self.gaps: list[Message] = []
        self.lost: list[dict[str, Any]] = []
        self._due = 1
        self._feed: Message | None = None

    @property
    def timeframes(self) -> list[str]:
        """Those of the feed, the shortest first."""
        return list(self.info.get("timeframes") or self.candles)

    def apply(self, message: Message) -> None:
        """Take one message; those of unknown types are ignored."""
        kind, data = message["type"], message["data"]
        self.seq = max(self.seq, message.get("seq", 0))
        if kind == "connected":
            self._connected(data)
        elif kind == "gap":
            self._gap(data)
        elif kind == "candle":
            self._candle(message)
        elif kind == "pattern" and not data["provisional"]:
            self._keep(self.patterns, message)
        elif kind == "structure":
            self._keep(self.structure, message)
        elif kind == "confluence":
            if self.confluence is None or data["bar_time"] >= self.confluence["bar_time"]:
                self.confluence = data
            self._keep(self.scores, message)
        elif kind == "data_gap":
            self._keep(self.gaps, message)
        elif kind == "feed":
            self._told(message)
        elif kind == "error" and "seq" in message:
            self.error = message

    def latest(self, timeframe: str | None = None) -> Message | None:
        """Return the last candle of a timeframe, growing or closed; of the shortest by default."""
        for name in self.timeframes if timeframe is None else [timeframe]:
            if name in self.growing:
                return self.growing[name]
            if self.candles.get(name):
                return next(reversed(self.candles[name].values()))
        return None

    def closed(self, timeframe: str) -> list[Message]:
        """Return the closed candles of a timeframe, by time."""
        kept = self.candles.get(timeframe, {})
        return [kept[time] for time in sorted(kept)]

    def snapshot(self, timeframe: str, count: int = KEPT_CANDLES) -> dict[str, Any]:
        """Return a short log that the view can draw without a server.

        Returns
        -------
        dict
            ``messages``: `connected`, the last `count` candles of the timeframe, their patterns
            and structure (zones that still stand whatever their age), the latest score, the
            last word of the feed.
        """
        candles = self.closed(timeframe)[-count:]
        if timeframe in self.growing:
            candles.append(self.growing[timeframe])
        if not candles:
            return {}
        first = candles[0]["data"]["time"]
        own = [m for m in self.structure if m["data"]["timeframe"] == timeframe]
        over = {m["data"]["id"] for m in own if m["data"]["status"] in _ENDS}
        messages: list[Message] = [{"type": "connected", "timestamp": "", "data": self._about()}]
        messages += candles
        messages += [
            m
            for m in self.patterns
            if m["data"]["timeframe"] == timeframe and m["data"]["bar_time"] >= first
        ]
        messages += [
            m
            for m in own
            if m["data"]["bar_time"] >= first
            or (m["data"]["kind"] in _ZONES and m["data"]["id"] not in over)
        ]
        messages += self.scores[-1:]
        if self._feed is not None:
            messages.append(self._feed)
        return {"messages": messages}

    def _about(self) -> dict[str, Any]:
        return {**self.info, "status": self.status}

    def _connected(self, data: dict[str, Any]) -> None:
        if self.epoch not in (None, data.get("epoch")):
            self.reset()
        self.epoch = data.get("epoch")
        if not self.seq:
            self._goes_on_at(data.get("first_seq", 1))
        self._know(data)
        self.status = data.get("status", self.status)

    def _gap(self, data: dict[str, Any]) -> None:
        if data["epoch"] != self.epoch or data["available_from"] <= self.seq:
            self.reset()
        self._goes_on_at(data["available_from"])

    def _goes_on_at(self, first: int) -> None:
        """Note the messages before seq `first` that are gone; what is told next ends the hole."""
        count = first - max(self.seq + 1, self._due)
        self._due = first
        if count <= 0:
            return
        newest = self.latest()
        start = None if newest is None else newest["data"]["time"]
        self.lost.append(
            {"what": "messages", "missing": count, "start": start, "end": None, "filled": False}
        )

    def _told(self, message: Message) -> None:
        data = message["data"]
        self._know(data)
        self.status = data["state"]
        self.message, self.code = data["message"], data.get("code", "")
        self._feed = message

    def _know(self, data: dict[str, Any]) -> None:
        names = ("symbol", "feed", "source", "synthetic", "timeframes")
        self.info = {**self.info, **{name: data[name] for name in names if name in data}}

    def _candle(self, message: Message) -> None:
        data = message["data"]
        name, time = data["timeframe"], parse_time(data["time"])
        kept = self.candles.setdefault(name, {})
        newest = next(reversed(kept), -1) if kept else -1
        if not data["closed"]:
            # What is told of a growing candle may come after its end.
            if time > newest:
                self.growing[name] = message
            return
        if self.lost and self.lost[-1]["end"] is None:
            self.lost[-1]["end"] = data["time"]
        kept[time] = message
        if time < newest:
            self.candles[name] = kept = dict(sorted(kept.items()))
        grown = self.growing.get(name)
        if grown is not None and parse_time(grown["data"]["time"]) <= time:
            del self.growing[name]
        if self._most_candles is not None and len(kept) > self._most_candles:
            del kept[next(iter(kept))]

    def _keep(self, found: list[Message], message: Message) -> None:
        found.append(message)
        if self._most is not None and len(found) > self._most:
            del found[: self._most // 4]


def told(messages: Iterable[Message]) -> MarketFold:
    """Return what the messages of a log, or of a snapshot, tell."""
    fold = MarketFold(None, None)
    for message in messages:
        fold.apply(message)
    return fold
