"""When reading a market ends, what it starts (nothing), and what is said of wrong wishes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from market_server import MarketServer, market_server

import workbench as wb
from workbench.client.market_reading import MarketReader
from workbench.client.source import MarketSource
from workbench.client.wishes import Wishes
from workbench.errors import Conflict, InvalidRequest, NotFound, UnknownTimeframe, WorkbenchError
from workbench.feeds.book import FeedRecord
from workbench.feeds.differing import differences
from workbench.feeds.spec import FeedSpec
from workbench.messages import Candle, Feed


@pytest.fixture
def served() -> Iterator[MarketServer]:
    with market_server() as server:
        yield server


@pytest.fixture
def market(served: MarketServer) -> wb.Market:
    return wb.market("BTC-USD", ["15M", "1H", "4H"], server=served.server)


def read(told: list[tuple[str, int]], status: str, eseq: int, **how: bool) -> MarketReader:
    """Return who was greeted with a status at `eseq`, and heard (state, eseq) of the feed."""
    wishes = Wishes(types=("candle",))
    reader = MarketReader("X", wishes, **{"forever": False, "wake": True, **how})
    about = {"symbol": "X", "feed": "replay", "source": "", "synthetic": True, "timeframes": ["1H"]}
    hello = {**about, "message": "", "epoch": "e", "seq": eseq, "eseq": eseq, "protocol": "1.0"}
    lines = [{"type": "connected", "timestamp": "", "data": {**hello, "status": status}}]
    for state, number in told:
        data = {**about, "state": state, "message": ""}
        lines.append({"type": "feed", "timestamp": "", "data": data, "seq": number, "eseq": number})
    for line in lines:
        reader.feed(json.dumps([line]))
    return reader


@pytest.mark.parametrize(
    ("told", "status", "eseq", "over"),
    [
        ([("live", 1), ("stopped", 3)], "live", 2, True),
        ([("stopped", 3), ("live", 5)], "live", 5, False),
        ([("stopped", 3), ("starting", 4)], "live", 2, False),
        ([("ended", 7)], "ended", 7, True),
        ([("stopped", 3)], "ended", 9, False),
        ([("stopped", 3)], "starting", 3, False),
        ([("stopped", 3), ("failed", 4)], "starting", 3, True),
        ([], "stopped", 0, True),
    ],
    ids=[
        "stopped", "long-ago", "at-once-again", "ended", "not-yet-read", "woken", "woken-failed",
        "never-ran",
    ],
)  # fmt: skip
def test_a_stream_ends_with_its_feeds_last_word(
    told: list[tuple[str, int]], status: str, eseq: int, over: bool
) -> None:
    assert read(told, status, eseq).over is over
    assert read(told, status, eseq, forever=True).over is False


def test_only_who_wants_it_wakes_a_feed() -> None:
    assert "wake" not in read([], "live", 0).query()
    assert read([], "live", 0, wake=False).query()["wake"] == "0"


def test_following_ends_where_the_feed_does(served: MarketServer, market: wb.Market) -> None:
    served.market.tell_feed("ended", "the last candle")
    followed = list(market.follow(["candle"]))
    assert Candle in {type(message) for message in followed}
    # Though it has to be heard of, it was not asked for.
    assert Feed not in {type(message) for message in followed}
    with market.stream(forever=True) as stream:
        last = next(message for message in stream if message.seq == served.market.seq)
        assert isinstance(last, Feed)
        assert not stream.closed

    async def all_of() -> list[object]:
        return [message async for message in market.astream(types=["feed"])]

    told = asyncio.run(all_of())[-1]
    assert isinstance(told, Feed)
    assert told.data.state == "ended"


def test_tables_are_read_without_starting_anything(served: MarketServer, market: wb.Market) -> None:
    market.candles()
    assert market.structure is not None
    assert [query.get("wake") for query in served.queries] == ["0", "0"]


def test_of_a_view_the_first_reader_alone_starts_the_feed(served: MarketServer) -> None:
    source = MarketSource(served.server, "BTC-USD")
    for epoch in (None, "m1"):
        next(source.messages(0, epoch))
    source.close()
    assert [query.get("wake") for query in served.queries] == [None, "0"]


def test_of_a_deleted_market_nothing_is_read(served: MarketServer, market: wb.Market) -> None:
    market.candles()
    market.delete()
    asked = len(served.queries)
    for use in (
        market.candles, market.wait, market.stream, market.astream, market.view,
        lambda: market.patterns, lambda: market.info, lambda: next(market.follow()),
    ):  # fmt: skip
        with pytest.raises(NotFound, match="The market BTC-USD was deleted"):
            use()
    assert len(served.queries) == asked
    assert market._repr_mimebundle_() == {"text/plain": "<Market BTC-USD: deleted>"}


def test_a_wait_ends_after_its_time_whatever_was_told(
    served: MarketServer, market: wb.Market
) -> None:
    served.market.tell_feed("starting", "")
    with pytest.raises(TimeoutError, match=r"BTC-USD is starting after 0\.2 s"):
        market.wait(0.2)
    served.market.tell_feed("failed", "no such file", "invalid_data")
    with pytest.raises(WorkbenchError, match="BTC-USD has failed: no such file"):
        market.wait(30)


def test_candles_from_before_the_feed_can_be_left_out(
    served: MarketServer, market: wb.Market
) -> None:
    before = market.candles()
    served.market.close(served.market.grow([]))
    since = market.candles(history=False)
    assert len(before) > 0
    assert since.index.tolist() == market.candles().index[len(before) :].tolist()


@pytest.mark.parametrize("symbol", ["", "  ", None, 5])
def test_a_symbol_is_a_text(served: MarketServer, symbol: object) -> None:
    with pytest.raises(InvalidRequest, match="expected a symbol such as 'BTC-USD'") as caught:
        wb.market(symbol, server=served.server)  # type: ignore[arg-type]
    assert caught.value.details["field"] == "symbol"


def test_wrong_wishes_are_named(served: MarketServer, market: wb.Market) -> None:
    with pytest.raises(InvalidRequest, match=r"stream has no option 'foo': use types, timeframes"):
        market.stream(foo=1)
    with pytest.raises(UnknownTimeframe, match="no candles of '9X': use 15M, 1H, 4H"):
        market.view(timeframe="9X")
    for height in (-5, "tall"):
        with pytest.raises(InvalidRequest, match="height is"):
            market.view(height=height)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest, match="timeout is -1"):
        market.wait(-1)


def record(**fields: object) -> FeedRecord:
    spec = FeedSpec(symbol="X", **fields)  # type: ignore[arg-type]
    return FeedRecord(
        name="X", spec=spec, given=True, status="live", message="", source="", synthetic=True,
        created="",
    )  # fmt: skip


def test_what_makes_a_feed_another_is_named() -> None:
    told = differences(record(speed="600x", patterns=["doji"] * 40), FeedSpec(symbol="X"), b"")
    assert told[0] == 'speed: none ≠ "600x"'
    assert told[1].startswith('patterns: none ≠ ["doji", "doji"')
    assert told[1].endswith("…")
    assert told[2].startswith("detectors")
    assert differences(record(), FeedSpec(symbol="X"), None) == []


def test_a_conflict_says_what_to_write(
    served: MarketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: object, path: str, body: object) -> None:
        details = {"field": "name", "value": "BTC-USD", "differs": ['speed: none ≠ "600x"']}
        raise Conflict("A feed runs already", **details)

    monkeypatch.setattr("workbench.client.rest.Rest.post", refused)
    said = r"""another \(speed: none ≠ "600x"\): write name="BTC-USD-2" .*replace=True"""
    with pytest.raises(Conflict, match=said):
        wb.market("BTC-USD", ["15M"], server=served.server)
    # Who asks for nothing more watches the one that is there.
    assert wb.market("btcusd", server=served.server).name == "BTC-USD"
