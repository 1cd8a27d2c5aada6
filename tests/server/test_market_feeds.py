"""Feeds over REST: starting, listing, stopping, removing; and which one serves a symbol."""

from __future__ import annotations

import base64

import psutil
import pytest
from markets import candles, closed, once, read, until

from workbench.contract import market_examples
from workbench.errors import InvalidRequest, UnknownSymbol
from workbench.feeds.directory import Directory
from workbench.feeds.spec import DEFAULT_TIMEFRAMES

START = market_examples.START
API = ("api", "market-data")


@pytest.fixture(autouse=True)
def _fake(feeds):
    """Every feed here is the fake process."""


async def test_a_feed_is_started_listed_stopped_and_removed(call, feeds, watch, app):
    status, reply = await call("POST", *API, "start", body=START)
    assert status == 200
    assert reply["name"] == "BTC-USD"
    assert reply["stream_path"].endswith("/api/ws/stream/market-data/BTC-USD")
    assert reply["stream_url"].startswith("ws://")
    assert reply["synthetic"] is True
    socket = await watch("BTC-USD")
    await until(socket, candles(3, "15M"))
    _, listed = await call("GET", *API)
    (one,) = listed["feeds"]
    assert (one["name"], one["running"], one["subscribers"]) == ("BTC-USD", True, 1)
    assert one["status"] == "live"
    assert one["source"] == "a fake feed"
    assert one["bytes"] > 0
    _, detail = await call("GET", *API, "BTC-USD")
    assert detail["spec"]["timeframes"] == ["15M", "1H", "4H"]
    assert detail["seq"] >= detail["messages"] > 0
    pid = feeds.book.get("BTC-USD").pid
    status, stopped = await call("POST", *API, "BTC-USD", "stop")
    assert (status, stopped["status"], stopped["running"]) == (200, "stopped", False)
    await until(socket, lambda m: m["type"] == "feed" and m["data"]["state"] == "stopped")
    await once(lambda: not psutil.pid_exists(pid))
    # Who watches is still there, but does not bring it back: somebody wanted it stopped.
    for _ in range(3):
        app._look_after()
    assert not feeds.book.running()
    status, _ = await call("DELETE", *API, "BTC-USD")
    assert status == 204
    assert await closing(socket) == 4404
    status, body = await call("GET", *API, "BTC-USD")
    assert (status, body["code"]) == (404, "not_found")
    assert (await call("GET", *API))[1] == {"feeds": []}


async def closing(socket):
    while await read(socket) is not None:
        pass
    return socket.close_code


async def test_the_same_again_changes_nothing_and_another_needs_a_word(call, feeds, watch):
    await call("POST", *API, "start", body=START)
    first = feeds.book.get("BTC-USD")
    status, _ = await call("POST", *API, "start", body=START)
    assert status == 200
    assert feeds.book.get("BTC-USD").pid == first.pid
    socket = await watch("BTC-USD")
    hello = await read(socket)
    other = {**START, "seed": 9}
    status, refused = await call("POST", *API, "start", body=other)
    assert (status, refused["code"]) == (409, "conflict")
    assert refused["details"]["field"] == "name"
    status, _ = await call("POST", *API, "start", body={**other, "name": "mine"})
    assert status == 200
    status, _ = await call("POST", *API, "start", body={**other, "replace": True})
    assert status == 200
    assert feeds.book.get("BTC-USD").spec.seed == 9
    assert await closing(socket) == 1001
    again = await watch("BTC-USD")
    assert (await read(again))["data"]["epoch"] != hello["data"]["epoch"]
    await once(lambda: not psutil.pid_exists(first.pid))
    assert {record.name for record in feeds.book.running()} == {"BTC-USD", "mine"}


