"""What a feed's detectors know outlives the feed's process."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fake_market import NOW
from hand_clock import HandClock

from workbench.analysis.market import MarketAnalysis
from workbench.analysis.own import OwnDetector
from workbench.feeds.checkpoint import EVERY_S, Checkpoints, Known, path_of
from workbench.feeds.feeding import Feeding
from workbench.feeds.job import FeedJob
from workbench.feeds.replay import ReplaySource
from workbench.feeds.spec import FeedSpec
from workbench.messages import Candle, Confluence, Feed, Message, Pattern, Structure, parse_time

SPEC = FeedSpec(
    symbol="BTC-USD", timeframes=["15M", "1H", "4H"], feed="replay", start="2024-01-10",
    end="2024-02-09", history=50,
)  # fmt: skip


class Killed(BaseException):
    """The process is gone."""


class Host:
    """Has a feed's process, kills it, and starts it again; keeps the log meanwhile."""

    def __init__(self, home: Path, **fields: Any) -> None:
        self.home = home
        self.job = FeedJob(stream="BTC-USD", spec=SPEC, urls=[], token="", home=str(home), **fields)
        self.log: list[Message] = []
        self.clock = HandClock()
        self.lag = 0
        self.detectors: list[Any] = []

    def run(self, kill_at: int | None = None) -> None:
        """Run a process to its end, or until it has sent so many messages that are new."""
        sent: list[Message] = []
        parts: list[int] = []

        def send(messages: Sequence[Message]) -> None:
            if kill_at is not None and len(sent) >= kill_at:
                raise Killed
            parts.append(len(sent))
            sent.extend(messages)

        def make_checkpoints(failed: Callable[[Any], None]) -> Checkpoints:
            def published() -> tuple[int, int]:
                return len(sent), max(0, len(sent) - self.lag)

            path = path_of(self.home, self.job.stream)
            return Checkpoints(path, self.job, published, failed, self.clock)

        feeding = Feeding(
            SPEC, self.closed(), send,
            lambda closed: ReplaySource(
                SPEC, self.home, after=closed.get("15M"), sleep=self.clock.sleep
            ),
            lambda failed: MarketAnalysis(
                "BTC-USD", SPEC.timeframes, detectors=self.detectors, on_failure=failed
            ),
            make_checkpoints=make_checkpoints, sleep=self.clock.sleep, now=lambda: NOW,
        )  # fmt: skip
        try:
            assert asyncio.run(feeding.run())
        except Killed:
            # What was on its way is lost, and of what was sent at once either all or nothing.
            kept = max(0, len(sent) - max(1, self.lag))
            del sent[max((at for at in parts if at <= kept), default=0) :]
        self.log += sent

    def closed(self) -> dict[str, int]:
        """Return the last closed candle in the log, by timeframe."""
        candles = [message.data for message in self.log if _closed(message)]
        return {one.timeframe: parse_time(one.time) for one in candles}

    def notes(self) -> list[Any]:
        return [message.data.code for message in self.log if isinstance(message, Feed)]


def _closed(message: Message) -> Any:
    return isinstance(message, Candle) and message.data.closed


def story(messages: Sequence[Message]) -> list[Any]:
    """Return all that is told of the market; sums may differ in the last digit."""
    told = []
    for message in messages:
        if isinstance(message, Candle | Pattern | Structure | Confluence):
            body = msgspec.to_builtins(message.data)
            if "volume" in body:
                body["volume"] = float(f"{body['volume']:.9g}")
            told.append((message.type, body))
    return told


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    host = Host(tmp_path_factory.mktemp("undisturbed"))
    host.run()
    return story(host.log)


@pytest.mark.parametrize(("cuts", "lag"), [([4000], 0), ([1500, 40, 3000, 2], 700)])
def test_a_killed_feed_tells_what_an_undisturbed_one_does(
    tmp_path: Path, undisturbed: list[Any], cuts: list[int], lag: int
) -> None:
    host = Host(tmp_path)
    host.lag = lag
    for cut in cuts:
        host.run(cut)
        host.clock.now += EVERY_S
    host.run()
    told = story(host.log)
    assert len(told) > 7_000
    for mine, theirs in zip(told, undisturbed, strict=True):
        assert mine == theirs
    assert "detectors_begin_anew" not in host.notes()


def test_a_feed_killed_between_a_candle_and_what_was_found_on_it_tells_both_once(
    tmp_path: Path, undisturbed: list[Any]
) -> None:
    host = Host(tmp_path)
    host.run()
    (start, *_) = (at for at, one in enumerate(host.log) if isinstance(one, Pattern | Structure))
    assert _closed(host.log[start - 1])
    host = Host(tmp_path / "killed")
    # It dies with the candle sent, what was found on it on its way.
    host.run(start + 1)
    host.run()
    assert story(host.log) == undisturbed


