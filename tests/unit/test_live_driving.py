"""What a session is handed, and when: in steps, with a clock in hand."""

from __future__ import annotations

import asyncio

import pytest
from counting_session import CountingSession
from ledger_broker import LedgerBroker
from live_jobs import live_job

from workbench.data.bars import Bar
from workbench.errors import NotAllowed, ServerUnreachable, StorageFull
from workbench.feeds.source import BarUpdate, Note
from workbench.feeds.spec import FeedSpec
from workbench.runs.publishing import Command
from workbench.sessions import driving, room
from workbench.sessions.accounts import Accounts
from workbench.sessions.beginning import begun_of
from workbench.sessions.driving import Driver
from workbench.sessions.job import journal_of
from workbench.sessions.journal import Journal
from workbench.sessions.merging import Merging
from workbench.sessions.running import Running
from workbench.sessions.sourcing import Sourcing
from workbench.trading.brokering import Agreement
from workbench.trading.inputs import Asked, Bars, Clock, Others, Reconciled, Reported, Word

HOUR = 3_600_000
START = 1_704_067_200_000


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(driving, "LOOK_S", 0.001)
    monkeypatch.setattr(driving, "RETRY_S", (0.001, 0.002))
    monkeypatch.setattr(room, "RETRY_S", (0.001, 0.002))


def bars(count, *, end=True):
    rows = [BarUpdate("1H", Bar(START + n * HOUR, *[1.0] * 5), True) for n in range(count)]
    return [rows + ([Note("ended", "over")] if end else [])]


class Prices:
    description, synthetic = "scripted", True

    def __init__(self, batches):
        self.batches = batches

    async def history(self, timeframes, count):
        return {}

    async def items(self):
        for batch in self.batches:
            yield batch
        if not any(isinstance(one, Note) for batch in self.batches for one in batch):
            await asyncio.Event().wait()

    async def close(self):
        pass


class Hand:
    """A process in hand: `seconds` go by as the session says."""

    def __init__(
        self, home, batches, *, broker=None, real_time=False, watched=False, cost=0.0, tick=0.0
    ):
        self.seconds, self.cost, self.tick, self.given = 0.0, cost, tick, []
        self.looks, self.most_looks = 0, 10_000
        live = {"broker": "exchange", "exchange": "fake"} if broker else {}
        self.home, self.job = home, live_job(home, live=live)
        home.mkdir(exist_ok=True)
        self.journal = Journal(journal_of(home, "live_1"))
        self.running = Running(
            self.job, self.journal, self.make, lambda told: None, lambda: (0, 0), self.clock
        )
        self.book = Accounts(home, "live_1", self.job.spec.live)
        self.broker, self.real_time, self.watched = broker, real_time, watched
        self.batches = batches
        self.until = lambda: False

    def clock(self):
        self.seconds += self.tick
        return self.seconds

    def now(self):
        return 1000 + round(1000 * self.seconds)

    def make(self, begun, emit, route):
        hand = self

        class Recording(CountingSession):
            def take(self, given):
                hand.given.append(given)
                many = len(given.bars) if isinstance(given, Bars) else 0
                hand.seconds += hand.cost * many
                super().take(given)
                if hand.until():
                    hand.driver.leave()

            def own(self):
                hand.looks += 1
                if hand.looks > hand.most_looks:
                    hand.driver.leave()
                return super().own()

        return Recording(self.job, begun, emit, route)

    def go(self, *, resumed=False, commands=()):
        async def run():
            changed = asyncio.Event()
            feed = FeedSpec(symbol="EUR-USD", timeframes=["1H"], feed="replay")
            source = Sourcing(
                feed, lambda after: Prices(self.batches), lambda: self.running.standing,
                now=self.now,
            )  # fmt: skip
            self.running.begin(begun_of(1, {"EUR-USD": ("x", True)}, self.real_time, {}, {}))
            self.driver = Driver(
                self.running, Merging([source], not self.real_time, changed), changed, self.broker,
                self.book, watched=self.watched, real_time=self.real_time, home=self.home,
                now=self.now, clock=self.clock,
            )  # fmt: skip
            if self.broker is not None:
                await self.broker.start(["EUR-USD"])
            try:
                await self.driver.agree(["EUR-USD"], resumed=resumed)
                for command in commands:
                    self.driver.ask(command)
                async with asyncio.timeout(30):
                    await self.driver.run()
            finally:
                if self.broker is not None:
                    await self.broker.close()

        try:
            asyncio.run(run())
        finally:
            self.book.close()
            self.journal.close()

    def of(self, *kinds):
        return [one for one in self.given if isinstance(one, kinds)]


def test_a_slow_strategy_is_handed_little_at_once_so_that_commands_are_heard(tmp_path):
    slow = Hand(tmp_path / "slow", bars(400), cost=0.05)
    slow.go()
    sizes = [len(one.bars) for one in slow.of(Bars)]
    assert sum(sizes) == 400
    assert max(sizes[8:]) * 0.05 <= 2 * driving.SLOW_S
    quick = Hand(tmp_path / "quick", bars(4000))
    quick.go()
    assert max(len(one.bars) for one in quick.of(Bars)) > 10 * driving.FIRST


