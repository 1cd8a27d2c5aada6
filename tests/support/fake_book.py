"""A book of orders and trades that does as it is told: what routing asks of a live engine."""

from __future__ import annotations

from workbench.engine.live_views import HeldPosition, Target, WaitingOrder
from workbench.engine.rules.layout import BY_STOP


class FakeBook:
    """Decides nothing; `ended` has what became of orders, `left` each exit."""

    def __init__(self) -> None:
        self.bar = 0
        self._orders: dict[int, WaitingOrder] = {}
        self._held: dict[int, HeldPosition] = {}
        self.ended: dict[int, tuple[str, int]] = {}
        self.left: list[tuple[int, int, float, float, bool]] = []
        self.bought = 0.0
        self.cash = 0.0
        self.count = 0

    def enter(
        self, sign: float, units: float, limit: float | None = None, stop: float | None = None,
        stop_loss: float | None = None, targets: tuple[float, ...] = (),
        trailing: float | None = None, expires: int | None = None,
    ) -> int:  # fmt: skip
        self.count += 1
        self._orders[self.count] = WaitingOrder(
            self.count, 0, "entry", sign, limit, stop, units, units, stop_loss, targets, trailing,
            1.0, 0, self.bar, expires,
        )  # fmt: skip
        return self.count

    def close(self, part: float = 1.0, trade: int = 0) -> int:
        self.count += 1
        self._orders[self.count] = WaitingOrder(
            self.count, 0, "close", 0.0, None, None, None, 0.0, None, (), None, part, trade,
            self.bar, None,
        )  # fmt: skip
        return self.count

    def cancel(self, order: int) -> None:
        if order in self._orders:
            self._orders[order] = self._orders[order]._replace(cancelling=True)

    def move(self, trade: int, stop_loss: float | None) -> None:
        self._held[trade] = self._held[trade]._replace(stop_loss=stop_loss)

    def orders(self) -> list[WaitingOrder]:
        return list(self._orders.values())

    def positions(self) -> list[HeldPosition]:
        return list(self._held.values())

    def fill(self, order: int, price: float, quantity: float, fee: float, done: bool) -> None:
        entry = self._orders[order]
        assert quantity > 0.0 or done or fee
        self.bought += entry.sign * quantity
        self.cash -= entry.sign * quantity * price + fee
        filled = entry.filled + quantity
        self._orders[order] = entry._replace(filled=filled)
        units = [filled / max(1, len(entry.targets))] * len(entry.targets)
        rungs = tuple(
            Target(at, level, part)
            for at, (level, part) in enumerate(zip(entry.targets, units, strict=True), 1)
        )
        before = self._held.get(order)
        left = (before.remaining if before else 0.0) + quantity
        self._held[order] = HeldPosition(
            order, order, 0, entry.sign, filled, left, price, self.bar, entry.decided,
            entry.stop_loss, BY_STOP, entry.trailing, rungs, None, price, 0.0, 0.0, 0.0, 0.0,
        )  # fmt: skip
        if done:
            assert filled > 0.0
            self._end(order, "filled", 0)

    def fill_exit(
        self, trade: int, price: float, quantity: float, fee: float, code: int, *, order: int = 0,
        rung: int = 0, level: float | None = None, done: bool = True,
    ) -> None:  # fmt: skip
        held = self._held[trade]
        assert 0.0 <= quantity <= held.remaining * (1 + 1e-9)
        self.bought -= held.sign * quantity
        self.cash += held.sign * quantity * price - fee
        self.left.append((trade, code, price, quantity, done))
        remaining = held.remaining - quantity
        targets = tuple(one for one in held.targets if one.rung != rung or not done)
        self._held[trade] = held._replace(remaining=remaining, targets=targets)
        if remaining <= 1e-9 * held.quantity:
            del self._held[trade]
        if done and order in self._orders and self._orders[order].kind == "close":
            self._end(order, "filled", 0)

    def refuse(self, order: int, code: int, wanted: float = 0.0, had: float = 0.0) -> None:
        self._end(order, "filled" if self._orders[order].filled else "refused", code)

    def _end(self, order: int, how: str, code: int) -> None:
        assert order not in self.ended
        self.ended[order] = (how, code)
        del self._orders[order]
