"""What holds of live sessions, taken down with what they tell."""

from __future__ import annotations

from pathlib import Path

import pytest
from session_process import complete, order, pnl, position, risk, story

from workbench.errors import Conflict, InvalidRequest
from workbench.messages import Candle, CandleData, Feed, FeedData, Pattern, PatternData
from workbench.runs.live_book import STREAM, Care
from workbench.runs.reading import report_of
from workbench.runs.service import RunService
from workbench.runs.spec import RunSpec
from workbench.streams.latest import REMEMBERED, without_old
from workbench.streams.log import OutOfOrder
from workbench.trading.spec import LiveSettings

AT = "2024-01-01T00:00:00Z"


@pytest.fixture
def runs(tmp_path: Path):
    service = RunService(tmp_path, list, max_workers=0)
    service.live.open(10_000)
    yield service
    service.close()


@pytest.fixture
def begin(runs: RunService):
    def new(*symbols: str) -> str:
        live = LiveSettings(symbols=list(symbols or ("BTC-USD",)))
        spec = RunSpec(symbol=live.symbols[0], timeframes=["1H"], start_date=AT, end_date="",
                       strategy_ids=["sma_cross"], live=live)  # fmt: skip
        record = runs.registry.create(spec, source="made up", synthetic=True)
        runs.log.create(record.id, "backtest")
        return record.id

    return new


def names(entries) -> list[str]:
    return [entry.key for entry in entries]


def test_sessions_have_ids_of_their_own_and_lists_tell_them_apart(runs, begin) -> None:
    first, second = begin(), begin()
    assert first.startswith("live_")
    assert first != second
    assert [record.id for record in runs.registry.list(sessions=True)] == [second, first]
    assert runs.registry.list(sessions=False) == []
    assert runs.figures().sessions == {"pending": 2}
    assert runs.figures().runs == {}


def test_the_snapshot_is_what_the_messages_come_to(runs, begin) -> None:
    name = begin()
    runs.publish(name, "worker", 1, [
        order(name, "BTC-USD", 1, "new"), position(name, "BTC-USD", 1, "open"),
        order(name, "BTC-USD", 1, "filled"), position(name, "BTC-USD", 1, "modify", 101.0),
        position(name, "BTC-USD", 2, "open"), order(name, "BTC-USD", 2, "accepted", 90.0),
        risk(name), pnl(name), position(name, "BTC-USD", 2, "close"), pnl(name, 1001.0),
    ])  # fmt: skip
    info = runs.log.info(STREAM)
    held = runs.live.snapshot(info.seq)
    assert names(held) == [f"position:{name}:trade_1", "order", f"risk:{name}", f"pnl:{name}"]
    assert [entry.seq for entry in held] == [4, 6, 7, 10]
    assert held == [runs.log.read(STREAM, seq - 1, 1)[0] for seq in (4, 6, 7, 10)]
    assert names(runs.live.snapshot(6)) == names(held)[:2]
    own = [entry.type for entry in runs.log.read(name, 0, 100)]
    assert own == [entry.type for entry in runs.log.read(STREAM, 0, 100)]


def test_what_comes_twice_is_taken_down_once(runs, begin) -> None:
    name = begin()
    told = [order(name, "BTC-USD", 1, "new"), position(name, "BTC-USD", 1, "open")]
    runs.publish(name, "worker", 1, told)
    runs.publish(name, "worker", 1, [*told, pnl(name)])
    assert runs.log.info(STREAM).seq == 3
    with pytest.raises(OutOfOrder):
        runs.publish(name, "worker", 9, [pnl(name)])
    assert runs.log.info(STREAM).seq == 3


def test_a_session_that_has_ended_is_not_in_the_snapshot_but_known(runs, begin) -> None:
    name, other = begin(), begin()
    for each in (name, other):
        runs.publish(each, "worker", 1, [position(each, "BTC-USD", 1, "open"), risk(each)])
    with pytest.raises(Conflict):
        runs.delete(name)
    runs.publish(name, "worker", 3, [complete(name)])
    assert names(runs.live.snapshot(99)) == ["position", f"risk:{other}"]
    assert len(runs.live.state(name)) == 2
    runs.live.set_care(name, Care(2, 5.0, "why"))
    runs.delete(name)
    assert runs.live.state(name) == []
    assert runs.live.care(name) == Care()


