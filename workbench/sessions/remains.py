"""What a session has left, as its own log tells: no code of the user's is needed for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec import UNSET

from workbench.engine.metrics.trades import Trades
from workbench.messages import (
    FINAL_ORDER_STATUSES,
    AnyMessage,
    Candle,
    EntryData,
    Equity,
    ExitData,
    Feed,
    FeedData,
    Metrics,
    MetricsData,
    Order,
    OrderData,
    Pnl,
    PnlData,
    Position,
    PositionData,
    Reasoning,
    Risk,
    RiskData,
    Trade,
    TradeChecksum,
    TradeExtra,
    parse_time,
)
from workbench.trading.brokering import Open, Place

EPS = 1e-9
"""Of a quantity: a smaller difference is of rounding."""
BY_SIGNAL = "signal"
OF_STRATEGY = "signal_"
"""How ids of orders of the strategy begin, after their symbol."""


@dataclass
class Ticket:
    """A trade that goes on: its entry, and what has come of it so far.

    Attributes
    ----------
    fees
        Commissions of its exits, and financing that those have borne, money.
    pnl
        Of its exits, net.
    best, worst
        The highest and lowest price it was seen at.
    """

    entry: EntryData
    extra: TradeExtra
    best: float
    worst: float
    fees: float = 0.0
    pnl: float = 0.0


@dataclass
class Sums:
    """What was made of a symbol by a strategy, money: `realized` as the balance has it."""

    realized: float = 0.0
    fees: float = 0.0
    trades: int = 0


@dataclass
class Ahead:
    """What orders have filled that no trade message has told yet: units, price times units, fees.

    Attributes
    ----------
    order
        The order that was told last of these; None where only trades have been.
    """

    quantity: float = 0.0
    paid: float = 0.0
    fees: float = 0.0
    order: OrderData | None = None

    def add(self, quantity: float, paid: float, fees: float) -> None:
        """Take further fills; below 0 what was told of them."""
        self.quantity, self.paid, self.fees = (
            self.quantity + quantity, self.paid + paid, self.fees + fees,
        )  # fmt: skip


@dataclass
class Remains:
    """What is known of a session after all that it has told.

    Attributes
    ----------
    positions, orders
        Those that are open, by id, as they were told last.
    tickets
        Trades that go on, by id.
    prices, times
        The last of each symbol, and the latest market time (ISO 8601) that was told of it.
    sums
        By symbol and strategy.
    names
        Client order ids that were ever told, each with the id of its order.
    heard
        By client order id: all that was told of its fills.
    feeds
        What was last said of the prices of each symbol.
    ahead
        By order of the strategy; of what else closes a trade, by trade.
    reasons
        Why each order that is open was given.
    closes
        Ids of orders that were to close a trade, and are over.
    last
        The highest number of a trade.
    """

    session: str
    positions: dict[str, PositionData] = field(default_factory=dict)
    orders: dict[str, OrderData] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    prices: dict[str, float] = field(default_factory=dict)
    times: dict[str, str] = field(default_factory=dict)
    sums: dict[tuple[str, str], Sums] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    heard: dict[str, Ahead] = field(default_factory=dict)
    feeds: dict[str, FeedData] = field(default_factory=dict)
    ahead: dict[str, Ahead] = field(default_factory=dict)
    reasons: dict[str, Reasoning] = field(default_factory=dict)
    closes: set[str] = field(default_factory=set)
    last: int = 0
    trades: Trades = field(default_factory=Trades)
    told: TradeChecksum = field(default_factory=TradeChecksum)
    commissions: float = 0.0
    candles: int = 0
    metrics: MetricsData | None = None
    pnl: PnlData | None = None
    risk: RiskData | None = None

    def take(self, messages: Iterable[AnyMessage]) -> None:
        """Take what the session has told next."""
        for message in messages:
            match message:
                case Trade():
                    self._trade(message)
                case Position():
                    self._position(message.data)
                case Order():
                    self._order(message.data)
                case Candle():
                    data = message.data
                    self.prices[data.symbol] = data.close
                case Feed():
                    self.feeds[message.data.symbol] = message.data
                case Equity():
                    self.candles += 1
                case Metrics():
                    self.metrics = message.data
                case Pnl():
                    self.pnl = message.data
                case Risk():
                    self.risk = message.data

    @property
    def time(self) -> str | None:
        """The latest market time that was told, ISO 8601."""
        return max(self.times.values(), key=parse_time, default=None)

    def open(self) -> list[Open]:
        """Return the orders that a venue may know of, as a broker is asked about them."""
        return [
            Open(_placed(order), order.filled, order.status != "new")
            for order in self.orders.values()
            if isinstance(order.client_order_id, str)
        ]

    def held(self) -> dict[str, float]:
        """Return the signed units held, by symbol."""
        found: dict[str, float] = {}
        for one in self.positions.values():
            sign = 1.0 if one.direction == "long" else -1.0
            found[one.symbol] = found.get(one.symbol, 0.0) + sign * one.quantity
        return found

    def _seen(self, symbol: str, time: str) -> None:
        """Take down a market time: an order is told with its own, which may be long ago."""
        known = self.times.get(symbol)
        # With a fraction and without one they do not compare as texts.
        if known is None or parse_time(time) > parse_time(known):
            self.times[symbol] = time

    def _trade(self, message: Trade) -> None:
        data, extra = message.data, message.extra
        self.told.add(message)
        self.commissions += extra.commission
        sums = self.sums.setdefault((data.symbol, extra.strategy), Sums())
        sums.fees += extra.commission
        number = data.trade_id.rpartition("_")[2]
        self.last = max(self.last, int(number) if number.isdecimal() else 0)
        if isinstance(data, EntryData):
            price = data.entry_price
            if isinstance(extra.signal, str):
                self._book(extra.signal, -extra.quantity, -price * extra.quantity,
                           -extra.commission)  # fmt: skip
            self.tickets[data.trade_id] = Ticket(data, extra, price, price)
            self._seen(data.symbol, data.entry_time)
            # The balance bears it from then on, the exits name it again.
            sums.realized -= extra.commission
            return
        self._exit(data, extra, sums)

    def _exit(self, data: ExitData, extra: TradeExtra, sums: Sums) -> None:
        self._seen(data.symbol, data.exit_time)
        ticket = self.tickets.get(data.trade_id)
        if ticket is None:
            return
        # A reversal names the entry that brought it about, and is an order of its own.
        name = data.trade_id
        if data.exit_reason == BY_SIGNAL and isinstance(extra.signal, str):
            order = self.orders.get(extra.signal)
            name = extra.signal if order is None or order.role == "exit" else name
        self._book(name, -extra.quantity, -extra.quantity * data.exit_price, -extra.commission)
        ticket.pnl += data.pnl
        financing = 0.0 if extra.financing is UNSET else extra.financing
        ticket.fees += extra.commission + financing
        sums.fees += financing
        share = extra.quantity / ticket.entry.quantity
        sums.realized += data.pnl + ticket.extra.commission * share
        if extra.remaining > 0.0:
            return
        del self.tickets[data.trade_id]
        self.ahead.pop(data.trade_id, None)
        sums.trades += 1
        notional = ticket.entry.entry_price * ticket.entry.quantity
        nan = float("nan")
        self.trades.add(ticket.pnl, 100 * ticket.pnl / notional, nan, nan, nan)

    def _position(self, data: PositionData) -> None:
        self._seen(data.symbol, data.time)
        if data.event == "close":
            self.positions.pop(data.position_id, None)
            return
        self.positions[data.position_id] = data
        ticket = self.tickets.get(data.position_id)
        if ticket is not None:
            ticket.best = max(ticket.best, data.price)
            ticket.worst = min(ticket.worst, data.price)

    def _order(self, data: OrderData) -> None:
        self._seen(data.symbol, data.time)
        known = self.orders.get(data.order_id)
        quantity = data.filled - (known.filled if known else 0.0)
        paid = _paid(data) - (_paid(known) if known else 0.0)
        fees = data.fees - (known.fees if known else 0.0)
        if isinstance(data.client_order_id, str):
            self.names[data.client_order_id] = data.order_id
            self.heard.setdefault(data.client_order_id, Ahead()).add(quantity, paid, fees)
        name = data.order_id
        if not name.rpartition(":")[2].startswith(OF_STRATEGY) and data.role != "entry":
            name = data.trade_id if isinstance(data.trade_id, str) else ""
        if (quantity > 0.0 or fees) and (name == data.order_id or name in self.tickets):
            self._book(name, quantity, paid, fees, data)
        if data.reasoning is not UNSET:
            self.reasons[data.order_id] = data.reasoning
        if data.status in FINAL_ORDER_STATUSES:
            self.orders.pop(data.order_id, None)
            self.reasons.pop(data.order_id, None)
            if ":close" in data.order_id:
                self.closes.add(data.order_id)
        else:
            self.orders[data.order_id] = data

    def _book(
        self, name: str, quantity: float, paid: float, fees: float, order: OrderData | None = None
    ) -> None:
        """Take fills that were told of an order, or (below 0) of a trade."""
        ahead = self.ahead.setdefault(name, Ahead())
        ahead.add(quantity, paid, fees)
        ahead.order = order or ahead.order
        if abs(ahead.quantity) <= EPS * abs(quantity):
            del self.ahead[name]


def _paid(order: OrderData) -> float:
    return 0.0 if order.average_price is None else order.average_price * order.filled


def _placed(order: OrderData) -> Place:
    return Place(
        str(order.client_order_id),
        order.symbol,
        order.side,
        order.kind,
        order.quantity or 0.0,
        order.price,
        order.role != "entry",
        parse_time(order.time),
    )