BAD = [
    ({"symbol": "NO-SUCH", "feed": "replay"}, "symbol"),
    ({"symbol": 5}, "symbol"),
    ({"timeframes": []}, "timeframes"),
    ({"timeframes": ["7X"]}, "timeframes"),
    ({"timeframes": ["2M", "15M"]}, "timeframes"),
    ({"feed": "telepathy"}, "feed"),
    ({"feed": "replay", "path": "/no/such/file"}, "path"),
    ({"feed": "replay", "path": "/"}, "path"),
    ({"feed": "replay", "start": "2199-01-01"}, "start"),
    ({"feed": "replay", "end": "1999-01-01"}, "end"),
    ({"feed": "replay", "start": "2024-01-05", "end": "2024-01-05T00:00:00Z"}, "end"),
    ({"feed": "exchange", "exchange": "coinbse"}, "exchange"),
    ({"feed": "exchange", "exchange": "coinbase", "options": {"apiKey": "x"}}, "options"),
    ({"speed": 0}, "speed"),
    ({"speed": "0x"}, "speed"),
    ({"patterns": ["engulfin"]}, "patterns"),
    ({"detectors": ["no_such"]}, "detectors"),
    ({"weights": {"trnd": 1}}, "weights"),
    ({"weights": {"trend": 0, "location": 0, "pattern": 0, "momentum": 0}}, "weights"),
    ({"feed": "exchange"}, "exchange"),
    ({"exchange": "binance"}, "exchange"),
    ({"path": "/etc/passwd"}, "path"),
    ({"feed": "replay", "seed": 3}, "seed"),
    ({"feed": "replay", "start": "soon"}, "start"),
    ({"feed": "replay", "start": "2024-02-01", "end": "2024-01-01"}, "end"),
    ({"speed": "fast"}, "speed"),
    ({"speed": -1}, "speed"),
    ({"seed": -1}, "seed"),
    ({"history": -1}, "history"),
    ({"history": 10**9}, "history"),
    ({"patterns": ["a b"]}, "patterns"),
    ({"weights": {"trend": -1}}, "weights"),
    ({"name": "backtest_5"}, "name"),
    ({"name": "a/b"}, "name"),
    ({"name": ""}, "name"),
    ({"colour": "red"}, "colour"),
    ({"pickled": {"name": "x"}}, "pickle"),
]


async def test_bad_input_is_named_and_nothing_starts(call, feeds):
    for change, field in BAD:
        status, body = await call("POST", *API, "start", body={**START, **change})
        assert (status, body["details"]["field"]) == (400, field), (change, body)
        assert {"value", "allowed"} <= set(body["details"]), change
    assert feeds.book.all() == []


async def test_what_is_nearly_right_is_named(call):
    def asked(**change):
        return call("POST", *API, "start", body={**START, **change})

    assert "'engulfing'" in (await asked(patterns=["engulfin"]))[1]["error"]
    assert "coinbase" in (await asked(feed="exchange", exchange="coinbse"))[1]["error"]
    _, body = await asked(feed="foo")
    assert body["details"]["allowed"] == ["exchange", "replay", "synthetic"]
    body = {"symbol": "NOPE-USD"}
    _, refused = await call("POST", *API, "start", body=body)
    assert refused["code"] == "unknown_symbol"
    assert "feed synthetic generates prices of any" in refused["error"]
    assert "Did you mean" not in refused["error"]
    _, refused = await call("POST", *API, "start", body={"symbol": "BTC-USDX"})
    assert "Did you mean BTC-USD?" in refused["error"]


async def test_any_symbol_has_generated_prices_for_who_asks_for_them(call, watch):
    body = {"symbol": "nope/usd", "feed": "synthetic", "timeframes": ["60M", "15m", "1D"]}
    status, reply = await call("POST", *API, "start", body=body)
    assert (status, reply["name"], reply["synthetic"]) == (200, "NOPE-USD", True)
    assert reply["timeframes"] == ["15M", "1H", "1D"]
    socket = await watch("NOPE-USD", timeframes="60M")
    assert (await read(socket))["data"]["symbol"] == "NOPE-USD"
    _, told = await call("GET", *API, "NOPE-USD", "candles", params={"timeframe": "60m"})
    assert told["timeframe"] == "1H"


