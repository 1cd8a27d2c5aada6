"""`wb.market`: what is asked of the server, and what the tables make of a stream."""

from __future__ import annotations

import asyncio
import base64
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from market_server import CANDLES, MarketServer, market_server
from market_story import FRAMES
from msgspec import to_builtins
from pandas.testing import assert_frame_equal

import workbench as wb
from workbench.analysis.telling import message_of
from workbench.client.market_asking import request_body
from workbench.client.reading import Reader
from workbench.client.wishes import Wishes
from workbench.data.catalog import load
from workbench.errors import InvalidRequest, UnknownSymbol, UnknownTimeframe
from workbench.messages import Candle, Connected, Feed, FeedData, encode


@pytest.fixture
def served() -> Iterator[MarketServer]:
    with market_server() as server:
        yield server


@pytest.fixture
def market(served: MarketServer) -> wb.Market:
    return wb.market("BTC-USD", ["15M", "1H", "4H"], server=served.server)


def test_what_is_not_given_is_left_to_the_server(served: MarketServer) -> None:
    wb.market("EUR-USD", server=served.server)
    wb.market("BTC-USD", "15m", feed="synthetic", speed="60x", name="mine", server=served.server)
    assert served.bodies == [
        {"symbol": "EUR-USD"},
        {"symbol": "BTC-USD", "timeframes": ["15M"], "feed": "synthetic", "speed": "60x",
         "name": "mine"},
    ]  # fmt: skip


def test_a_name_alone_finds_the_feed_that_is_there(served: MarketServer) -> None:
    found = wb.market("BTC-USD", server=served.server)
    assert served.bodies == []
    assert len(found.candles()) == CANDLES


def test_a_refusal_is_the_error_it_names(served: MarketServer) -> None:
    with pytest.raises(UnknownSymbol, match="NO-SUCH"):
        wb.market("NO-SUCH", server=served.server)


def test_own_detectors_go_by_value_beside_those_that_have_a_name() -> None:
    class Mine:
        def update(self, bar: object) -> tuple[()]:
            return ()

    body = request_body("X", None, ["named", Mine, Mine()], {})
    assert body["detectors"] == ["named"]
    pickled = body["pickled"]
    raw = base64.b64decode(pickled["pickle"])
    first, second = pickle.loads(raw)
    assert pickled["name"] == "Mine"
    assert isinstance(first, type)
    assert second.update(None) == ()
    # By value: the class of a notebook is nowhere to be imported from.
    assert b"_make_skeleton_class" in raw
    assert set(pickled) == {"name", "pickle", "python", "paths"}


def test_what_cannot_be_a_detector_is_said_before_anything_is_sent() -> None:
    class Blind:
        pass

    class Locked:
        def __init__(self) -> None:
            self.lock = threading.Lock()

        def update(self, bar: object) -> tuple[()]:
            return ()

    with pytest.raises(InvalidRequest, match=r"Blind is no detector: it has no update\(bar\)"):
        request_body("X", None, [Blind()], {})
    with pytest.raises(InvalidRequest, match="Locked cannot be sent"):
        request_body("X", None, [Locked()], {})


def test_a_wrong_option_names_those_there_are() -> None:
    with pytest.raises(InvalidRequest, match="market has no option 'sped'") as caught:
        request_body("X", None, [], {"sped": 3})
    assert {"speed", "replace", "name"} <= set(caught.value.details["allowed"])
    with pytest.raises(UnknownTimeframe):
        request_body("X", ["15 minutes"], [], {})


def test_a_file_to_replay_is_looked_for_where_the_caller_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    body = request_body("X", "60m", [], {"feed": "replay", "path": "frames.jsonl"})
    assert body["path"] == str(tmp_path / "frames.jsonl")
    assert body["timeframes"] == ["1H"]


def test_who_asked_for_a_feed_reads_the_log_of_just_this_one(
    served: MarketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "epoch", "m1")
    market = wb.market("BTC-USD", ["15M", "1H", "4H"], server=served.server)
    market.candles()
    next(iter(market.follow()))
    facts = {**served.facts(), "status": "failed"}
    monkeypatch.setattr(served, "facts", lambda: facts)
    next(iter(market.follow()))
    # Who names an epoch comes back, and does not start what was stopped.
    assert [query.get("epoch") for query in served.queries] == ["m1", None, "m1"]


