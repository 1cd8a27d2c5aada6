"""A sweep whose process was killed goes on with the rows it has."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import psutil
import pytest

import workbench as wb
from workbench.errors import Conflict, InvalidRequest, WorkerLost

from .conftest import ServerProcess, wait_for

MARKET = {"symbol": "EUR-USD", "timeframes": "1H", "start": "2017-01-01", "end": "2017-02-28"}


class Slow(wb.Strategy):
    """Takes its time, and notes in a file which combinations are run."""

    fast = 10
    slow = 30
    idle = 0.0
    book = ""

    def init(self):
        with open(self.book, "a") as book:
            book.write(f"{self.fast} {self.slow}\n")
        time.sleep(self.idle)
        self.quick = self.I("sma", self.close, self.fast)
        self.calm = self.I("sma", self.close, self.slow)

    def next(self):
        if self.quick[-1] > self.calm[-1] and not self.position:
            self.enter_long()
        elif self.quick[-1] < self.calm[-1] and self.position:
            self.position.close()


def in_order(fast, slow):
    return fast < slow


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    server = ServerProcess(tmp_path_factory.mktemp("resuming"))
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield server
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    server.stop()


@pytest.fixture(scope="module")
def server(process):
    return process.start()


def rows_of(sweep):
    rows = [(row.split, row.sample, row.number, row.params, row.metrics, row.error)
            for row in sweep.rows()]  # fmt: skip
    assert len({row[:3] for row in rows}) == len(rows)
    return rows


def test_a_killed_worker_is_gone_on_with(process, server, tmp_path):
    options = {
        "fast": range(5, 17), "slow": [10, 20, 30], "constraint": in_order, "idle": 0.05, "seed": 3,
        "walk_forward": {"splits": 2}, "workers": 1, "server": server, **MARKET,
    }  # fmt: skip
    whole = wb.sweep(Slow, book=str(tmp_path / "whole"), **{**options, "idle": 0.0}).wait(60)
    book = tmp_path / "book"
    first = wb.sweep(Slow, book=str(book), **options)
    wait_for(lambda: len(first.rows()) > 5, "some rows")
    with pytest.raises(Conflict, match="pause and resume"):
        server.rest.post(f"api/backtesting/{first.id}/resume", {})
    workers = psutil.Process(process.process.pid).children()
    busy = [one for one in workers if one.is_running() and one.children()]
    for one in busy:
        os.kill(one.pid, signal.SIGKILL)
    with pytest.raises(WorkerLost):
        first.wait(60)
    kept = rows_of(first)
    assert 5 < len(kept) < len(whole.rows())
    done = len(book.read_text().splitlines())

    again = first.resume()
    assert again.id != first.id
    assert again.wait(60).status == "complete"
    assert rows_of(again) == rows_of(whole)
    assert again.best == whole.best
    assert again.info["spec"]["sweep"]["resumed_from"] == first.id
    facts = again.run.events("status")[0].data.sweep
    assert facts.resumed_from == first.id
    # Those that were known were not run again.
    assert len(book.read_text().splitlines()) == done + len(rows_of(whole)) - len(kept)
    with pytest.raises(Conflict, match="no combination is missing"):
        again.resume()


def test_a_kernel_that_died_is_gone_on_with(server, tmp_path):
    options = {"fast": range(5, 25), "slow": [30, 40], "server": server, **MARKET}
    whole = wb.sweep(Slow, book=str(tmp_path / "whole"), workers=1, **options)
    book = tmp_path / "book"
    with ThreadPoolExecutor(1) as executor:
        first = wb.sweep(Slow, book=str(book), idle=0.02, executor=executor, **options)
        wait_for(lambda: len(first.rows()) > 2, "some rows")
        first.stop()
        first.wait(60)
        kept = {f"{row.params['fast']} {row.params['slow']}" for row in first.rows()}
        with pytest.raises(InvalidRequest, match="strategy is Strategy"):
            first.resume(executor=executor, strategy=wb.Strategy)
        attached = wb.attach(first.id, server=server)
        again = attached.resume(executor=executor, strategy=Slow).wait(60)
        assert again.info["producer"] == "kernel"
        assert rows_of(again) == rows_of(whole.wait(60))
        # Those that were known were not run again; of the others, some were under way.
        ran = Counter(book.read_text().splitlines())
        assert len(ran) == 40
        assert kept
        assert {ran[combination] for combination in kept} == {1}
    # What the server has of it is enough to go on without the kernel, too.
    third = attached.resume().wait(60)
    assert third.info["producer"] == "worker"
    assert rows_of(third) == rows_of(whole)