async def test_without_a_feed_the_configured_one_is_asked_for(call, feeds):
    configured = {"BTC-USD": {"feed": "replay", "start": "2024-01-05"}}
    feeds.directory = Directory(feeds.home / "candles", configured)
    status, reply = await call("POST", *API, "start", body={"symbol": "BTC-USD", "history": 5})
    assert (status, reply["feed"]) == (200, "replay")
    spec = feeds.book.get("BTC-USD").spec
    assert (spec.start, spec.history, spec.timeframes[0]) == ("2024-01-05", 5, "15M")


async def test_a_feed_that_cannot_be_does_not_keep_the_name_of_a_symbol(call, watch, feeds):
    body = {"symbol": "BTC-USD", "seed": 2}
    _, reply = await call("POST", *API, "start", body=body)
    own = await watch("BTC-USD", epoch=reply["epoch"])
    await until(own, lambda m: m["type"] == "error")
    await once(lambda: feeds.log.info("BTC-USD").closed)
    # Who asked for it is told why it cannot be, also when he is late.
    late = await watch("BTC-USD", epoch=reply["epoch"])
    messages = await until(late, lambda m: m["type"] == "error")
    assert messages[0]["data"]["epoch"] == reply["epoch"]
    assert await read(late) is None
    other = await watch("BTC-USD")
    hello = await read(other)
    assert hello["data"]["epoch"] != reply["epoch"]
    await until(other, candles(3))
    record = feeds.book.get("BTC-USD")
    assert (record.given, record.spec.seed) == (False, None)
    # Asked for once more it is tried once more.
    await call("POST", *API, "start", body={**body, "replace": True})
    assert feeds.book.get("BTC-USD").spec.seed == 2


async def test_detectors_come_pickled_and_not_without_authentication(call, feeds, app):
    pickled = {"pickle": base64.b64encode(b"anything").decode(), "name": "Mine"}
    body = {**START, "pickled": pickled, "name": "mine"}
    app.insecure_no_auth = True
    status, refused = await call("POST", *API, "start", body=body)
    assert (status, refused["details"]["field"]) == (400, "pickled")
    assert "pickle is code" in refused["error"]
    app.insecure_no_auth = False
    status, _ = await call("POST", *API, "start", body=body)
    assert status == 200
    assert feeds.book.get("mine").detectors == b"anything"


async def test_candles_that_were_told(call, watch):
    messages = await until(await watch("BTC-USD"), candles(40))
    status, body = await call("GET", *API, "BTC-USD", "candles", params={"limit": "15"})
    assert status == 200
    assert (body["timeframe"], len(body["time"]), body["synthetic"]) == ("1M", 15, True)
    assert {b - a for a, b in zip(body["time"], body["time"][1:], strict=False)} == {60_000}
    _, all_ = await call("GET", *API, "BTC-USD", "candles", params={"timeframe": "15M"})
    assert len(all_["close"]) >= len(closed(messages, "15M")) > 0


async def test_a_window_that_has_moved_on_says_where_it_begins(call, watch, feeds, app):
    feeds._window = 400
    await until(await watch("BTC-USD"), candles(120))
    await once(lambda: feeds.log.info("BTC-USD").first_seq > 1)
    hello = await read(await watch("BTC-USD"))
    assert hello["data"]["first_seq"] > 1
    _, body = await call("GET", *API, "BTC-USD", "candles")
    assert body["complete"] is False
    assert body["first"] == body["time"][0] > 1_704_067_200_000
    assert (await call("GET", *API, "BTC-USD"))[1]["first_seq"] >= hello["data"]["first_seq"]


async def test_a_replay_keeps_all_it_tells(call, watch, feeds):
    feeds._window = 400
    await call("POST", *API, "start", body={"symbol": "BTC-USD", "feed": "replay"})
    messages = await until(await watch("BTC-USD"), candles(20, "15M"))
    assert feeds.log.info("BTC-USD").seq > 4 * feeds._window
    assert messages[0]["data"]["first_seq"] == 1
    assert feeds.log.info("BTC-USD").first_seq == 1
    _, body = await call("GET", *API, "BTC-USD", "candles", params={"timeframe": "15M"})
    assert (body["complete"], body["first"]) == (True, body["time"][0])
    assert body["first"] == 1_704_067_200_000
    _, few = await call("GET", *API, "BTC-USD", "candles", params={"limit": "5"})
    assert (few["complete"], few["first"], len(few["time"])) == (False, body["first"], 5)


