"""``workbench data fetch`` against a fake exchange: closed candles only, and it goes on."""

from __future__ import annotations

import asyncio
import itertools
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fake_exchange import FakeExchange, Refusal, Script, made_up

from workbench import paths
from workbench.cli import main
from workbench.data import CandleStore, resample
from workbench.data.exchange import Fetched, fetch
from workbench.data.exchange.fetching import Step
from workbench.data.exchange.paging import choose
from workbench.data.exchange.ranges import joined, missing
from workbench.errors import (
    Conflict,
    InsufficientData,
    InvalidRequest,
    RateLimited,
    ServerUnreachable,
    UnknownSymbol,
    UnknownTimeframe,
)
from workbench.messages import parse_time
from workbench.timeframes import Timeframe

FIRST = parse_time("2024-01-01")
QUARTER = 900_000
TOTAL = 2500
LAST = FIRST + (TOTAL - 1) * QUARTER
M15 = Timeframe.parse("15M")


def rows(count: int = TOTAL, length: int = QUARTER) -> list[tuple[float, ...]]:
    prices = 40_000 + np.round(np.cumsum(np.random.default_rng(5).normal(0, 30, count + 1)), 2)
    return [
        (FIRST + at * length, a, max(a, b) + 5.0, min(a, b) - 5.0, b, 1.0 + at % 7)
        for at, (a, b) in enumerate(zip(prices[:-1].tolist(), prices[1:].tolist(), strict=True))
    ]


ROWS = rows()


