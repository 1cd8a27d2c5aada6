"""What readers need not wait for: small messages go out, and what is prompt is not held back."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest
from workbench_server import channel as module

from workbench.messages import Control, ControlData, Metrics, MetricsData

ENTER = Control("t", data=ControlData("pause", True))


def state(number):
    return Metrics("t", data=MetricsData("b", number, 0, 0.0, 0.0, 0.0, 0.0))


@pytest.fixture
def rounds(monkeypatch):
    """How often readers were written to; without being prompt, once in ten minutes and a burst."""
    monkeypatch.setattr(module, "FLUSH_INTERVAL_S", 600.0)
    told = []

    def tell_all(channel, real=module.Channel._tell_all):
        told.append(channel.info.seq)
        return real(channel)

    monkeypatch.setattr(module.Channel, "_tell_all", tell_all)
    return told


async def test_writes_are_spaced_but_for_a_burst_and_for_what_is_prompt(run, say, connect, rounds):
    reader = await connect(run)
    assert json.loads(await reader.read_message())["type"] == "connected"
    for number in range(1, module.BURST + 1):
        say(state(number))
        assert json.loads(await reader.read_message())["data"]["total_trades"] == number
    say(state(100))
    for _ in range(10):
        await asyncio.sleep(0)
    assert rounds == [1, 2]
    say(ENTER)
    assert json.loads(await reader.read_message())["data"]["total_trades"] == 100
    assert json.loads(await reader.read_message())["type"] == "control"
    assert rounds == [1, 2, 4]


async def test_no_small_message_waits_for_the_acknowledgement_of_another(app, run, connect):
    await connect(run)
    (handler,) = app.sockets
    held = handler.ws_connection.stream.socket
    assert held.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
