from __future__ import annotations

import pytest

from workbench.analysis.structure import swing_levels
from workbench.engine import Strategy, backtest
from workbench.engine.strategies import registry
from workbench.errors import UnknownStrategy


def test_the_built_in_ones_are_known_without_an_installation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: [])
    assert registry.names() == ["sma_cross", "strategy1"]
    assert registry.get("strategy1").__name__ == "Strategy1"


def test_an_unknown_one_is_named_with_what_is_known() -> None:
    with pytest.raises(UnknownStrategy, match=r"'strategy2'.*Did you mean 'strategy1'") as caught:
        registry.get("strategy2")
    assert {"sma_cross", "strategy1"} <= set(caught.value.details["allowed"])


@pytest.mark.parametrize(
    ("value", "words"),
    [("no.such.module:X", "fails: No module"), ("math:pi", "no Strategy class")],
)
def test_a_broken_registration_is_explained(
    monkeypatch: pytest.MonkeyPatch, value: str, words: str
) -> None:
    point = registry.EntryPoint("broken", value, registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    with pytest.raises(UnknownStrategy, match=words):
        registry.get("broken")


def test_every_registered_one_is_a_strategy_with_a_docstring() -> None:
    for name in registry.names():
        found = registry.get(name)
        assert issubclass(found, Strategy)
        assert found.__doc__


@pytest.mark.parametrize("timeframes", [["15M", "1H", "4H"], ["15M", "1H"], ["15M"]])
def test_strategy1_trades_the_sample_with_stops_and_targets(timeframes: list[str]) -> None:
    result = backtest(
        "strategy1", symbol="BTC-USD", timeframes=timeframes, start="2024-01-01", end="2024-01-31"
    )
    reasons = set(result.trades["exit_reason"])
    assert 10 <= result.metrics["total_trades"] <= 60
    assert {"stop_loss", "take_profit_1", "take_profit_2", "take_profit_3"} <= reasons
    for sign, direction in ((1, "long"), (-1, "short")):
        rows = result.trades[result.trades["direction"] == direction]
        assert len(rows)
        assert (sign * (rows["entry_price"] - rows["stop_loss"]) > 0).all()


@pytest.mark.parametrize("shorts", [True, False])
def test_sma_cross_can_stay_out_of_shorts(shorts: bool) -> None:
    result = backtest(
        "sma_cross", symbol="GOOGL", timeframes=["1D"], start="2012-01-01", end="2017-12-31",
        strategy_params={"shorts": shorts},
    )  # fmt: skip
    assert ("short" in set(result.trades["direction"])) is shorts


def test_swings_show_only_once_confirmed() -> None:
    high = [1.0, 2.0, 5.0, 3.0, 2.0, 4.0, 2.0, 1.0]
    low = [value - 0.5 for value in high]
    resistance, support = swing_levels(high, low, width=2)
    nan = pytest.approx(float("nan"), nan_ok=True)
    assert resistance.tolist() == [nan, nan, nan, nan, 5.0, 5.0, 5.0, 4.0]
    assert support.tolist() == [nan, nan, nan, nan, nan, nan, 1.5, 1.5]
    assert all(level != level for level in swing_levels([1.0, 2.0], [1.0, 2.0], 2)[0])