def candle(symbol: str) -> Candle:
    return Candle(AT, data=CandleData(symbol, "1H", AT, 1.0, 1.0, 1.0, 1.0, 1.0, True))


def feed(symbol: str) -> Feed:
    return Feed(AT, data=FeedData(symbol, "synthetic", "live", "goes", "made up", True, ["1H"]))


def test_a_session_speaks_of_its_own_symbols_and_of_itself(runs, begin) -> None:
    name = begin()
    runs.publish(name, "worker", 1, [candle("BTC-USD"), feed("BTC-USD")])
    pattern = PatternData("BTC-USD", "1H", "doji", "bullish", 100, AT, AT, False)
    wrong = [
        candle("ETH-USD"), position("live_1", "BTC-USD", 1, "open"),
        order(name, "ETH-USD", 1, "new"), Pattern(AT, data=pattern),
    ]  # fmt: skip
    for message in wrong:
        one = begin()
        if message.type in ("order",):
            message = order(one, "ETH-USD", 1, "new")
        with pytest.raises(InvalidRequest):
            runs.publish(one, "worker", 1, [message])
        assert runs.registry.get(one).status == "error"
    assert runs.log.info(STREAM).seq == 0


def test_a_backtest_speaks_of_no_positions(runs) -> None:
    spec = RunSpec(symbol="BTC-USD", timeframes=["1H"], start_date=AT, end_date="",
                   strategy_ids=["sma_cross"])  # fmt: skip
    run = runs.registry.create(spec, source="made up", synthetic=True).id
    runs.log.create(run, "backtest")
    with pytest.raises(InvalidRequest, match="belongs into a live session"):
        runs.publish(run, "worker", 1, [position(run, "BTC-USD", 1, "open")])


def test_the_positions_of_long_ago_are_forgotten_and_nothing_else() -> None:
    few = {f"position:s:trade_{n}": n for n in range(2 * REMEMBERED)} | {"progress": 1}
    assert without_old(few) is few
    many = few | {f"position:s:trade_{n}": n for n in range(2 * REMEMBERED, 3 * REMEMBERED)}
    left = without_old(many)
    assert left["progress"] == 1
    assert sorted(left.values()) == [1, *range(2 * REMEMBERED, 3 * REMEMBERED)]


def test_a_log_of_many_trades_stays_small(runs, begin) -> None:
    name = begin()
    for start in range(0, 1000, 100):
        told = [position(name, "BTC-USD", start + n, event)
                for n in range(100) for event in ("open", "close")]  # fmt: skip
        runs.publish(name, "worker", 2 * start + 1, told)
    assert len(runs.log.info(name).latest) <= 2 * REMEMBERED
    assert len(runs.log.info(STREAM).latest) <= 2 * REMEMBERED
    assert runs.live.state(name) == []


def test_superseded_states_are_taken_out_of_a_log_and_no_event(runs, begin) -> None:
    name = begin()
    told = []
    for n in range(50):
        told += [pnl(name, 1000.0 + n), risk(name), order(name, "BTC-USD", n, "rejected")]
    runs.publish(name, "worker", 1, told)
    before = runs.log.info(name)
    runs.log.thin(name, 75)
    info = runs.log.info(name)
    assert (info.seq, info.eseq, info.first_seq) == (before.seq, before.eseq, 1)
    assert info.bytes < before.bytes
    kept = runs.log.read(name, 0, 1000)
    assert [e.seq for e in kept if e.type == "order"] == list(range(3, 151, 3))
    assert [e.seq for e in kept if e.type != "order"] == [148, 149]
    runs.log.thin(name, 0)
    assert runs.log.read(name, 0, 1000) == kept
    assert runs.log.info(name).kept == len(kept)


def test_a_session_has_a_report_with_the_candles_it_told(runs, begin) -> None:
    name = begin()
    runs.publish(name, "worker", 1, [*story(name, ["BTC-USD"], "1H"), complete(name)])
    page = report_of(runs.home, name)
    assert "BTC-USD" in page
    assert "2024-01-01T02:00:00" in page
