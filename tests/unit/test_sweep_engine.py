"""What a sweep tells, from its start to its end, and how it is controlled."""

from __future__ import annotations

import pytest
from sweeping import Cross, Inline, walk, workload

from workbench.errors import StrategyError
from workbench.messages import Complete, Metrics, Progress, Status, Sweep, TradeChecksum
from workbench.runs.gate import Gate
from workbench.runs.publishing import Command
from workbench.runs.sweeper import SweepGate
from workbench.sweeps.evaluate import evaluate
from workbench.sweeps.frames import best_row, results_frame, rows_of
from workbench.sweeps.plan import NOTHING, Plan
from workbench.sweeps.search import searches
from workbench.sweeps.space import Space
from workbench.sweeps.spec import SweepSpec, WalkForward
from workbench.sweeps.splits import splits_of
from workbench.sweeps.sweeping import SweepEngine
from workbench.sweeps.telling import Telling
from workbench.sweeps.workload import Outcome

SPACE = {"fast": [3, 5, 8], "slow": [20, 40]}


class Sweeping:
    """A sweep in this process, with everything it told."""

    def __init__(self, spec=None, *, candles=None, order=0, on_message=None, load=None):
        self.spec = spec or SweepSpec(space=SPACE)
        candles = walk() if candles is None else candles
        self.load = load or workload(candles)
        self.workers = Inline(self.load, order=order)
        self.messages = []
        self.gate = Gate()
        self.clock = 0.0
        plan = self.spec.walk_forward
        splits = [] if plan is None else splits_of(len(candles), plan)
        found = list(searches(self.spec, Space(self.spec.space), 1, max(1, len(splits))))
        self.plan = Plan(self.spec, found, len(candles), splits)
        self.on_message = on_message
        self.engine = SweepEngine(
            self.plan,
            self.workers,
            Telling("run", "cross", candles, ["1H"], 10_000.0, lambda: "now"),
            self.take,
            SweepGate(self.gate, lambda: None),
            self.tick,
        )

    def tick(self):
        self.clock += 0.01
        return self.clock

    def take(self, message):
        self.messages.append(message)
        if self.on_message is not None:
            self.on_message(self, message)

    def run(self):
        self.engine.run()
        return self

    def of(self, kind):
        return [message for message in self.messages if isinstance(message, kind)]

    @property
    def rows(self):
        return [message.data for message in self.of(Sweep)]


def content(sweeping):
    return sorted(map(repr, sweeping.rows))


def test_the_whole_story():
    sweep = Sweeping().run()
    first = sweep.messages[0].data
    assert (first.status, first.strategy, first.bars) == ("running", "cross", 400)
    assert (first.sweep.space, first.sweep.metric, first.sweep.rows) == (SPACE, "sharpe_ratio", 6)
    assert first.sweep.maximize
    assert sorted(row.number for row in sweep.rows) == list(range(6))
    for row in sweep.rows:
        assert row.metrics == evaluate(
            Cross, sweep.load.candles, row.params, sweep.load.settings, seed=1
        )
        assert (row.sample, row.split, row.error) == ("all", 0, "")
        assert (row.start, row.end) == (first.start, first.end)
    best = max(sweep.rows, key=lambda row: row.metrics["sharpe_ratio"])
    last = sweep.messages[-1]
    assert isinstance(last, Complete)
    assert last.data.metrics.sharpe_ratio == best.metrics["sharpe_ratio"]
    assert last.data.metrics.total_trades == best.metrics["total_trades"]
    assert last.extra.final_equity == pytest.approx(
        10_000 * (1 + best.metrics["total_return"] / 100)
    )
    assert (last.extra.status, last.extra.bars) == ("complete", 6)
    assert (last.extra.trades, last.extra.crc32) == (0, TradeChecksum().value)
    assert sweep.workers.closed


def test_progress_counts_combinations_and_metrics_come_with_each_better_one():
    sweep = Sweeping().run()
    told = [(one.extra.bar, one.extra.bars, one.data.progress) for one in sweep.of(Progress)]
    assert told == [(n, 6, 100 * n / 6) for n in range(1, 7)]
    bests = [one.data.sharpe_ratio for one in sweep.of(Metrics)]
    assert bests == sorted(set(bests))
    assert bests[-1] == sweep.messages[-1].data.metrics.sharpe_ratio
    assert all(-1 < one.data.max_drawdown <= 0 for one in sweep.of(Metrics))


def test_progress_comes_at_most_once_a_percent():
    space = {"fast": list(range(2, 12)), "slow": list(range(20, 45))}
    sweep = Sweeping(SweepSpec(space=space), candles=walk(60)).run()
    assert len(sweep.rows) == 250
    assert len(sweep.of(Progress)) <= 101
    assert sweep.of(Progress)[-1].data.progress == 100