def test_commands_come_before_prices_and_each_once(tmp_path):
    hand = Hand(tmp_path, bars(3))
    asked = [Command("pause_entries", seq=4)] * 2 + [Command("stop", seq=9)]
    hand.go(commands=asked)
    assert hand.given[:2] == [Asked(1000, "pause_entries", 4), Asked(1000, "stop", 9)]
    assert hand.running.session.ended


@pytest.mark.parametrize("real_time", [True, False])
def test_time_passes_only_where_prices_go_by_the_clock(tmp_path, real_time):
    # Each look at the clock is half a second later.
    hand = Hand(tmp_path, bars(3, end=False), real_time=real_time, tick=0.5)
    hand.most_looks = 20
    hand.until = lambda: len(hand.of(Clock)) == 3
    hand.go()
    assert len(hand.of(Clock)) == (3 if real_time else 0)


def test_the_session_hears_of_the_others_of_its_account(tmp_path):
    other = Accounts(tmp_path, "live_2", live_job(tmp_path).spec.live)
    other.write(Others(0, 5.0, 6.0, 7.0, 1, 2, {"A": 6.0}))
    other.close()
    hand = Hand(tmp_path, bars(3, end=False), watched=True)
    hand.until = lambda: bool(hand.of(Others))
    hand.go()
    assert hand.of(Others) == [Others(1000, 5.0, 6.0, 7.0, 1, 2, {"A": 6.0})]


class Sly(LedgerBroker):
    """Cannot be asked at first; then says that something differs."""

    def __init__(self, path, errors):
        super().__init__(path)
        self.errors, self.starts, self.order = list(errors), 0, []

    async def start(self, symbols):
        self.starts += 1
        return await super().start(symbols) if self._task is None else {}

    async def reconcile(self, orders, positions):
        if self.errors:
            raise self.errors.pop(0)
        self.order.append("agreed")
        return Agreement([], ["1 unit more than was thought"])

    def send(self, command):
        self.order.append("sent")
        super().send(command)


def test_nothing_is_sent_before_the_broker_agrees_and_what_differs_is_told(tmp_path):
    broker = Sly(tmp_path / "ledger", [ServerUnreachable("no answer")] * 2)
    hand = Hand(tmp_path / "home", bars(20), broker=broker)
    settle = hand.journal.settle
    hand.journal.settle = lambda: broker.order.append("settled") or settle()
    hand.go(resumed=True)
    words = [one for one in hand.of(Word) if one.code == "server_unreachable"]
    assert len(words) == 2
    assert "no answer" in words[0].message
    assert hand.of(Reconciled) == [Reconciled(1000, ["1 unit more than was thought"])]
    assert broker.order[:3] == ["agreed", "settled", "sent"]
    assert len(broker.ledger()) == 2
    assert {one.client_order_id for one in hand.of(Reported)} <= set(broker.ledger())


@pytest.mark.parametrize("call", ["append", "tell", "settle"])
def test_a_full_disk_is_waited_for_and_nothing_is_lost_or_done_twice(tmp_path, call):
    whole = Hand(tmp_path / "whole", bars(200), broker=LedgerBroker(tmp_path / "w"))
    whole.go()
    hand = Hand(tmp_path / "home", bars(200), broker=LedgerBroker(tmp_path / "l"))
    tx, refused = hand.journal._tx, []
    tx.execute("CREATE TABLE ballast (body BLOB)")
    done = getattr(hand.journal, call)

    def tried(*given):
        if len(refused) == 3 or (call == "tell" and not hand.given):
            return done(*given)
        # What is to be written finds the file at its greatest size.
        tx.execute("PRAGMA max_page_count=1")
        try:
            hand.journal._write("INSERT INTO ballast VALUES (zeroblob(100000))", ())
        except StorageFull as error:
            refused.append(error)
            raise
        finally:
            tx.execute("PRAGMA max_page_count=1000000")

    setattr(hand.journal, call, tried)
    hand.go()
    assert len(refused) == 3
    assert {error.code for error in refused} == {"storage_full"}
    assert "database or disk is full" in refused[0].message
    assert hand.running.session.state.digest == whole.running.session.state.digest
    assert hand.broker.ledger().keys() == whole.broker.ledger().keys()
    if call in ("append", "tell"):
        said = [one for one in hand.of(Word) if one.code == "storage_full"]
        assert said
        assert "make room" in said[0].message


def test_a_broker_that_allows_nothing_ends_it(tmp_path):
    hand = Hand(tmp_path / "home", bars(3), broker=Sly(tmp_path / "l", [NotAllowed("not here")]))
    with pytest.raises(NotAllowed):
        hand.go(resumed=True)


def test_without_its_state_folder_it_ends(tmp_path):
    hand = Hand(tmp_path / "home", bars(3, end=False))
    hand.home = tmp_path / "nowhere"
    hand.go()
    assert hand.driver.leaving
