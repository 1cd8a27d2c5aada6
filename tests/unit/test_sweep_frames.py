"""Tables and figures of a sweep."""

from __future__ import annotations

import math

import pytest

from workbench.errors import InvalidRequest
from workbench.messages import Sweep, SweepData
from workbench.sweeps.forward import walk_forward_frame
from workbench.sweeps.frames import (
    best_row,
    heatmap_figure,
    heatmap_frame,
    matching,
    results_frame,
    rows_of,
)
from workbench.sweeps.joined import out_of_sample
from workbench.sweeps.spec import SweepSpec, WalkForward

SPEC = SweepSpec(space={"fast": [5, 3], "slow": [20, 30], "on": [True, False]})


def message(number, params, sharpe=None, *, error="", sample="all", split=0, gain=1.0):
    metrics = {}
    if sharpe is not None:
        metrics = {
            "sharpe_ratio": sharpe, "total_return": gain, "max_drawdown": -1.0,
            "total_trades": 2.0, "winning_trades": 2.0, "losing_trades": 0.0, "profit_factor": 0.0,
        }  # fmt: skip
    start, end = "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"
    data = SweepData("run", number, params, metrics, error, sample, split, start, end)
    return Sweep("now", data=data)


def combination(fast, slow, on=True):
    return {"fast": fast, "slow": slow, "on": on}


MESSAGES = [
    message(3, combination(3, 30), 0.5),
    message(0, combination(5, 20), 1.0),
    message(4, combination(5, 20, False), 2.0),
    message(1, combination(5, 30), error="it raised"),
]


def test_one_row_a_combination_by_number():
    frame = results_frame(rows_of(MESSAGES), SPEC)
    assert frame["number"].tolist() == [0, 1, 3, 4]
    assert frame["fast"].tolist() == [5, 5, 3, 5]
    assert frame["on"].tolist() == [True, True, True, False]
    assert frame["error"].tolist() == ["", "it raised", "", ""]
    assert math.isnan(frame["sharpe_ratio"][1])
    # No trade lost: as `Run.metrics` says it.
    assert frame["profit_factor"][0] == math.inf
    assert str(frame["start"].dtype) == "datetime64[us, UTC]" or frame["start"].dt.tz is not None
    assert results_frame([], SPEC).empty


def test_the_best_is_the_first_of_the_highest():
    rows = rows_of([*MESSAGES, message(7, combination(3, 20), 2.0)])
    assert best_row(rows, SPEC).number == 4
    least = SweepSpec(space=SPEC.space, minimize="sharpe_ratio")
    assert best_row(rows, least).number == 3
    assert best_row(rows_of(MESSAGES[-1:]), SPEC) is None


def test_a_heat_map_has_a_place_for_every_value():
    table = heatmap_frame(rows_of(MESSAGES), SPEC)
    assert table.columns.tolist() == [5, 3]
    assert table.index.tolist() == [20, 30]
    assert table.loc[20, 5] == 2.0  # the better of two
    assert table.loc[30, 3] == 0.5
    assert math.isnan(table.loc[30, 5])
    assert math.isnan(table.loc[20, 3])
    least = SweepSpec(space=SPEC.space, minimize="sharpe_ratio")
    assert heatmap_frame(rows_of(MESSAGES), least).loc[20, 5] == 1.0
    other = heatmap_frame(rows_of(MESSAGES), SPEC, x="on", y="fast", metric="total_return")
    assert other.shape == (2, 2)
    assert heatmap_frame([], SPEC).isna().all().all()
    (line,) = heatmap_frame([], SweepSpec(space={"fast": [1, 2]})).to_numpy()
    assert len(line) == 2


@pytest.mark.parametrize("wrong", [{"x": "speed"}, {"y": "speed"}, {"metric": "speed"}])
def test_a_heat_map_of_what_is_not_there_is_refused(wrong):
    with pytest.raises(InvalidRequest, match="'speed', expected one of") as refused:
        heatmap_frame(rows_of(MESSAGES), SPEC, **wrong)
    assert refused.value.details["field"] == next(iter(wrong))


