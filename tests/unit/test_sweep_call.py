"""What `workbench.sweep` refuses before anything is started, and how its handle counts."""

from __future__ import annotations

import itertools
import math
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest
from sweeping import Cross

from workbench.client.api import request_body
from workbench.client.run import Run
from workbench.client.sweep import Sweep as Handle
from workbench.client.sweep_executor import checked
from workbench.client.sweep_pace import seconds_left
from workbench.client.sweeping import sweep
from workbench.engine.parameters import OTHERS
from workbench.engine.strategies.registry import get
from workbench.errors import InvalidRequest, UnknownParameter
from workbench.messages import (
    Progress,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
    Status,
    StatusData,
    SweepData,
)
from workbench.runs.spec import RunSpec
from workbench.sweeps.spec import SweepSpec

MARKET = {"symbol": "EUR-USD", "timeframes": "1H", "start": "2017-01-01", "end": "2017-02-01"}


def refused(error=InvalidRequest, strategy=Cross, **options):
    """What the call says; there is no server it could reach."""
    with pytest.raises(error) as found:
        sweep(strategy, url="http://127.0.0.1:9", **{**MARKET, **options})
    return found.value


class Answering:
    def __init__(self, answer):
        self.answer = answer

    def submit(self, function, *args):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def __repr__(self):
        return "<Answering>"


class Client(Answering):
    """As Dask's: its own futures are of another kind, but it has an executor."""

    def get_executor(self):
        return self.answer


@pytest.mark.parametrize(
    ("executor", "text"),
    [
        (ThreadPoolExecutor, r"the class ThreadPoolExecutor: make one, ThreadPoolExecutor\(...\)"),
        ("dask", "'dask', which has no submit"),
        (object(), "which has no submit"),
        (Answering("later"), "<Answering>, whose submit.. returns 'later'"),
        (Answering(RuntimeError("down")), "whose submit.. raised RuntimeError: down"),
        (Client(5), "whose get_executor.. returns 5"),
    ],
)
def test_an_executor_that_is_none_is_refused_at_the_call(executor, text):
    error = refused(fast=[5, 7], executor=executor)
    error_text = str(error)
    assert error.details["field"] == "executor"
    with pytest.raises(InvalidRequest, match=text):
        checked(executor)
    assert "expected a concurrent.futures.Executor" in error_text.replace("Expected", "expected")


def test_what_can_run_batches_is_taken():
    with ThreadPoolExecutor(1) as executor:
        assert checked(executor) is executor
        assert checked(Client(executor)) is executor
    assert isinstance(executor, Executor)
    duck = Answering(Future())
    assert checked(duck) is duck


class Counted:
    """An endless iterable that counts what is taken."""

    def __init__(self):
        self.taken = 0

    def __iter__(self):
        for value in itertools.count():
            self.taken += 1
            yield value


def test_no_more_is_taken_of_endless_values_than_tells_that_they_are_too_many():
    values = Counted()
    error = refused(fast=values, limit=10)
    assert "fast has more than 10 values" in str(error)
    assert values.taken == 11


class Untouched:
    """Knows its length and cannot be iterated over."""

    def __len__(self):
        return 99_999

    def __iter__(self):
        raise AssertionError("taken before the product was known")


def test_a_grid_that_is_too_large_is_refused_by_its_lengths_alone():
    error = refused(fast=Untouched(), slow=Untouched())
    assert "99999 x 99999 = 9,999,800,001 combinations, over 100,000" in str(error)
    assert error.details["allowed"] == 100_000


class Named(Cross):
    """Has a parameter that is called as a setting is."""

    leverage = 2.0


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"leverage": [1, 0]}, "leverage is 0, expected above 0"),
        ({"commission": ["x"]}, "commission is 'x'"),
        ({"commission": [{"percent": 0.1}]}, "A value of commission is"),
        ({"max_positions": [1, 2.5]}, "max_positions is 2.5"),
        ({"convention": ["mine"]}, "convention is 'mine', expected one of"),
        ({"intrabar": ["1M", "5M"]}, "intrabar is the same for all combinations"),
        ({"leverage": [1, 2], "strategy": Named}, "a parameter of Named"),
        (
            {"leverage": [1], "strategy_params": {"leverage": 3}},
            "given as a setting of the account",
        ),
    ],
)
def test_settings_that_cannot_be_swept_are_refused(options, text):
    assert text in str(refused(fast=[5], **options))


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("comission", "commission"), ("equityevery", "equity_every"), ("levrage", "leverage")],
)
def test_a_setting_that_is_misspelt_is_known_again(wrong, meant):
    hint = f"Did you mean {meant!r}"
    assert hint in str(refused(UnknownParameter, fast=[5], **{wrong: 1}))
    with pytest.raises(UnknownParameter, match=hint):
        request_body(Cross, "EUR-USD", "1H", "2017-01-01", "2017-02-01", {wrong: 1})
    with pytest.raises(UnknownParameter, match=hint):
        Cross.with_parameters({wrong: 1})


