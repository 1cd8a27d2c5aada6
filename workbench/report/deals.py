"""The trades of a run as wholes, made of its messages, with what stood in their way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec import UNSET

from workbench.messages import (
    PROCESS_AWAY,
    Candle,
    Complete,
    DataGap,
    EntryData,
    Equity,
    Error,
    ExitData,
    Feed,
    LiveFacts,
    Message,
    Order,
    Signal,
    SignalData,
    Status,
    Trade,
    parse_time,
)
from workbench.timeframes import Timeframe

TYPES = (
    "status", "trade", "signal", "order", "candle", "data_gap", "feed", "equity", "complete",
    "error",
)  # fmt: skip
"""Messages that are needed."""


class Part(NamedTuple):
    """A part of a trade that was closed; `time` is epoch ms of the candle it was closed in."""

    time: int
    price: float
    quantity: float
    reason: str
    pnl: float


@dataclass
class Deal:
    """A trade: its entry, and the parts it was closed in.

    Attributes
    ----------
    entry_time
        Epoch ms, open of the candle of the fill.
    remaining
        Units that are still held.
    fills
        In how many parts its entry was filled, where that is known.
    latency_ms
        From its decision to its entry's fill; None where it was filled by the rules of candles.
    """

    name: str
    symbol: str
    strategy: str
    direction: str
    entry_time: int
    entry_price: float
    quantity: float
    commission: float
    remaining: float
    signal: str
    parts: list[Part] = field(default_factory=list)
    fills: int = 1
    latency_ms: float | None = None

    @property
    def pnl(self) -> float:
        """Of what has been closed, net."""
        return sum(part.pnl for part in self.parts)


class Refused(NamedTuple):
    """A signal that came to nothing; `time` is epoch ms of the candle it was given on."""

    time: int
    symbol: str
    strategy: str
    decision: str
    code: str
    message: str


class Hole(NamedTuple):
    """Prices that were missing, epoch ms."""

    symbol: str
    start: int
    end: int
    text: str


@dataclass
class Account:
    """What a run came to, trade by trade.

    Attributes
    ----------
    step
        Length of a candle of the shortest timeframe, ms.
    first, last
        Epoch ms of the first and last candle it could trade on; None where it does not say.
    ready
        Of a backtest: epoch ms about which its indicators had values; None where it does not say.
    routed
        Whether its orders went to a venue, or an exchange.
    inside
        Whether it saw what happened within candles: something was filled between two closes.
    away
        When its process was gone, by the clock.
    bars
        Closed candles it told itself, of the shortest timeframe: (symbol, epoch ms) → open, high,
        low, close.
    """

    deals: list[Deal] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    away: list[Hole] = field(default_factory=list)
    bars: dict[tuple[str, int], tuple[float, float, float, float]] = field(default_factory=dict)
    facts: LiveFacts | None = None
    capital: float | None = None
    step: int = 1
    first: int | None = None
    last: int | None = None
    ready: int | None = None
    routed: bool = False
    inside: bool = False
    over: bool = False


def account_of(messages: Iterable[Message]) -> Account:
    """Return what a run came to.

    Parameters
    ----------
    messages
        Of one run, in order, from the first; types other than `TYPES` are passed over.
    """
    found = Account()
    deals: dict[str, Deal] = {}
    orders: dict[tuple[str, str], list[Order]] = {}
    shortest = ""
    for message in messages:
        match message:
            case Status() if message.data.timeframes is not UNSET:
                data = message.data
                lengths = {name: Timeframe.parse(name).ms for name in message.data.timeframes}
                shortest = min(lengths, key=lengths.__getitem__)
                found.step = lengths[shortest]
                found.facts = None if data.live is UNSET else data.live
                found.capital = None if data.initial_capital is UNSET else data.initial_capital
                if data.start is not UNSET and found.facts is None:
                    found.first = parse_time(data.start)
                    if data.warm_up is not UNSET:
                        found.ready = found.first + (data.warm_up + 1) * found.step
            case Trade():
                _trade(message, found, deals)
            case Signal():
                found.refused.append(_refused(message.data))
            case Order():
                found.routed |= message.data.client_order_id is not UNSET
                if message.data.filled > 0 and not found.inside:
                    found.inside = parse_time(message.data.time) % found.step != 0
                orders.setdefault((message.data.symbol, message.data.order_id), []).append(message)
            case Candle() if message.data.closed and message.data.timeframe == shortest:
                bar = message.data
                time = parse_time(bar.time)
                found.bars[bar.symbol, time] = (bar.open, bar.high, bar.low, bar.close)
                if message.extra is UNSET or message.extra.origin != "history":
                    found.first = time if found.first is None else min(found.first, time)
                    found.last = time
            case DataGap() if not message.data.filled:
                gap = message.data
                start, end = parse_time(gap.start), parse_time(gap.end)
                text = f"{gap.missing} {gap.what} missing"
                found.holes.append(Hole(gap.symbol, start, end, text))
            case Feed() if message.data.code == PROCESS_AWAY and message.data.since is not UNSET:
                since, back = parse_time(message.data.since), parse_time(message.timestamp)
                found.away.append(Hole(message.data.symbol, since, back, message.data.message))
            case Equity():
                found.last = parse_time(message.data.time)
            case Complete() | Error():
                found.over = True
    _fills(found, orders)
    return found


def _refused(data: SignalData) -> Refused:
    time = parse_time(data.time)
    return Refused(time, data.symbol, data.strategy, data.decision, data.code, data.message)


def _trade(message: Trade, found: Account, deals: dict[str, Deal]) -> None:
    data, extra = message.data, message.extra
    if isinstance(data, EntryData):
        deal = Deal(
            data.trade_id, data.symbol, extra.strategy, data.direction, parse_time(data.entry_time),
            data.entry_price, data.quantity, extra.commission, data.quantity,
            "" if extra.signal is UNSET else extra.signal,
        )  # fmt: skip
        deals[data.trade_id] = deal
        found.deals.append(deal)
    elif isinstance(data, ExitData) and data.trade_id in deals:
        deal = deals[data.trade_id]
        time = parse_time(data.exit_time)
        deal.parts.append(Part(time, data.exit_price, extra.quantity, data.exit_reason, data.pnl))
        deal.remaining = extra.remaining


def _fills(found: Account, orders: dict[tuple[str, str], list[Order]]) -> None:
    """Note in how many parts entries were filled, and how late."""
    for deal in found.deals:
        told = orders.get((deal.symbol, deal.signal), [])
        parts = {one.data.filled for one in told if one.data.filled > 0}
        deal.fills = max(1, len(parts))
        # Others wait for their price, however soon they are there.
        decided = [one for one in told if (one.data.status, one.data.kind) == ("new", "market")]
        done = [one for one in told if one.data.filled > 0]
        if decided and done and found.routed:
            late = parse_time(done[0].data.time) - parse_time(decided[0].data.time)
            deal.latency_ms = float(late)
