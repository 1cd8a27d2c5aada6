"""Controls across processes: a kernel that is dead, a server that is killed, one log for all."""

from __future__ import annotations

import os
import subprocess
import sys

from .conftest import TOKEN, essence, follow, start_run, wait_for

BODY = {
    "symbol": "BTC-USD",
    "timeframes": ["15M"],
    "start_date": "2022-01-01",
    "end_date": "2022-01-31",
    "strategy_ids": ["sma_cross"],
    "strategy_params": {"fast": 10, "slow": 30},
    "equity_every": 1,
    "seed": 7,
}
CAREFUL_PACE = 300
KERNEL = """
import sys, time
import workbench as wb

class Slow(wb.Strategy):
    def next(self):
        time.sleep(0.05)

run = wb.start(
    Slow, symbol="BTC-USD", timeframes="15M", start="2022-01-01", end="2022-01-31",
    url=sys.argv[1], token=sys.argv[2], equity_every=1,
)
print(run.id, flush=True)
time.sleep(3600)
"""


def control(server, run_id, action, **fields):
    path = f"api/backtesting/{run_id}/control"
    return server.rest.post(path, {"action": action, **fields})["status"]


def events(server, run_id, **query):
    path = f"api/backtesting/{run_id}/events"
    return server.rest.get(path, {"limit": 100_000, **query})["events"]


def bars(log):
    return sum(message["type"] == "equity" for message in log)


def reasons(log):
    return [m["data"].get("reason", "") for m in log if m["type"] == "status"][1:]


def wait_for_reason(server, run_id, text):
    def found():
        told = reasons(events(server, run_id, types="status"))
        return any(reason.startswith(text) for reason in told)

    wait_for(found, f"a pause for {text!r}")


def wait_for_candles(server, run_id, candles):
    """Nearly all messages of these runs are equity, one a candle."""
    wait_for(lambda: server.rest.get(f"api/backtesting/{run_id}")["seq"] > candles, "some candles")


def wait_for_status(server, run_id, status):
    wait_for(
        lambda: server.rest.get(f"api/backtesting/{run_id}")["status"] == status,
        f"{run_id} to be {status}",
    )


def story(log):
    """A log without what tells of controls, and without the numbers these took."""
    return [
        {name: value for name, value in message.items() if name not in ("seq", "eseq")}
        for number, message in enumerate(log)
        if not tells_of_controls(number, message, log)
    ]


def tells_of_controls(number, message, log):
    bars = log[-1]["extra"]["bars"]
    if message["type"] == "metrics":
        # The regular ones come before the progress of the same candle.
        after = next(m for m in log[number + 1 :] if m["type"] != "control")
        if after["type"] != "progress":
            return True
        return after["extra"]["bar"] % 1000 and after["extra"]["bar"] < bars
    if message["type"] == "progress":
        return message["extra"]["bar"] % 100 and message["extra"]["bar"] < bars
    return message["type"] == "control" or (number and message["type"] == "status")


def test_a_run_that_was_steered_through_two_killed_servers_ends_like_an_undisturbed_one(
    new_server,
):
    process = new_server()
    server = process.start()
    undisturbed = start_run(server, BODY)
    follow(server, undisturbed)
    run_id = start_run(server, {**BODY, "speed": CAREFUL_PACE})
    wait_for_candles(server, run_id, 20)
    control(server, run_id, "pause")
    wait_for_status(server, run_id, "paused")
    paused_at = bars(events(server, run_id))
    control(server, run_id, "step", value=3)
    process.kill()
    server = process.start(process.port)
    wait_for_reason(server, run_id, "step: 3 bars")
    assert bars(events(server, run_id)) == paused_at + 3
    process.kill()
    server = process.start()
    assert server.rest.get(f"api/backtesting/{run_id}")["status"] == "paused"
    control(server, run_id, "speed", value=9e7, unit="x")
    control(server, run_id, "run_until", until={"trades": 5})
    wait_for_reason(server, run_id, "run_until: 5 trades")
    log = events(server, run_id)
    assert [m["data"]["action"] for m in log if m["type"] == "control"] == [
        "pause", "step", "speed", "run_until",
    ]  # fmt: skip
    assert reasons(log)[:1] == [""]
    assert len(reasons(log)) == 4, reasons(log)
    control(server, run_id, "speed", value=0)
    control(server, run_id, "resume")
    last = follow(server, run_id)[-1]
    assert last.type == "complete"
    assert last.extra.trades > 10
    steered, reference = essence(server, run_id), essence(server, undisturbed)
    assert steered[-1]["extra"] == reference[-1]["extra"]
    assert story(steered) == story(reference)


def test_a_slow_run_is_paused_by_another_process_though_its_kernel_is_dead(new_server, tmp_path):
    server = new_server().start()
    kernel = subprocess.Popen(
        [sys.executable, "-c", KERNEL, server.url, TOKEN], stdout=subprocess.PIPE, text=True
    )
    with kernel:
        run_id = kernel.stdout.readline().strip()
        wait_for_candles(server, run_id, 4)
        kernel.kill()
    paused = subprocess.run(
        [
            sys.executable, "-m", "workbench.cli", "runs", "pause", run_id,
            "--url", server.url, "--token-env", "THE_TOKEN",
        ],
        env={**os.environ, "THE_TOKEN": TOKEN}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert paused.stdout == f"pause {run_id}: paused\n"
    wait_for_status(server, run_id, "paused")
    control(server, run_id, "step", value=2)
    wait_for_reason(server, run_id, "step: 2 bars")
    log = events(server, run_id)
    asked, stepped = (n for n, m in enumerate(log) if m["type"] == "control")
    stood = next(n for n, m in enumerate(log) if n > asked and m["type"] == "status")
    # Far fewer than the hundred and more that a turn of the engine has.
    assert bars(log[asked:stood]) < 20
    assert bars(log[stood:stepped]) == 0
    assert bars(log[stepped:]) == 2
    control(server, run_id, "stop")
    assert follow(server, run_id)[-1].extra.status == "stopped"


def test_what_was_asked_while_no_worker_was_there_outlives_the_server(new_server):
    process = new_server("--max-workers=1")
    server = process.start()
    busy = start_run(server, {**BODY, "speed": 10})
    waiting = start_run(server, BODY)
    assert control(server, waiting, "run_until", until={"bars": 30}) == "pending"
    process.kill()
    server = process.start()
    control(server, busy, "stop")
    wait_for_reason(server, waiting, "run_until: 30 bars")
    assert bars(events(server, waiting)) == 30
    control(server, waiting, "stop")
    assert follow(server, waiting)[-1].extra.bars == 30