async def test_what_goes_between_greeting_and_reading_is_a_gap(watch, feeds, app, monkeypatch):
    await until(await watch("BTC-USD"), candles(20))
    pump = app.manager._pump

    async def overrun(reader, channel):
        feeds.log.trim("BTC-USD", 30)
        channel._tail.clear()
        await pump(reader, channel)

    monkeypatch.setattr(app.manager, "_pump", overrun)
    socket = await watch("BTC-USD")
    hello, gap = await read(socket), await read(socket)
    assert (hello["type"], hello["data"]["first_seq"]) == ("connected", 1)
    assert (gap["type"], gap["data"]["available_from"]) == ("gap", 30)


async def test_a_feed_publishes_with_its_token_alone(app, call, feeds, jp_ws_fetch):
    await call("POST", *API, "start", body=START)
    from tornado.httpclient import HTTPClientError

    for headers in ({}, {"Authorization": "Bearer another"}):
        with pytest.raises(HTTPClientError) as refused:
            await jp_ws_fetch("api", "ws", "publish", "BTC-USD", headers=headers)
        assert refused.value.code == 403
    with pytest.raises(HTTPClientError) as refused:
        await jp_ws_fetch("api", "ws", "publish", "NO-FEED", headers={"Authorization": "Bearer x"})
    assert refused.value.code == 410


async def test_a_process_in_whose_place_another_came_is_not_heard(feeds, call):
    from workbench.errors import NotAllowed
    from workbench.messages import Error, ErrorData, ErrorExtra

    await call("POST", *API, "start", body=START)
    record = feeds.book.get("BTC-USD")
    feeds.stop("BTC-USD")
    stands = feeds.log.info("BTC-USD").seq
    late = Error("t", data=ErrorData("too late", {}), extra=ErrorExtra("error"))
    first = feeds.log.position("BTC-USD", record.producer) + 1
    with pytest.raises(NotAllowed, match="not the one"):
        feeds.publish("BTC-USD", record.producer, first, [late])
    assert feeds.log.info("BTC-USD").seq == stands


def test_a_configured_feed_goes_before_the_generated_one(tmp_path):
    configured = {
        "BTC-USD": {"feed": "exchange", "exchange": "coinbase", "timeframes": ["1H", "5M"]},
        "*-USDT": {"feed": "exchange", "exchange": "binance"},
    }
    directory = Directory(tmp_path, configured, ["1M", "1H"])
    assert directory.spec_for("BTC-USD").exchange == "coinbase"
    assert directory.spec_for("BTC-USD").timeframes == ["5M", "1H"]
    assert directory.spec_for("ETH-USDT").exchange == "binance"
    assert directory.spec_for("ETH-USDT").symbol == "ETH-USDT"
    assert directory.spec_for("EUR-USD").feed == "synthetic"
    assert directory.spec_for("EUR-USD").timeframes == ["1M", "1H"]
    assert directory.canonical("eth/usdt") == "ETH-USDT"
    assert directory.canonical("btcusd") == "BTC-USD"
    with pytest.raises(UnknownSymbol, match="NO-SUCH"):
        directory.spec_for("NO-SUCH")
    assert Directory(tmp_path).spec_for("BTC-USD").timeframes == list(DEFAULT_TIMEFRAMES)


@pytest.mark.parametrize(
    "fields",
    [{"feed": "exchange"}, {"colour": 1}, {"feed": 5}, {"timeframes": ["x"]}],
)
def test_a_configuration_that_cannot_be_is_refused_at_the_start(tmp_path, fields):
    with pytest.raises(InvalidRequest, match="BTC-USD"):
        Directory(tmp_path, {"BTC-USD": fields})
