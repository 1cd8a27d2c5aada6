"""Sweeps from a notebook: a class of its own, over the server's processes or over Dask."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import numpy as np
import psutil
import pytest

import workbench as wb
from workbench.data import load
from workbench.errors import InvalidRequest, StrategyError, WorkerLost

from .conftest import ServerProcess, wait_for

MARKET = {"symbol": "EUR-USD", "timeframes": "1H", "start": "2017-01-01", "end": "2017-03-31"}


class Mine(wb.Strategy):
    """In while the fast average is above the slow one; 13 is trouble."""

    fast = 10
    slow = 30
    idle = 0.0

    def init(self):
        if self.fast == 13:
            raise ValueError("thirteen")
        time.sleep(self.idle)
        self.quick = self.I("sma", self.close, self.fast)
        self.calm = self.I("sma", self.close, self.slow)

    def next(self):
        if self.quick[-1] > self.calm[-1] and not self.position:
            self.enter_long()
        elif self.quick[-1] < self.calm[-1] and self.position:
            self.position.close()


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    server = ServerProcess(tmp_path_factory.mktemp("sweeping"))
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield server
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    server.stop()


@pytest.fixture(scope="module")
def server(process):
    return process.start()


def in_order(fast, slow):
    return fast < slow


def test_a_class_of_the_notebook_is_swept_and_its_best_opens(server):
    sweep = wb.sweep(
        Mine, fast=[5, 13, 30], slow=(20, 30), constraint=in_order, commission=0.0001,
        maximize="total_return", workers=1, server=server, seed=3, **MARKET,
    )  # fmt: skip
    assert sweep.wait(60) is sweep
    assert sweep.progress == 100
    frame = sweep.results
    assert frame[["fast", "slow"]].to_numpy().tolist() == [[5, 20], [5, 30], [13, 20], [13, 30]]
    assert ["thirteen" in error for error in frame["error"]] == [False, False, True, True]
    best = frame.loc[frame["total_return"].idxmax()]
    assert sweep.best == {"fast": best["fast"], "slow": best["slow"]}
    table = sweep.heatmap()
    assert table.loc[best["slow"], best["fast"]] == best["total_return"]
    assert sweep.figure().data[0].z.shape == (2, 3)
    assert "complete 100.0 %" in repr(sweep)
    assert sweep.view() is sweep.run.view()
    assert sweep.view().run_id == sweep.id

    again = wb.attach(sweep.id, server=server)
    assert isinstance(again, wb.Sweep)
    run = again.open_best().wait(60)
    assert isinstance(run, wb.Run)
    assert run.metrics["total_return"] == best["total_return"]
    # Of the two that came to anything, one alone has this value.
    assert again.open(slow=int(best["slow"]), fast=5).info["spec"]["commission"] == 0.0001
    with pytest.raises(InvalidRequest, match="not one of the combinations done"):
        again.open(fast=5)
    with pytest.raises(InvalidRequest, match="walk_forward="):
        _ = again.walk_forward
    listed = wb.list_runs(server=server)
    assert listed.loc[sweep.id, "kind"] == "sweep"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"fats": [1, 2]}, "no parameter 'fats'"),
        ({"fast": [5, "x"]}, "'fast' of Mine is int"),
        ({"fast": 5}, "at least one parameter"),
        ({"fast": [5], "constraint": lambda fast, slowest: True}, "constraint is"),
        ({"fast": [5], "method": "gird"}, "method"),
        ({"fast": [5], "walk_forward": {"split": 2}}, "walk_forward is"),
    ],
)
def test_what_cannot_be_swept_is_refused_here(server, options, text):
    with pytest.raises(InvalidRequest, match=text):
        wb.sweep(Mine, server=server, **MARKET, **options)


def test_signals_given_as_arrays_are_started(server):
    count = len(
        load(MARKET["symbol"], [MARKET["timeframes"]], MARKET["start"], MARKET["end"])["1H"]
    )
    signals = wb.Signals(np.arange(count) % 50 == 7, max_bars=5)
    run = wb.start(signals, leverage=np.float64(2.0), server=server, **MARKET).wait(60)
    assert run.metrics["total_trades"] == count // 50 + (count % 50 > 7)
    assert run.info["spec"]["leverage"] == 2.0


def test_the_sweeps_processes_end_with_it(process, server):
    sweep = wb.sweep(Mine, fast=range(100, 200), idle=0.1, workers=1, server=server, **MARKET)
    wait_for(lambda: sweep.progress > 0, "a first combination")
    workers = psutil.Process(process.process.pid).children()
    (main,) = (one for one in workers if one.children())
    helpers = main.children(recursive=True)
    assert helpers
    main.kill()
    psutil.wait_procs(helpers, timeout=30)
    assert not [one for one in helpers if one.is_running() and one.status() != "zombie"]
    with pytest.raises(WorkerLost):
        sweep.wait(30)
    assert len(sweep.results) > 0


def test_an_executor_of_ones_own_runs_it(server):
    settings = {"fast": [5, 13, 30], "slow": [40, 60], "commission": 0.0001, "seed": 3}
    local = wb.sweep(Mine, workers=1, server=server, **settings, **MARKET).wait(60)
    with ThreadPoolExecutor(2) as executor:
        own = wb.sweep(Mine, executor=executor, server=server, **settings, **MARKET).wait(60)
    names = [name for name in local.results if name != "error"]
    assert own.results[names].equals(local.results[names])
    assert own.info["producer"] == "kernel"
    assert own.info["spec"]["commission"] == 0.0001
    first, second = (one.run.events("complete")[0] for one in (own, local))
    assert first.data.metrics == second.data.metrics
    run = own.open(2, sample="all")
    assert run.info["spec"]["strategy_params"]["fast"] == 13
    with pytest.raises(StrategyError, match="thirteen"):
        run.wait(60)


def test_an_executor_is_stopped_by_a_viewer(server):
    with ThreadPoolExecutor(1) as executor:
        sweep = wb.sweep(
            Mine, fast=range(100, 200), idle=0.05, executor=executor, server=server, **MARKET
        )
        wait_for(lambda: sweep.progress > 0, "a first combination")
        wb.attach(sweep.id, server=server).stop()
        sweep.wait(60)
    assert sweep.status == "stopped"
    assert 0 < len(sweep.results) < 100


def test_a_dask_cluster_runs_it(server):
    distributed = pytest.importorskip("distributed")
    settings = {"fast": [5, 8, 30], "slow": [40, 60], "walk_forward": {"splits": 2}}
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        sweep = wb.sweep(
            Mine, executor=client.get_executor(), workers=2, server=server, **settings, **MARKET
        ).wait(90)
    local = wb.sweep(Mine, workers=1, server=server, **settings, **MARKET).wait(60)
    names = [name for name in local.results if name != "error"]
    assert sweep.results[names].equals(local.results[names])
    assert sweep.results["error"].tolist() == [""] * 14
    assert len(sweep.walk_forward) == 2
    assert sweep.walk_forward.equals(local.walk_forward)
    assert sweep.best == local.best
