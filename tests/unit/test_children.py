"""A process that was started is kept until it has ended: none is dropped while it lives."""

from __future__ import annotations

import gc
import subprocess
import sys
import warnings

import psutil
import pytest
from server_process import wait_for

from workbench.errors import ServerUnreachable
from workbench.runs.children import KEPT_CODES, Children, let_go

WAITS = "import time; time.sleep(600)"
# The main thread ends, the other does not: what every process with threads is for a moment.
LEADERLESS = """
import ctypes, platform, threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[platform.machine()], 0)
"""


@pytest.fixture
def start():
    """Start processes that end with the test."""
    started = []

    def begin(script):
        child = subprocess.Popen([sys.executable, "-S", "-c", script])
        started.append(psutil.Process(child.pid))
        return child

    yield begin
    for process in started:
        if process.is_running():
            process.kill()
    psutil.wait_procs(started, 30)


@pytest.fixture
def complaints(monkeypatch):
    """What is complained of when an object is dropped."""
    heard = []
    monkeypatch.setattr(sys, "unraisablehook", lambda one: heard.append(one.exc_value))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield heard


def test_one_that_looks_gone_is_kept_until_it_can_be_waited_for(start, complaints):
    children = Children()
    children.add(start(LEADERLESS))
    (pid,) = children._running
    process = psutil.Process(pid)
    wait_for(lambda: process.status() == psutil.STATUS_ZOMBIE, "its main thread to leave")
    assert children._running[pid].poll() is None
    assert children.ends(pid)
    gc.collect()
    wait_for(lambda: not children.ends(pid), "its end")
    assert children._running == {}
    assert children.code(pid) == -9
    assert children.code(pid) is None
    gc.collect()
    assert complaints == []


def test_of_others_nothing_is_known_and_nothing_is_ended(start):
    other = start(WAITS)
    children = Children()
    assert not children.ends(other.pid)
    assert children.code(other.pid) is None
    assert other.poll() is None
    other.kill()
    other.wait()


def test_what_is_let_go_lives_on_and_is_not_complained_of(start, complaints):
    children = Children()
    children.add(start(WAITS))
    (pid,) = children._running
    children.release()
    gc.collect()
    assert complaints == []
    assert psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    ended = start("raise SystemExit(3)")
    ended.wait(30)
    let_go(ended)
    assert ended.returncode == 3


def test_exit_codes_that_nobody_asks_for_do_not_pile_up(start):
    children = Children()
    children._codes = dict.fromkeys(range(-KEPT_CODES, 0), 1)
    child = start("raise SystemExit(3)")
    child.wait(30)
    children.add(child)
    children.reap()
    assert len(children._codes) == KEPT_CODES
    assert children.code(child.pid) == 3


def test_a_server_that_does_not_come_up_is_ended_and_waited_for(tmp_path, monkeypatch, complaints):
    from workbench.client import launching

    monkeypatch.setattr(launching, "START_PATIENCE_S", 0.0)
    with pytest.raises(ServerUnreachable, match="did not start"):
        launching.launch(tmp_path / "home", [], tmp_path / "server.log")
    gc.collect()
    assert complaints == []
