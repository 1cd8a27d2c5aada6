"""Where a session stands, as its process needs to know: what came of inputs and messages, pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from workbench.feeds.source import Item, Tick
from workbench.messages import Candle, Message, parse_time
from workbench.trading.brokering import Cancel, Command, Open
from workbench.trading.inputs import Asked, Input, Ticks


class Trail(Struct, array_like=True):
    """The last trade of a symbol that was taken: its time, how many of that time, its number."""

    time: int
    many: int
    number: int | None

    def beyond(self, ticks: Sequence[tuple[int, float, float, int | None]]) -> Trail:
        """Return the trail after some more trades."""
        if not ticks:
            return self
        last = ticks[-1][0]
        many = 0
        for time, *_ in reversed(ticks):
            if time != last:
                break
            many += 1
        if many == len(ticks) and last == self.time:
            many += self.many
        numbers = [number for *_, number in ticks if number is not None]
        return Trail(last, many, numbers[-1] if numbers else self.number)


def fresh(batches: Sequence[Item], trail: Trail | None) -> tuple[list[Item], Trail | None]:
    """Return what of a source that begins anew was not taken before, and what is left to pass over.

    A source begins with the candle that grew, and gives its trades again.
    """
    if trail is None:
        return list(batches), None
    found: list[Item] = []
    left: Trail | None = trail
    for item in batches:
        if left is None or not isinstance(item, Tick):
            found.append(item)
        elif item.time > left.time:
            left = None
            found.append(item)
        elif item.number is not None and left.number is not None:
            if item.number > left.number:
                found.append(item)
        elif item.time == left.time:
            if left.many > 0:
                left = Trail(left.time, left.many - 1, left.number)
            else:
                found.append(item)
    return found, left


class Standing(Struct):
    """What is remembered of a session beside its own state.

    Attributes
    ----------
    base
        Name of the shortest timeframe.
    obeyed
        Place in the log of the last command that was taken.
    paused
        Whether prices of a replayed feed are held back.
    closed
        Open time (ISO 8601) of the last closed candle of the shortest timeframe, by symbol.
    trails
        See `Trail`, by symbol.
    unwanted
        Symbols of orders that are to be taken back, by client order id.
    heard
        When something was given last, epoch ms; 0 where nothing was.
    """

    base: str
    obeyed: int = 0
    paused: bool = False
    closed: dict[str, str] = {}
    trails: dict[str, Trail] = {}
    unwanted: dict[str, str] = {}
    heard: int = 0

    def given(self, one: Input) -> None:
        """Take down what an input says."""
        self.heard = max(self.heard, one.at)
        if isinstance(one, Ticks):
            trail = self.trails.get(one.symbol) or Trail(-1, 0, None)
            self.trails[one.symbol] = trail.beyond(one.trades)
        elif isinstance(one, Asked):
            self.obeyed = max(self.obeyed, one.seq)
            if one.action in ("pause", "resume"):
                self.paused = one.action == "pause"

    def told(self, message: Message) -> None:
        """Take down what a message says."""
        if isinstance(message, Candle):
            data = message.data
            if data.closed and data.timeframe == self.base:
                self.closed[data.symbol] = data.time

    def routed(self, command: Command) -> None:
        """Take down what was asked of the broker."""
        if isinstance(command, Cancel):
            self.unwanted[command.client_order_id] = command.symbol

    def settled(self, orders: Sequence[Open]) -> None:
        """Forget what was asked of orders that are not open any more."""
        known = {order.place.client_order_id for order in orders}
        self.unwanted = {name: symbol for name, symbol in self.unwanted.items() if name in known}

    def unheard(self) -> list[Command]:
        """Return what is to be asked again of a broker that may not have heard it."""
        return [Cancel(name, symbol) for name, symbol in self.unwanted.items()]

    def after(self) -> Mapping[str, int]:
        """Return the open time (epoch ms) of the last closed candle, by symbol."""
        return {symbol: parse_time(time) for symbol, time in self.closed.items()}


class Saved(Struct, array_like=True):
    """What a checkpoint holds."""

    standing: Standing
    session: bytes


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Saved).decode
