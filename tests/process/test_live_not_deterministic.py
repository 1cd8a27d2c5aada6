"""SIGKILL of a session whose strategy rolls dice: it ends with the reason, its books are whole."""

from __future__ import annotations

import signal
from collections import Counter

import msgspec
from live_jobs import live_job
from live_nursery import LiveNursery
from publish_log import PublishLog

RANGE = {"feed": "replay", "start": "2017-03-01", "end": "2017-03-11"}
FUSE = 450
"""Fewer steps than such a session has: without a mistake it is never at its end."""


def test_a_killed_session_that_rolls_dice_says_so_and_tells_nothing_twice(tmp_path):
    door, nursery = PublishLog(tmp_path / "home", "live_1"), LiveNursery()
    try:
        job = live_job(door.home, live={"feed": RANGE}, patience=20.0)
        job = msgspec.structs.replace(job, urls=[door.url])
        # One that dies before it has said anything of use may well do otherwise the next time.
        codes = [nursery.run(job, session="dicey", fuse=FUSE)]
        while codes[-1] != 0 and len(codes) < 10:
            codes.append(nursery.run(job, session="dicey", fuse=FUSE))
        messages = door.messages()
    finally:
        nursery.close()
        door.close()
    assert codes[0] == -signal.SIGKILL
    assert messages[-1]["type"] == "error"
    assert messages[-1]["extra"]["code"] == "not_deterministic"
    assert "self.rng" in messages[-1]["data"]["error"]
    orders = Counter(one["data"]["order_id"] for one in messages if one["type"] == "order")
    assert len(orders) > 10
    assert set(orders.values()) == {1}
    closed = [one["data"]["time"] for one in messages if one["type"] == "candle"]
    assert len(closed) == len(set(closed))
