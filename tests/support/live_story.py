"""A made-up live session as its stream tells it: history, then candles, orders, trades, risk.

The strategy buys and sells by turns; there is enough of everything to draw.
"""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime
from typing import Any

Message = dict[str, Any]
START = 1_704_067_200_000
FRAMES = {"15M": 900_000, "1H": 3_600_000}
BASE_MS = FRAMES["15M"]
CAPITAL = 50_000.0
PRICES = {"BTC-USD": 42_000.0, "ETH-USD": 2_300.0, "SOL-USD": 98.0}
FEE = 0.0006
HELD_FOR = 14


def iso(time_ms: float) -> str:
    """Return epoch ms as the wire writes it."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class FakeSession:
    """The log of a session, made candle by candle of the shortest timeframe.

    Parameters
    ----------
    symbols
        What it trades.
    facts
        Fields of `LiveFacts` that differ from those of a paper session on generated prices.
    limits
        Name to (limit, unit).

    Attributes
    ----------
    log
        All messages so far.
    positions
        Data of the open ones, by id; `orders` that of those that wait.
    """

    def __init__(
        self,
        session: str,
        symbols: tuple[str, ...] = ("BTC-USD",),
        *,
        history: int = 80,
        bars: int = 120,
        limits: dict[str, tuple[float, str]] | None = None,
        **facts: Any,
    ) -> None:
        self.session = session
        self.symbols = symbols
        self.limits = limits if limits is not None else {
            "max_position": (30_000.0, "money"), "max_exposure": (60_000.0, "money"),
            "max_daily_loss": (2_000.0, "money"), "max_drawdown": (0.1, "fraction"),
            "max_orders_per_minute": (20, "count"), "stale_after": (30.0, "seconds"),
        }  # fmt: skip
        self.facts = {
            "symbols": list(symbols), "broker": "paper", "feed": "synthetic", "real_time": True,
            "warm_up": dict.fromkeys(symbols, history),
            "allocation": dict.fromkeys(symbols, 1 / len(symbols)), **facts,
        }  # fmt: skip
        self.log: list[Message] = []
        self.controls: list[Message] = []
        self.positions: dict[str, Message] = {}
        self.orders: dict[str, Message] = {}
        self.status = "running"
        self.paused = False
        self.balance = self.peak = CAPITAL
        self.fees = self.realized = 0.0
        self._draw = random.Random(5)
        self._price = {name: PRICES[name] for name in symbols}
        self._hours: dict[str, list[float]] = {}
        self._seq = self._eseq = self._signal = self._trade = 0
        self.bar = -history
        self._begin()
        for _ in range(history):
            self.close({name: self.grow(name, []) for name in symbols}, "history")
        for name in symbols:
            self.tell_feed(name, "live", "")
        for _ in range(bars):
            self.close({name: self.grow(name, []) for name in symbols})

    @property
    def synthetic(self) -> bool:
        """Whether its prices never traded."""
        return self.facts["feed"] == "synthetic"

    @property
    def time(self) -> int:
        """Open time of the candle that grows, epoch ms."""
        return START + self.bar * BASE_MS

    def connected(self) -> Message:
        """Return the first message of a connection."""
        return {"type": "connected", "timestamp": "", "data": {
            "backtest_id": self.session, "message": "Connected", "epoch": "l1", "seq": self._seq,
            "eseq": self._eseq, "status": self.status, "protocol": "1.0",
            "symbol": self.symbols[0], "source": "", "synthetic": self.synthetic,
        }}  # fmt: skip

    def grow(self, name: str, bar: list[float]) -> list[float]:
        """Return the candle of a symbol with some more ticks in it."""
        price = self._price[name]
        time, open_, high, low, _, volume = bar or [self.time, *[price] * 4, 0.0]
        wave = 0.0012 * math.sin(time / BASE_MS / 19 + len(name) + PRICES[name])
        for _ in range(4):
            price *= math.exp(self._draw.gauss(wave / 4, 0.0011))
            high, low, volume = max(high, price), min(low, price), volume + self._draw.random() * 3
        self._price[name] = price
        return [time, *(round(value, 2) for value in (open_, high, low, price)), round(volume, 3)]

    def growing(self, bars: dict[str, list[float]]) -> None:
        """Tell of candles that grow, and of what they make of what is held."""
        for name, bar in bars.items():
            for frame, merged in self._merged(name, bar).items():
                self._candle(name, frame, merged, closed=False)
        self._mark()
        self.tell_pnl()
        self.tell_risk()

    def close(self, bars: dict[str, list[float]], origin: str = "live") -> None:
        """Tell that candles have closed, and what the strategy does then."""
        for name, bar in bars.items():
            merged = self._merged(name, bar)
            self._hours[name] = merged["1H"]
            for frame, size in FRAMES.items():
                if (bar[0] + BASE_MS) % size == 0:
                    self._candle(name, frame, merged[frame], closed=True, origin=origin)
        if origin == "live":
            for name in bars:
                self._decide(name)
            self._mark()
            self._tell_equity()
            self.tell_pnl()
            self.tell_risk()
        self.bar += 1

    def flatten(self) -> None:
        """Close all, cancel all, pause entries."""
        for order in [*self.orders.values()]:
            self.order(order, "cancelled", code="cancelled", message="Flattened")
        for position in [*self.positions.values()]:
            self.exit(position, "kill_switch")
        self.paused = True
        self.tell_pnl()
        self.tell_risk()

    def forget(self) -> None:
        """Have told nothing yet."""
        self.log.clear()
        self._seq = self._eseq = 0
        self.status = "pending"

    def stop(self) -> None:
        """End it."""
        self.flatten()
        self.status = "stopped"
        metrics = {
            "total_trades": self._trade, "winning_trades": 1, "losing_trades": 0, "win_rate": 0.5,
            "profit_factor": 1.2, "total_return": 100 * (self.balance / CAPITAL - 1),
            "max_drawdown": -1.0, "sharpe_ratio": 0.8, "average_win": 1.0, "average_loss": -1.0,
            "largest_win": 2.0, "largest_loss": -2.0, "total_commissions": self.fees,
        }  # fmt: skip
        extra = {"status": "stopped", "bars": self.bar, "final_equity": self.balance}
        self.tell("complete", {"backtest_id": self.session, "metrics": metrics}, extra)

    def control(self, action: str, by: str = "tester") -> None:
        """Take a control, and obey it."""
        self.tell("control", {"action": action, "accepted": True, "by": by})
        if action in ("pause_entries", "resume_entries"):
            self.paused = action == "pause_entries"
            self.tell_risk()
        elif action in ("flatten", "stop"):
            getattr(self, action)()

    def breach(self, limit: str, value: float, allowed: float, action: str, message: str) -> None:
        """Tell that a limit was met."""
        met = {"limit": limit, "value": value, "allowed": allowed, "action": action}
        self.tell_risk({**met, "message": message})

    def tell_feed(self, name: str, state: str, message: str, code: str | None = None) -> None:
        """Tell what the feed of a symbol does."""
        data = {
            "symbol": name, "feed": self.facts["feed"], "state": state, "message": message,
            "source": "generated from seed 5", "synthetic": self.synthetic,
            "timeframes": list(FRAMES),
        }  # fmt: skip
        self.tell("feed", data | ({"code": code} if code else {}))

    def tell(
        self, kind: str, data: Message, extra: Message | None = None, *, state: bool = False
    ) -> None:
        """Add a message to the log."""
        self._seq += 1
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = {"type": kind, "timestamp": stamp, "data": data, "seq": self._seq}
        if not state:
            self._eseq += 1
            message["eseq"] = self._eseq
        self.log.append(message if extra is None else {**message, "extra": extra})

    def place(self, name: str, side: str, kind: str, **more: Any) -> Message:
        """Give an order: it is decided, then accepted."""
        self._signal += 1
        order = {
            "session": self.session, "strategy": "Breakout", "symbol": name,
            "order_id": f"signal_{self._signal}", "role": "entry", "side": side, "kind": kind,
            "quantity": None, "price": None, "filled": 0.0, "average_price": None, "fees": 0.0,
            "broker": self.facts.get("exchange", "paper"), **more,
        }  # fmt: skip
        why = f"Close {self._price[name]:,.2f} broke the range of 20 candles <b>not markup</b>"
        reasoning = {"decision": "enter", "confidence": 0.72, "rationale": why}
        self.order(order, "new", reasoning={**reasoning, "inputs": {"range_high": 42_500.0}})
        if more.get("accept", True):
            self.order(order, "accepted")
        return order

    def order(self, order: Message, status: str, **more: Any) -> None:
        """Tell what has become of an order."""
        order.pop("accept", None)
        order |= {"status": status, "time": iso(self.time + BASE_MS)}
        if status in ("new", "accepted", "partially_filled"):
            self.orders[order["order_id"]] = order
        else:
            self.orders.pop(order["order_id"], None)
        self.tell("order", {**order, **more})

    def enter(self, name: str, direction: str, kept: int = 2) -> None:
        """Open a position by a market order."""
        price = self._price[name]
        sign = 1 if direction == "long" else -1
        quantity = round(0.45 * CAPITAL / len(self.symbols) / price, 4)
        order = self.place(name, "buy" if sign > 0 else "sell", "market", quantity=quantity)
        fee = price * quantity * FEE
        self._trade += 1
        trade = f"trade_{self._trade}"
        order |= {"filled": quantity, "average_price": price, "fees": fee, "trade_id": trade}
        self.order(order, "filled")
        self.fees += fee
        self.balance -= fee
        targets = [round(price * (1 + sign * share), 2) for share in (0.02, 0.035)][:kept]
        stop = round(price * (1 - sign * 0.015), 2)
        common = {"trade_id": trade, "symbol": name, "direction": direction}
        self.tell("trade", {
            "event": "entry", **common, "entry_price": price, "entry_time": iso(self.time),
            "quantity": quantity, "stop_loss": stop, "take_profit_levels": targets,
            "reasoning": {"decision": f"enter_{direction}", "confidence": 0.72,
                          "rationale": "The range broke"},
        }, {"quantity": quantity, "remaining": quantity, "commission": fee,
            "strategy": "Breakout", "bar": self.bar})  # fmt: skip
        self.positions[trade] = {
            "session": self.session, "strategy": "Breakout", "symbol": name, "position_id": trade,
            "event": "open", "direction": direction, "quantity": quantity, "entry_price": price,
            "entry_time": iso(self.time), "price": price, "time": iso(self.time),
            "stop_loss": stop, "take_profit_levels": targets, "unrealized_pnl": 0.0,
            "realized_pnl": 0.0, "fees": fee,
        }  # fmt: skip
        self.tell("position", self.positions[trade].copy(), state=True)

    def exit(self, position: Message, reason: str) -> None:
        """Close a position at the market."""
        name, trade, quantity = position["symbol"], position["position_id"], position["quantity"]
        price = self._price[name]
        sign = 1 if position["direction"] == "long" else -1
        fee = price * quantity * FEE
        pnl = sign * (price - position["entry_price"]) * quantity - fee
        self.balance += pnl
        self.realized += pnl - position["fees"]
        self.fees += fee
        side = "sell" if sign > 0 else "buy"
        order = {
            "session": self.session, "strategy": "Breakout", "symbol": name,
            "order_id": f"{trade}:close", "role": "exit", "side": side, "kind": "market",
            "quantity": quantity, "price": None, "filled": quantity, "average_price": price,
            "fees": fee, "broker": self.facts.get("exchange", "paper"), "trade_id": trade,
        }  # fmt: skip
        self.order(order, "filled")
        self.tell("trade", {
            "event": "exit", "trade_id": trade, "symbol": name,
            "direction": position["direction"], "entry_price": position["entry_price"],
            "entry_time": position["entry_time"], "exit_price": price,
            "exit_time": iso(self.time), "exit_reason": reason, "pnl": pnl,
            "pnl_percent": 100 * pnl / (position["entry_price"] * quantity), "mfe": 1.0,
            "mae": -1.0,
        }, {"quantity": quantity, "remaining": 0.0, "commission": fee, "strategy": "Breakout",
            "bar": self.bar})  # fmt: skip
        self.positions.pop(trade)
        closed = {"event": "close", "quantity": 0.0, "unrealized_pnl": 0.0, "exit_reason": reason}
        closed |= {"realized_pnl": pnl, "price": price, "time": iso(self.time)}
        self.tell("position", {**position, **closed}, state=True)

    @property
    def unrealized(self) -> float:
        """Of all that is held."""
        return sum(position["unrealized_pnl"] for position in self.positions.values())

    @property
    def equity(self) -> float:
        """Balance and unrealised profit."""
        return self.balance + self.unrealized

    def tell_pnl(self) -> None:
        """Tell the profit so far."""
        part = {"realized": self.realized, "unrealized": self.unrealized, "fees": self.fees}
        self.tell("pnl", {
            "session": self.session, "time": iso(self.time), "equity": self.equity,
            "balance": self.balance, **part, "trades": self._trade,
            "by_symbol": {name: {**part, "trades": 1} for name in self.symbols},
            "by_strategy": {"Breakout": {**part, "trades": self._trade}},
        }, state=True)  # fmt: skip

    def tell_risk(self, breach: Message | None = None) -> None:
        """Tell what is at risk, and a limit that was met."""
        notionals = [
            (1 if p["direction"] == "long" else -1) * p["quantity"] * p["price"]
            for p in self.positions.values()
        ]
        exposure = sum(map(abs, notionals))
        drawdown = min(0.0, self.equity / self.peak - 1)
        values = {
            "max_position": max(map(abs, notionals), default=0.0), "max_exposure": exposure,
            "max_daily_loss": max(0.0, CAPITAL - self.equity), "max_drawdown": -drawdown,
            "max_orders_per_minute": 1, "stale_after": 0.4, "max_leverage": exposure / self.equity,
        }  # fmt: skip
        limits = [
            {"name": name, "value": values[name], "limit": limit, "used": values[name] / limit,
             "unit": unit}
            for name, (limit, unit) in self.limits.items()
        ]  # fmt: skip
        data: Message = {
            "session": self.session, "time": iso(self.time), "equity": self.equity,
            "exposure": exposure, "net_exposure": sum(notionals),
            "leverage": exposure / self.equity, "margin": exposure / 5, "drawdown": drawdown,
            "daily_pnl": self.equity - CAPITAL, "open_orders": len(self.orders),
            "orders_last_minute": 1, "var": exposure * 0.008, "es": exposure * 0.011,
            "confidence": 0.95, "data_age": 0.4 if self.facts["real_time"] else None,
            "entries": "paused" if self.paused else "open", "limits": limits,
        }  # fmt: skip
        if breach is not None:
            self.tell("risk", {**data, "breach": breach})
        else:
            self.tell("risk", data, state=True)

    def _begin(self) -> None:
        self.tell("status", {
            "backtest_id": self.session, "status": "running", "strategy": "Breakout",
            "symbol": self.symbols[0], "timeframes": list(FRAMES), "source": "generated",
            "synthetic": self.synthetic, "initial_capital": CAPITAL, "live": self.facts,
        })  # fmt: skip
        for name in self.symbols:
            self.tell_feed(name, "starting", "reading history")

    def _decide(self, name: str) -> None:
        held = [p for p in self.positions.values() if p["symbol"] == name]
        step = self.bar + 9 * self.symbols.index(name)
        if held and step % HELD_FOR == HELD_FOR - 2:
            self.exit(held[0], "signal")
        elif not held and step % HELD_FOR == 3 and not self.paused:
            self.enter(name, "short" if step // HELD_FOR % 3 == 2 else "long")
        elif step % HELD_FOR == 6:
            limit = round(self._price[name] * 0.99, 2)
            order = self.place(name, "buy", "limit", quantity=0.1, price=limit)
            if step % 3 == 0:
                order |= {"filled": 0.04, "average_price": limit, "fees": 0.2}
                self.order(order, "partially_filled")
        elif step % HELD_FOR == 9:
            for order in [o for o in self.orders.values() if o["symbol"] == name]:
                self.order(order, "expired", code="expired", message="It was good for 3 candles")
        elif step % (2 * HELD_FOR) == 11:
            order = self.place(name, "buy", "market", quantity=2.0, accept=False)
            numbers = {"needed": 84_000.0, "free": 25_000.0}
            self.order(order, "rejected", code="risk_limit", numbers=numbers,
                       message="max_exposure: 84,000 would be more than 60,000")  # fmt: skip

    def _mark(self) -> None:
        for position in self.positions.values():
            price = self._price[position["symbol"]]
            sign = 1 if position["direction"] == "long" else -1
            made = sign * (price - position["entry_price"]) * position["quantity"]
            position |= {"event": "modify", "price": price, "unrealized_pnl": made}
            self.tell("position", {**position, "time": iso(self.time)}, state=True)

    def _tell_equity(self) -> None:
        self.peak = max(self.peak, self.equity)
        self.tell("equity", {
            "backtest_id": self.session, "time": iso(self.time), "equity": self.equity,
            "balance": self.balance, "drawdown": self.equity / self.peak - 1,
        }, {"bar": self.bar}, state=True)  # fmt: skip

    def _merged(self, name: str, bar: list[float]) -> dict[str, list[float]]:
        hour = bar[0] // FRAMES["1H"] * FRAMES["1H"]
        last = self._hours.get(name)
        if last is None or last[0] != hour:
            return {"15M": bar, "1H": [hour, *bar[1:]]}
        high, low = max(last[2], bar[2]), min(last[3], bar[3])
        return {"15M": bar, "1H": [hour, last[1], high, low, bar[4], last[5] + bar[5]]}

    def _candle(
        self, name: str, frame: str, bar: list[float], *, closed: bool, origin: str = "live"
    ) -> None:
        names = ("open", "high", "low", "close", "volume")
        data = {"symbol": name, "timeframe": frame, "time": iso(bar[0]), "closed": closed}
        data |= dict(zip(names, bar[1:], strict=True))
        extra = None if origin == "live" else {"origin": origin}
        self.tell("candle", data, extra, state=not closed)
