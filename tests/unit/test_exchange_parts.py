"""The parts of following an exchange, each alone: time, numbers, pages, words for trouble."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import ccxt
import pytest

from workbench.data.exchange.trouble import pause, trouble_of
from workbench.feeds.exchange_clock import GRACE_MS, WINDOW_MS, MarketClock
from workbench.feeds.exchange_following import TradeFollower
from workbench.feeds.exchange_line import Connection
from workbench.feeds.exchange_socket import Socket
from workbench.feeds.exchange_trades import HABITS, Habit, Line, Missing, Seen, fetch, read
from workbench.feeds.source import BarUpdate, Hole, Item, Moment, Note, Tick
from workbench.timeframes import Timeframe

MINUTE = 60_000
START = 1_700_000_040_000


def trade(number: int, time: int | None = None, id: str | None = None) -> dict[str, Any]:
    when = START + number * 1000 if time is None else time
    return {"id": id or str(number), "timestamp": when, "price": 100.0 + number, "amount": 1.0}


# --- time -----------------------------------------------------------------------------


def test_time_passes_by_what_was_heard_and_not_by_our_clock() -> None:
    clock = MarketClock()
    assert clock.passed() is None
    clock.observe(START, 5_000)
    assert clock.passed() == START - GRACE_MS
    assert clock.passed() is None
    clock.heard(15_000)
    assert clock.passed() == START + 10_000 - GRACE_MS
    # A trade that took longer than another says nothing about the time.
    clock.observe(START + 10_000, 18_000)
    assert clock.passed() == START + 13_000 - GRACE_MS


def test_an_estimate_that_is_too_high_goes_out_of_use() -> None:
    clock = MarketClock()
    clock.observe(START + 900, 0)
    for at in range(0, 3 * WINDOW_MS + 1, WINDOW_MS // 4):
        clock.observe(START + at, at)
    assert clock.passed() == START + 3 * WINDOW_MS - GRACE_MS


@pytest.mark.parametrize("ahead", [900 * 86_400_000, -900 * 86_400_000, 2 * 3_600_000])
def test_one_wrong_time_of_an_exchange_closes_nothing(ahead: int) -> None:
    clock = MarketClock()
    clock.observe(START, 0)
    clock.observe(START + ahead, 1_000)
    clock.observe(START + 2_000, 2_000)
    assert clock.passed() == START + 2_000 - GRACE_MS


# --- numbers --------------------------------------------------------------------------


def test_a_counted_trade_is_taken_once_and_in_order() -> None:
    line = Line()
    seen, bad = read([trade(3), trade(1), trade(2), trade(2)], counted=True)
    assert [line.takes(one) for one in seen] == [True, True, False, True]
    assert bad == 0
    assert line.missing(Tick(START + 9000, 1.0, 1.0, 7)) == Missing(
        START + 3000, START + 9000, 4, 6
    )
    assert line.missing(Tick(START + 9000, 1.0, 1.0, 4)) is None


def test_what_is_no_trade_is_counted_and_left_out() -> None:
    wrong = [{"price": None}, 3, trade(1) | {"price": -1.0}, trade(1) | {"amount": float("nan")}]
    wrong += [trade(1) | {"id": str(10**19)}, trade(1, time=10**18), trade(1) | {"id": "x"}]
    assert read([*wrong, trade(2)], counted=True)[1] == 7


def test_names_tell_repeated_trades_where_there_are_no_numbers() -> None:
    line = Line()
    seen, _ = read([trade(1, id="a"), trade(2, id="b"), trade(2, id="a")], counted=False)
    assert [line.takes(one) for one in seen] == [True, True, False]
    assert [line.takes(Seen(Tick(START + at, 1.0, 1.0), None)) for at in (2000, 2001)] == [
        False, True,
    ]  # fmt: skip


class Stretches:
    """Tells trades of a stretch as one kind of exchange or another, `page` at once."""

    def __init__(self, trades: list[dict[str, Any]], page: int, latest: bool) -> None:
        self.trades, self.page, self.latest, self.asked = trades, page, latest, 0

    async def fetch_trades(
        self, market: str, since: int = 0, limit: int = 0, params: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        self.asked += 1
        params = params or {}
        if "fromId" in params:
            found = [one for one in self.trades if int(one["id"]) >= params["fromId"]]
        else:
            until = params.get("until", 1 << 60)
            found = [one for one in self.trades if since <= one["timestamp"] <= until]
        return found[-self.page :] if self.latest else found[: self.page]


@pytest.mark.parametrize(
    ("habit", "latest"),
    [(HABITS["binance"], False), (HABITS["coinbase"], True), (Habit(), False)],
)
@pytest.mark.parametrize("first", [None, 5])
def test_a_stretch_is_fetched_whole_in_pages(
    habit: Habit, latest: bool, first: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.feeds.exchange_trades.PAGE", 10)
    there = Stretches([trade(at) for at in range(100)], 10, latest)
    missing = Missing(START + 5000, START + 64_000, first, None if first is None else 63)
    found = asyncio.run(fetch(there, "BTC/USD", habit, missing))
    assert set(range(5, 64)) <= {int(one["id"]) for one in found}
    assert there.asked < 20


# --- following ------------------------------------------------------------------------


class Scripted:
    """An exchange that does not count trades: batches of its socket, and what REST knows."""

    id = "somewhere"

    def __init__(self, batches: list[Any], known: list[dict[str, Any]], candles: bool) -> None:
        self.has = {"fetchTrades": True, "fetchOHLCV": candles}
        self.timeframes = {"1m": "1m"}
        self.trades: dict[str, Any] = {}
        self.clients: dict[str, Any] = {}
        self.batches, self.known = batches, known
        self.candles_asked: list[int] = []

    def client(self, url: str) -> Any:
        if url not in self.clients:
            self.clients[url] = SimpleNamespace(
                isConnected=True, closed=lambda: False, handle_message=lambda message: None
            )
        return self.clients[url]

    async def watch_trades(self, market: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        self.client("ws")
        if not self.batches:
            await asyncio.Event().wait()
        batch = self.batches.pop(0)
        if isinstance(batch, Exception):
            self.clients.clear()
            raise batch
        return batch

    async def fetch_trades(self, market: str, since: int, limit: int, **_: Any) -> list[Any]:
        return [one for one in self.known if one["timestamp"] >= since]

    async def fetch_ohlcv(self, market: str, name: str, since: int, limit: int) -> list[Any]:
        self.candles_asked.append(since)
        return [[since, 1.0, 9.0, 1.0, 5.0, 77.0]]

    def feature_value(self, *_: Any) -> None:
        return None

    def milliseconds(self) -> int:
        return START + 10 * MINUTE


async def no_sleep(seconds: float) -> None:
    await asyncio.sleep(0)


def followed(there: Scripted, until: int) -> list[Item]:
    """Return what comes up to the trade of this number, through lost connections."""

    async def main() -> list[Item]:
        clock = MarketClock()
        socket = Socket(there, lambda: None, lambda error: None)
        follower = TradeFollower(
            Connection(
                exchange=there, market="BTC/USD", timeframe=Timeframe.parse("1M"), since=START,
                clock=clock, socket=socket, sleep=no_sleep, elapsed=lambda: 0.0,
            )
        )  # fmt: skip
        items: list[Item] = []
        while True:
            try:
                async for batch in follower.batches():
                    items += batch
                    if any(isinstance(one, Tick) and one.price == 100.0 + until for one in items):
                        return items
            except ccxt.NetworkError:
                continue

    return asyncio.run(asyncio.wait_for(main(), 20))


def prices(items: list[Item]) -> list[int]:
    return [round(one.price - 100) for one in items if isinstance(one, Tick)]


def test_without_numbers_what_was_missed_is_found_by_time() -> None:
    lost = ccxt.NetworkError("gone")
    batches = [[trade(1, id="a")], [trade(2, id="b")], lost, [trade(6, id="f")]]
    names = "abcdef"
    known = [trade(at, id=names[at - 1]) for at in range(1, 6)]
    items = followed(Scripted(batches, known, candles=True), 6)
    assert prices(items) == [1, 2, 3, 4, 5, 6]
    assert all(one.filled for one in items if isinstance(one, Hole))


def test_without_numbers_a_loss_that_cannot_be_bridged_is_told_and_the_candle_replaced() -> None:
    lost = ccxt.NetworkError("gone")
    later = trade(90, id="z")
    there = Scripted([[trade(1, id="a")], lost, [later]], [trade(1, id="a")], candles=True)
    # After the loss, the exchange has forgotten all but its latest trade.
    watch = there.watch_trades

    async def forgetting(market: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            return await watch(market, params)
        except ccxt.NetworkError:
            there.known = [trade(70, id="y")]
            raise

    there.watch_trades = forgetting  # type: ignore[method-assign]
    items = followed(there, 90)
    holes = [one for one in items if isinstance(one, Hole) and not one.filled]
    assert [(one.missing, one.start, one.end) for one in holes] == [
        (0, START + 1000, START + 70_000)
    ]
    bars = [one for one in items if isinstance(one, BarUpdate)]
    assert [(one.bar.time, one.bar.volume, one.origin) for one in bars] == [
        (START, 77.0, "backfill")
    ]
    assert items.index(bars[0]) < next(
        at for at, one in enumerate(items) if isinstance(one, Tick) and one.price == 170.0
    )


def test_a_wrong_number_hides_no_trade(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HABITS, "somewhere", Habit(counted=True))
    odd = trade(3) | {"id": str(10**15)}
    there = Scripted([[trade(1)], [trade(2)], [odd], [trade(3)], [trade(4)]], [], candles=False)
    items = followed(there, 4)
    assert [one.number for one in items if isinstance(one, Tick)] == [1, 2, 3, 4]
    assert "corrupt_frame" in {one.code for one in items if isinstance(one, Note)}
    assert not [one for one in items if isinstance(one, Hole) and not one.filled]


def test_time_does_not_pass_while_trades_are_missing() -> None:
    there = Scripted([[trade(1, id="a")], [trade(2, id="b")]], [], candles=False)
    there.has["fetchTrades"] = True

    async def refuse(*_: Any, **__: Any) -> list[Any]:
        raise ccxt.DDoSProtection("somewhere 418 teapot")

    there.fetch_trades = refuse  # type: ignore[method-assign]
    items = followed(there, 2)
    assert not [one for one in items if isinstance(one, Moment)]
    assert {one.code for one in items if isinstance(one, Note) and one.code} == {"banned"}
    assert [one for one in items if isinstance(one, Hole)] == [
        Hole("trades", 0, START, START + 1000, False)
    ]


# --- the socket -----------------------------------------------------------------------


def test_a_frame_that_cannot_be_read_does_not_end_the_reading() -> None:
    read_: list[str] = []

    def handle(message: str) -> None:
        if message == "bad":
            raise ValueError("no such frame")
        read_.append(message)

    made = SimpleNamespace(handle_message=handle, isConnected=True, closed=lambda: False)
    there = SimpleNamespace(client=lambda url: made, clients={"ws": made})
    heard: list[int] = []
    broken: list[str] = []
    socket = Socket(there, lambda: heard.append(1), lambda error: broken.append(str(error)))
    for message in ("one", "bad", "two"):
        there.client("ws").handle_message(message)
    assert (read_, broken, len(heard)) == (["one", "two"], ["no such frame"], 3)
    assert socket.opened == 1
    assert socket.connected


# --- words for trouble ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code", "passing"),
    [
        (ccxt.DDoSProtection("binance 429 Too Many Requests {}"), "rate_limited", True),
        (ccxt.DDoSProtection("binance 418 I'm a teapot {}"), "banned", True),
        (ccxt.RateLimitExceeded("kraken EAPI:Rate limit"), "rate_limited", True),
        (ccxt.OnMaintenance("okx is down"), "maintenance", True),
        (ccxt.ExchangeNotAvailable("x GET https://x/a?limit=451 503 Gone"), "unreachable", True),
        (ccxt.ExchangeNotAvailable("x GET https://x/a 451 Legal"), "restricted", False),
        (ccxt.RestrictedLocation("not here"), "restricted", False),
        (ccxt.RequestTimeout("slow"), "timeout", True),
        (ccxt.AuthenticationError("key"), "not_allowed", False),
        (ccxt.BadSymbol("FOO"), "unknown_symbol", False),
        (ccxt.ExchangeError("odd"), "exchange_error", True),
        (KeyError("p"), "bad_response", True),
    ],
)
def test_every_error_has_a_stable_code(error: Exception, code: str, passing: bool) -> None:
    trouble = trouble_of(SimpleNamespace(id="x", last_response_headers=None), error)
    assert (trouble.code, trouble.passing) == (code, passing)
    assert trouble.message.startswith("x ")


def test_pauses_grow_up_to_a_minute_and_never_undercut_what_is_asked() -> None:
    assert [pause(at) for at in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pause(0, 90.0) == 90.0
    headers = {"retry-AFTER": "12"}
    there = SimpleNamespace(id="x", last_response_headers=headers)
    assert trouble_of(there, ccxt.RateLimitExceeded("slow down")).wait == 12.0
    assert trouble_of(there, ccxt.RequestTimeout("slow")).wait is None
