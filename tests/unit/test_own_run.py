"""What a program tells of its own run: the messages, the books, the gate. No server."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import numpy as np
import pandas as pd
import pytest

from workbench.client.telling import Telling
from workbench.errors import InvalidRequest
from workbench.messages import Reasoning, TradeChecksum, decode, encode
from workbench.runs.gate import Gate
from workbench.runs.moments import wire_time
from workbench.runs.publishing import Command

DAY_MS = 86_400_000
MONDAY = 1_704_067_200_000  # 2024-01-01
BODY = {
    "name": "mine", "symbol": "EUR-USD", "timeframes": ["1H"], "strategy": "mine",
    "initial_capital": 1000.0, "start_date": "", "end_date": "", "source": "", "synthetic": False,
}  # fmt: skip


class Told(Telling):
    """Keeps what is told, as the wire carries it."""

    def __init__(self) -> None:
        super().__init__(dict(BODY), None)
        self.id = "r"
        self.messages = []

    def send(self, message):
        self.ledger.take(message)
        self.messages.append(decode(encode(message)))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MONDAY, "2024-01-01T00:00:00Z"),
        (float(MONDAY), "2024-01-01T00:00:00Z"),
        (np.int64(MONDAY), "2024-01-01T00:00:00Z"),
        (np.datetime64("2024-01-01T08:15:00.250000000"), "2024-01-01T08:15:00.250Z"),
        (pd.Timestamp("2024-01-01 08:15", tz="Europe/Berlin"), "2024-01-01T07:15:00Z"),
        (pd.Timestamp("2024-01-01"), "2024-01-01T00:00:00Z"),
        (datetime(2024, 1, 1, 8, tzinfo=timezone(timedelta(hours=2))), "2024-01-01T06:00:00Z"),
        (datetime(2024, 1, 1, 8), "2024-01-01T08:00:00Z"),
        (datetime(2024, 1, 1, tzinfo=UTC), "2024-01-01T00:00:00Z"),
        (date(2024, 1, 1), "2024-01-01T00:00:00Z"),
        ("2024-01-01", "2024-01-01T00:00:00Z"),
        ("2024-01-01T08:15:00.789+01:00", "2024-01-01T07:15:00.789Z"),
    ],
)
def test_times_of_all_kinds(value, text):
    assert wire_time(value) == text


@pytest.mark.parametrize(
    "value", ["soon", None, True, float("nan"), float("inf"), pd.NaT, [], 10**30]
)
def test_what_is_no_time(value):
    with pytest.raises(InvalidRequest, match="expected a Timestamp") as caught:
        wire_time(value, "entry_time")
    assert caught.value.details["field"] == "entry_time"


def test_a_trade_in_two_parts():
    told = Told()
    trade = told.trade_entry(
        "long", 100, MONDAY, 2, stop_loss=90, take_profit_levels=[110],
        reasoning=Reasoning("enter_long", 0.5, "up", {"sma": 3.0}), commission=1.0,
    )  # fmt: skip
    told.trade_exit(trade, 110, MONDAY + 1, "take_profit_1", quantity=0.5, commission=0.25)
    told.trade_exit(trade, 90, MONDAY + 2, "stop_loss", reasoning="enough")
    entry, part, rest = told.messages
    assert entry.data.trade_id == trade == "trade_1"
    assert entry.data.reasoning == Reasoning("enter_long", 0.5, "up")
    assert entry.extra.inputs == {"sma": 3.0}
    assert (entry.data.symbol, entry.data.stop_loss) == ("EUR-USD", 90)
    assert (part.extra.quantity, part.extra.remaining) == (0.5, 1.5)
    assert part.data.pnl == pytest.approx(5 - 0.25 - 0.25)
    assert part.data.pnl_percent == pytest.approx(100 * 4.5 / 50)
    assert (part.data.mfe, part.data.mae) == (5, 0)
    assert (rest.extra.quantity, rest.extra.remaining) == (1.5, 0)
    assert rest.data.pnl == pytest.approx(-15 - 0.75)
    assert rest.extra.reasoning.rationale == "enough"
    final = told.ledger.final()
    assert (final.total_trades, final.losing_trades) == (1, 1)
    assert final.largest_loss == pytest.approx(100 * (4.5 - 15.75) / 200)
    assert final.total_commissions == 1.25
    assert final.total_return == pytest.approx(100 * (4.5 - 15.75) / 1000)
    sums = TradeChecksum()
    for message in told.messages:
        sums.add(message)
    assert (told.ledger.checksum.count, told.ledger.checksum.value) == (3, sums.value)


def test_a_short_trade_with_figures_of_its_own():
    told = Told()
    told.trade_entry("short", 100, MONDAY, 1, trade_id="mine", symbol="X")
    told.trade_exit("mine", 90, MONDAY + 1, pnl=7, pnl_percent=0.7, mfe=12, mae=-3)
    exit_ = told.messages[-1].data
    assert (exit_.pnl, exit_.pnl_percent, exit_.mfe, exit_.mae) == (7, 0.7, 12, -3)
    assert (exit_.symbol, exit_.exit_reason, exit_.entry_price) == ("X", "exit", 100)


def test_the_curve_and_what_follows_from_it():
    told = Told()
    for day, equity in enumerate([1000, 1100, 990, 1045]):
        told.equity(MONDAY + day * DAY_MS, equity, equity - 1)
    falls = [message.data.drawdown for message in told.messages]
    assert falls == pytest.approx([0, 0, -0.1, -0.05])
    told.equity(MONDAY + 4 * DAY_MS, 1000, 999, -0.5, bar=17)
    assert told.messages[-1].data.drawdown == -0.5
    assert told.messages[-1].extra.bar == 17
    assert told.bar == 18
    told.progress(50, MONDAY, win_rate=0.25)
    assert told.messages[-1].data.metrics.win_rate == 0.25
    assert told.messages[-1].data.metrics.balance == 999
    assert (told.messages[-1].extra.bar, told.messages[-1].extra.bars) == (18, 36)
    told.metrics(profit_factor=2)
    assert told.messages[-1].data.max_drawdown == pytest.approx(-0.1)
    final = told.ledger.final()
    returns = pd.Series([1000, 1000, 1100, 990, 1045, 1000]).pct_change().dropna()
    assert final.sharpe_ratio == pytest.approx(returns.mean() / returns.std() * 252**0.5)
    assert final.max_drawdown == pytest.approx(-10)
    assert final.total_return == 0


def test_a_market_that_trades_on_weekends_has_a_longer_year():
    ratios = []
    for first in (0, 4):
        told = Told()
        for day, equity in enumerate([1000, 1100, 990, 1045]):
            told.equity(MONDAY + (first + day) * DAY_MS, equity)
        ratios.append(told.ledger.final().sharpe_ratio)
    assert ratios[1] / ratios[0] == pytest.approx((365 / 252) ** 0.5)


def test_the_first_status_says_what_it_runs_on():
    told = Told()
    told.status()
    told.status("paused", "lunch")
    first, second = (msgspec.to_builtins(message.data) for message in told.messages)
    assert first == {
        "backtest_id": "r", "status": "running", "strategy": "mine", "symbol": "EUR-USD",
        "timeframes": ["1H"], "source": "", "synthetic": False, "initial_capital": 1000.0,
    }  # fmt: skip
    assert second == {"backtest_id": "r", "status": "paused", "reason": "lunch"}


@pytest.mark.parametrize(
    ("tell", "field"),
    [
        (lambda t: t.trade_entry("up", 1, MONDAY, 1), "direction"),
        (lambda t: t.trade_entry("long", float("nan"), MONDAY, 1), "price"),
        (lambda t: t.trade_entry("long", 1, MONDAY, 0), "quantity"),
        (lambda t: t.trade_entry("long", 1, MONDAY, 1, stop_loss="low"), "stop_loss"),
        (lambda t: t.trade_entry("long", 1, MONDAY, 1, reasoning=3), "reasoning"),
        (lambda t: t.trade_entry("long", 1, "soon", 1), "time"),
        (lambda t: t.trade_exit("nobody", 1, MONDAY), "trade_id"),
        (lambda t: t.trade_exit("open", 1, MONDAY, quantity=3), "quantity"),
        (lambda t: t.equity(MONDAY, float("inf")), "equity"),
        (lambda t: t.equity(MONDAY, 1, drawdown=0.1), "drawdown"),
        (lambda t: t.equity(MONDAY, 1, "much"), "balance"),
        (lambda t: t.progress("half", MONDAY), "percent"),
        (lambda t: t.progress(1, MONDAY, sharpe=1), "sharpe"),
        (lambda t: t.metrics(backtest_id=1), "backtest_id"),
        (lambda t: t.metrics(win_rate=float("nan")), "win_rate"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_told(tell, field):
    told = Told()
    told.trade_entry("long", 1, MONDAY, 2, trade_id="open")
    with pytest.raises(InvalidRequest) as caught:
        tell(told)
    assert caught.value.details["field"] == field
    assert len(told.messages) == 1


def test_the_gate_lets_steps_through_one_by_one():
    gate = Gate()
    assert gate.open()
    gate.command(Command("pause"))
    assert not gate.open()
    gate.command(Command("step", 2))
    assert [gate.open() for _ in range(3)] == [True, True, False]
    gate.command(Command("step", 5))
    gate.command(Command("resume"))
    assert gate.open()
    gate.command(Command("pause"))
    assert not gate.open()
    gate.command(Command("stop"))
    assert gate.stopped
    assert gate.open()


def test_who_waits_at_the_gate_is_let_go_at_once():
    gate = Gate()
    gate.command(Command("pause"))
    done = threading.Event()

    def wait():
        while not gate.open():
            gate.wait()
        done.set()

    thread = threading.Thread(target=wait)
    thread.start()
    gate.command(Command("resume"))
    assert done.wait(10)
    thread.join()