@pytest.mark.parametrize("harm", ["missing", "damaged", "cut", "other feed", "ahead"])
def test_without_what_was_known_the_detectors_begin_anew_and_say_so(
    tmp_path: Path, harm: str
) -> None:
    host = Host(tmp_path)
    host.run(4000)
    path = path_of(tmp_path, "BTC-USD")
    whole = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm == "damaged":
        path.write_bytes(whole[:-100] + bytes(100))
    elif harm == "cut":
        path.write_bytes(whole[:200])
    elif harm == "other feed":
        host.job = msgspec.structs.replace(
            host.job, spec=msgspec.structs.replace(SPEC, weights={"trend": 1.0})
        )
    else:
        first = next(at for at, one in enumerate(host.log) if _closed(one))
        del host.log[first + 200 :]
    host.run()
    assert host.notes().count("detectors_begin_anew") == 1
    times = [m.data.time for m in host.log if _closed(m) and m.data.timeframe == "15M"]
    assert times == sorted(set(times))


def test_only_the_user_can_read_what_is_kept(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.run(2000)
    path = path_of(tmp_path, "BTC-USD")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


class Stubborn(OwnDetector):
    """Holds what no pickle takes."""

    def __init__(self, timeframe: str) -> None:
        super().__init__(timeframe)
        self.kept = (number for number in range(3))

    def update(self, bar: Any) -> list[Any]:
        return []


def test_detectors_that_cannot_be_kept_are_told_once_and_work(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.detectors = [Stubborn]
    host.run()
    assert host.notes().count("not_kept") == 1
    assert not path_of(tmp_path, "BTC-USD").exists()
    [told] = [m.data for m in host.log if isinstance(m, Feed) and m.data.code == "not_kept"]
    assert "generator" in told.message


def test_detectors_from_a_notebook_are_kept_by_value(tmp_path: Path) -> None:
    class Counting(OwnDetector):
        count = 0

        def update(self, bar: Any) -> list[Any]:
            self.count += 1
            return [self.pattern(bar, f"number_{self.count}", "neutral")]

    host = Host(tmp_path, detectors=b"as pickled there")
    host.detectors = [Counting]
    host.run(4000)
    host.run()
    names = [
        m.data.pattern for m in host.log
        if isinstance(m, Pattern) and m.data.timeframe == "1H" and m.data.pattern[:7] == "number_"
    ]  # fmt: skip
    first = int(names[0][7:])
    assert names == [f"number_{first + at}" for at in range(len(names))]


def test_a_failure_after_the_restart_is_told_to_the_new_process(tmp_path: Path) -> None:
    class Failing(OwnDetector):
        def update(self, bar: Any) -> list[Any]:
            raise ValueError("mine")

    told: list[Any] = []
    job = FeedJob(stream="X", spec=SPEC, urls=[], token="", home="", detectors=b"x")
    first: list[Any] = []

    def of(failed: Callable[[Any], None]) -> Checkpoints:
        return Checkpoints(tmp_path / "x", job, lambda: (0, 0), failed)

    old, new = first.append, told.append
    analysis = MarketAnalysis("X", ["15M"], detectors=[Failing], on_failure=old)
    kept = of(old)
    assert kept.take(Known(analysis, {})) is None
    kept.write()
    known = of(new).load({})
    assert known is not None
    known.analysis.closed("15M", next(iter(bars())))
    assert (len(first), len(told)) == (0, 1)


def bars() -> Any:
    from workbench.data import load
    from workbench.data.bars import bars_of

    return bars_of(load("BTC-USD", ["15M"], "2024-01-10", "2024-01-11")["15M"])


def test_nothing_is_written_before_the_log_has_it(tmp_path: Path) -> None:
    log = [10, 0]
    job = FeedJob(stream="X", spec=SPEC, urls=[], token="", home="")
    clock = HandClock()
    path = tmp_path / "x"
    keeping = Checkpoints(path, job, lambda: (log[0], log[1]), lambda error: None, clock)
    known = Known(MarketAnalysis("X", ["15M"]), {"15M": 5})
    keeping.consider(known, 1)
    log[0] = 30
    log[1] = 9
    keeping.consider(known, 2)
    assert not path.exists()
    log[1] = 10
    keeping.write()
    found = keeping.load({"15M": 5})
    assert found is not None
    assert found.seen == {"15M": 5}
    assert keeping.load({"15M": 4}) is None
