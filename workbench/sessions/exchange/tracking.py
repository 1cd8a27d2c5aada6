"""An order at an exchange: what is known of it, and what of that has been reported.

Fills are told by the account's trades, each known by its id, so that nothing counts twice however
often and in whatever order an exchange tells it. What the order itself says of fills only tells
that trades are still missing; a final status waits for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from workbench.sessions.exchange.markets import contract
from workbench.trading.brokering import Place, Report

CRUMB = 1e-9
"""Of an order's quantity: a smaller difference is of rounding."""

Final = Literal["filled", "cancelled", "rejected", "expired"]
FINAL: dict[str, Final] = {
    "closed": "filled", "canceled": "cancelled", "cancelled": "cancelled", "rejected": "rejected",
    "expired": "expired",
}  # fmt: skip
"""Statuses of ccxt."""


BELIEVED = "believed"
"""Stands for the trades that an order speaks of and nobody can find."""


class Fill(NamedTuple):
    """A trade of the account.

    Attributes
    ----------
    quantity, lost
        Units bought or sold, and of those what was taken as a fee.
    fee
        The same as money, or what was taken in money.
    """

    quantity: float
    price: float
    lost: float
    fee: float
    time: int


@dataclass
class Tracked:
    """One order.

    Attributes
    ----------
    their_id
        Its client order id at the exchange.
    said
        Units filled by its own word.
    average
        Its price by its own word.
    told
        Units that have been reported, net of fees taken in units.
    asked
        Whether it is to be asked for.
    """

    place: Place
    their_id: str
    market: dict[str, Any]
    exchange_id: str | None = None
    acknowledged: bool = False
    said: float = 0.0
    average: float | None = None
    ended: Final | None = None
    code: str | None = None
    message: str | None = None
    time: int = 0
    fills: dict[str, Fill] = field(default_factory=dict)
    accepted: bool = False
    told: float = 0.0
    final: bool = False
    asked: bool = False

    @property
    def traded(self) -> float:
        """Units of the trades that are known."""
        return sum(fill.quantity for fill in self.fills.values())

    def lacks(self) -> bool:
        """Whether it says more than the trades that are known."""
        return self.said - self.traded > CRUMB * self.place.quantity

    def saw(self, order: dict[str, Any]) -> None:
        """Take in what the exchange says of it, as ccxt has it; old news change nothing."""
        unit = contract(self.market)
        self.acknowledged = True
        self.exchange_id = order.get("id") or self.exchange_id
        filled = float(order.get("filled") or 0.0) * unit
        if filled > self.said:
            self.said, self.average = filled, order.get("average") or self.average
        self.time = max(
            self.time, int(order.get("lastUpdateTimestamp") or order.get("timestamp") or 0)
        )
        ended = FINAL.get(str(order.get("status")))
        if ended is not None and self.ended is None:
            self.ended = ended
        for trade in order.get("trades") or []:
            self.saw_trade(trade)

    def saw_trade(self, trade: dict[str, Any]) -> None:
        """Take in a trade of the account, as ccxt has it."""
        name, price = trade.get("id"), trade.get("price")
        if not name or not price:
            return
        quantity = float(trade["amount"]) * contract(self.market)
        lost, fee = self._fee(trade, quantity, float(price))
        time = int(trade.get("timestamp") or self.time)
        self.fills[str(name)] = Fill(quantity, float(price), lost, fee, time)
        if self.fills.pop(BELIEVED, None) is not None and self.lacks():
            self.believe()

    def refuse(self, code: str, message: str, time: int) -> None:
        """Take down that it is not, and will not be, at the exchange."""
        self.ended, self.code, self.message, self.time = "rejected", code, message, time

    def lose(self, time: int) -> None:
        """Take down that the exchange has forgotten it, so that it is not open."""
        self.ended, self.code, self.time = "cancelled", "unknown_to_exchange", time
        self.message = "The exchange knows nothing of it any more"

    def believe(self) -> None:
        """Believe the order's own word for what its trades do not say."""
        rest = self.said - self.traded
        price = self.average or self.place.price or 0.0
        rate = float(self.market.get("taker") or 0.0)
        self.fills[BELIEVED] = Fill(rest, price, 0.0, rest * price * rate, self.time)

    def last(self, at: int) -> Report:
        """Return how it stands, whatever of that has been told."""
        net, average, fees = self._sums()
        status = self.ended or ("partially_filled" if net > 0.0 else "accepted")
        if self.ended is not None and self._whole(self.traded):
            status = "filled"
        return self._report(status, at, net, average, fees)

    def reports(self, at: int) -> list[Report]:
        """Return what has not been told yet."""
        told: list[Report] = []
        if self.acknowledged and not self.accepted and self.ended != "rejected":
            self.accepted = True
            told.append(self._report("accepted", at, self.told, self.average, 0.0))
        net, average, fees = self._sums()
        traded = self.traded
        if self.ended is not None and not self.lacks() and not self.final:
            self.final = True
            self.told = max(self.told, net)
            status = "filled" if self._whole(traded) else self.ended
            told.append(self._report(status, at, self.told, average, fees))
        elif net - self.told > CRUMB * self.place.quantity and not self.final:
            self.told = net
            told.append(self._report("partially_filled", at, net, average, fees))
        return told

    def _sums(self) -> tuple[float, float | None, float]:
        """Return its units net of fees taken in units, their price, and fees as money."""
        fills, traded = self.fills.values(), self.traded
        net = sum(fill.quantity - fill.lost for fill in fills)
        average = sum(fill.quantity * fill.price for fill in fills) / traded if traded else None
        return net, average, sum(fill.fee for fill in fills)

    def _whole(self, traded: float) -> bool:
        return traded >= self.place.quantity * (1 - CRUMB)

    def _fee(self, trade: dict[str, Any], quantity: float, price: float) -> tuple[float, float]:
        """Return a trade's fee in units, and as money.

        In a third currency (an exchange's own coin) it is estimated by the market's taker rate.
        """
        units = money = 0.0
        for fee in trade.get("fees") or [trade.get("fee")]:
            cost = float((fee or {}).get("cost") or 0.0)
            currency = (fee or {}).get("currency")
            if cost == 0.0:
                continue
            if currency in (None, self.market["quote"], self.market.get("settle")):
                money += cost
            elif currency == self.market["base"]:
                units += cost if self.place.side == "buy" and self.market.get("spot") else 0.0
                money += cost * price
            else:
                money += quantity * price * float(self.market.get("taker") or 0.0)
        return units, money

    def _report(
        self,
        status: Final | Literal["accepted", "partially_filled"],
        at: int, filled: float, average: float | None, fees: float,
    ) -> Report:  # fmt: skip
        latest = max((fill.time for fill in self.fills.values()), default=0)
        return Report(
            at, self.place.symbol, self.place.client_order_id, status, filled,
            average if filled > 0.0 else None, fees,
            max(self.time, latest) or at, self.exchange_id, self.code, self.message,
        )  # fmt: skip
