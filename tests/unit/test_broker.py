"""The cases of docs/fills.md, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.engine.broker import Broker
from workbench.engine.orders import (
    EntryFill,
    EntryOrder,
    ExitFill,
    ExitOrder,
    check_ladder,
    check_part,
    check_reasoning,
    check_size,
    check_stop,
)
from workbench.errors import InvalidOrder
from workbench.messages import Reasoning

WHY = Reasoning("enter", 1.0, "a test")
FLAT = (100.0, 100.0, 100.0, 100.0)


def broker(*rows: tuple[float, float, float, float], **options: Any) -> Broker:
    opens, highs, lows, closes = (list(column) for column in zip(*rows, strict=True))
    return Broker(opens, highs, lows, closes, initial_capital=10_000.0, **options)


def entry(direction: str = "long", **values: Any) -> EntryOrder:
    fields: dict[str, Any] = {
        "bar": 0, "close": 100.0, "equity": 10_000.0, "quantity": 10.0, "fraction": None,
        "stop_loss": None, "ladder": (), "reasoning": WHY,
    }  # fmt: skip
    fields |= values
    if "targets" in fields:
        fields["ladder"] = check_ladder(direction, fields.pop("targets"), fields["close"])
    return EntryOrder(direction=direction, **fields)


def play(account: Broker, *orders: EntryOrder | ExitOrder, bars: int) -> list[Any]:
    """Place the orders on candle 0 and process the candles after it."""
    account.orders.extend(orders)
    for bar in range(1, bars):
        account.process(bar)
    return [
        (fill.reason, fill.bar, fill.price, fill.quantity)
        for fill in account.fills
        if isinstance(fill, ExitFill)
    ]


def test_market_entry_fills_at_the_next_open() -> None:
    account = broker(FLAT, (101, 103, 99, 102))
    play(account, entry(), bars=2)
    (fill,) = account.fills
    assert isinstance(fill, EntryFill)
    assert (fill.bar, fill.price, fill.quantity) == (1, 101.0, 10.0)
    assert account.equity(102.0) == 10_010.0


LONG = {"stop_loss": 95.0, "targets": 110.0}
SHORT = {"direction": "short", "stop_loss": 105.0, "targets": 90.0}
CASES = {
    "neither touched": (LONG, (100, 109, 96, 100), None),
    "stop touched": (LONG, (100, 101, 95, 96), ("stop_loss", 95.0)),
    "stop gapped": (LONG, (93, 96, 92, 95), ("stop_loss", 93.0)),
    "target touched": (LONG, (100, 110, 99, 105), ("take_profit_1", 110.0)),
    "target gapped": (LONG, (112, 113, 111, 112), ("take_profit_1", 112.0)),
    "both touched: the stop": (LONG, (100, 111, 94, 100), ("stop_loss", 95.0)),
    "short: stop touched": (SHORT, (100, 105, 99, 101), ("stop_loss", 105.0)),
    "short: stop gapped": (SHORT, (107, 108, 104, 105), ("stop_loss", 107.0)),
    "short: target touched": (SHORT, (100, 101, 90, 95), ("take_profit_1", 90.0)),
    "short: target gapped": (SHORT, (88, 89, 87, 88), ("take_profit_1", 88.0)),
    "short: both touched: the stop": (SHORT, (100, 106, 89, 100), ("stop_loss", 105.0)),
}


@pytest.mark.parametrize("name", CASES)
def test_inside_a_candle(name: str) -> None:
    order, candle, expected = CASES[name]
    exits = play(broker(FLAT, FLAT, candle), entry(**order), bars=3)
    assert exits == ([] if expected is None else [(expected[0], 2, expected[1], 10.0)])


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[2]])
def test_the_entry_candle_counts_too(name: str) -> None:
    order, candle, expected = CASES[name]
    exits = play(broker(FLAT, candle), entry(**order), bars=2)
    assert exits == [(expected[0], 1, expected[1], 10.0)]


def test_exit_at_the_open_comes_before_the_stop() -> None:
    account = broker(FLAT, FLAT, (99, 100, 90, 95))
    account.orders.append(entry(stop_loss=95.0))
    account.process(1)
    account.orders.append(ExitOrder(1, 1.0, WHY))
    account.process(2)
    assert isinstance(account.fills[-1], ExitFill)
    assert (account.fills[-1].reason, account.fills[-1].price) == ("signal", 99.0)


def test_ladder_fills_rung_by_rung_and_the_last_closes_the_rest() -> None:
    rows = (FLAT, FLAT, (100, 106, 100, 105), (105, 125, 105, 120))
    exits = play(broker(*rows), entry(targets=[105.0, 110.0, 120.0]), bars=4)
    third = 10 / 3
    assert [exit[:3] for exit in exits] == [
        ("take_profit_1", 2, 105.0),
        ("take_profit_2", 3, 110.0),
        ("take_profit_3", 3, 120.0),
    ]
    assert [exit[3] for exit in exits] == pytest.approx([third, third, third])


def test_weights_and_the_stop_takes_what_is_left() -> None:
    rows = (FLAT, FLAT, (100, 106, 100, 105), (105, 106, 94, 95))
    order = entry(stop_loss=95.0, targets=[(105.0, 0.7), (110.0, 0.3)])
    exits = play(broker(*rows), order, bars=4)
    assert [(reason, price) for reason, _, price, _ in exits] == [
        ("take_profit_1", 105.0),
        ("stop_loss", 95.0),
    ]
    assert [exit[3] for exit in exits] == pytest.approx([7.0, 3.0])


def test_reversal_closes_and_opens_at_one_open() -> None:
    account = broker(FLAT, FLAT, (104, 105, 103, 104))
    account.orders.append(entry())
    account.process(1)
    account.orders.append(entry("short", bar=1))
    account.process(2)
    _, exit, opened = account.fills
    assert isinstance(exit, ExitFill)
    assert (exit.reason, exit.bar, exit.price) == ("signal", 2, 104.0)
    assert isinstance(opened, EntryFill)
    assert (opened.direction, opened.bar, opened.price) == ("short", 2, 104.0)


def test_same_direction_again_is_refused_with_a_reason() -> None:
    account = broker(FLAT, FLAT, FLAT)
    play(account, entry(), bars=2)
    account.orders.append(entry(bar=1))
    account.process(2)
    assert len(account.fills) == 1
    (refused,) = account.rejections
    assert (refused.bar, refused.direction) == (1, "long")
    assert "already long" in refused.reason


def test_closing_and_entering_again_in_one_candle_does_both_whatever_their_order() -> None:
    account = broker(FLAT, FLAT, FLAT)
    play(account, entry(), bars=2)
    account.orders += [entry(bar=1), ExitOrder(1, 1.0, WHY)]
    account.process(2)
    assert [type(fill) for fill in account.fills] == [EntryFill, ExitFill, EntryFill]


def test_commission_is_taken_of_each_fill_and_shared_by_parts() -> None:
    account = broker(FLAT, FLAT, (100, 110, 100, 110), (120, 120, 120, 120), commission=0.01)
    order = entry(targets=[(110.0, 0.25), (200.0, 0.75)])
    play(account, order, ExitOrder(0, 1.0, WHY), bars=3)
    account.orders.append(ExitOrder(2, 1.0, WHY))
    account.process(3)
    opened, first, second = account.fills
    assert opened.commission == pytest.approx(10.0)
    assert first.commission == pytest.approx(2.5 * 110 * 0.01)
    assert isinstance(first, ExitFill)
    assert isinstance(second, ExitFill)
    assert first.pnl == pytest.approx(2.5 * 10 - 2.75 - 2.5)
    assert second.pnl == pytest.approx(7.5 * 20 - 7.5 * 1.2 - 7.5)
    assert first.pnl_percent == pytest.approx(100 * first.pnl / 250)
    assert account.balance == pytest.approx(10_000 + first.pnl + second.pnl)


def test_slippage_hurts_market_and_stop_fills_but_not_targets() -> None:
    account = broker(FLAT, FLAT, (100, 110, 94, 100), slippage=0.01)
    exits = play(account, entry(stop_loss=95.0), bars=3)
    assert account.fills[0].price == pytest.approx(101.0)
    assert exits[0][2] == pytest.approx(95 * 0.99)
    account = broker(FLAT, FLAT, (100, 110, 99, 100), slippage=0.01)
    assert play(account, entry(targets=110.0), bars=3)[0][2] == 110.0
    account = broker(FLAT, (100, 101, 99, 100), slippage=0.01)
    play(account, entry("short"), bars=2)
    assert account.fills[0].price == pytest.approx(99.0)


@pytest.mark.parametrize(
    ("order", "options", "quantity"),
    [
        ({"quantity": None, "stop_loss": 90.0}, {}, 20.0),  # 2 % of 10,000 over a distance of 10
        ({"quantity": None, "stop_loss": 99.9}, {}, 100.0),  # capped at the equity
        ({"quantity": None, "stop_loss": 99.9}, {"leverage": 5.0}, 500.0),
        ({"quantity": None}, {}, 100.0),
        ({"quantity": None}, {"commission": 0.01}, 10_000 / 101),
        ({"quantity": None, "fraction": 0.5, "stop_loss": 90.0}, {}, 50.0),
        ({"quantity": None, "fraction": 2.0}, {"leverage": 2.0}, 200.0),
        ({"quantity": 3.5}, {}, 3.5),
    ],
)
def test_sizing(order: dict[str, Any], options: dict[str, float], quantity: float) -> None:
    account = broker(FLAT, FLAT, **options)
    play(account, entry(**order), bars=2)
    assert account.fills[0].quantity == pytest.approx(quantity)


def test_a_quantity_that_cannot_be_afforded_is_not_filled() -> None:
    account = broker(FLAT, FLAT, commission=0.01)
    play(account, entry(quantity=100.0), bars=2)
    assert account.fills == []
    assert "cannot afford 100 at 100" in account.rejections[0].reason
    assert "at most 99.0099" in account.rejections[0].reason


def test_mfe_and_mae_are_those_of_the_part_while_it_was_held() -> None:
    rows = (FLAT, (100, 104, 97, 103), (103, 112, 90, 111), (111, 130, 80, 120))
    account = broker(*rows)
    play(account, entry(targets=[(110.0, 0.5), (140.0, 0.5)]), bars=3)
    account.orders.append(ExitOrder(2, 1.0, WHY))
    account.process(3)
    first, second = (fill for fill in account.fills if isinstance(fill, ExitFill))
    # Of the candle of an exit only its open and the exit's price are known to come before.
    assert (first.mfe, first.mae) == (5 * 10.0, 5 * -3.0)
    assert (second.mfe, second.mae) == (5 * 12.0, 5 * -10.0)


def test_close_all_takes_the_close() -> None:
    account = broker(FLAT, FLAT, (100, 104, 97, 103), slippage=0.01)
    play(account, entry("short"), bars=3)
    account.close_all(2, "end_of_data", "the end")
    exit = account.fills[-1]
    assert isinstance(exit, ExitFill)
    assert (exit.reason, exit.bar, exit.price) == ("end_of_data", 2, 103.0)
    assert exit.mae == pytest.approx(-10 * (104 - 99))
    assert account.trade is None


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (lambda: check_size(1, 0.5, 1.0), "not both"),
        (lambda: check_size(0, None, 1.0), "quantity must be above 0, is 0"),
        (lambda: check_size(None, 1.5, 1.0), "at most the leverage .1., is 1.5"),
        (lambda: check_size(float("nan"), None, 1.0), "finite number, is nan"),
        (lambda: check_size(True, None, 1.0), "finite number, is True"),
        (lambda: check_stop("long", 101, 100), "below the last close 100, is 101"),
        (lambda: check_stop("short", 100, 100), "above the last close 100, is 100"),
        (lambda: check_ladder("long", 99, 100), "take_profit 1 of a long must be above"),
        (lambda: check_ladder("long", [105, 103], 100), "above take_profit 1 .105., is 103"),
        (lambda: check_ladder("short", [95, 97], 100), "below take_profit 1 .95., is 97"),
        (lambda: check_ladder("long", [(105, 0.5), (106, 0.4)], 100), "add up to 1.* make 0.9"),
        (lambda: check_ladder("long", [(105, 0.5), 106], 100), "mixes prices and"),
        (lambda: check_ladder("long", [], 100), "empty"),
        (lambda: check_part(1.5), r"part must be in \(0, 1\], is 1.5"),
        (lambda: check_reasoning(Reasoning("x", 1.5, "y")), r"confidence must be in \[0, 1\]"),
    ],
)
def test_orders_without_sense_are_refused_with_their_values(check: Any, words: str) -> None:
    with pytest.raises(InvalidOrder, match=words) as caught:
        check()
    assert {"field", "value", "allowed"} <= set(caught.value.details)