def test_equal_sweeps_have_equal_rows_whoever_is_faster():
    assert content(Sweeping().run()) == content(Sweeping(order=-1).run())
    bests = [Sweeping(order=order).run().messages[-1].data.metrics for order in (0, -1)]
    assert bests[0] == bests[1]


def test_of_equals_the_first_is_best():
    # All that never trade come to the same.
    spec = SweepSpec(space={"slow": [390, 391, 392, 393]}, maximize="total_return", min_trades=0)
    for order in (0, -1):
        assert Sweeping(spec, order=order).run().plan.best.number == 0


def test_less_can_be_better():
    spec = SweepSpec(space=SPACE, minimize="total_trades")
    sweep = Sweeping(spec).run()
    least = min(row.metrics["total_trades"] for row in sweep.rows)
    assert sweep.messages[-1].data.metrics.total_trades == least
    assert sweep.messages[0].data.sweep.maximize is False


def test_a_combination_that_fails_is_a_row():
    sweep = Sweeping(SweepSpec(space={"fast": [5, 13, 8]})).run()
    rows = {row.params["fast"]: row for row in sweep.rows}
    assert "thirteen" in rows[13].error
    assert rows[13].metrics == {}
    assert rows[5].error == rows[8].error == ""
    assert sweep.messages[-1].extra.status == "complete"


def test_a_sweep_in_which_nothing_works_fails():
    sweep = Sweeping(SweepSpec(space={"fast": [13]}))
    with pytest.raises(StrategyError, match=r"None of the 1 combinations.*thirteen"):
        sweep.run()
    assert len(sweep.rows) == 1
    assert sweep.workers.closed


def test_where_the_metric_is_not_defined_nothing_is_best():
    # Who never trades has no payoff.
    spec = SweepSpec(space={"slow": [390, 20]}, maximize="payoff_ratio")
    sweep = Sweeping(spec).run()
    assert sweep.plan.best.params == {"slow": 20}
    assert {row.params["slow"]: row.error for row in sweep.rows} == {390: "", 20: ""}
    spec = SweepSpec(space={"slow": [390]}, maximize="payoff_ratio")
    with pytest.raises(StrategyError, match="payoff_ratio is not defined"):
        Sweeping(spec).run()


@pytest.mark.parametrize("metric", ["sharpe_ratio", "total_return", "max_drawdown", "ulcer_index"])
def test_who_never_trades_is_never_best(metric):
    way = "minimize" if metric == "ulcer_index" else "maximize"
    sweep = Sweeping(SweepSpec(space={"slow": [390, 20]}, **{way: metric})).run()
    assert sweep.plan.best.params == {"slow": 20}
    with pytest.raises(
        StrategyError, match=rf"None of the 1 .*{metric} is not defined.*min_trades"
    ):
        Sweeping(SweepSpec(space={"slow": [390]}, **{way: metric})).run()


def test_a_sharpe_ratio_that_is_not_defined_is_not_best_though_trades_are_not_asked_for():
    with pytest.raises(StrategyError, match="sharpe_ratio is not defined"):
        Sweeping(SweepSpec(space={"slow": [390]}, min_trades=0)).run()


def test_too_few_trades_are_never_best():
    first = Sweeping(SweepSpec(space=SPACE, minimize="total_trades")).run()
    least = int(first.plan.best.metrics["total_trades"])
    more = Sweeping(SweepSpec(space=SPACE, minimize="total_trades", min_trades=least + 1)).run()
    assert more.plan.best.metrics["total_trades"] > least
    assert more.messages[0].data.sweep.min_trades == least + 1


def test_no_loser_beats_any_profit_factor():
    load = workload()
    plain = load.run

    def lucky(task):
        error, found = plain(task).error, dict(plain(task).metrics)
        if task.number == 1:  # as the wire says it: not defined is 0
            found |= {"winning_trades": found["total_trades"], "losing_trades": 0.0}
            found["profit_factor"] = 0.0
        return Outcome(found, error)

    load.run = lucky
    spec = SweepSpec(space=SPACE, maximize="profit_factor")
    sweep = Sweeping(spec, load=load).run()
    assert sweep.plan.best.number == 1
    assert best_row(rows_of(sweep.messages), spec).number == 1
    table = results_frame(rows_of(sweep.messages), spec)
    assert table["profit_factor"].idxmax() == 1
    wide = SweepSpec(
        space=SPACE, maximize="profit_factor", method="bayesian", trials=6,
        walk_forward=WalkForward(splits=2),
    )  # fmt: skip
    walked = Sweeping(wide, load=load).run()
    assert [leg.best.number for leg in walked.plan.legs] == [1, 1]


