"""A recorded session through ccxt and a fake exchange: nothing missing or double, all told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from fake_exchange import (
    FIRST_AGGREGATE,
    FakeExchange,
    Refusal,
    Script,
    Trade,
    candles_of,
    made_up,
    recorded,
)  # fmt: skip
from fake_market import NOW, RisingCandles, tell

from workbench.data.exchange.connecting import INSTALL
from workbench.errors import InvalidRequest, UnknownSymbol
from workbench.feeds.exchange import ExchangeSource
from workbench.feeds.pipeline import Pipeline
from workbench.feeds.source import BarUpdate, Hole, Item, Note, Tick
from workbench.feeds.spec import FeedSpec
from workbench.messages import Candle, CandleExtra, Message

SESSION = "ws_binance_spot_btcusdt_20240808.jsonl.gz"
MINUTE = 60_000


@pytest.fixture(scope="module")
def session(shared_file: Callable[[str], Path]) -> list[Trade]:
    return recorded(shared_file(SESSION))


def spec_of(fake: FakeExchange, **fields: Any) -> FeedSpec:
    options = {"redirect": fake.host, "enableRateLimit": False, "timeout_on_exit": 0}
    options |= fields.pop("options", {})
    asked = {"symbol": "BTC-USD", "market": "BTC/USDT", "timeframes": ["1M", "5M"], **fields}
    return FeedSpec(feed="exchange", exchange="binance", options=options, **asked)


class Waits:
    """Stands in for sleeping."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def follow(fake: FakeExchange, waits: Waits | None = None, **fields: Any) -> list[Item]:
    """Return what the source gives, up to the last trade; play on whenever it has all so far."""
    items: list[Item] = []
    last = FIRST_AGGREGATE + len(fake.aggregates) - 1

    async def main() -> None:
        source = ExchangeSource(spec_of(fake, **fields), sleep=waits or Waits())
        try:
            await source.history(["1M", "5M"], 100)
            seen, live = 0, False
            async with aclosing(source.items()) as given:
                async for batch in given:
                    items.extend(batch)
                    seen = max(seen, *numbers(batch), 0)
                    live |= any(isinstance(one, Note) and one.state == "live" for one in batch)
                    stop = min(fake.script.stops, default=None)
                    all_sent = stop is not None and fake.position == stop
                    if live and all_sent and seen >= FIRST_AGGREGATE + last_sent(fake, stop):
                        fake.go(stop)
                    if seen == last:
                        return
        finally:
            await source.close()

    asyncio.run(asyncio.wait_for(main(), 60))
    return items


def last_sent(fake: FakeExchange, stop: int) -> int:
    at = stop - 1
    while at in fake.script.lost or at in fake.script.corrupt:
        at -= 1
    return at


def numbers(items: Iterable[Item]) -> list[int]:
    return [one.number for one in items if isinstance(one, Tick) and one.number is not None]


def holes(items: Iterable[Item]) -> list[tuple[int, bool]]:
    return [(one.missing, one.filled) for one in items if isinstance(one, Hole)]


def codes(items: Iterable[Item]) -> set[str]:
    return {one.code for one in items if isinstance(one, Note) and one.code}


def made(items: Iterable[Item]) -> dict[int, tuple[float, ...]]:
    """Make minutes of what a source gives: a closed candle takes the place of its trades."""
    found: dict[int, tuple[float, ...]] = {}
    for one in items:
        if isinstance(one, BarUpdate) and one.closed:
            found[one.bar.time] = tuple(one.bar[1:])
        elif isinstance(one, Tick):
            opened = one.time // MINUTE * MINUTE
            o, h, low, _, volume = found.get(opened, (one.price, one.price, one.price, 0.0, 0.0))
            found[opened] = (o, max(h, one.price), min(low, one.price), one.price,
                             volume + one.size)  # fmt: skip
    return found


def test_candles_of_a_recorded_session_through_two_lost_connections(
    session: list[Trade],
) -> None:
    script = Script(drops={2000: 40, 4000: 700}, stops=[2000, 4000])
    with FakeExchange(session, script, begin=700) as fake:
        items = follow(fake)
    seen = numbers(items)
    raw = candles_of(session, MINUTE)
    found = made(items)
    assert fake.connections == 3
    assert len(raw) == 7
    # The first minute was over when the feed began: it is in the history.
    assert sorted(found) == [int(row[0]) for row in raw[1:]]
    for time, *values in raw[1:]:
        assert found[int(time)] == pytest.approx(tuple(values), rel=1e-12)
    assert seen == list(range(seen[0], FIRST_AGGREGATE + len(fake.aggregates)))
    # What happened while it was away, at the least; more may come by REST than had to.
    away = [many for many, filled in holes(items) if filled]
    assert away[0] >= 40
    assert away[1] >= 700
    assert all(filled for _, filled in holes(items))
    states = [one.state for one in items if isinstance(one, Note)]
    assert states.count("reconnecting") == 2


