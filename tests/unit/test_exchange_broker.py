"""Orders at a fake exchange that is unkind: what the session is told is what the ledger has."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from broker_at_work import KEY, SECRET, Heard, agrees, made, place, run
from fake_broker import FINAL as OVER
from fake_broker import FakeBroker

from workbench.errors import BrokerError, InvalidRequest, NotAllowed, UnknownSymbol
from workbench.sessions.brokers import Allowed, broker_for
from workbench.sessions.exchange.keys import Keys, keys_of
from workbench.trading.brokering import Cancel, Open, Rules
from workbench.trading.spec import LiveSettings


def test_market_limit_and_stop_orders_have_their_lives() -> None:
    async def work(heard: Heard) -> None:
        heard.broker.send(place(1))
        heard.broker.send(place(2, "buy", "limit", 2.0, 99.0))
        heard.broker.send(place(3, "sell", "stop", 1.0, 95.0))
        await heard.final("live_1-1")
        await heard.until(lambda: heard.status("live_1-3") == "accepted")
        await asyncio.to_thread(fake.move, 98.0)
        await heard.final("live_1-2")
        heard.broker.send(Cancel("live_1-3", "BTC-USDT"))
        await heard.final("live_1-3")

    with FakeBroker() as fake:
        heard, _ = run(fake, work)
    agrees(heard, fake)
    assert [heard.status(f"live_1-{at}") for at in (1, 2, 3)] == ["filled", "filled", "cancelled"]


def test_rules_are_the_markets() -> None:
    async def main() -> Any:
        broker = made(fake)
        try:
            return await broker.start(["BTC-USDT"])
        finally:
            await broker.close()

    with FakeBroker() as fake:
        assert asyncio.run(main()) == {
            "BTC-USDT": Rules(0.001, 0.01, 0.001, 5.0, True, False, False)
        }


@pytest.mark.parametrize("kind", ["lost", "late", "unanswered", "busy"])
def test_an_order_without_an_answer_is_never_there_twice(kind: str) -> None:
    async def work(heard: Heard) -> None:
        heard.broker.send(place(1))
        await heard.final("live_1-1")

    with FakeBroker() as fake:
        fake.script[kind] = ["POST order"]
        heard, _ = run(fake, work)
    agrees(heard, fake)
    last = heard.told["live_1-1"][-1]
    expected = ("rejected", "not_sent") if kind == "lost" else ("filled", None)
    assert (last.status, last.code) == expected


def test_what_waited_too_long_is_not_sent() -> None:
    async def work(heard: Heard) -> None:
        heard.broker.send(place(1, decided=1))
        await heard.final("live_1-1")

    with FakeBroker() as fake:
        heard, _ = run(fake, work)
    assert heard.told["live_1-1"][-1].code == "stale"
    assert fake.orders == {}


def test_a_fee_taken_in_units_is_not_held() -> None:
    async def work(heard: Heard) -> None:
        heard.broker.send(place(1))
        await heard.final("live_1-1")

    with FakeBroker(fee_in_units=True) as fake:
        heard, _ = run(fake, work)
    last = heard.told["live_1-1"][-1]
    assert (last.status, last.filled, last.average_price) == ("filled", 0.999, 100.0)
    assert last.fees == pytest.approx(0.1)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_exchange_does_its_ledger_is_what_was_told(seed: int) -> None:
    chance = random.Random(seed)

    async def work(heard: Heard) -> None:
        fake.trouble = 0.15
        names = []
        for number in range(1, 9):
            kind = chance.choice(["market", "limit", "stop"])
            side = chance.choice(["buy", "sell"])
            price = None if kind == "market" else float(chance.randint(95, 105))
            heard.broker.send(place(number, side, kind, chance.randint(1, 4) / 2, price))
            names.append(f"live_1-{number}")
            if chance.random() < 0.3:
                heard.broker.send(Cancel(chance.choice(names), "BTC-USDT"))
            await asyncio.to_thread(fake.move, float(chance.randint(95, 105)))
            if number == 4:
                fake.cut()
                fake.down = 5
        await heard.until(lambda: all(heard.status(one) is not None for one in names))
        await asyncio.to_thread(fake.calm)
        for name in names:
            heard.broker.send(Cancel(name, "BTC-USDT"))
        await heard.final(*names)

    with FakeBroker(seed, parts=chance.choice([1, 3])) as fake:
        heard, _ = run(fake, work)
    agrees(heard, fake)
    assert all(one.status in OVER for one in fake.orders.values())


@pytest.mark.parametrize("ahead", [0, 3_600_000])
def test_after_an_absence_it_is_told_what_happened_and_what_never_did(ahead: int) -> None:
    opens = [place(at, "buy", "limit", 2.0, 99.0 - at) for at in (1, 2, 3)]
    opens[2] = opens[2]._replace(decided=opens[2].decided + ahead)

    async def before(heard: Heard) -> None:
        for one in (*opens[:2], place(9, "buy", "limit", 1.0, 50.0)):
            heard.broker.send(one)
        await heard.until(lambda: len(heard.told) == 3)

    async def after(heard: Heard) -> None:
        heard.broker.send(Cancel("live_1-2", "BTC-USDT"))
        await heard.final("live_1-1", "live_1-2", "live_1-3")
        # What was decided once more is known to have been sent.
        heard.broker.send(opens[1])

    with FakeBroker() as fake:
        run(fake, before)
        fake.move(97.5)
        known = [Open(one, 0.0, at < 2) for at, one in enumerate(opens)]
        heard, agreement = run(fake, after, tuple(known))
        assert fake.placed["live_1-2"] == 1
        assert fake.of("live_1-9").status == "CANCELED"  # type: ignore[union-attr]
    assert [heard.status(f"live_1-{at}") for at in (1, 2, 3)] == [
        "filled", "cancelled", "rejected",
    ]  # fmt: skip
    assert heard.told["live_1-3"][-1].code == "not_sent"
    text = " | ".join(agreement.differences)
    assert "live_1-1 was filled to 2 meanwhile" in text
    assert "live_1-9 was open, unknown to the session: cancelled" in text
    assert "live_1-3 is rejected" in text


def test_nobody_gets_to_see_a_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    said: list[str] = []

    async def main() -> None:
        broker = made(fake)
        fake.script["reject"] = ["place"]
        # Once more than an idempotent request is sent by itself.
        fake.script["lost"] = ["GET account"] * 9
        said.append(repr(broker) + repr(broker._line.keys))
        try:
            await broker.start(["BTC-USDT"])
        except BrokerError as error:
            said.append(f"{error!r} {error.details} {error.__context__!r}")
            fake.script["lost"].clear()
        try:
            await broker.start(["BTC-USDT"])
            heard = Heard(broker)
            broker.send(place(1))
            await heard.final("live_1-1")
            said.append(repr(heard.told))
            heard.listening.cancel()
        finally:
            await broker.close()

    with FakeBroker() as fake:
        asyncio.run(asyncio.wait_for(main(), 30))
    assert KEY in fake.headers
    assert len(said) == 3
    logged = [one.getMessage() for one in caplog.records if one.name != "aiohttp.access"]
    text = " ".join([*said, *logged])
    assert "rejected" in text
    for secret in (KEY, SECRET, "signature="):
        assert secret not in text


def test_errors_lose_their_secrets() -> None:
    keys = Keys({"key": KEY, "secret": SECRET, "password": "hunter2"})
    text = f"binance GET https://api.x/v3/order?a=1&signature=abc {KEY} hunter2 apiKey: {SECRET}"
    assert keys.scrub(text) == "binance GET https://api.x/v3/order *** *** apiKey: ***"
    with pytest.raises(TypeError):
        keys.__reduce__()


def test_keys_come_from_the_environment_by_documented_names() -> None:
    given = {"WORKBENCH_BINANCE_MY_ONE_KEY": KEY, "WORKBENCH_BINANCE_MY_ONE_SECRET": SECRET}
    assert keys_of("binance", "my-one", given).scrub(SECRET) == "***"
    with pytest.raises(InvalidRequest, match="WORKBENCH_KRAKEN_DEFAULT_KEY"):
        keys_of("kraken", "default", {})


def test_orders_need_the_servers_leave() -> None:
    spec = LiveSettings(symbols=["BTC-USDT"], broker="exchange", exchange="binance")
    real = LiveSettings(symbols=["BTC-USDT"], broker="exchange", exchange="binance", sandbox=False)
    environ = {"WORKBENCH_BINANCE_DEFAULT_KEY": KEY, "WORKBENCH_BINANCE_DEFAULT_SECRET": SECRET}
    assert broker_for(LiveSettings(symbols=["BTC-USDT"]), "s") is None
    with pytest.raises(NotAllowed, match="not allowed"):
        broker_for(spec, "s", [Allowed("kraken"), Allowed("binance", "other")], environ)
    with pytest.raises(NotAllowed, match="test system only"):
        broker_for(real, "s", [Allowed("binance")], environ)
    with pytest.raises(InvalidRequest, match="keys"):
        broker_for(spec, "s", [Allowed("binance", options={"apiKey": "x"})], environ)
    with pytest.raises(InvalidRequest, match="no keys"):
        broker_for(spec, "s", [Allowed("binance")], {})


def test_it_says_what_it_does_not_know_and_whom_it_cannot_reach() -> None:
    async def start(symbol: str) -> None:
        broker = made(fake)
        broker._market = None
        try:
            await broker.start([symbol])
        finally:
            await broker.close()

    with FakeBroker() as fake:
        with pytest.raises(UnknownSymbol):
            asyncio.run(start("FOO-BAR"))
        fake.down = 99
        with pytest.raises(BrokerError, match="No orders at binance"):
            asyncio.run(start("BTC-USDT"))