def fake(script: Script | None = None, **fields: Any) -> FakeExchange:
    """Return an exchange in the middle of its last candle."""
    given = {"candles": {"15m": ROWS}, "now": LAST + QUARTER // 2, **fields}
    return FakeExchange(made_up(4), script, **given)


async def no_sleep(seconds: float) -> None:
    await asyncio.sleep(0)


def options(exchange: FakeExchange) -> dict[str, Any]:
    return {"redirect": exchange.host, "enableRateLimit": False, "timeout_on_exit": 0}


def fetched(there: FakeExchange, timeframe: str = "15M", **fields: Any) -> Fetched:
    asked = {"exchange": "binance", "start": "2024-01-01", "market": "BTC/USDT", **fields}
    return fetch("BTC-USD", timeframe, options=options(there), sleep=no_sleep, **asked)


def spans(exchange: FakeExchange) -> list[int]:
    """Return what was asked for, as numbers of candles after the first."""
    starts = [int(q["startTime"]) for path, q in exchange.asked if path.endswith("klines")]
    return [(start - FIRST) // QUARTER for start in starts]


def test_it_stores_closed_candles_only(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with fake() as exchange:
        given = ["data", "fetch", "BTC-USD", "--timeframe", "15M", "--exchange", "binance"]
        given += ["--start", "2024-01-01", "--market", "BTC/USDT"]
        assert main([*given, "--options", json.dumps(options(exchange))]) == 0
        assert spans(exchange) == [0, 1000, 2000]
    out = capsys.readouterr().out
    assert f"BTC-USD 15M: {TOTAL - 1:,} new candles, {TOTAL - 1:,} stored" in out
    assert "100 %" in out
    assert "take the place of the synthetic sample" in out
    candles = CandleStore(paths.candles_dir()).load("BTC-USD", M15)
    assert candles.time.tolist() == [int(row[0]) for row in ROWS[:-1]]
    assert candles.close.tolist() == [row[4] for row in ROWS[:-1]]
    assert candles.source == "binance BTC/USDT"
    assert not candles.synthetic


class Interrupts:
    """Breaks off a fetch, as Ctrl-C does, at its second page."""

    def __call__(self, step: Step) -> None:
        if step.done >= 2000:
            raise KeyboardInterrupt


def test_an_interrupted_fetch_keeps_what_it_has_and_goes_on(home: Path) -> None:
    store = CandleStore(paths.candles_dir())
    with fake() as exchange:
        with pytest.raises(KeyboardInterrupt):
            fetched(exchange, progress=Interrupts())
        assert len(store.load("BTC-USD", M15)) == 2000
        exchange.asked.clear()
        result = fetched(exchange)
        assert spans(exchange) == [2000]
        assert (result.new, len(result.candles)) == (TOTAL - 1 - 2000, TOTAL - 1)
        exchange.asked.clear()
        assert fetched(exchange).new == 0
        assert spans(exchange) == []
    assert store.load("BTC-USD", M15).time.tolist() == [int(row[0]) for row in ROWS[:-1]]


def test_a_fetch_that_is_killed_leaves_what_it_saved_on_the_way(home: Path) -> None:
    store = CandleStore(paths.candles_dir())
    ticking = itertools.count(LAST / 1000, 20.0)
    saved: list[int] = []

    def look(step: Step) -> None:
        saved.append(len(store.load("BTC-USD", M15)) if store.has("BTC-USD", M15) else 0)

    with fake() as exchange:
        fetched(exchange, progress=look, clock=lambda: next(ticking))
    assert saved == [0, 0, 1000, 2000]


def test_what_lies_between_and_what_came_since_is_all_it_asks_for(home: Path) -> None:
    day = 96
    with fake() as exchange:
        fetched(exchange, start="2024-01-03", end="2024-01-04")
        fetched(exchange, start="2024-01-08", end="2024-01-08")
        exchange.asked.clear()
        result = fetched(exchange, start="2024-01-02", end="2024-01-09")
        assert spans(exchange) == [day, 4 * day, 8 * day]
        assert len(result.candles) == 8 * day
        assert (np.diff(result.candles.time) == QUARTER).all()


def test_candles_the_exchange_never_had_are_not_asked_for_twice(home: Path) -> None:
    holed = [row for at, row in enumerate(ROWS) if not 300 <= at < 340]
    with fake(candles={"15m": holed}) as exchange:
        first = fetched(exchange)
        exchange.asked.clear()
        again = fetched(exchange)
        assert spans(exchange) == []
    assert "1 gap, 40 candles missing" in str(first.report)
    assert again.new == 0


def test_a_late_candle_is_asked_for_again(home: Path) -> None:
    with fake(candles={"15m": ROWS[:-2]}) as exchange:
        assert fetched(exchange).new == TOTAL - 2
        exchange.candles["15m"] = ROWS
        assert fetched(exchange).new == 1


def test_a_timeframe_the_exchange_lacks_is_built_from_a_shorter_one(home: Path) -> None:
    with fake() as exchange:
        result = fetched(exchange, "45M")
        base = fetched(exchange).candles
    whole = resample(base, Timeframe.parse("45M"))[: (TOTAL - 1) // 3]
    assert result.candles.time.tolist() == whole.time.tolist()
    assert result.candles.high.tolist() == whole.high.tolist()
    assert result.candles.volume.tolist() == whole.volume.tolist()
    assert "built from 15M candles" in result.notes


def test_refusals_are_waited_out_and_told(home: Path) -> None:
    refusals = [
        Refusal("klines", 429, "{}", {"Retry-After": "9"}),
        Refusal("klines", 503, "down"),
        Refusal("exchangeInfo", 418, "{}"),
    ]
    steps: list[Step] = []
    with fake(Script(refusals=refusals)) as exchange:
        assert fetched(exchange, progress=steps.append).new == TOTAL - 1
    troubles = [(one.trouble.code, one.wait) for one in steps if one.trouble is not None]
    assert troubles == [("banned", 1.0), ("rate_limited", 9.0), ("unreachable", 2.0)]


NONSENSE = [
    "<html><body>502 from a proxy</body></html>", "{}", "", "null", "not json", '[[1704067',
    "[[null,null,null,null,null,null],[null,null,null,null,null,null]]", '["a", "b"]',
    '[[1704067200000,"1"]]', f"[[{FIRST},null,null,null,null,null]]", "[[1e30,1,1,1,1,1]]", "17",
]  # fmt: skip


@pytest.mark.parametrize("body", NONSENSE)
def test_nonsense_is_asked_again_and_never_taken_for_no_trades(home: Path, body: str) -> None:
    steps: list[Step] = []
    with fake(Script(refusals=[Refusal("klines", 200, body)])) as exchange:
        result = fetched(exchange, end="2024-01-02", progress=steps.append)
    assert [one.trouble.code for one in steps if one.trouble] == ["bad_response"]
    assert result.candles.time.tolist() == [int(row[0]) for row in ROWS[: 2 * 96]]


def test_nothing_but_nonsense_ends_the_fetch_which_keeps_what_it_has(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = CandleStore(paths.candles_dir())
    monkeypatch.setattr("workbench.data.exchange.trouble.pause", lambda *_: 0.0)
    given = ["data", "fetch", "BTC-USD", "--timeframe", "15M", "--exchange", "binance"]
    given += ["--start", "2024-01-01", "--market", "BTC/USDT"]
    with fake() as exchange:
        exchange.after = {"klines": (1, "{}")}
        assert main([*given, "--options", json.dumps(options(exchange))]) == 1
        assert len(store.load("BTC-USD", M15)) == 1000
        assert "sent nonsense" in capsys.readouterr().err
        exchange.after.clear()
        exchange.asked.clear()
        assert fetched(exchange).new == TOTAL - 1001
        assert spans(exchange) == [1000, 2000]


def test_a_list_of_markets_that_is_none_says_nothing_about_the_symbol(home: Path) -> None:
    refusals = [Refusal("exchangeInfo", 200, body) for body in ("{}", "<html>", "[]")]
    with fake(Script(refusals=refusals)) as exchange:
        assert fetched(exchange, end="2024-01-01").new == 96


def test_an_empty_list_is_no_trades(home: Path) -> None:
    with fake(candles={"15m": ROWS[1200:]}) as exchange:
        assert fetched(exchange).new == TOTAL - 1201


def test_a_candle_that_cannot_be_is_left_out_and_told(home: Path) -> None:
    bad = list(ROWS)
    bad[7] = (*ROWS[7][:2], 1.0, *ROWS[7][3:])
    with fake(candles={"15m": bad}) as exchange:
        result = fetched(exchange)
    assert result.new == TOTAL - 2
    assert any("2024-01-01T01:45:00Z cannot be" in note for note in result.notes)


def test_what_is_stored_from_elsewhere_is_not_mixed_with(home: Path) -> None:
    with fake(symbols=("BTC/USDT", "BTC/USDC")) as exchange:
        fetched(exchange, end="2024-01-02")
        with pytest.raises(Conflict, match="binance BTC/USDT"):
            fetched(exchange, market="BTC/USDC")
        assert fetched(exchange, market="BTC/USDC", replace=True).candles.source.endswith("USDC")


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"exchange": "binanse"}, InvalidRequest, "did you mean binance"),
        ({"market": None}, UnknownSymbol, "binance has no BTC/USD; it has BTC/USDT"),
        ({"timeframe": "7M"}, InsufficientData, "no closed 7M candle"),
        ({"start": "2030-01-01"}, InsufficientData, "no closed 15M candle"),
        ({"start": "2023-05-01", "end": "2023-05-02"}, InsufficientData, "choose an earlier"),
        ({"start": "yesterday"}, InvalidRequest, "not a date"),
        ({"end": "2023-01-01"}, InvalidRequest, "swap them"),
    ],
)
def test_what_cannot_be_fetched(
    home: Path, fields: dict[str, Any], error: type[Exception], words: str
) -> None:
    with fake(candles={"15m": ROWS, "1m": []}) as exchange, pytest.raises(error, match=words):
        fetched(exchange, **fields)


def test_an_exchange_that_is_away_or_refuses_is_an_error_in_the_end(home: Path) -> None:
    with fake() as exchange:
        gone = exchange.host
        exchange.script.refusals += [Refusal("exchangeInfo", 418, "{}") for _ in range(8)]
        with pytest.raises(RateLimited, match="refuses requests"):
            fetched(exchange)
    with pytest.raises(ServerUnreachable, match="cannot be reached"):
        fetch(
            "BTC-USD", "15M", exchange="binance", start="2024-01-01", sleep=no_sleep,
            options={"redirect": gone, "timeout_on_exit": 0},
        )  # fmt: skip


def test_it_works_where_an_event_loop_runs_as_in_a_notebook(home: Path) -> None:
    async def cell(exchange: FakeExchange) -> Fetched:
        return fetched(exchange, end="2024-01-01")

    with fake() as exchange:
        assert asyncio.run(cell(exchange)).new == 96


def test_a_timeframe_that_nothing_builds() -> None:
    there = SimpleNamespace(id="there", timeframes={"1s": "", "1h": "", "1w": "", "1M": ""})
    assert choose(there, Timeframe.parse("4H")).name == "1h"
    with pytest.raises(UnknownTimeframe, match=r"it has 1H$"):
        choose(there, M15)


@pytest.mark.parametrize(
    ("known", "left"),
    [
        ([], [(10, 50)]),
        ([(0, 60)], []),
        ([(20, 30)], [(10, 20), (30, 50)]),
        ([(0, 15), (12, 20), (45, 99)], [(20, 45)]),
        ([(50, 60), (0, 10)], [(10, 50)]),
    ],
)
def test_what_is_left_to_ask(known: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    assert missing((10, 50), known) == left
    assert joined([*left, *missing((10, 50), left)]) == [(10, 50)]
