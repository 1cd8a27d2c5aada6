"""What a compiled strategy is given at the close of a candle, as CPython gives it."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from workbench.engine.rules import acting, holding
from workbench.engine.rules.layout import (
    CLOSE,
    ENTRY,
    M_CLOSE,
    M_HIGH,
    M_LOW,
    M_OPEN,
    M_VOLUME,
    O_BARS,
    O_BREAK_EVEN,
    O_EXPIRES,
    O_FRACTION,
    O_ID,
    O_KIND,
    O_LIMIT,
    O_PART,
    O_QUANTITY,
    O_RISK,
    O_RUNGS,
    O_SIGN,
    O_STOP,
    O_STOP_LOSS,
    O_TRADE,
    O_TRAIL,
    RUNGS,
)  # fmt: skip
from workbench.engine.seeing import OWN, Sight

GIVEN = {
    "quantity": (O_QUANTITY, nan), "fraction": (O_FRACTION, nan), "stop_loss": (O_STOP_LOSS, nan),
    "take_profit": (-1, nan), "risk": (O_RISK, nan), "limit": (O_LIMIT, nan),
    "stop": (O_STOP, nan), "expires": (O_EXPIRES, inf), "trailing": (O_TRAIL, nan),
    "break_even_after": (O_BREAK_EVEN, 0.0), "max_bars": (O_BARS, inf),
}  # fmt: skip
"""What an entry can be given, in order: where it stands in its row, and what says it is not."""

LOOKS = {
    "equity": holding.EQUITY_NOW, "balance": holding.BALANCE_NOW, "position": holding.UNITS,
    "entry_price": holding.ENTRY_PRICE, "stop_loss": holding.STOP_NOW, "pnl": holding.PNL,
    "trades": holding.TRADES_OPEN, "orders": holding.ORDERS_WAITING, "bars": holding.BARS_HELD,
    "trade": holding.NEWEST,
}  # fmt: skip
"""What can be asked about what is held."""

COLUMNS = (M_OPEN, M_HIGH, M_LOW, M_CLOSE, M_VOLUME)
"""Where the columns `OWN` stand in the market."""


class Column:
    """A column of `see` that says which it is where it is read beyond what there is."""

    def __init__(self, name: str, values: Any) -> None:
        self._name, self._values = name, values

    def __getitem__(self, index: Any) -> Any:
        try:
            return self._values[index]
        except IndexError:
            count = len(self._values)
            where = "before the first candle" if index < 0 else "after the present candle"
            text = f"Index {index} of series {self._name!r} is {where}: {count} seen so far"
            raise IndexError(text) from None

    def __setitem__(self, index: Any, value: Any) -> None:
        self._values[index] = value

    def __len__(self) -> int:
        return len(self._values)


class See:
    """What there is to see; `named`: columns tell their names where they are read too far."""

    def __init__(self, sight: Sight, market: Any, time: Any, bar: int, named: bool = False) -> None:
        seen = vars(self)
        seen |= sight.parameters
        columns = dict(zip(OWN, (market[place] for place in COLUMNS), strict=True))
        for name, column in (sight.columns | columns | {"time": time}).items():
            seen[name] = column.data[: bar + 1]
            if named:
                seen[name] = Column(name, seen[name])
        seen["state"] = Column("state", sight.state) if named else sight.state


class Act:
    """What can be done, and what is held; see `workbench.engine.compiled.compiled`."""

    def __init__(self, told: tuple[Any, ...], bar: int, room: int) -> None:
        self._world, self._market, self._asked, self._prices, self._weights = told
        self._bar, self._room = bar, float(room)

    def enter_long(self, *args: Any, **given: Any) -> float:
        """Place an entry."""
        return self._enter(1.0, dict(zip(GIVEN, args, strict=False)) | given)

    def enter_short(self, *args: Any, **given: Any) -> float:
        """Place an entry."""
        return self._enter(-1.0, dict(zip(GIVEN, args, strict=False)) | given)

    def _enter(self, sign: float, given: dict[str, Any]) -> float:
        unknown = given.keys() - GIVEN.keys()
        if unknown:
            raise TypeError(f"enter_long() and enter_short() have no argument {unknown.pop()!r}")
        self._ask(ENTRY, O_SIGN, sign)
        for name, (place, missing) in GIVEN.items():
            if place >= 0:
                self._put(place, missing, given.get(name))
        targets = given.get("take_profit")
        if targets is None:
            targets = ()
        elif not isinstance(targets, tuple):
            targets = (targets,)
        self._asked[O_RUNGS] = float(len(targets))
        for k, target in enumerate(targets[:RUNGS]):
            price, weight = target if isinstance(target, tuple) else (target, 1.0 / len(targets))
            self._prices[k], self._weights[k] = float(price), float(weight)
        return self._do()

    def close(self, part: float = 1.0, trade: float = 0.0) -> float:
        """Close a part of a trade, 0 for all."""
        self._ask(CLOSE, O_PART, float(part))
        self._asked[O_TRADE] = float(trade)
        return self._do()

    def cancel(self, order: float = 0.0) -> float:
        """Take back a waiting order, 0 for all entries."""
        self._ask(acting.CANCEL, O_TRADE, float(order))
        return self._do()

    def move_stop(
        self, price: float | None = None, trailing: float | None = None, trade: float = 0.0
    ) -> float:
        """Set the stop of a trade anew, 0 for all."""
        self._ask(acting.MOVE, O_TRADE, float(trade))
        self._put(O_STOP_LOSS, nan, price)
        self._put(O_TRAIL, nan, trailing)
        return self._do()

    def __getattr__(self, name: str) -> float:
        if name not in LOOKS:
            raise AttributeError(f"act has no {name!r}")
        return holding.look(self._world, self._market, self._bar, 0.0, LOOKS[name])

    def _ask(self, kind: int, place: int, number: float) -> None:
        self._asked[O_ID], self._asked[O_KIND], self._asked[place] = 0.0, float(kind), number

    def _put(self, place: int, missing: float, value: float | None) -> None:
        self._asked[place] = missing if value is None else float(value)
        if value is not None and value != value:
            self._asked[O_ID] = float(place)

    def _do(self) -> float:
        return acting.act(
            self._world, self._market, self._bar, self._room, self._asked, self._prices,
            self._weights,
        )  # fmt: skip