def test_a_heat_map_of_a_parameter_over_itself_is_refused():
    with pytest.raises(InvalidRequest, match="both 'fast'") as refused:
        heatmap_frame(rows_of(MESSAGES), SPEC, "fast", "fast")
    assert refused.value.details["allowed"] == ["slow", "on"]


def test_the_figure_shows_the_table():
    table = heatmap_frame(rows_of(MESSAGES), SPEC)
    figure = heatmap_figure(table, "sharpe_ratio")
    assert list(figure.data[0].x) == ["5", "3"]
    assert figure.data[0].z[0][0] == 2.0


def test_the_walk_forward_table_joins_what_was_traded():
    spec = SweepSpec(space={"fast": [5, 3]}, walk_forward=WalkForward(splits=3))
    rows = rows_of(
        [
            message(0, {"fast": 5}, 2.0, sample="in", split=0),
            message(1, {"fast": 3}, 1.0, sample="in", split=0),
            message(0, {"fast": 5}, 0.5, sample="out", split=0, gain=10.0),
            message(0, {"fast": 5}, -2.0, sample="in", split=1),
            message(1, {"fast": 3}, -1.0, sample="in", split=1),
            message(1, {"fast": 3}, 1.5, sample="out", split=1, gain=-5.0),
            message(0, {}, error="nothing", sample="out", split=2),
        ]
    )
    table = walk_forward_frame(rows, spec)
    assert table.index.tolist() == [0, 1, 2]
    assert table["fast"].tolist()[:2] == [5, 3]
    assert table["in_sample"].tolist()[:2] == [2.0, -1.0]
    assert table["out_of_sample"].tolist()[:2] == [0.5, 1.5]
    assert table["efficiency"][0] == 0.25
    assert math.isnan(table["efficiency"][1])  # of a loss there is no part
    assert table["joined_return"].tolist() == pytest.approx([10.0, 4.5, 4.5])
    assert table["error"].tolist() == ["", "", "nothing"]
    assert best_row(rows, spec).params == {"fast": 3}
    assert walk_forward_frame([], spec).empty
    assert table["number"].tolist()[:2] == [0, 1]
    assert table["number"].isna().tolist() == [False, False, True]
    whole = out_of_sample(rows, 100.0).figures
    assert whole["total_return"] == pytest.approx(4.5)
    assert (whole["splits"], whole["failed"], whole["total_trades"]) == (3, 1, 4)
    assert (whole["win_rate"], whole["worst_drawdown"]) == (1.0, -1.0)
    nothing = out_of_sample([], 100.0).figures
    assert (nothing["splits"], nothing["total_return"]) == (0, 0.0)
    assert math.isnan(nothing["win_rate"])


def test_what_is_not_defined_is_nan_in_the_table_and_never_best():
    idle = message(9, combination(3, 20), 0.0)
    idle.data.metrics.update(total_trades=0.0, winning_trades=0.0, losing_trades=0.0)
    idle.data.metrics.update(average_loss=0.0, win_rate=0.0, max_drawdown=0.0)
    rows = rows_of([message(3, combination(3, 30), -0.5), idle])
    for metric in ("sharpe_ratio", "max_drawdown", "average_loss", "total_return"):
        spec = SweepSpec(space=SPEC.space, maximize=metric)
        best = best_row(rows, spec)
        assert best is None if metric == "average_loss" else best.number == 3
    table = results_frame(rows, SPEC)
    for name in ("sharpe_ratio", "profit_factor", "win_rate", "average_loss"):
        assert math.isnan(table[name][1]), name
    assert table["sharpe_ratio"][0] == -0.5
    heat = heatmap_frame(rows, SPEC)
    assert math.isnan(heat.loc[20, 3])
    assert heat.loc[30, 3] == -0.5


def test_some_values_may_name_a_combination():
    rows = rows_of(MESSAGES)
    assert matching(rows, {"fast": 3}) == combination(3, 30)
    assert matching(rows, {"fast": 5}) is None
    assert matching(rows, {"fast": 8}) is None
