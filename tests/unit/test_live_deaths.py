"""Which ends of a session's process count, and how much."""

from __future__ import annotations

import signal

from workbench.sessions.deaths import KILLS, Deaths

KILLED = -signal.SIGKILL


def run(*deaths, failures=0):
    counted = Deaths()
    found = []
    for code, came_of_it in deaths:
        failures, _ = counted.count("live_1", failures, code, came_of_it)
        found.append(failures)
    return found


def test_each_end_by_itself_counts():
    assert run((1, False), (-signal.SIGSEGV, False), (None, False), (0, False)) == [1, 2, 3, 4]


def test_what_has_come_of_a_process_takes_back_the_count():
    assert run((1, False), (1, False), (1, True), (1, False)) == [1, 2, 1, 2]
    assert run(*[(1, True)] * 9)[-1] == 1


def test_ends_from_outside_count_a_quarter():
    assert run(*[(KILLED, False)] * 9) == [0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert run((1, False), *[(-signal.SIGTERM, False)] * 4) == [1, 1, 1, 1, 2]
    assert run(*[(KILLED, True)] * 50)[-1] == 0


def test_the_wait_grows_with_every_end():
    counted = Deaths()
    waits = [counted.count("live_1", 0, KILLED, False)[1] for _ in range(KILLS - 1)]
    assert waits == sorted(set(waits))
    assert waits[0] >= 1


def test_sessions_are_counted_each_for_itself():
    counted = Deaths()
    for _ in range(KILLS - 1):
        counted.count("live_1", 0, KILLED, False)
    assert counted.count("live_2", 0, KILLED, False)[0] == 0
    assert counted.count("live_1", 0, KILLED, False)[0] == 1
    counted.born("live_1", 7)
    assert counted.birth("live_1") == 7
    counted.forget("live_1")
    assert counted.birth("live_1") is None
