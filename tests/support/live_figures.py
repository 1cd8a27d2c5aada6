"""What a session's `pnl` and `risk` must say, worked out anew from its candles and its fills.

Only arithmetic: prices are those of its closed candles, cash is what its fills cost and brought.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from workbench.messages import Message, parse_time
from workbench.timeframes import DAY_MS

SIGN = {"long": 1.0, "short": -1.0}
WINDOW, FEWEST, TAIL = 250, 30, 0.05


@dataclass
class Lot:
    """A trade: signed units that are left, and what it has cost so far."""

    symbol: str
    strategy: str
    units: float
    price: float
    cash: float
    fees: float


@dataclass
class Figures:
    """Follows a session's messages, and checks each `pnl` and `risk` against them."""

    capital: float
    leverage: float
    spread: float = 0.0
    lots: dict[str, Lot] = field(default_factory=dict)
    closes: dict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    orders: dict[str, Any] = field(default_factory=dict)
    checked: int = 0

    def __post_init__(self) -> None:
        self.highest = self.day_equity = self.day_before = self.capital
        self.day: int | None = None
        self.midnight = False

    def follow(self, said: Sequence[Message]) -> None:
        """Take the messages of one input, and check what they say."""
        for message in said:
            data: Any = message.data
            match message.type:
                case "candle" if data.closed:
                    self.closes[data.symbol][parse_time(data.time)] = data.close
                case "trade":
                    self._trade(data, message.extra)
                case "order":
                    self.orders[data.order_id] = data
                case "pnl":
                    self._profit(data)
                case "risk":
                    self._risk(data)

    def over(self, end: int) -> None:
        """Know that a candle that ends then (epoch ms) is done with, and so may be a day."""
        equity = self.equity()
        self.highest = max(self.highest, equity)
        day = end // DAY_MS
        if self.day is not None and day > self.day:
            self.day_before, self.day_equity = self.day_equity, equity
        self.day = day

    # --- from fills -----------------------------------------------------------------------

    def _trade(self, data: Any, extra: Any) -> None:
        if not hasattr(data, "exit_price"):
            units = SIGN[data.direction] * extra.quantity
            self.lots[data.trade_id] = Lot(
                data.symbol, extra.strategy, units, data.entry_price,
                -units * data.entry_price - extra.commission, extra.commission,
            )  # fmt: skip
            return
        lot = self.lots[data.trade_id]
        gone = np.sign(lot.units) * extra.quantity
        lot.cash += gone * data.exit_price - extra.commission
        lot.fees += extra.commission
        lot.units = np.sign(lot.units) * extra.remaining

    def mark(self, lot: Lot) -> float:
        bid: float = next(reversed(self.closes[lot.symbol].values()))
        return bid + self.spread if lot.units < 0 else bid

    def unrealized(self, lot: Lot) -> float:
        return lot.units * (self.mark(lot) - lot.price) if lot.units else 0.0

    def made(self, lot: Lot) -> float:
        worth = lot.units * self.mark(lot) if lot.units else 0.0
        return lot.cash + worth

    def equity(self) -> float:
        return self.capital + sum(self.made(lot) for lot in self.lots.values())

    def notionals(self) -> dict[str, tuple[float, float]]:
        """Return absolute and signed notional by symbol."""
        found: dict[str, tuple[float, float]] = {}
        for lot in self.lots.values():
            if lot.units:
                much, net = found.get(lot.symbol, (0.0, 0.0))
                one = lot.units * self.mark(lot)
                found[lot.symbol] = much + abs(one), net + one
        return found

    # --- what is said ---------------------------------------------------------------------

    def _profit(self, data: Any) -> None:
        self._same(data.equity, self.equity())
        lots = list(self.lots.values())
        self._part(data, lots)
        self._same(data.balance, self.capital + data.realized)
        for told, name in ((data.by_symbol, "symbol"), (data.by_strategy, "strategy")):
            assert {getattr(lot, name) for lot in lots} <= set(told)
            for key, part in told.items():
                self._part(part, [lot for lot in lots if getattr(lot, name) == key])
        self.checked += 1

    def _part(self, told: Any, lots: list[Lot]) -> None:
        unrealized = sum(map(self.unrealized, lots))
        self._same(told.unrealized, unrealized)
        self._same(told.realized, sum(map(self.made, lots)) - unrealized)
        self._same(told.fees, sum(lot.fees for lot in lots))
        assert told.trades == sum(not lot.units for lot in lots)

    def _risk(self, data: Any) -> None:
        equity, held = self.equity(), self.notionals()
        highest = max(self.highest, equity)
        exposure = sum(much for much, _ in held.values())
        self._same(data.equity, equity)
        self._same(data.exposure, exposure)
        self._same(data.net_exposure, sum(net for _, net in held.values()))
        self._same(data.leverage, exposure / equity)
        self._same(data.margin, exposure / self.leverage)
        self._same(data.drawdown, equity / highest - 1)
        since = [equity - self.day_equity]
        if parse_time(data.time) % DAY_MS == 0:  # the moment belongs to both days
            since += [0.0, equity - self.day_before]
        assert any(data.daily_pnl == pytest.approx(one, abs=1e-6) for one in since)
        waiting = [
            one for one in self.orders.values()
            if one.status in ("new", "accepted") and one.role in ("entry", "exit")
        ]  # fmt: skip
        assert data.open_orders == len(waiting)
        self._lost(data, {symbol: net for symbol, (_, net) in held.items()})
        most = max((much for much, _ in held.values()), default=0.0)
        uses = {
            "max_position": most, "max_exposure": exposure, "max_leverage": exposure / equity,
            "max_daily_loss": max(0.0, -data.daily_pnl), "max_drawdown": -data.drawdown,
        }  # fmt: skip
        for use in data.limits:
            self._same(use.value, uses[use.name])
            self._same(use.used, use.value / use.limit)
        self.checked += 1

    def _lost(self, data: Any, held: dict[str, float]) -> None:
        """Check value at risk and expected shortfall: of a sample's sorted losses."""
        if not held:
            assert (data.var, data.es) == (0.0, 0.0)
            return
        changes = {}
        for symbol in held:
            times, prices = zip(*list(self.closes[symbol].items())[-WINDOW - 1 :], strict=True)
            gone = (b / a - 1 for a, b in pairwise(prices))
            changes[symbol] = dict(zip(times[1:], gone, strict=True))
        common = set.intersection(*(set(one) for one in changes.values()))
        if len(common) < FEWEST:
            assert (data.var, data.es) == (None, None)
            return
        losses = sorted(
            (-sum(net * changes[symbol][t] for symbol, net in held.items()) for t in common),
            reverse=True,
        )
        k = round(TAIL * len(losses), 9)
        whole = int(k)
        self._same(data.var, max(0.0, losses[whole]))
        worst = sum(losses[:whole]) + (k - whole) * losses[whole]
        self._same(data.es, max(0.0, worst / k))

    def _same(self, told: float, found: float) -> None:
        assert told == pytest.approx(found, rel=1e-9, abs=1e-6)