def test_candles_are_the_closed_ones_told(served: MarketServer, market: wb.Market) -> None:
    told = served.market
    told.growing(told.grow([]))
    candles = market.candles()
    assert candles.to_numpy().tolist() == [bar[1:] for bar in told.bars]
    assert [t.timestamp() * 1000 for t in candles.index] == [bar[0] for bar in told.bars]
    assert str(candles.index.tz) == "UTC"
    hours = market.candles("1h")
    assert len(hours) == CANDLES // 4
    assert hours.high.max() == candles.high.max()
    with pytest.raises(UnknownTimeframe, match="no candles of '2H': use 15M, 1H, 4H"):
        market.candles("2H")


def test_the_last_candle_of_each_timeframe_may_still_grow(
    served: MarketServer, market: wb.Market
) -> None:
    bar = served.market.grow([])
    served.market.growing(bar)
    latest = market.latest
    assert list(latest.index) == list(FRAMES)
    assert latest.closed.tolist() == [False, False, False]
    assert latest.loc["15M", "close"] == bar[4]


def test_findings_are_tables(served: MarketServer, market: wb.Market) -> None:
    told = served.market
    told.growing(told.grow([]))
    told.gap(5, 2)
    log = [m["data"] for m in told.log if m["type"] == "structure"]
    assert market.structure.id.tolist() == [data["id"] for data in log]
    closed = [m for m in told.log if m["type"] == "pattern" and not m["data"]["provisional"]]
    assert len(market.patterns) == len(closed) > 0
    assert market.gaps.missing.tolist() == [412]
    scores = [m["data"] for m in told.log if m["type"] == "confluence"]
    table = market.confluence
    assert table.score.tolist() == [data["score"] for data in scores]
    assert table.higher_timeframe.tolist() == [data["terms"][0]["value"] for data in scores]


def test_the_tables_are_those_of_detectors_over_whole_candles(
    served: MarketServer, market: wb.Market
) -> None:
    candles = load("BTC-USD", ["15M", "1H", "4H"], "2024-01-02", "2024-01-12")
    found = wb.detect(candles)
    seq = 0
    served.market.log = [served.market.log[0]]
    for seq, one in enumerate(found, 2):
        message = message_of(one, "BTC-USD", "2024-01-01T00:00:00.000Z")
        message.seq = message.eseq = seq
        served.market.log.append(to_builtins(message))
    served.market._seq = served.market._eseq = seq + 1
    served.market.log.append({**served.market.log[0], "seq": seq + 1, "eseq": seq + 1})
    served.market.log[-1]["data"] = {**served.market.log[0]["data"], "state": "live"}
    assert_frame_equal(market.patterns, found.patterns())
    assert_frame_equal(market.structure, found.structure())
    assert_frame_equal(market.confluence, found.confluence())
    assert len(market.structure) > 50
    assert any(market.structure.numbers)


def test_what_was_read_is_not_read_again(served: MarketServer, market: wb.Market) -> None:
    before = market.candles()
    seq = served.market.seq
    served.market.close(served.market.grow([]))
    after = market.candles()
    assert len(after) == len(before) + 1
    assert served.queries[0].get("since") is None
    assert served.queries[1]["since"] == str(seq)
    assert served.queries[1]["epoch"] == "m1"


