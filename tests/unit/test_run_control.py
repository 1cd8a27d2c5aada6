"""What the controls of a `Run` ask its server for."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from workbench.client.run import Run
from workbench.errors import InvalidRequest


@pytest.fixture
def asked() -> list[Any]:
    return []


@pytest.fixture
def run(asked: list[Any]) -> Run:
    def post(path: str, body: dict[str, Any]) -> None:
        assert path == "api/backtesting/backtest_1/control"
        asked.append(body)

    server: Any = SimpleNamespace(rest=SimpleNamespace(post=post), url="http://x/")
    return Run("backtest_1", server)


def until(**condition: Any) -> dict[str, Any]:
    return {"action": "run_until", "until": condition}


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (lambda run: run.pause(), {"action": "pause"}),
        (lambda run: run.resume(), {"action": "resume"}),
        (lambda run: run.stop(), {"action": "stop"}),
        (lambda run: run.step(), {"action": "step", "value": 1}),
        (lambda run: run.step(20), {"action": "step", "value": 20}),
        (lambda run: run.speed(100), {"action": "speed", "value": 100.0}),
        (lambda run: run.speed("3600x"), {"action": "speed", "value": 3600.0, "unit": "x"}),
        (lambda run: run.speed(), {"action": "speed", "value": 0.0}),
        (lambda run: run.speed(0), {"action": "speed", "value": 0.0}),
        (lambda run: run.run_until(bars=5), until(bars=5)),
        (lambda run: run.run_until(trades=1), until(trades=1)),
        (lambda run: run.run_until(drawdown=0.1), until(drawdown=0.1)),
        (lambda run: run.run_until(time="2024-01-15"), until(time="2024-01-15")),
        (
            lambda run: run.run_until(time=datetime(2024, 1, 15, tzinfo=UTC)),
            until(time="2024-01-15T00:00:00+00:00"),
        ),
    ],
)
def test_what_is_asked_for(run, asked, call, body):
    call(run)
    assert asked == [body]


@pytest.mark.parametrize("pace", ["fast", -1, "nan", "x"])
def test_a_speed_that_is_none_is_refused_before_it_is_sent(run, asked, pace):
    with pytest.raises(InvalidRequest, match="speed"):
        run.speed(pace)
    assert asked == []


@pytest.mark.parametrize("conditions", [{}, {"bars": 1, "trades": 2}])
def test_only_one_condition_is_sent(run, asked, conditions):
    with pytest.raises(InvalidRequest, match="exactly one"):
        run.run_until(**conditions)
    assert asked == []
