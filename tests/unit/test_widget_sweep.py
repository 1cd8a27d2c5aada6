"""What is kept of a sweep and of signals when nothing answers any more."""

from __future__ import annotations

from typing import Any

import pytest
from fake_sweep import SPLITS, FakeSweep
from widget_fakes import CANDLES, FakeSource, Outbox, complete, connected, message, running

from workbench.widgets.fold import MOST_SIGNALS, RunFold
from workbench.widgets.follower import Follower
from workbench.widgets.static_html import describe, render_html
from workbench.widgets.sweep_fold import MOST_ROWS, SweepFold
from workbench.widgets.view import BacktestView


def folded(sweep: FakeSweep) -> RunFold:
    fold = RunFold()
    for each in (m for step in sweep.steps for m in step):
        fold.apply(each)
    return fold


def row(number: int, value: float | None, error: str = "", sample: str = "all") -> dict[str, Any]:
    metrics = {"sortino_ratio": 9.0} | ({} if value is None else {"volatility": value})
    data = {"backtest_id": "r", "number": number, "params": {"n": number}, "metrics": metrics}
    return message("sweep", number + 1, {**data, "error": error, "sample": sample, "split": 0})


def lowest_volatility(*rows: dict[str, Any]) -> SweepFold:
    fold = SweepFold()
    fold.begin({"metric": "volatility", "maximize": False})
    for each in rows:
        fold.add(each)
    return fold


def test_the_best_rows_are_those_of_the_metric_and_its_direction():
    fold = lowest_volatility(row(0, 3.0), row(1, None), row(2, 1.0), row(3, 0.5, "x"), row(4, 1.0))
    assert [each["number"] for each in fold.best(10)] == [2, 4, 0, 1]


def test_of_many_rows_the_best_are_kept_with_their_main_figures_and_all_out_of_sample():
    rows = [row(i, float(i), sample="in") for i in range(MOST_ROWS + 50)]
    kept = lowest_volatility(*rows, row(9_999, 1e9, sample="out")).kept()
    assert len(kept) == MOST_ROWS
    assert {m["data"]["number"] for m in kept} == {*range(MOST_ROWS - 1), 9_999}
    assert all(m["data"]["metrics"].keys() == {"volatility"} for m in kept)
    assert "sortino_ratio" in rows[0]["data"]["metrics"]


def test_a_reset_forgets_the_rows():
    fold = folded(FakeSweep("grid", 50))
    fold.apply(message("gap", None, {}))
    assert fold.sweep.rows == []


def test_the_saved_page_of_a_sweep_has_its_best_ten():
    sweep = FakeSweep("grid", 200)
    fold = folded(sweep)
    kept = fold.snapshot(None, sweep.detail())
    html = render_html("Crosses <1>", fold.status, fold.progress, fold.metrics, kept)
    assert html.count("<tr>") == 11
    assert "The best 10 of 200 rows by sharpe ratio" in html
    best = sweep.best
    cells = [best["params"]["fast"], best["params"]["slow"], best["params"]["trend"]]
    first = "".join(f"<td>{cell}</td>" for cell in cells)
    assert f"<tbody><tr>{first}<td>{best['metrics']['sharpe_ratio']:.2f}</td>" in html
    assert "Crosses &lt;1&gt;" in html
    text = describe("Crosses", fold.status, fold.progress, fold.metrics, kept)
    assert f"best of 200: fast={cells[0]}, slow={cells[1]}, trend={cells[2]} · " in text


def test_a_sweep_of_failures_says_so():
    fold = lowest_volatility(row(0, None, "boom"))
    html = render_html("t", "complete", 100.0, {}, {"messages": fold.rows})
    assert "1 rows, none of them without an error" in html


def test_all_splits_are_in_the_snapshot():
    kept = folded(FakeSweep("walk", 50)).snapshot()["messages"]
    out = [m for m in kept if m["type"] == "sweep" and m["data"]["sample"] == "out"]
    assert len(out) == SPLITS


def test_the_last_signals_are_kept_but_not_what_was_declined():
    fold = RunFold()
    for number in range(MOST_SIGNALS + 10):
        fold.apply(message("signal", number + 1, {"outcome": "rejected", "signal_id": number}))
        fold.apply(message("signal", number + 1, {"outcome": "declined", "signal_id": number}))
    kept = [m["data"] for m in fold.snapshot()["messages"]]
    assert [data["signal_id"] for data in kept] == list(range(10, MOST_SIGNALS + 10))
    assert {data["outcome"] for data in kept} == {"rejected"}


class NamedSource(FakeSource):
    def get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        if path == "candles":
            return CANDLES
        assert path == ""
        spec = {"strategy_ids": ["a"], "strategy_params": {"n": 1}, "cash": 5}
        return {"name": "Mine", "status": "complete", "spec": spec}


def test_the_names_of_a_run_are_kept_and_nothing_else():
    source = NamedSource([connected(2), running(1), complete(2)])
    told: list[dict[str, Any]] = []
    follower = Follower(source, lambda fold: None, told.append)
    follower.start()
    source.release()
    assert follower.join(20)
    spec = {"strategy_ids": ["a"], "strategy_params": {"n": 1}, "sweep": None}
    assert told[0]["about"] == {"name": "Mine", "spec": spec}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:ipywidgets")
def test_a_page_without_a_server_asks_the_kernel_what_the_run_is(monkeypatch):
    monkeypatch.setattr("workbench.widgets.view.read_bundle", lambda name: name)
    outbox = Outbox()
    monkeypatch.setattr(BacktestView, "send", lambda self, *a, **k: outbox(*a, **k))
    view = BacktestView("r", source=NamedSource())
    try:
        view._heard(view, {"kind": "get", "id": "1", "path": "", "query": {}}, [])
        assert outbox.wait(id="1")["body"]["name"] == "Mine"
        view._heard(view, {"kind": "get", "id": "2", "path": "../x", "query": {}}, [])
        assert outbox.wait(id="2")["ok"] is False
    finally:
        view.close()
