"""A full disk is named as such, and does not keep the kill switch from working."""

from __future__ import annotations

import psutil
import pytest
from full_disk import full
from live_calls import BODY, ended, stands, started, traded
from markets import once

from workbench.errors import StorageFull
from workbench.streams.storage import FULL_MSG


@pytest.fixture(autouse=True)
def _fake(sessions):
    """Every session here is the fake process."""


@pytest.fixture
def no_room(app):
    """Have the disk be full within a block."""
    return lambda: full(app.service.intake.database)


async def test_what_cannot_be_written_is_refused_with_a_name(app, call, no_room, spec_body):
    with no_room():
        for path, body in (("live-trading", BODY), ("backtesting", spec_body)):
            status, reply = await call("POST", "api", path, "start", body=body)
            assert (status, reply["code"]) == (507, "storage_full"), reply
    assert app.service.registry.list() == []
    name = (await started(call))["session_id"]
    await stands(call, name, traded)


async def test_a_session_flattens_while_its_log_cannot_be_written(app, call, no_room):
    name = (await started(call))["session_id"]
    await stands(call, name, traded)
    pid = app.sessions.get(name).pid
    with no_room():
        status, reply = await call("POST", "api", "live-trading", name, "flatten")
        assert (status, reply["code"]) == (507, "storage_full")
        assert "asked all the same" in reply["error"]
    assert app.service.log.find(name, "control", 0) == []
    facts = await stands(call, name, lambda each: each["positions"] == [])
    assert facts["risk"]["entries"] == "paused"
    assert app.sessions.get(name).pid == pid
    assert facts["process"]["closing"] is None


async def test_who_does_not_obey_is_ended_and_closed_when_there_is_room(app, call, no_room):
    app.sessions.keeper._stop_patience = 0.2
    deaf = [(await started(call, seed=2))["session_id"] for _ in range(2)]
    for name in deaf:
        await stands(call, name, traded)
    processes = [psutil.Process(app.sessions.get(name).pid) for name in deaf]
    with no_room():
        status, reply = await call("POST", "api", "live-trading", "flatten")
        assert (status, reply["code"]) == (507, "storage_full")
        await once(lambda: not any(map(lives, processes)))
        await once(lambda: all(map(app.sessions.keeper._overdue.waits, deaf)))
        for name in deaf:
            assert app.service.live.care(name).closing is None
    for name in deaf:
        facts = await stands(call, name, ended)
        assert (facts["status"], facts["positions"]) == ("stopped", [])
        assert "did not obey flatten" in facts["process"]["closing"]


async def test_the_log_says_it_once(app, call, no_room, spec_body, caplog):
    with no_room():
        for _ in range(3):
            await call("POST", "api", "backtesting", "start", body=spec_body)
            app.storage.guarded(failing)
    said = [record for record in caplog.records if FULL_MSG in record.getMessage()]
    assert len(said) == 1
    assert not any(record.exc_info for record in caplog.records)


def failing():
    raise StorageFull(FULL_MSG)


def lives(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
