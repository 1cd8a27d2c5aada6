"""The end of a session that keeps what it holds: which of its orders go on without it."""

from __future__ import annotations

import pytest
from live_books import check
from sessions_in_hand import InHand

from workbench.engine import Strategy
from workbench.trading.brokering import Cancel, Place, Report, Rules
from workbench.trading.inputs import Asked, Bars

MINUTE = 60_000
AT = 1_704_067_200_000


class Protected(Strategy):
    def next(self) -> None:
        if not self.position and not self.orders:
            self.buy(quantity=2.0, stop_loss=90.0, take_profit=[110.0, 120.0])


def started(rules=None, **live):
    given = {"TEST": Rules(**rules)} if rules else None
    made = InHand(Protected, timeframes=["1M"], rules=given, live={"keep": True, **live},
                  initial_capital=1000.0, commission=0.001)  # fmt: skip
    return made.take(candle(number) for number in range(2))


def candle(number):
    at = AT + number * MINUTE
    return Bars(at + MINUTE, "TEST", [(at, 100.0, 100.0, 100.0, 100.0, 5.0, True)])


def report(made, name, status, filled=0.0, price=None):
    fees = filled * (price or 0.0) * 0.001
    made.take([Report(AT + 3 * MINUTE, "TEST", name, status, filled, price, fees, 0)])


def sent(made):
    return {one.client_order_id: one for one in made.commands if isinstance(one, Place)}


def ends(made):
    return {one.data.order_id: one.data for one in made.of("order")
            if one.data.status not in ("new", "accepted", "partially_filled")}  # fmt: skip


def at_exchange(native):
    made = started({"native": native, "targets": native}, broker="exchange", exchange="binance")
    (entry,) = sent(made)
    report(made, entry, "filled", 2.0, 100.0)
    made.take([candle(2)])
    for name in sent(made):
        report(made, name, "accepted")
    return made


def test_what_rests_at_the_exchange_is_left_there_and_says_so():
    made = at_exchange(native=True)
    names = {one.price: name for name, one in sent(made).items() if one.price}
    report(made, names[110.0], "partially_filled", 0.25, 110.0)
    assert len(made.of("trade")) == 1
    # The stop is made smaller.
    (stop,) = (one for one in made.commands if isinstance(one, Cancel))
    assert stop.client_order_id == names[90.0]
    report(made, names[90.0], "cancelled")
    names |= {one.price: name for name, one in sent(made).items() if one.price}
    report(made, names[90.0], "accepted")
    made.commands.clear()
    made.take([Asked(AT + 4 * MINUTE, "stop", 1)])
    assert made.said[-1].type == "complete"
    assert not any(isinstance(one, Cancel) for one in made.commands)
    left = {name: one for name, one in ends(made).items() if one.status == "left"}
    assert {one.client_order_id for one in left.values()} == set(names.values())
    for one in left.values():
        assert one.code == "left_at_exchange"
        assert one.client_order_id in one.message
        assert "binance" in one.message
    target = left["trade_1:target_1"]
    assert (target.filled, target.average_price) == (0.25, 110.0)
    # What the target has filled is a part of the trade.
    exits = [one for one in made.of("trade") if hasattr(one.data, "exit_price")]
    assert [(one.extra.quantity, one.extra.remaining) for one in exits] == [(0.25, 1.75)]
    assert exits[0].data.exit_reason == "take_profit_1"
    assert made.of("position")[-1].data.quantity == 1.75
    check(made.said, 1000.0, kept=True)


@pytest.mark.parametrize("where", ["exchange", "paper", "venue"])
def test_what_the_session_alone_looked_after_is_cancelled(where):
    if where == "exchange":
        made = at_exchange(native=False)
    else:
        made = started(**({} if where == "paper" else {"latency": 0.001}))
        made.take(candle(number) for number in (2, 3))
    made.take([Asked(AT + 9 * MINUTE, "stop", 1)])
    assert made.said[-1].type == "complete"
    assert made.session.held() == {"TEST": 2.0}
    over = {name: (one.status, one.code) for name, one in ends(made).items() if "trade" in name}
    names = ("trade_1:stop", "trade_1:target_1", "trade_1:target_2")
    assert over == dict.fromkeys(names, ("cancelled", "session_end"))
    check(made.said, 1000.0, kept=True)