def test_walk_forward_trades_the_best_of_each_split_on_what_follows():
    spec = SweepSpec(space=SPACE, walk_forward=WalkForward(splits=3, train=0.6))
    sweep = Sweeping(spec).run()
    assert sweep.messages[0].data.sweep.rows == 3 * 7
    assert sweep.messages[0].data.sweep.splits == 3
    assert len(sweep.rows) == 21
    out = sorted((row for row in sweep.rows if row.sample == "out"), key=lambda row: row.split)
    assert [row.split for row in out] == [0, 1, 2]
    for row in out:
        inside = [one for one in sweep.rows if one.sample == "in" and one.split == row.split]
        best = max(inside, key=lambda one: (one.metrics["sharpe_ratio"], -one.number))
        assert (row.number, row.params) == (best.number, best.params)
        assert row.start > best.end
    assert sweep.messages[-1].data.metrics.total_return == out[-1].metrics["total_return"]
    assert sweep.messages[-1].extra.bars == 21
    assert content(sweep) == content(Sweeping(spec, order=-1).run())


def test_a_split_without_a_choice_is_a_row_too():
    load = workload()
    plain = load.run
    load.run = lambda task: Outcome({}, "no") if task.leg == 0 else plain(task)
    spec = SweepSpec(space=SPACE, walk_forward=WalkForward(splits=2, train=0.6))
    sweep = Sweeping(spec, load=load).run()
    none = [row for row in sweep.rows if row.error == NOTHING]
    assert [(row.split, row.sample, row.params) for row in none] == [(0, "out", {})]
    assert len(sweep.rows) == 14
    assert sweep.of(Progress)[-1].data.progress == 100


def test_walk_forward_with_a_search_that_learns():
    spec = SweepSpec(
        space={"fast": list(range(2, 15)), "slow": list(range(20, 60))},
        method="bayesian", trials=12, walk_forward=WalkForward(splits=2),
    )  # fmt: skip
    first, second = Sweeping(spec).run(), Sweeping(spec, order=-1).run()
    assert content(first) == content(second)
    assert len(first.rows) == 26


# --- controls -----------------------------------------------------------------------------


def command(sweep, action, value=None):
    sweep.gate.command(Command(action, value))


def test_stop_keeps_what_is_done():
    def stop(sweep, message):
        if isinstance(message, Sweep) and len(sweep.rows) == 2:
            command(sweep, "stop")

    sweep = Sweeping(on_message=stop).run()
    last = sweep.messages[-1]
    assert last.extra.status == "stopped"
    assert last.extra.bars == len(sweep.rows) < 6
    best = max(row.metrics["sharpe_ratio"] for row in sweep.rows)
    assert last.data.metrics.sharpe_ratio == best
    assert sweep.of(Progress)[-1].extra.bar == len(sweep.rows)


def test_progress_agrees_with_the_rows_of_a_sweep_that_is_stopped_within_a_percent():
    def stop(sweep, message):
        if isinstance(message, Sweep) and len(sweep.rows) == 3:
            command(sweep, "stop")

    spec = SweepSpec(space={"fast": list(range(2, 12)), "slow": list(range(20, 70))})
    sweep = Sweeping(spec, candles=walk(60), on_message=stop).run()
    assert 3 <= len(sweep.rows) < 500
    assert sweep.of(Progress)[-1].data.progress == 100 * len(sweep.rows) / 500


def test_stop_before_the_first_combination():
    sweep = Sweeping()
    command(sweep, "stop")
    sweep.run()
    assert sweep.messages[-1].extra.status == "stopped"
    assert sweep.messages[-1].extra.final_equity == 10_000
    assert sweep.rows == []


class Turning(Gate):
    """A gate that is moved whenever the sweep stands still."""

    def __init__(self, moves):
        super().__init__()
        self.moves = moves

    def wait(self):
        self.moves.pop(0)(self)


def test_pause_lets_what_is_under_way_end_and_steps_go_one_by_one():
    seen = []

    def stand(sweep, message):
        if isinstance(message, Sweep) and not sweep.gate.paused and not seen:
            command(sweep, "pause")

    sweep = Sweeping(on_message=stand)

    def step(gate):
        seen.append((len(sweep.rows), len(sweep.workers.tasks)))
        gate.command(Command("step", 1))

    def resume(gate):
        seen.append((len(sweep.rows), len(sweep.workers.tasks)))
        gate.command(Command("resume"))

    sweep.gate = Turning([step, step, resume])
    sweep.engine._gate = SweepGate(sweep.gate, lambda: None)
    sweep.workers.workers = 1
    sweep.run()
    # Two batches of one were under way; nothing was begun while it stood, then one at a step.
    assert seen == [(2, 2), (3, 3), (4, 4)]
    told = [one.data.status for one in sweep.of(Status)]
    assert told == ["running", "paused", "running"]
    assert len(sweep.rows) == 6


def test_a_stream_that_takes_no_more_ends_it():
    sweep = Sweeping()
    refused = []
    sweep.engine._gate = SweepGate(sweep.gate, lambda: refused[0] if refused else None)
    sweep.on_message = lambda one, message: refused.append("deleted")
    sweep.run()
    assert sweep.rows == []
