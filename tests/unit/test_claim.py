"""Two servers of one state folder, and one pending run: it gets one worker."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from bodies import SPEC_BODY

from workbench.messages import Error
from workbench.runs.records import hash_token
from workbench.runs.registry import RunRegistry
from workbench.runs.service import RunService
from workbench.runs.supervisor import Supervisor
from workbench.streams import Database


class TimelyRegistry(RunRegistry):
    """Has every server see what is pending before any of them goes on."""

    def __init__(self, database, seen):
        super().__init__(database)
        self._seen = seen

    def list(self, *statuses, **more):
        found = super().list(*statuses, **more)
        if statuses == ("pending",):
            self._seen.wait(30)
        return found


@pytest.fixture
def service(tmp_path):
    service = RunService(tmp_path / "home", list, max_workers=0)
    yield service
    service.close()


@pytest.fixture
def pending(service, tmp_path):
    """Return a function that adds a run whose worker only leaves its name in a file."""
    interpreter = tmp_path / "python"
    interpreter.write_text(f"#!/bin/sh\necho $$ >> {tmp_path / 'workers'}\n")
    interpreter.chmod(0o700)
    spec = service.start(json.dumps(SPEC_BODY).encode()).spec

    def add(python=str(interpreter), **fields):
        record = service.registry.create(
            spec, source="here", synthetic=False, python=python, **fields
        )
        service.log.create(record.id, "backtest")
        return record.id

    for record in service.registry.list():
        service.delete(record.id)
    return add


def supervisor_of(home, registry, say=lambda stream, messages: None, max_workers=3):
    return Supervisor(home, registry, lambda *batch: None, say, list, max_workers, 1.0)


def test_servers_that_see_a_pending_run_at_once_start_one_worker(service, pending, tmp_path):
    ids = {pending(), pending()}
    servers = 3
    seen = threading.Barrier(servers)

    def serve():
        database = Database(service.home / "workbench.db")
        supervisor = supervisor_of(service.home, TimelyRegistry(database, seen))
        supervisor.poll()
        children = supervisor._children._running
        started = list(children)
        for child in children.values():
            assert child.wait(30) == 0
        database.close()
        return started

    with ThreadPoolExecutor(servers) as pool:
        started = [future.result() for future in [pool.submit(serve) for _ in range(servers)]]
    pids = sorted(pid for one in started for pid in one)
    assert len(pids) == len(ids)
    assert sorted(service.registry.get(run_id).pid for run_id in ids) == pids
    assert sorted(map(int, (tmp_path / "workers").read_text().split())) == pids


def test_a_place_that_another_servers_worker_took_is_not_filled_twice(
    service, pending, monkeypatch
):
    ids = [pending(), pending()]
    registry = service.registry
    listed = registry.list

    def outdated(*statuses, **more):
        found = listed(*statuses, **more)
        if statuses == ("pending",):
            registry.set_worker(ids[0], 1, 1.0)
        return found

    monkeypatch.setattr(registry, "list", outdated)
    supervisor = supervisor_of(service.home, registry, max_workers=1)
    supervisor.poll()
    assert supervisor._children._running == {}
    assert registry.get(ids[1]).pid is None


def test_only_what_waits_for_a_worker_is_claimed(service, pending):
    ended, started, own, free = pending(), pending(), pending(producer="kernel"), pending()
    service.registry.set_status(ended, "stopped")
    service.registry.set_worker(started, 1, 1.0)
    taken = {}
    for run_id in (ended, started, own, free, "backtest_of_nobody"):
        with service.registry.claim(run_id, "token") as taken[run_id]:
            pass
    assert [run_id for run_id, claimed in taken.items() if claimed] == [free]
    assert service.may_publish(free, "token")
    assert not service.may_publish(started, "token")


def test_a_claim_that_comes_to_nothing_is_given_back(service, pending):
    run_id = pending()

    def fail():
        with service.registry.claim(run_id, "first") as claimed:
            assert claimed
            assert service.registry.get(run_id).token_hash == hash_token("first")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not service.may_publish(run_id, "first")
    with service.registry.claim(run_id, "second") as claimed:
        assert claimed


def test_a_worker_that_cannot_be_started_ends_the_run(service, pending, tmp_path):
    run_id = pending(python=str(tmp_path / "nowhere"))
    said = []
    supervisor_of(service.home, service.registry, lambda *told: said.append(told)).poll()
    ((stream, (message,)),) = said
    assert stream == run_id
    assert isinstance(message, Error)
    assert "could not be started" in message.data.error
