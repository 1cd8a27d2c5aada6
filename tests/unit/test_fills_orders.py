"""What may be ordered: an order that makes no sense is refused where it is placed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from fill_cases.case import FLAT, Case, play

from workbench.engine.orders import (
    check_count,
    check_entry,
    check_ladder,
    check_options,
    check_part,
    check_size,
    check_stop,
    check_trail,
)
from workbench.engine.reasons import check_reasoning
from workbench.engine.rules.layout import WORKING
from workbench.engine.story import SignalEnd
from workbench.errors import InvalidOrder, StrategyError
from workbench.messages import Reasoning

CLOSE = "the last close 100"


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (lambda: check_size(1, 0.5, None, 1.0), "one of quantity, fraction and risk, not quantity"),
        (lambda: check_size(0, None, None, 1.0), "quantity must be above 0, is 0"),
        (lambda: check_size(None, 1.5, None, 1.0), "at most the leverage .1., is 1.5"),
        (lambda: check_size(None, None, 1.5, 1.0), r"risk must be in \(0, 1\], is 1.5"),
        (lambda: check_size(float("nan"), None, None, 1.0), "finite number, is nan"),
        (lambda: check_size(True, None, None, 1.0), "finite number, is True"),
        (lambda: check_entry("long", 99, 101, 100), "not both"),
        (lambda: check_trail(100, 100), "must be below the price 100, is 100"),
        (lambda: check_entry("long", 0, None, 100), "limit must be above 0"),
        (lambda: check_entry("long", None, 99, 100), "stop of a long entry must be at or above"),
        (lambda: check_entry("short", None, 101, 100), "stop of a short entry must be at or below"),
        (lambda: check_stop("long", 101, 100, CLOSE), "below the last close 100, is 101"),
        (lambda: check_stop("short", 100, 100, CLOSE), "above the last close 100, is 100"),
        (lambda: check_stop("long", 97, 96, "its limit 96"), "below its limit 96, is 97"),
        (lambda: check_ladder("long", 99, 100, CLOSE), "take_profit 1 of a long must be above"),
        (lambda: check_ladder("long", [105, 103], 100, CLOSE), "take_profit 1 .105., is 103"),
        (lambda: check_ladder("short", [95, 97], 100, CLOSE), "take_profit 1 .95., is 97"),
        (lambda: check_ladder("long", [(105, 0.5), (106, 0.4)], 100, CLOSE), "add up to 1.* 0.9"),
        (lambda: check_ladder("long", [(105, 0.5), 106], 100, CLOSE), "not both"),
        (lambda: check_ladder("long", [], 100, CLOSE), "empty"),
        (lambda: check_ladder("long", list(range(101, 110)), 100, CLOSE), "9 targets, .* 8"),
        (lambda: check_part(1.5), r"part must be in \(0, 1\], is 1.5"),
        (lambda: check_count("expires", 1.5, "candles"), "whole number of candles from 1, is 1.5"),
        (lambda: check_options({"break_even_after": 2}, 1, True), "expected a target from 1 to 1"),
        (lambda: check_options({"risk": 0.1}, 0, False), "risk needs a stop_loss"),
        (lambda: check_options({"trailing": -1}, 0, False), "trailing must be above 0, is -1"),
        (lambda: check_reasoning(Reasoning("x", 1.5, "y")), r"confidence must be in \[0, 1\]"),
    ],
)
def test_orders_without_sense_are_refused_with_their_values(check: Any, words: str) -> None:
    with pytest.raises(InvalidOrder, match=words) as caught:
        check()
    assert {"field", "value", "allowed"} <= set(caught.value.details)


def test_numpy_numbers_are_numbers() -> None:
    units, fraction, risk = check_size(np.float32(2.5), None, None, 1.0)
    assert (type(units), units) == (float, 2.5)
    assert np.isnan([fraction, risk]).all()


@pytest.mark.parametrize("price", [100, 101])
def test_a_stop_is_not_moved_to_the_other_side(price: int) -> None:
    orders = {0: "enter_long(quantity=1)", 1: f"move_stop({price})"}
    with pytest.raises(StrategyError, match=f"move_stop of a long must be below 100, is {price}"):
        play(Case("x", "", [FLAT, FLAT, FLAT], orders, []))


def test_more_orders_than_can_wait_are_refused_one_by_one() -> None:
    call = "[enter_long(quantity=1, limit=50) for _ in range({})]"
    case = Case("x", "", [FLAT, FLAT, FLAT], {0: call.format(WORKING + 2), 1: "cancel()"}, [])
    ends = [one for one in play(case).happenings if isinstance(one, SignalEnd)]
    refused, cancelled = ends[:2], ends[2:]
    assert [(one.outcome, one.code, one.bar) for one in refused] == [
        ("rejected", "too_many_orders", 0)
    ] * 2
    assert refused[0].numbers == {"allowed": WORKING, "waiting": WORKING + 1}
    assert [one.signal for one in refused] == [WORKING + 1, WORKING + 2]
    assert {one.code for one in cancelled} == {"cancelled"}
    assert len(cancelled) == WORKING


def test_what_never_expires_is_the_same_in_all_forms():
    assert (
        check_count("expires", math.inf, "candles") == math.inf == check_count("expires", None, "")
    )
    with pytest.raises(InvalidOrder, match="a finite number"):
        check_count("expires", -math.inf, "candles")
