"""Where engines part: a few candles each, what comes of it here and there, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from oracles.markets import START_MS, Market
from oracles.plan import FREE, Costs, Outcome, Plan
from workbench.data.candles import Candles
from workbench.timeframes import Timeframe

CALM = (100.0, 100.5, 99.5, 100.0)
"""A candle in which nothing happens."""
UNITS = 10
Row = tuple[float, float, float, float]


@dataclass(frozen=True)
class Apart:
    """One case.

    Attributes
    ----------
    title, why
        For the document.
    peers
        Who decides it otherwise, all alike.
    rows
        Open, high, low and close of each candle.
    orders
        Directions ordered at the closes of candles, -1 in a long-only plan is an exit.
    here, there
        What comes of it: by default, and at the peers.
    way
        Of the plan.
    switched
        Whether the convention named after the peer says the same as it.
    capital
        Of the account.
    settings, options
        Of the engine here, and there.
    """

    title: str
    why: str
    peers: tuple[str, ...]
    rows: tuple[Row, ...]
    orders: Mapping[int, int]
    here: tuple[str, ...]
    there: tuple[str, ...]
    way: Mapping[str, Any] = field(default_factory=dict)
    switched: bool = True
    costs: Costs = FREE
    capital: float = 1_000_000.0
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def market(self) -> Market:
        """The candles, and the capital."""
        hour = Timeframe.parse("1H")
        columns = np.array(self.rows, dtype=np.float64).T
        times = START_MS + hour.ms * np.arange(len(self.rows))
        candles = Candles("X", hour, times, *columns, np.ones(len(times)), "made up", True)
        return Market(candles, UNITS, self.capital)

    @property
    def money(self) -> bool:
        """Whether the equity is what differs."""
        return self.here[-1].startswith("equity")

    @property
    def plan(self) -> Plan:
        """What is ordered."""
        sides = tuple(self.orders.get(bar, 0) for bar in range(len(self.rows)))
        return Plan(sides, units=UNITS, **self.way)

    def markdown(self) -> str:
        """Return the case as it stands in the document."""
        orders = {bar: "long" if side > 0 else "short" for bar, side in self.orders.items()}
        if self.plan.allowed == "long":
            orders = {bar: "exit" if word == "short" else word for bar, word in orders.items()}
        lines = [f"### {self.title}", "", self.why, "", _asked(self.plan), ""]
        lines += ["| candle | open | high | low | close | ordered at the close |"]
        lines += ["|---|---|---|---|---|---|"]
        for bar, row in enumerate(self.rows):
            prices = " | ".join(f"{price:g}" for price in row)
            lines.append(f"| {bar} | {prices} | {orders.get(bar, '')} |")
        lines += ["", f"Here: {'; '.join(self.here)}.  "]
        lines += [f"{', '.join(self.peers)}: {'; '.join(self.there)}.  "]
        names = ", ".join(f'`convention="{peer}"`' for peer in self.peers)
        lines += [f"{names}: as there." if self.switched else "No switch."]
        return "\n".join(lines) + "\n"


def said(outcome: Outcome, money: bool = False) -> tuple[str, ...]:
    """Return an outcome in words, with the last equity where `money` is what matters."""
    lines = []
    for trade in outcome.trades:
        word = "long" if trade.sign > 0 else "short"
        text = f"{word} from {trade.entry_bar} at {trade.entry_price:.6g}"
        if trade.exit_bar is None:
            lines.append(f"{text}, still open")
        else:
            lines.append(f"{text} to {trade.exit_bar} at {trade.exit_price:.6g}")
    if money:
        lines.append(f"equity {outcome.final:.2f}")
    return tuple(lines) or ("no trade",)


def _asked(plan: Plan) -> str:
    parts = ["Market orders"]
    if plan.entry != "market":
        parts = [f"{plan.entry.capitalize()} entries {plan.offset:.0%} from the close"]
    parts += [
        f"{name} {part:.0%} from {'the close' if plan.entry == 'market' else 'there'}"
        for name, part in (("stop", plan.stop), ("target", plan.target))
        if part
    ]
    return ", ".join(parts) + "."
