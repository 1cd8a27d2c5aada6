"""A live session as its messages tell it, small enough to be kept in a notebook."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from workbench.messages import FINAL_ORDER_STATUSES, parse_time
from workbench.widgets.fold import RunFold
from workbench.widgets.source import Message

MOST_CANDLES = 300
MOST_ORDERS = 100
MOST_CLOSED = 50
MOST_BREACHES = 50


class LiveFold:
    """Folds the messages of a session, as they come off the wire.

    Attributes
    ----------
    run
        What it has in common with any run: status, equity, trades, metrics.
    facts
        The `live` of the first `status`; empty until told.
    risk, pnl
        Data of the latest, or None.
    seq
        Of the last message.
    """

    def __init__(self) -> None:
        self.run = RunFold()
        self.reset()

    def reset(self) -> None:
        """Forget the story; it is going to be told again."""
        self.run.reset()
        self.facts: dict[str, Any] = {}
        self.risk: dict[str, Any] | None = None
        self.pnl: dict[str, Any] | None = None
        self.seq = 0
        self._candles: dict[tuple[str, str], dict[int, Message]] = {}
        self._growing: dict[tuple[str, str], Message] = {}
        self._held: dict[str, Message] = {}
        # When and why an order was given is told once, with its first message.
        self._orders: dict[str, tuple[Message, Message]] = {}
        self._closed: deque[Message] = deque(maxlen=MOST_CLOSED)
        self._met: deque[Message] = deque(maxlen=MOST_BREACHES)
        self._latest: dict[str, Message] = {}

    @property
    def status(self) -> str:
        """State of the session, as that of a run."""
        return self.run.status

    @status.setter
    def status(self, status: str) -> None:
        self.run.status = status

    @property
    def symbols(self) -> list[str]:
        """In the order of the session."""
        told: list[str] = list(self.facts.get("symbols", ()))
        seen = dict.fromkeys(symbol for symbol, _ in self._candles)
        return told + [symbol for symbol in seen if symbol not in told]

    @property
    def prices(self) -> dict[str, dict[str, Any]]:
        """Data of the latest candle of each symbol, growing or not, by symbol."""
        latest: dict[str, dict[str, Any]] = {}
        for message in self._last_candles():
            latest[message["data"]["symbol"]] = message["data"]
        return {symbol: latest[symbol] for symbol in self.symbols if symbol in latest}

    @property
    def positions(self) -> list[dict[str, Any]]:
        """Data of the open ones, in order of entry."""
        return [message["data"] for message in self._held.values()]

    @property
    def orders(self) -> list[dict[str, Any]]:
        """Data of the latest, in the order they were given; `reasoning` stays with them."""
        return [
            {
                **{name: first["data"][name] for name in ("reasoning",) if name in first["data"]},
                **last["data"],
            }
            for first, last in self._orders.values()
        ]

    @property
    def working(self) -> list[dict[str, Any]]:
        """Data of the orders that have not ended."""
        return [order for order in self.orders if order["status"] not in FINAL_ORDER_STATUSES]

    @property
    def breaches(self) -> list[dict[str, Any]]:
        """Data of the latest limits that were met, with `time`, the oldest first."""
        return [{**m["data"]["breach"], "time": m["data"]["time"]} for m in self._met]

    def apply(self, message: Message) -> None:
        """Take one message; those of unknown types are ignored."""
        kind, data = message["type"], message["data"]
        if kind == "gap":
            self.reset()
            return
        self.run.apply(message)
        self.seq = max(self.seq, message.get("seq", 0))
        if kind == "status" and "live" in data:
            self.facts = data["live"]
        elif kind == "candle":
            self._candle(message)
        elif kind == "feed":
            self._latest[f"feed {data['symbol']}"] = message
        elif kind == "position":
            self._position(message)
        elif kind == "order":
            self._order(message)
        elif kind == "risk":
            self._risk(message)
        elif kind == "pnl" and self._newer("pnl", message):
            self.pnl = data

    def snapshot(self, symbol: str = "") -> dict[str, Any]:
        """Return a short log that the view can draw without a server.

        Parameters
        ----------
        symbol
            Whose candles are kept, the last 300 of each timeframe; of the first one if empty.

        Returns
        -------
        dict
            ``messages``: what `RunFold.snapshot` keeps, candles (of symbols that are not shown the
            last alone), what is held and what was closed lately, the latest orders, limits that
            were met, the latest risk, profit and word of each feed. Empty while nothing was told.
        """
        messages: list[Message] = self.run.snapshot()["messages"]
        if not messages:
            return {}
        shown = symbol if symbol in self.symbols else next(iter(self.symbols), "")
        for key, kept in self._candles.items():
            if key[0] == shown:
                messages += [kept[time] for time in sorted(kept)]
                messages += [self._growing[key]] if key in self._growing else []
        messages += [m for m in self._last_candles() if m["data"]["symbol"] != shown]
        messages += self._closed
        messages += self._held.values()
        for first, last in self._orders.values():
            messages += [first] if first is last else [first, last]
        messages += self._met
        messages += [self._latest[key] for key in sorted(self._latest)]
        return {"messages": messages}

    def _last_candles(self) -> list[Message]:
        """The last of each symbol and timeframe, by open time and as they were told."""
        last = {key: kept[max(kept)] for key, kept in self._candles.items() if kept}
        found = {**last, **self._growing}
        return sorted(found.values(), key=lambda m: (parse_time(m["data"]["time"]), m["seq"]))

    def _newer(self, key: str, message: Message) -> bool:
        """Note the latest of its key; whether this one is: merged ones may come late."""
        known = self._latest.get(key)
        if known is not None and message.get("seq", 0) < known.get("seq", 0):
            return False
        self._latest[key] = message
        return True

    def _candle(self, message: Message) -> None:
        data = message["data"]
        key, time = (data["symbol"], data["timeframe"]), parse_time(data["time"])
        kept = self._candles.setdefault(key, {})
        newest = max(kept, default=-1)
        if not data["closed"]:
            # What is told of a growing candle may come after its end.
            if time > newest:
                self._growing[key] = message
            return
        kept[time] = message
        grown = self._growing.get(key)
        if grown is not None and parse_time(grown["data"]["time"]) <= time:
            del self._growing[key]
        if len(kept) > MOST_CANDLES:
            del kept[min(kept)]

    def _position(self, message: Message) -> None:
        data = message["data"]
        name = data["position_id"]
        known = self._held.get(name)
        if any(m["data"]["position_id"] == name for m in self._closed):
            return
        if data["event"] == "close":
            self._held.pop(name, None)
            self._closed.append(message)
        elif known is None or message.get("seq", 0) >= known.get("seq", 0):
            self._held[name] = message

    def _order(self, message: Message) -> None:
        name = message["data"]["order_id"]
        first, _ = self._orders.get(name, (message, message))
        self._orders[name] = (first, message)
        if len(self._orders) > 2 * MOST_ORDERS:
            ended = [o["order_id"] for o in self.orders if o["status"] in FINAL_ORDER_STATUSES]
            for one in ended[:MOST_ORDERS]:
                del self._orders[one]

    def _risk(self, message: Message) -> None:
        data = message["data"]
        if "breach" in data:
            self._met.append(message)
            rest = {name: value for name, value in data.items() if name != "breach"}
            message = {**message, "data": rest}
        if self._newer("risk", message):
            self.risk = message["data"]


def told(messages: Iterable[Message]) -> LiveFold:
    """Return what the messages of a log, or of a snapshot, tell."""
    fold = LiveFold()
    for message in messages:
        fold.apply(message)
    return fold


def beside_of(messages: Iterable[Message], name: str = "backtest") -> dict[str, Any]:
    """Return what a view draws beside a session, out of the messages of another run.

    Parameters
    ----------
    messages
        Of a run or another session, as they come off the wire.
    name
        What it is called in the legend.

    Returns
    -------
    dict
        ``name``; ``time`` (epoch ms, UTC) and ``equity`` (money), as columns; ``trades``: of each
        its symbol, direction, and time and price of entry and exit, None while it is open.
    """
    time: list[int] = []
    equity: list[float] = []
    opened: dict[str, dict[str, Any]] = {}
    trades: list[dict[str, Any]] = []
    for message in messages:
        data = message["data"]
        if message["type"] == "equity":
            time.append(parse_time(data["time"]))
            equity.append(data["equity"])
        elif message["type"] == "equity_columns":
            time += data["time"]
            equity += data["equity"]
        elif message["type"] == "trade" and data["event"] == "entry":
            opened[data["trade_id"]] = _trade(data)
        elif message["type"] == "trade":
            opened.pop(data["trade_id"], None)
            trades.append(_trade(data))
    return {"name": name, "time": time, "equity": equity, "trades": [*trades, *opened.values()]}


def _trade(data: dict[str, Any]) -> dict[str, Any]:
    names = ("symbol", "direction", "entry_time", "entry_price", "exit_time", "exit_price")
    return {name: data.get(name) for name in names}
