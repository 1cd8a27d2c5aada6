"""What is emitted, held against the contract's printed examples."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from workbench.data import load
from workbench.data.candles import Candles
from workbench.engine import BacktestEngine, Strategy, StreamingBacktestEngine
from workbench.engine.strategies.registry import get
from workbench.errors import InvalidRequest, StrategyError
from workbench.messages import (
    Complete,
    Equity,
    Message,
    Metrics,
    Progress,
    Status,
    Trade,
    decode,
    encode,
)

EXAMPLES = Path(__file__).parents[1] / "spec_examples"
RUNS = {
    "strategy1": ("BTC-USD", ("15M", "1H", "4H"), "2024-01-01", "2024-01-31"),
    "sma_cross": ("EUR-USD", ("1H",), "2017-01-01", "2017-12-29"),
}


@cache
def data(name: str) -> dict[str, Candles]:
    symbol, timeframes, start, end = RUNS[name]
    return load(symbol, timeframes, start, end)


def make(name: str, **options: Any) -> tuple[StreamingBacktestEngine, list[Message]]:
    out: list[Message] = []
    engine = BacktestEngine(get(name), data(name), commission=0.0005)
    stream = StreamingBacktestEngine(
        engine, "backtest_1", out.append, now=lambda: "2024-02-11T12:34:56.789Z", **options
    )
    return stream, out


@cache
def emitted(name: str) -> tuple[Message, ...]:
    stream, out = make(name)
    stream.run()
    return tuple(out)


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text())


def differences(ours: Any, theirs: Any, path: str = "") -> list[str]:
    """Compare keys and kinds of values; an int of theirs must be one, a float may be any."""
    if isinstance(theirs, dict):
        if not isinstance(ours, dict) or set(ours) != set(theirs):
            return [f"{path}: {ours} has other keys than {sorted(theirs)}"]
        return [d for key in theirs for d in differences(ours[key], theirs[key], f"{path}.{key}")]
    if isinstance(theirs, list):
        if not isinstance(ours, list):
            return [f"{path}: {ours!r} is no list"]
        return [d for one in ours for d in differences(one, theirs[0], f"{path}[]")]
    kinds = (int, float) if isinstance(theirs, float) else type(theirs)
    good = isinstance(ours, kinds) and isinstance(ours, bool) == isinstance(theirs, bool)
    return [] if good else [f"{path}: {ours!r} instead of something like {theirs!r}"]


@pytest.mark.parametrize("name", RUNS)
def test_every_message_has_the_keys_and_types_of_the_contract(name: str) -> None:
    seen = set()
    for message in emitted(name):
        ours = json.loads(encode(message))
        kind = ours["type"]
        if kind == "status":
            continue
        kind = f"trade_{ours['data']['event']}" if kind == "trade" else kind
        theirs = example(kind)
        if kind == "complete":
            assert ours["data"].pop("backtest_id") == "backtest_1"
            theirs["data"].pop("backtest_id", None)
        if kind == "trade_entry" and name == "sma_cross":
            # It has no stop: null, the one thing the contract's example cannot show.
            assert ours["data"].pop("stop_loss") is None
            theirs["data"].pop("stop_loss")
        ours.pop("extra", None)
        assert differences(ours, theirs, kind) == []
        seen.add(kind)
    assert seen == {"progress", "trade_entry", "trade_exit", "equity", "metrics", "complete"}


def test_the_comparison_itself_sees_what_is_wrong() -> None:
    good = example("progress")
    assert differences(good, good) == []
    for spoil in (
        lambda d: d["metrics"].update(total_trades=1.5),
        lambda d: d["metrics"].update(extra=1),
        lambda d: d.update(progress="45"),
        lambda d: d.pop("backtest_id"),
        lambda d: d["metrics"].update(balance=None),
    ):
        bad = example("progress")
        spoil(bad["data"])
        assert differences(bad, good)


@pytest.mark.parametrize("name", RUNS)
def test_messages_survive_the_wire(name: str) -> None:
    for message in emitted(name):
        assert decode(encode(message)) == message


def test_the_story_begins_with_the_facts_and_ends_complete() -> None:
    first, *_, last = emitted("strategy1")
    assert isinstance(first, Status)
    facts = first.data
    assert (facts.status, facts.strategy, facts.symbol) == ("running", "Strategy1", "BTC-USD")
    assert facts.timeframes == ["15M", "1H", "4H"]
    assert (facts.bars, facts.synthetic, facts.initial_capital) == (2976, True, 10_000.0)
    assert (facts.start, facts.end) == ("2024-01-01T00:00:00Z", "2024-01-31T23:45:00Z")
    assert isinstance(last, Complete)
    assert (last.extra.status, last.extra.bars) == ("complete", 2976)


def order_key(message: Message) -> str:
    return type(message).__name__


@pytest.mark.parametrize("name", RUNS)
def test_throttled_by_candles_and_all_at_the_end(name: str) -> None:
    messages = emitted(name)
    bars = len(next(iter(data(name).values())))
    progress = [message for message in messages if isinstance(message, Progress)]
    assert [message.extra.bar for message in progress] == [*range(100, bars, 100), bars]
    assert progress[-1].data.progress == 100.0
    assert sum(isinstance(message, Equity) for message in messages) == len(progress)
    tail = [order_key(message) for message in messages[-4:]]
    assert tail == ["Equity", "Metrics", "Progress", "Complete"]


def test_after_one_candle_trades_come_before_equity_metrics_progress() -> None:
    stream, out = make("sma_cross", progress_every=1, equity_every=1)
    stream.run()
    order = ["Trade", "Equity", "Metrics", "Progress"]
    bar, before = 0, -1
    for message in out[1:-1]:
        rank = order.index(order_key(message))
        if rank < before:
            bar += 1
        before = rank
        if isinstance(message, Progress):
            assert message.extra.bar == bar + 1
        if isinstance(message, Trade):
            assert message.extra.bar == bar


@pytest.mark.parametrize("name", RUNS)
def test_chunks_do_not_change_what_is_emitted(name: str) -> None:
    stream, out = make(name)
    steps = [1, 7, 100, 33, 250, 1, 99]
    turn = 0
    while stream.advance(steps[turn % len(steps)]):
        turn += 1
    assert tuple(out) == emitted(name)
    assert stream.done
    assert not stream.advance(5)
    assert tuple(out) == emitted(name)


def test_stopped_early_closes_the_position_and_says_so() -> None:
    stream, out = make("sma_cross")
    while not stream.engine.snapshot().open_positions:
        stream.advance(1)
    stream.stop()
    last = out[-1]
    assert isinstance(last, Complete)
    assert (last.extra.status, last.extra.bars) == ("stopped", stream.engine.bar)
    closed = [message for message in out if isinstance(message, Trade)][-1]
    assert closed.data.exit_reason == "end_of_data"  # type: ignore[union-attr]
    progress = [message for message in out if isinstance(message, Progress)][-1]
    assert progress.data.progress == pytest.approx(100 * stream.engine.bar / stream.engine.bars)
    count = len(out)
    stream.stop()
    assert not stream.advance(10)
    assert len(out) == count


def test_stopped_before_the_first_candle() -> None:
    stream, out = make("sma_cross")
    stream.stop()
    assert [order_key(message) for message in out] == ["Status", "Complete"]
    assert out[-1].data.metrics.total_return == 0.0  # type: ignore[attr-defined]


def test_numbers_a_decision_saw_stand_beside_the_contract() -> None:
    trades = [message for message in emitted("strategy1") if isinstance(message, Trade)]
    entry = trades[0]
    assert entry.data.reasoning.rationale.endswith(("at support", "at resistance"))  # type: ignore[union-attr]
    assert {"trend", "location", "distance", "risk"} <= set(entry.extra.inputs)  # type: ignore[arg-type]
    assert entry.extra.strategy == "Strategy1"
    exits = [trade for trade in trades if trade.data is not None and trade.extra.reasoning]
    assert exits


@pytest.mark.parametrize("field", ["progress_every", "equity_every"])
def test_an_interval_below_one_candle_is_refused(field: str) -> None:
    with pytest.raises(InvalidRequest, match=f"{field} must be at least 1"):
        make("sma_cross", **{field: 0})


def test_balance_and_commissions_add_up() -> None:
    messages = emitted("sma_cross")
    complete = messages[-1]
    assert isinstance(complete, Complete)
    pnl = sum(
        message.data.pnl  # type: ignore[union-attr]
        for message in messages
        if isinstance(message, Trade) and message.data.__struct_config__.tag == "exit"
    )
    fees = sum(message.extra.commission for message in messages if isinstance(message, Trade))
    assert complete.extra.final_equity == pytest.approx(10_000 + pnl)
    assert complete.data.metrics.total_commissions == pytest.approx(fees)


def consume(step: Callable[[], bool]) -> None:
    while step():
        pass


@pytest.mark.parametrize("chunk", [1, 1000])
def test_a_failing_strategy_has_told_what_came_before(chunk: int) -> None:
    class Fails(Strategy):
        def next(self) -> None:
            if len(self.close) == 120:
                self.enter_long()
            if len(self.close) == 150:
                raise RuntimeError("enough")

    out: list[Message] = []
    stream = StreamingBacktestEngine(BacktestEngine(Fails, data("sma_cross")), "b", out.append)
    with pytest.raises(StrategyError, match=r"Fails.next failed at .*: RuntimeError: enough"):
        consume(lambda: stream.advance(chunk))
    assert [order_key(message) for message in out] == ["Status", "Equity", "Progress", "Trade"]


def test_a_run_that_stands_still_tells_metrics_and_progress_of_the_same_candle() -> None:
    stream, out = make("sma_cross")
    stream.advance(2_600)
    stream.tell("paused")
    latest = {message.type: message for message in out}
    metrics, progress = latest["metrics"], latest["progress"]
    assert isinstance(metrics, Metrics)
    assert isinstance(progress, Progress)
    assert progress.extra.bar == 2_600
    assert metrics.data.total_trades == progress.data.metrics.total_trades
    assert metrics.data.max_drawdown == progress.data.metrics.max_drawdown
    assert [message.type for message in out[-2:]] == ["metrics", "status"]
    told = len(out)
    stream.tell("running")
    assert [message.type for message in out[told:]] == ["status"]
