"""An order of its own that closes a trade says why, as the orders of the strategy do."""

from __future__ import annotations

import pytest
from live_books import check
from sessions_in_hand import InHand

from workbench.engine import Strategy
from workbench.trading.inputs import Asked, Ticks

MINUTE = 60_000
START = 1_704_412_800_000
CAPITAL = 1000.0


class Turns(Strategy):
    """Buys at the first close and sells short at the third."""

    def next(self) -> None:
        if len(self.close) == 1:
            self.enter_long(quantity=1.0, reason="up it goes")
        if len(self.close) == 3:
            self.enter_short(quantity=1.0, reason="enough of that")


class Holds(Strategy):
    """Buys at the first close, for two candles at most if `most` says so."""

    most: int | None = None

    def next(self) -> None:
        if len(self.close) == 1:
            self.enter_long(quantity=1.0, max_bars=self.most)


class Times(Holds):
    most = 2


def session(kind, latency):
    return InHand(
        kind, timeframes=["1M"], live={"latency": latency}, initial_capital=CAPITAL,
        check_lookahead=False,
    )  # fmt: skip


def trades(count):
    return [
        Ticks(START + 10_000 * n, "TEST", [(START + 10_000 * n, 100.0 + 0.1 * n, 5.0, n)])
        for n in range(6 * count)
    ]


@pytest.mark.parametrize("latency", [0.0, 0.5], ids=["rules", "venue"])
@pytest.mark.parametrize(
    ("kind", "said"),
    [(Turns, "Reversed: enough of that"), (Times, "Time stop"), (Holds, "Flattened by command")],
)
def test_a_closing_order_says_why(kind, said, latency):
    made = session(kind, latency).take(trades(6))
    if kind is Holds:
        made.take([Asked(START + 7 * MINUTE, "flatten", 1)])
        made.take([Ticks(START + 8 * MINUTE, "TEST", [(START + 8 * MINUTE, 110.0, 5.0, 900)])])
    orders = [one.data for one in made.of("order") if one.data.order_id == "trade_1:close"]
    assert [orders[0].status, orders[-1].status] == ["new", "filled"]
    assert orders[0].reasoning.decision == "exit"
    assert orders[0].reasoning.rationale.startswith(said)
    assert all(not one.reasoning for one in orders[1:])
    check(made.said, CAPITAL, over=False)