def test_another_log_begins_anew(
    served: MarketServer, market: wb.Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.candles()
    other = type(served.market)("BTC-USD", 8)
    said = other.connected()
    said["data"]["epoch"] = "m2"
    monkeypatch.setattr(other, "connected", lambda: said)
    served.market = other
    assert len(market.candles()) == 8


def test_what_is_no_longer_kept_is_never_silent(
    served: MarketServer, market: wb.Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = served.market.connected()
    said["data"]["first_seq"] = 31
    monkeypatch.setattr(served.market, "connected", lambda: said)
    monkeypatch.setattr(served.market, "log", served.market.log[30:])
    monkeypatch.setattr(served, "facts", lambda: {"first_seq": 31, **facts}, raising=True)
    facts = MarketServer().facts()
    with pytest.warns(UserWarning, match=r"BTC-USD: 30 messages .* whole from 2024-01-01T"):
        candles = market.candles()
    (row,) = market.gaps.to_dict("records")
    assert (row["what"], row["missing"], row["filled"]) == ("messages", 30, False)
    assert str(row["start"]) == "NaT"
    assert row["end"] == candles.index.min()
    assert "kept from message 31 on" in repr(market)


def test_a_feed_that_failed_says_why(
    served: MarketServer, market: wb.Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.error = {
        "type": "error", "timestamp": "2024-01-01T00:00:00.000Z", "seq": served.market.seq + 1,
        "eseq": served.market._eseq + 1,
        "data": {"error": "There is no BTC/USD on nowhere", "details": {"field": "symbol"}},
        "extra": {"code": "unknown_symbol"},
    }  # fmt: skip
    served.market.tell_feed("starting", "")
    served.error["seq"] += 1
    served.error["eseq"] += 1
    for _ in range(2):
        with pytest.raises(UnknownSymbol, match="no BTC/USD on nowhere"):
            market.candles()
    facts = {**served.facts(), "status": "failed"}
    monkeypatch.setattr(served, "facts", lambda: facts)
    with pytest.raises(UnknownSymbol, match="no BTC/USD on nowhere"):
        market.view()


def test_one_waits_for_the_end_of_a_replay(served: MarketServer, market: wb.Market) -> None:
    with pytest.raises(TimeoutError, match=r"BTC-USD is live after 0\.2 s"):
        market.wait(0.2)
    served.market.tell_feed("ended", "the last candle")
    assert market.wait(30) is market


def test_stopping_deleting_and_telling_what_it_is(served: MarketServer, market: wb.Market) -> None:
    assert repr(market) == (
        "<Market BTC-USD: BTC-USD 15M/1H/4H, synthetic feed live, synthetic data>"
    )
    assert market.feed["timeframes"] == ["15M", "1H", "4H"]
    assert market.status == "live"
    market.stop()
    market.delete()
    assert served.asked == ["stop BTC-USD", "delete BTC-USD"]
    assert repr(market) == "<Market BTC-USD: deleted>"


def test_a_stream_asks_for_what_is_wanted(served: MarketServer, market: wb.Market) -> None:
    with market.stream(types="candle", timeframes=["1H", "4H"]) as stream:
        assert isinstance(next(stream), Connected)
        # That the feed comes to its end is to be heard, but is not told unasked.
        assert isinstance(next(stream), Candle)

    async def first() -> object:
        async with market.astream(timeframes="1H") as messages:
            return await anext(messages)

    assert isinstance(asyncio.run(first()), Connected)
    assert [query.get("timeframes") for query in served.queries] == ["1H,4H", "1H"]
    assert served.queries[0]["types"] == "candle,feed"


def test_a_filter_on_timeframes_leaves_nothing_to_prove() -> None:
    assert Wishes().provable
    assert not Wishes(timeframes=("1H",)).provable
    with pytest.raises(InvalidRequest, match="timeframes is empty"):
        Wishes(timeframes=())


def test_the_status_of_a_stream_is_that_of_its_feed() -> None:
    reader = Reader("BTC-USD")
    data = FeedData("X", "synthetic", "reconnecting", "", "", True, ["1H"])
    reader.feed(encode(Feed("", data=data, seq=1, eseq=1)))
    assert reader.status == "reconnecting"


def test_history_is_a_table_that_says_where_it_is_from() -> None:
    frame = wb.history("EURUSD", "4h", start="2017-03-01", end="2017-03-31")
    assert list(frame.columns) == ["open", "high", "low", "close", "volume"]
    assert str(frame.index[0]) >= "2017-03-01"
    assert frame.attrs["symbol"] == "EUR-USD"
    assert frame.attrs["timeframe"] == "4H"
    assert frame.attrs["synthetic"] is False
    assert wb.history("BTC-USD", start="2023-01-01", end="2023-01-02").attrs["synthetic"] is True