def test_trades_that_the_socket_loses_are_fetched_by_number() -> None:
    script = Script(lost=frozenset({150, 151, 260}), corrupt=frozenset({300}), stops=[120])
    with FakeExchange(made_up(800), script, begin=100) as fake:
        items = follow(fake)
        asked = [query for path, query in fake.asked if path.endswith("aggTrades")]
    seen = numbers(items)
    assert seen == list(range(seen[0], seen[-1] + 1))
    assert "corrupt_frame" in codes(items)
    assert sorted(holes(items)) == [(1, True), (1, True), (2, True)]
    assert {"fromId": str(FIRST_AGGREGATE + 150), "limit": "1000", "symbol": "BTCUSDT"} in asked


def test_what_cannot_be_fetched_is_told_and_the_exchanges_candle_given() -> None:
    trades = made_up(1200)
    gone = frozenset({400, 401})
    script = Script(lost=gone, forgotten=gone, stops=[120])
    with FakeExchange(trades, script, begin=100) as fake:
        items = follow(fake)
        aggregates = fake.aggregates
    assert [one for one in items if isinstance(one, Hole)] == [
        Hole("trades", 2, aggregates[399].time, aggregates[402].time, False,
             FIRST_AGGREGATE + 400, FIRST_AGGREGATE + 401)
    ]  # fmt: skip
    found = made(items)
    raw = {int(row[0]): row[1:] for row in candles_of(trades, MINUTE)}
    assert any(isinstance(one, BarUpdate) and one.origin == "backfill" for one in items)
    for time, values in found.items():
        assert values == pytest.approx(tuple(raw[time]), rel=1e-9)


@pytest.mark.parametrize(
    ("refusal", "code", "least"),
    [
        (Refusal("aggTrades", 429, "{}", {"Retry-After": "7"}), "rate_limited", 7.0),
        (Refusal("aggTrades", 418, '{"code":-1003,"msg":"banned until"}'), "banned", 1.0),
        (Refusal("aggTrades", 503, "upstream"), "unreachable", 1.0),
        (Refusal("aggTrades", 200, "{}"), "bad_response", 1.0),
        (Refusal("aggTrades", 200, "<html>a proxy</html>"), "bad_response", 1.0),
        (Refusal("aggTrades", 200, '[{"a":null},{"a":null}]'), "bad_response", 1.0),
    ],
)
def test_a_refusal_is_told_waited_for_and_costs_nothing(
    refusal: Refusal, code: str, least: float
) -> None:
    waits = Waits()
    with FakeExchange(made_up(400), Script(refusals=[refusal], stops=[120]), begin=100) as fake:
        items = follow(fake, waits=waits)
    assert code in codes(items)
    assert min(waits.seconds) >= least
    seen = numbers(items)
    assert seen == list(range(seen[0], seen[-1] + 1))
    assert not [one for one in holes(items) if not one[1]]


def test_an_exchange_that_is_away_at_first_is_waited_for() -> None:
    refusals = [Refusal("exchangeInfo", 503, "down") for _ in range(6)]
    with FakeExchange(made_up(400), Script(refusals=refusals, stops=[120]), begin=100) as fake:
        waits = Waits()
        items = follow(fake, waits=waits)
    first = [one for one in items if isinstance(one, Note)][1]
    assert (first.state, first.code) == ("reconnecting", "unreachable")
    assert waits.seconds == [1.0, 2.0, 4.0, 1.0, 2.0]
    assert any(isinstance(one, BarUpdate) and one.origin == "history" for one in items) is (
        fake.aggregates[99].time // MINUTE > fake.aggregates[0].time // MINUTE
    )
    assert numbers(items)[-1] == FIRST_AGGREGATE + len(fake.aggregates) - 1


def test_candles_are_followed_where_there_are_no_trades() -> None:
    trades = made_up(1500)

    script = Script(drops={500: 300}, stops=[200, 500])
    with FakeExchange(trades, script, begin=100) as fake:
        spec = spec_of(fake, options={"has": {"watchTrades": False}})

        async def main() -> list[Item]:
            items: list[Item] = []
            source = ExchangeSource(spec, sleep=Waits())
            assert source.description == "binance candles"
            try:
                await source.history(["1M"], 5)
                async with aclosing(source.items()) as given:
                    async for batch in given:
                        items += batch
                        if fake.position in fake.script.stops:
                            fake.go(fake.position)
                        bars = [one for one in items if isinstance(one, BarUpdate)]
                        if bars and bars[-1].bar.time == trades[-1].time // MINUTE * MINUTE:
                            return items
            finally:
                await source.close()
            return items

        items = asyncio.run(asyncio.wait_for(main(), 60))
    closed = [one.bar for one in items if isinstance(one, BarUpdate) and one.closed]
    raw = candles_of(trades, MINUTE)
    assert len(closed) == len({bar.time for bar in closed}) > 3
    whole = {int(row[0]): row for row in raw[:-1]}
    assert [bar.time for bar in closed] == [time for time in whole if time >= closed[0].time]
    for bar in closed:
        assert tuple(bar) == pytest.approx(whole[bar.time], rel=1e-9)
    assert [filled for _, filled in holes(items)] == [True]