def test_a_misspelt_argument_of_a_sweep_is_known_again():
    error = refused(UnknownParameter, fast=[5], maximise="sharpe_ratio")
    assert "Did you mean 'maximize'" in str(error)
    assert "Did you mean 'fast'" in str(refused(UnknownParameter, fats=[5]))


def test_what_may_be_meant_is_what_a_run_takes():
    assert set(OTHERS) - {"start", "end"} < set(RunSpec.__struct_fields__)


def test_an_unknown_method_names_those_there_are():
    error = refused(fast=[5], method="gridd")
    assert error.details["allowed"] == ["grid", "random", "bayesian"]
    assert "'gridd', expected one of grid, random, bayesian" in str(error)


@pytest.mark.parametrize(
    ("strategy", "values"),
    [
        ("sma_cross", {"fast": [-1, 2]}),
        ("sma_cross", {"slow": [0]}),
        ("strategy1", {"zone": [0.0]}),
    ],
)
def test_values_that_make_no_sense_for_a_strategy_of_ours_are_refused_up_front(strategy, values):
    assert "or more" in str(refused(UnknownParameter, strategy, **values))


def test_strategies_of_ours_keep_their_defaults():
    assert get("sma_cross").parameters() == {"fast": 10, "slow": 30, "shorts": True}


# --- the handle ---------------------------------------------------------------------------


class Server:
    """Keeps what is asked to be opened."""

    url = "http://nowhere"

    def __init__(self):
        self.rest = self
        self.asked = []

    def post(self, path, body):
        self.asked.append(body)
        return {"backtest_id": "opened"}


def handle():
    one = Handle("sweep", Server())
    one._spec = SweepSpec(space={"fast": [3, 5], "slow": [20, 30]})
    one._rows = [
        SweepData("sweep", 0, {"fast": 3, "slow": 20}, {}, "", "all", 0, "", ""),
        SweepData("sweep", 1, {"fast": 5, "slow": 20}, {}, "", "all", 0, "", ""),
    ]
    return one


@pytest.mark.parametrize("params", [{"fast": 99, "slow": 20}, {"fast": 5, "slow": 30}, {"fast": 6}])
def test_what_was_not_part_of_the_sweep_is_not_opened(params):
    one = handle()
    with pytest.raises(InvalidRequest, match="not one of the combinations done"):
        one.open(**params)
    assert one.server.asked == []


def test_what_was_is():
    one = handle()
    assert isinstance(one.open(fast=5), Run)
    one.open(fast=3, slow=20)
    one.open(1)
    assert one.server.asked == [
        {"params": {"fast": 5, "slow": 20}}, {"params": {"fast": 3, "slow": 20}},
        {"number": 1, "sample": None, "split": 0},
    ]  # fmt: skip


def at(seconds):
    return f"2024-01-01T00:00:{seconds:06.3f}Z"


def status(seconds, what="running"):
    return Status(at(seconds), data=StatusData("s", what))


def progress(seconds, done, rows=100):
    nothing = ProgressMetrics(1.0, 0, 0, 0, 0.0, 0.0)
    data = ProgressData("s", 100.0 * done / rows, at(0), nothing)
    return Progress(at(seconds), data=data, extra=ProgressExtra(done, rows))


def test_what_is_left_goes_by_the_rows_since_the_sweep_went_on():
    begun = [status(0), progress(20, 1)]
    assert seconds_left(begun) is None
    assert seconds_left([*begun, progress(24, 21)]) == pytest.approx(79 * 4 / 20)
    paused = [*begun, progress(24, 21), status(25, "paused"), status(50)]
    assert seconds_left(paused) is None
    assert seconds_left([*paused, progress(51, 22), progress(52, 32)]) == pytest.approx(6.8)
    assert not math.isnan(seconds_left([*paused, progress(51, 22), progress(52, 100)]))
