"""What cannot be compiled is told in a line, with the author's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from random_runs import walk

import workbench as wb
from workbench.errors import LookAhead, StrategyError

pytestmark = pytest.mark.timeout(400)  # the first of them may have to compile the rules
CANDLES = walk(5, 60)
COUNT = 0
FUTURE = np.roll(CANDLES.close, -1)


def with_a_file(bar: Any, see: Any, act: Any) -> None:
    with open("nowhere"):
        act.enter_long()


def misspelt(bar: Any, see: Any, act: Any) -> None:
    act.enter_lng()


def of_another_engine(bar: Any, see: Any, act: Any) -> None:
    act.enter_long(sl=1.0)


def a_column_for_a_number(bar: Any, see: Any, act: Any) -> None:
    act.enter_long(see.close)


def a_list(bar: Any, see: Any, act: Any) -> None:
    act.enter_long(take_profit=[see.close[-1] * 2])


def a_global(bar: Any, see: Any, act: Any) -> None:
    global COUNT
    COUNT = bar


def a_method(self: Any) -> None:
    self.buy()


def ran(function: Any) -> Any:
    kind = type("Kind", (wb.Strategy,), {"next": wb.compiled(function)})
    return wb.backtest(kind, CANDLES)


@pytest.mark.parametrize(
    ("function", "said", "offset"),
    [
        (with_a_file, "", 1),
        (misspelt, "act has no 'enter_lng' (did you mean 'enter_long'?); it has enter_long", 1),
        (of_another_engine, "there is no argument 'sl' (did you mean 'stop_loss'?)", 1),
        (a_column_for_a_number, "quantity is readonly array(float64, 1d, C): give a number", 1),
        (a_list, "take_profit is list(float64)<iv=None>: give a price, or a tuple of them", 1),
        (a_global, "Use of unsupported opcode (STORE_GLOBAL)", 2),
    ],
)
def test_the_reason_and_the_line_are_told(function: Any, said: str, offset: int) -> None:
    with pytest.raises(StrategyError) as caught:
        ran(function)
    name = f"{function.__name__} cannot be compiled"
    line = function.__code__.co_firstlineno + offset
    assert caught.value.message.startswith(f"{name} (line {line}): {said}")
    assert "\n" not in caught.value.message
    assert caught.value.details["line"] == line
    assert len(caught.value.details["numba"]) > 20


def test_it_is_no_method() -> None:
    with pytest.raises(StrategyError, match=r"a_method takes \(self\): .* write next\(bar, see"):
        ran(a_method)


def test_an_order_without_sense_names_no_line_of_ours() -> None:
    def bad(bar: Any, see: Any, act: Any) -> None:
        act.enter_long(stop_loss=see.close[-1] * 1.1)

    with pytest.raises(StrategyError, match=r"below the last close [\d.]+, is [\d.]+$"):
        ran(bad)


def test_it_may_not_name_the_prices_of_all_candles() -> None:
    def knows(bar: Any, see: Any, act: Any) -> None:
        if FUTURE[bar] > see.close[-1]:
            act.enter_long(max_bars=1)

    with pytest.raises(LookAhead, match=r"Kind\.next reads 'FUTURE', which holds the close of all"):
        ran(knows)
