"""``workbench feeds`` against a server."""

from __future__ import annotations

import asyncio
import io

import pytest
from markets import candles, until

from workbench.cli import main
from workbench.cli.feeds import _batches, show
from workbench.cli.market_narration import narrate
from workbench.cli.output import Output
from workbench.client.server import Server
from workbench.contract.market_examples import MARKET_EXAMPLES


@pytest.fixture
def command(app, feeds, watch, jp_serverapp, monkeypatch, capsys):
    """Run a command in a thread of its own; return its exit code and what it printed."""
    monkeypatch.setenv("MARKET_TOKEN", jp_serverapp.identity_provider.token)

    async def run(*arguments):
        options = ["--url", app.base_address, "--token-env", "MARKET_TOKEN"]
        code = await asyncio.to_thread(main, ["feeds", *arguments, *options])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


async def test_feeds_are_started_listed_stopped_and_removed(command, watch):
    code, text = await command("start", "btcusd", "--timeframes", "5M", "1M", "--seed", "0")
    assert (code, text.splitlines()[0][:8]) == (0, "BTC-USD:")
    assert "/api/ws/stream/market-data/BTC-USD" in text
    await until(await watch("BTC-USD"), candles(2))
    code, text = await command("list")
    (row,) = [line for line in text.splitlines() if line.startswith("BTC-USD")]
    assert "live" in row
    assert "1M 5M" in row
    assert "(synthetic)" in row
    assert await command("stop", "BTC-USD") == (0, "BTC-USD: stopped\n")
    assert await command("rm", "BTC-USD") == (0, "removed BTC-USD\n")
    code, text = await command("rm", "BTC-USD")
    assert code == 1
    assert "There is no feed 'BTC-USD'" in text


async def test_a_market_is_told_in_lines(app, feeds, watch, jp_serverapp):
    await until(await watch("BTC-USD"), candles(3))
    server = Server(app.base_address, jp_serverapp.identity_provider.token)
    output = io.StringIO()

    def read():
        for batch in _batches(server, "BTC/USD", False):
            show([batch], Output(output))
            if output.getvalue().count("close") >= 3:
                return

    await asyncio.to_thread(read)
    lines = output.getvalue().splitlines()
    assert lines[0].startswith("BTC-USD 1M / 15M / 1H / 4H: ")
    assert "SYNTHETIC DATA" in lines[1]
    assert any("▲ engulfing (+100)" in line for line in lines)
    assert any("▲ fvg_0 confirmed at 100" in line for line in lines)


def test_what_may_be_gone_a_moment_later_is_not_told():
    told = {name: narrate(message) for name, message in MARKET_EXAMPLES.items()}
    assert not told["candle growing"]
    assert not told["pattern provisional"]
    for name, lines in told.items():
        if name not in ("candle growing", "pattern provisional"):
            assert lines, name
    assert told["confluence"][0].text == (
        "2024-02-11 12:30  15M  ▲ confluence 0.68  · HTF bullish bias + LTF LE candle at support"
    )
    assert "fetched since" in told["data_gap"][0].text


async def test_all_a_feed_takes_can_be_said_on_the_command_line(command, feeds, tmp_path):
    code, text = await command(
        "start", "any-usd", "--feed", "synthetic", "--history", "50", "--weights", "trend=0.5",
        "momentum=0", "--patterns", "doji", "CDLHAMMER", "--name", "mine",
    )  # fmt: skip
    assert code == 0, text
    spec = feeds.book.get("mine").spec
    assert (spec.symbol, spec.history, spec.patterns) == ("ANY-USD", 50, ["doji", "hammer"])
    assert spec.weights == {"trend": 0.5, "momentum": 0.0}


async def test_what_cannot_be_started_says_why_and_fails(command, feeds, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments, word in (
        (("--feed", "replay", "--path", "frames.jsonl"), str(tmp_path / "frames.jsonl")),
        (("--detectors", "no_such"), "no_such"),
        (("--feed", "exchange", "--exchange", "kraken", "--options", '{"secret": "x"}'), "secret"),
    ):
        code, text = await command("start", "BTC-USD", *arguments)
        assert code == 1, text
        assert word in text.replace("\n", "")
    assert feeds.book.all() == []
