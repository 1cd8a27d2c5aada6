"""A feed from its source to its stream, through what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cloudpickle
import msgspec
import pandas as pd
import pytest
from fake_market import NOW, RisingCandles, tell
from hand_clock import HandClock

from workbench.data.candles import Candles
from workbench.errors import StrategyError, UnknownSymbol
from workbench.feeds import pipeline as pipeline_module
from workbench.feeds import worker as worker_module
from workbench.feeds.absence import Absence
from workbench.feeds.feeding import TRIES, Feeding
from workbench.feeds.frames import lines, parse
from workbench.feeds.job import FeedJob
from workbench.feeds.recorded import RecordedSource
from workbench.feeds.replay import ReplaySource
from workbench.feeds.source import Item, Note, Tick
from workbench.feeds.spec import FeedSpec
from workbench.feeds.worker import Stopping
from workbench.messages import Candle, Error, Feed, Message, iso_time, parse_time
from workbench.runs.publishing import Command

T0 = parse_time("2024-01-15T10:00:00Z")
SPEC = FeedSpec(symbol="BTC-USD", timeframes=["1M"])


@pytest.fixture(autouse=True)
def told_simply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline_module, "_usual_tell", lambda: tell)


class Scripted:
    """Gives items in order; an exception among them is raised, a callable called."""

    description, synthetic = "a script", False

    def __init__(self, script: Sequence[Any], history: Any = None) -> None:
        self.script, self._history = script, history
        self.closed = 0
        self.asked: list[int] = []

    async def history(self, timeframes: Sequence[str], count: int) -> Mapping[str, Candles]:
        self.asked.append(count)
        if isinstance(self._history, Exception):
            raise self._history
        return {}

    async def items(self) -> AsyncIterator[Sequence[Item]]:
        for one in self.script:
            if isinstance(one, Exception):
                raise one
            yield [one]

    async def close(self) -> None:
        self.closed += 1


def feed(
    sources: list[Any], spec: FeedSpec = SPEC, analysis: Any = None, **options: Any
) -> tuple[list[Message], bool, list[Mapping[str, int]], HandClock]:
    sent: list[Message] = []
    asked: list[Mapping[str, int]] = []
    clock = HandClock()

    def make_source(closed: Mapping[str, int]) -> Any:
        asked.append(dict(closed))
        return sources[min(len(asked), len(sources)) - 1]

    feeding = Feeding(
        spec, {}, sent.extend, make_source, analysis or (lambda failed: RisingCandles("1M")),
        sleep=clock.sleep, now=lambda: NOW, **options,
    )  # fmt: skip
    well = asyncio.run(feeding.run())
    return sent, well, asked, clock


def states(sent: Sequence[Message]) -> list[tuple[str, Any]]:
    return [
        (message.data.state, message.data.code if isinstance(message.data.code, str) else None)
        for message in sent
        if isinstance(message, Feed)
    ]


def minutes(first: int, last: int) -> list[Tick]:
    return [Tick(T0 + 60_000 * number, 100.0 + number, 1.0) for number in range(first, last)]


def closed(sent: Sequence[Message]) -> list[str]:
    return [m.data.time[11:16] for m in sent if isinstance(m, Candle) and m.data.closed]


def test_a_source_that_ends_ends_the_feed() -> None:
    source = Scripted([Note("live", "go"), *minutes(0, 3), Note("ended", "over")])
    sent, well, _, _ = feed([source])
    assert well
    assert states(sent) == [("starting", None), ("live", None), ("ended", None)]
    assert closed(sent) == ["10:00", "10:01"]
    assert source.closed == 1


def test_a_source_that_fails_is_made_anew_and_nothing_is_told_twice() -> None:
    first = Scripted([Note("live", "go"), *minutes(0, 3), OSError("line cut")])
    second = Scripted([Note("live", "again"), *minutes(0, 5), Note("ended", "over")])
    sent, well, asked, clock = feed([first, second])
    assert well
    assert closed(sent) == ["10:00", "10:01", "10:02", "10:03"]
    assert states(sent) == [
        ("starting", None), ("live", None), ("reconnecting", "source_failed"), ("live", None),
        ("ended", None),
    ]  # fmt: skip
    [lost] = [m for m in sent if isinstance(m, Feed) and m.data.state == "reconnecting"]
    assert "OSError: line cut; trying again in 1 s" in lost.data.message
    assert asked == [{}, {"1M": T0 + 60_000}]
    assert clock.now == 1.0
    assert (first.closed, second.closed) == (1, 1)


@pytest.mark.parametrize(("away", "count"), [(10, 300), (400, 400), (100_000, 2000)])
def test_a_feed_asks_for_what_it_has_missed(away: int, count: int) -> None:
    closed = {"1M": parse_time(NOW) - 60_000 * away}
    source = Scripted([Note("ended", "over")])
    sent: list[Message] = []
    feeding = Feeding(
        SPEC, closed, sent.extend, lambda closed: source, lambda failed: RisingCandles("1M"),
        now=lambda: NOW,
    )  # fmt: skip
    assert asyncio.run(feeding.run())
    assert source.asked == [count]


def test_one_that_fails_again_and_again_is_given_up() -> None:
    source = Scripted([], history=ConnectionError("no route"))
    sent, well, asked, clock = feed([source])
    assert not well
    assert len(asked) == TRIES
    assert states(sent)[-1] == ("failed", "source_failed")
    assert clock.now == 1 + 2 + 4 + 8 + 16 + 32 + 60
    assert not any(isinstance(message, Error) for message in sent)


def test_failures_with_something_between_are_not_counted_together() -> None:
    failing = [Scripted([*minutes(n, n + 2), OSError("cut")]) for n in range(2 * TRIES)]
    sent, well, _, _ = feed([*failing, Scripted([Note("ended", "over")])])
    assert well
    assert states(sent)[-1] == ("ended", None)


def test_a_feed_that_cannot_be_ends_the_stream_with_an_error() -> None:
    unknown = UnknownSymbol("No market XYZ", field="symbol", value="XYZ")
    sent, well, asked, _ = feed([Scripted([], history=unknown)])
    assert not well
    assert len(asked) == 1
    assert isinstance(sent[-1], Error)
    assert sent[-1].extra.code == "unknown_symbol"


def test_a_failure_in_the_analysis_is_no_failure_of_the_source() -> None:
    class Broken(RisingCandles):
        def closed(self, timeframe: str, bar: Any) -> Any:
            raise ZeroDivisionError("in a detector")

    sent, well, asked, _ = feed([Scripted(minutes(0, 3))], analysis=lambda failed: Broken("1M"))
    assert not well
    assert len(asked) == 1
    assert isinstance(sent[-1], Error)
    assert sent[-1].extra.code == "strategy_error"
    assert "in a detector" in sent[-1].data.error


def test_a_detector_that_is_left_out_is_told() -> None:
    def make(failed: Callable[[Any], None]) -> RisingCandles:
        class Complaining(RisingCandles):
            def closed(self, timeframe: str, bar: Any) -> Any:
                if not self.seen:
                    failed(StrategyError("mine raised"))
                return super().closed(timeframe, bar)

        return Complaining("1M")

    sent, well, _, _ = feed([Scripted([Note("live", "go"), *minutes(0, 4)])], analysis=make)
    assert well
    assert states(sent) == [("starting", None), ("live", None), ("live", "strategy_error")]
    assert closed(sent) == ["10:00", "10:01", "10:02"]


def test_a_replay_that_fails_goes_on_where_it_was(tmp_path: Path) -> None:
    spec = FeedSpec(
        symbol="BTC-USD", timeframes=["15M", "1H"], feed="replay", start="2024-01-10",
        end="2024-01-10", history=20,
    )  # fmt: skip

    def run(cuts: list[int]) -> list[Any]:
        sent: list[Message] = []

        class Cut(ReplaySource):
            async def items(self) -> AsyncIterator[Sequence[Item]]:
                count = cuts.pop(0) if cuts else 10_000
                async for items in super().items():
                    for item in items:
                        if not count:
                            raise OSError("cut")
                        count -= 1
                        yield [item]

        clock = HandClock()
        feeding = Feeding(
            spec, {}, sent.extend,
            lambda closed: Cut(spec, tmp_path, after=closed.get("15M"), sleep=clock.sleep),
            lambda failed: RisingCandles("15M"),
            sleep=clock.sleep, now=lambda: NOW,
        )  # fmt: skip
        assert asyncio.run(feeding.run())
        return [message.data for message in sent if isinstance(message, Candle)]

    whole = run([])
    assert len([c for c in whole if c.timeframe == "15M"]) == 96 + 20
    assert run([30, 7, 1, 25]) == whole


def test_candles_of_the_recorded_session_equal_those_of_pandas(
    shared_file: Callable[[str], Path], tmp_path: Path
) -> None:
    path = shared_file("ws_binance_spot_btcusdt_20240808.jsonl.gz")
    spec = FeedSpec(
        symbol="BTC-USD", timeframes=["1M", "2M"], feed="replay", path=str(path), speed="60x"
    )
    sent: list[Message] = []
    clock = HandClock()
    feeding = Feeding(
        spec, {}, sent.extend,
        lambda closed: RecordedSource(spec, tmp_path, clock=clock, sleep=clock.sleep),
        lambda failed: RisingCandles("1M"), sleep=clock.sleep, now=lambda: NOW,
    )  # fmt: skip
    assert asyncio.run(feeding.run())
    trades = [heard.tick for heard in map(parse, lines(path)) if heard.tick is not None]
    frame = pd.DataFrame(trades, columns=["time", "price", "size", "number"])
    index = pd.to_datetime(frame["time"], unit="ms", utc=True)
    for timeframe, rule in (("1M", "1min"), ("2M", "2min")):
        by = frame.set_index(index).resample(rule)
        theirs = by["price"].ohlc()
        theirs["volume"], theirs["trades"] = by["size"].sum(), by.size()
        mine = [
            m for m in sent
            if isinstance(m, Candle) and m.data.closed and m.data.timeframe == timeframe
        ]  # fmt: skip
        assert [m.data.time for m in mine] == [
            iso_time(int(time.timestamp() * 1000)) for time in theirs.index[:-1]
        ]
        for message, row in zip(mine, theirs.itertuples(), strict=False):
            data, extra = message.data, msgspec.to_builtins(message.extra)
            assert (data.open, data.high, data.low, data.close) == row[1:5]
            assert data.volume == pytest.approx(row.volume, rel=1e-12)
            assert extra["trades"] == row.trades
            assert extra.get("partial", False) == (message is mine[0])
        growing = [
            m for m in sent
            if isinstance(m, Candle) and not m.data.closed and m.data.timeframe == timeframe
        ]  # fmt: skip
        # 60 seconds of market time a second, told twice a second, and once more at the end.
        assert 10 <= len(growing) <= 14
        last = growing[-1].data
        assert (last.open, last.high, last.low, last.close) == tuple(theirs.iloc[-1])[:4]
        assert last.volume == pytest.approx(theirs["volume"].iloc[-1], rel=1e-12)


def test_a_stop_is_obeyed_before_and_while_it_runs() -> None:
    ended: list[str] = []
    early = Stopping()
    early.obey(Command("stop"))
    early.ends(lambda: ended.append("early"))
    late = Stopping()
    late.ends(lambda: ended.append("late"))
    late.obey(Command("pause"))
    assert ended == ["early"]
    late.obey(Command("stop"))
    assert ended == ["early", "late"]


class FakePublisher:
    refused = None

    def __init__(self, when: Callable[[Message], None] = lambda message: None) -> None:
        self.sent: list[Message] = []
        self._when = when

    def send_together(self, messages: Sequence[Message]) -> None:
        self.sent.extend(messages)
        self._when(messages[-1])


def test_the_process_feeds_until_it_is_told_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "analysis_of", lambda job, failed: RisingCandles("1M"))
    job = FeedJob(
        stream="X", spec=msgspec.structs.replace(SPEC, speed="3600x", history=5), urls=[],
        token="", home=str(tmp_path),
    )  # fmt: skip
    stopping = Stopping()

    def when(message: Message) -> None:
        if len(closed(publisher.sent)) > 12:
            stopping.obey(Command("stop"))

    publisher = FakePublisher(when)
    assert asyncio.run(worker_module.fed(job, tmp_path, publisher, stopping))  # type: ignore[arg-type]
    assert states(publisher.sent) == [("starting", None), ("live", None), ("stopped", None)]
    assert {m.data.synthetic for m in publisher.sent if isinstance(m, Feed)} == {True}


def test_detectors_that_cannot_be_loaded_say_so() -> None:
    job = FeedJob(stream="X", spec=SPEC, urls=[], token="", home="", detectors=b"nonsense")
    with pytest.raises(StrategyError, match="could not be loaded"):
        worker_module._own_detectors(job)
    mine = FeedJob(
        stream="X", spec=SPEC, urls=[], token="", home="", detectors=cloudpickle.dumps([1, 2])
    )
    assert worker_module._own_detectors(mine) == [1, 2]


def test_patience_with_servers_counts_only_while_there_is_none() -> None:
    clock = HandClock()
    absence = Absence(60.0, clock)

    def looked(first: int, last: int) -> list[bool]:
        found = []
        for clock.now in range(first, last, 2):
            found.append(absence.looked())
        return found

    assert not any(looked(0, 60))
    # One came, and went again at 100.
    assert not any(looked(100, 160))
    assert looked(160, 164) == [False, True]