def test_a_feed_that_goes_on_reaches_back_to_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    trades = made_up(6000)
    opens = [int(row[0]) for row in candles_of(trades, MINUTE)]

    async def begin(after: int) -> tuple[list[int], list[Item]]:
        source = ExchangeSource(
            spec_of(fake, timeframes=["1M"], history=3), after=after, sleep=Waits()
        )
        try:
            history = await source.history(["1M"], 3)
            async with aclosing(source.items()) as given:
                items = [one for _ in range(2) for one in await anext(given)]
            return history["1M"].time.tolist(), items
        finally:
            await source.close()

    with FakeExchange(trades, Script(stops=[5990]), begin=5900) as fake:
        known = [time for time in opens if time + MINUTE <= fake.aggregates[5899].time - 3000]
        times, items = asyncio.run(begin(known[-20]))
        assert times == known[-20:]
        assert not holes(items)
        monkeypatch.setattr("workbench.feeds.exchange.MOST", 8)
        times, items = asyncio.run(begin(known[-20]))
    assert times == known[-8:]
    assert [one for one in items if isinstance(one, Hole)] == [
        Hole("candles", 11, known[-19], known[-8], False, timeframe="1M")
    ]


@pytest.mark.parametrize("again", [True, False])
def test_a_hole_in_the_history_of_a_growing_candle_is_asked_again_and_told(again: bool) -> None:
    trades = made_up(6000)
    rows = candles_of(trades, MINUTE)
    holed = [row for row in rows if row[0] not in {rows[10][0], rows[11][0]}]
    body = [[int(row[0]), *map(str, row[1:])] for row in holed[:15]]
    first = Refusal("klines", 200, json.dumps(body))
    candles = {"1m": rows if again else holed, "1h": []}
    fake = FakeExchange(trades, Script(refusals=[first]), begin=2990, candles=candles)

    async def begin() -> tuple[list[Item], list[Message]]:
        spec = spec_of(fake, timeframes=["1M", "1H"], history=50)
        source = ExchangeSource(spec, sleep=Waits())
        pipeline = Pipeline(spec, RisingCandles("1M"), now=lambda: NOW, tell=tell)
        try:
            told = pipeline.warm(await source.history(["1M", "1H"], 50), {})
            items: list[Item] = []
            async with aclosing(source.items()) as given:
                async for batch in given:
                    items += batch
                    told += pipeline.take(batch)
                    if numbers(items):
                        return items, told
        finally:
            await source.close()
        return [], []

    with fake:
        items, told = asyncio.run(asyncio.wait_for(begin(), 60))
    start, end = int(rows[10][0]), int(rows[12][0])
    hole = Hole("candles", 2, start, end, False, timeframe="1M")
    found = [one for one in items if isinstance(one, Hole) and one.what == "candles"]
    assert found == ([] if again else [hole])
    hours = [m for m in told if isinstance(m, Candle) and m.data.timeframe == "1H"]
    assert hours
    assert {isinstance(m.extra, CandleExtra) and m.extra.partial for m in hours} == {not again}


def test_an_unknown_symbol_is_an_error_with_its_neighbours() -> None:
    with FakeExchange(made_up(10)) as fake, pytest.raises(UnknownSymbol) as caught:
        follow(fake, market=None)
    assert "BTC/USDT" in caught.value.message
    assert caught.value.details["allowed"] == ["BTC/USDT", "ETH/USDT"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"exchange": "binnance"}, "did you mean binance"),
        ({"options": {"apiKey": "abc"}}, "no keys"),
        ({"exchange": "yobit"}, "Unknown exchange with a WebSocket"),
    ],
)
def test_a_feed_that_cannot_be_is_refused(fields: dict[str, Any], words: str) -> None:
    asked = {"exchange": "binance", **fields}
    with pytest.raises(InvalidRequest, match=words) as caught:
        ExchangeSource(FeedSpec(symbol="BTC-USD", feed="exchange", **asked))
    assert "abc" not in str(caught.value.body())


def test_without_ccxt_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ccxt", None)
    monkeypatch.setitem(__import__("sys").modules, "ccxt.pro", None)
    with pytest.raises(InvalidRequest) as caught:
        ExchangeSource(FeedSpec(symbol="BTC-USD", feed="exchange", exchange="binance"))
    assert INSTALL in caught.value.message
