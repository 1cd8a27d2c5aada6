"""What the Python side keeps of a run."""

from __future__ import annotations

import json

import pytest
from widget_fakes import CANDLES, STORY, complete, connected, equity, message, running, trade

from workbench.widgets.columns import merge_equity
from workbench.widgets.fold import MOST_POINTS, MOST_TRADES, RunFold


def fold_of(*messages: dict) -> RunFold:
    fold = RunFold()
    for each in messages:
        fold.apply(each)
    return fold


def test_metrics_are_fractions_while_running_and_at_the_end() -> None:
    fold = fold_of(*STORY[:-1])
    assert fold.status == "running"
    assert fold.progress == 60.0
    assert fold.metrics["total_return"] == pytest.approx(0.01)
    assert fold.metrics["max_drawdown"] == -0.05
    fold.apply(complete(7))
    assert (fold.status, fold.progress) == ("complete", 100.0)
    assert fold.metrics["total_return"] == 0.125
    assert fold.metrics["max_drawdown"] == -0.08
    assert fold.metrics["balance"] == 11_250.0


def test_a_gap_forgets_what_was_heard() -> None:
    fold = fold_of(*STORY, message("gap", None, {"epoch": "e2"}))
    assert (fold.status, fold.progress, fold.metrics) == ("pending", 0.0, {})
    assert fold.snapshot()["messages"] == []


def test_an_error_without_a_seq_is_not_the_runs() -> None:
    fold = fold_of(running(), message("error", None, {"error": "bad message", "details": {}}))
    assert fold.status == "running"
    fold.apply(message("error", 2, {"error": "strategy raised", "details": {}}))
    assert fold.status == "error"
    assert fold.snapshot()["messages"][-1]["data"]["error"] == "strategy raised"


def test_snapshot_is_a_short_log_that_json_can_hold() -> None:
    snapshot = json.loads(json.dumps(fold_of(*STORY).snapshot(CANDLES)))
    kinds = [m["type"] for m in snapshot["messages"]]
    assert kinds == ["status", "equity_columns", "trade", "progress", "complete"]
    assert snapshot["messages"][1]["data"]["equity"] == [10_000.0, 10_400.0, 10_100.0]
    assert snapshot["candles"] == CANDLES


def test_snapshot_of_a_long_run_keeps_the_extremes_of_both_curves() -> None:
    fold = fold_of(running())
    for i in range(50_000):
        value = 99_999.0 if i == 33_333 else 10_000.0 + i % 7
        fold.apply(equity(i + 2, i, value, -0.9 if i == 44_444 else -0.01))
    fold.apply(complete(60_000))
    columns = fold.snapshot()["messages"][1]["data"]
    assert len(columns["time"]) <= MOST_POINTS
    assert max(columns["equity"]) == 99_999.0
    assert min(columns["drawdown"]) == -0.9
    assert columns["time"] == sorted(set(columns["time"]))


def test_snapshot_says_how_many_trades_it_leaves_out() -> None:
    fold = fold_of(running(), *(trade(i + 2) for i in range(MOST_TRADES + 5)))
    snapshot = fold.snapshot()
    kept = [m["seq"] for m in snapshot["messages"] if m["type"] == "trade"]
    assert snapshot["trades_left_out"] == 5
    assert (len(kept), kept[-1]) == (MOST_TRADES, MOST_TRADES + 6)


def test_merging_keeps_the_order_of_the_log() -> None:
    merged = merge_equity(STORY)
    assert [m["type"] for m in merged] == [
        "connected", "status", "equity_columns", "trade", "equity_columns", "progress", "complete",
    ]  # fmt: skip
    assert [m["seq"] for m in merged if "seq" in m] == [1, 2, 3, 5, 6, 7]
    assert merged[4]["data"]["equity"] == [10_400.0, 10_100.0]
    assert merged[4]["data"]["time"][1] - merged[4]["data"]["time"][0] == 3_600_000


def test_merging_does_not_touch_what_it_was_given() -> None:
    before = json.dumps(STORY)
    merge_equity([connected(3), equity(1, 0, 1.0), equity(2, 1, 2.0)])
    merge_equity(STORY)
    assert json.dumps(STORY) == before
