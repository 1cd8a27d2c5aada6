"""Which files a feed may replay, for markets and for sessions alike; which names symbols have."""

from __future__ import annotations

import gzip

import pytest
from live_calls import BODY

FRAME = (
    b'1704067200000000000 {"e":"trade","E":1704067200000,"s":"BTCUSDT","t":1,"p":"42000.0",'
    b'"q":"0.1","T":1704067200000}\n'
)


@pytest.fixture(autouse=True)
def _fake(sessions, feeds):
    """Every process here is a fake one."""


@pytest.fixture
def ask(call):
    """Ask for a file to be replayed, as a market and as a session; return the replies."""

    async def send(path):
        feed = {"feed": "replay", "path": str(path)}
        session = {**BODY, "symbols": ["BTC-USD"], "feed": feed}
        market = {**feed, "symbol": "BTC-USD", "timeframes": ["1M"], "replace": True}
        return [
            await call("POST", "api", "market-data", "start", body=market),
            await call("POST", "api", "live-trading", "start", body=session),
        ]

    return send


def refused(replies):
    assert [status for status, _ in replies] == [400, 400], replies
    fields = [reply["details"]["field"] for _, reply in replies]
    assert fields == ["path", "feed.path"]
    return [reply["error"] for _, reply in replies]


@pytest.mark.parametrize("content", [b"", b"root:x:0:0:root\n", b"\xff\x00" * 50, b'{"e":"trade"}'])
async def test_a_file_without_recorded_frames_is_refused(ask, tmp_path, content):
    path = tmp_path / "other.txt"
    path.write_bytes(content)
    for error in refused(await ask(path)):
        assert "no recorded frames" in error
        assert "root" not in error.replace(str(path), "")


async def test_a_recording_is_taken_packed_or_damaged_at_its_beginning(ask, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"half a fra\n\n" + FRAME)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(FRAME))
    for name in ("a.jsonl", "b.jsonl.gz"):
        assert [status for status, _ in await ask(tmp_path / name)] == [200, 200]


async def test_without_authentication_files_elsewhere_are_nobodys_business(
    app, ask, tmp_path, monkeypatch
):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for folder in (here, tmp_path, app.service.home):
        (folder / "frames.jsonl").write_bytes(FRAME)
    (here / "link.jsonl").symlink_to(tmp_path / "frames.jsonl")
    app.insecure_no_auth = True
    try:
        outside = (
            tmp_path / "frames.jsonl",
            tmp_path / "none.jsonl",
            "../frames.jsonl",
            here / "link.jsonl",
            here / ".." / "frames.jsonl",
        )
        for path in outside:
            for error in refused(await ask(path)):
                assert "without authentication" in error
        for path in (here / "frames.jsonl", "frames.jsonl"):
            assert [status for status, _ in await ask(path)] == [200, 200]
    finally:
        app.insecure_no_auth = False


@pytest.mark.parametrize("symbol", ["../etc/passwd", "", " ", "/BTC", "-USD", "NO\nSUCH", "N CH"])
async def test_what_is_no_symbol_is_refused(call, symbol):
    status, reply = await call(
        "POST", "api", "live-trading", "start", body={**BODY, "symbols": [symbol]}
    )
    assert (status, reply["details"]["field"]) == (400, "symbols")
    assert "a letter or digit first" in reply["error"]
    body = {"symbol": symbol, "feed": "synthetic"}
    status, reply = await call("POST", "api", "market-data", "start", body=body)
    assert (status, reply["details"]["field"]) == (400, "symbol")
