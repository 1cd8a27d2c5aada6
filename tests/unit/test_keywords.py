"""What is given by keyword is the run's or the strategy's, and never both or neither unsaid."""

from __future__ import annotations

from typing import Any

import pytest
from random_runs import walk

import workbench as wb
from workbench.client.api import request_body
from workbench.engine import Strategy
from workbench.errors import UnknownParameter

CANDLES = walk(1, 40)


class Levered(Strategy):
    leverage = 2
    seed = 5
    length = 3

    def next(self) -> None:
        pass


class Other(Levered):
    pass


def here(kinds: Any, **options: Any) -> tuple[Any, Any]:
    result = wb.backtest(kinds, CANDLES, **options)
    return result.strategy, result.settings.leverage


def there(kinds: Any, **options: Any) -> tuple[Any, Any]:
    body = request_body(kinds, "X", "1H", "2024-01-01", "2024-02-01", options)
    return body["strategy_params"], body.get("leverage", 1.0)


@pytest.mark.parametrize("run", [here, there])
@pytest.mark.parametrize("option", [{"leverage": 3}, {"seed": 3}, {"leverage": 3, "length": 4}])
def test_a_keyword_that_may_be_both_is_refused(run: Any, option: dict[str, Any]) -> None:
    name = next(iter(option))
    said = rf"'{name}' is an option of the run and a parameter of Levered: give strategy_params={{"
    with pytest.raises(UnknownParameter, match=said):
        run(Levered, **option)


def test_strategy_params_are_the_strategys_and_what_is_beside_them_the_runs() -> None:
    told, leverage = here(Levered, strategy_params={"leverage": 7}, length=4)
    assert (told, leverage) == ("Levered(leverage=7, seed=5, length=4)", 1.0)
    told, leverage = here(Levered, strategy_params={"leverage": 7}, leverage=3.0)
    assert (told, leverage) == ("Levered(leverage=7, seed=5, length=3)", 3.0)
    params, leverage = there(Levered, strategy_params={"leverage": 7}, leverage=3.0)
    assert (params["leverage"], leverage) == (7, 3.0)


def test_of_several_strategies_a_keyword_is_the_runs() -> None:
    assert here([Levered, Other], leverage=3.0)[1] == 3.0
    assert there([Levered, Other], leverage=3.0)[1] == 3.0


@pytest.mark.parametrize("run", [here, there])
@pytest.mark.parametrize("kinds", [Levered, [Levered, Other]])
def test_a_setting_that_is_misspelt_is_hinted_at(run: Any, kinds: Any) -> None:
    with pytest.raises(UnknownParameter, match=r"Did you mean 'commission'\?"):
        run(kinds, comission=0.1)
