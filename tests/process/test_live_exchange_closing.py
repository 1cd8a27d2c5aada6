"""The kill switch at an exchange, for a session whose process died at a bad moment."""

from __future__ import annotations

import random

import pytest
from broker_process import BrokerProcess
from exchange_books import held, of, told
from exchange_crash import KILLED, Victim

from workbench.messages import FINAL_ORDER_STATUSES

pytestmark = pytest.mark.timeout(400)

OTHERS = {"symbol": "BTCUSD", "side": "BUY", "type": "LIMIT", "quantity": "1", "price": "11"}


@pytest.fixture
def fake():
    options = {"symbols": ["BTC-USD"], "seed": 3, "trouble": 0.08, "parts": 2}
    with BrokerProcess(**options, fee_in_units=True) as made:
        yield made


def test_what_a_dead_session_holds_is_closed_and_nothing_else(tmp_path, fake):
    fake.ask("place", {**OTHERS, "newClientOrderId": "live_1x-1"})
    fake.ask("place", {**OTHERS, "newClientOrderId": "live_1-1-7"})
    draw = random.Random(5)
    closed = 0
    for number in range(11, 14):
        victim = Victim(tmp_path, fake, number, ["BTC-USD"])
        try:
            # Until it holds something: then it dies on any step, perhaps with an order on its way.
            least = 100
            while not held(fake.ledger(), victim.session).get("BTCUSD"):
                # Further each time: what it has told since its checkpoint is told again.
                least += 100
                assert victim.die(draw.randint(least, least + 200)) == KILLED
            # The kill switch itself is killed, too, and tried again.
            code = victim.wind_up(fuse=draw.randint(1, 60))
            assert code in (KILLED, 0)
            if victim.door.messages()[-1]["type"] != "complete":
                assert victim.wind_up() == 0
            ledger = fake.ledger()
            mine = of(ledger, victim.session)
            assert all(one["over"] for one in mine)
            assert all(ledger["placed"][one["client"]] == 1 for one in mine)
            bought = sum(one["filled"] for one in mine if one["side"] == "BUY")
            # Fees were taken in units; what is less than a lot cannot be sold.
            assert held(ledger, victim.session)["BTCUSD"] < 0.001 * bought + 0.001
            closed += any("-K" in one["client"] and one["filled"] for one in mine)
            agrees(victim.door.messages())
        finally:
            victim.close()
    assert closed > 1
    others = [one for one in ledger["orders"] if one["client"] in ("live_1x-1", "live_1-1-7")]
    assert [one["status"] for one in others] == ["NEW", "NEW"]


def agrees(messages):
    """All that was open is told to be over, once, and the stream has ended."""
    assert messages[-1]["type"] == "complete"
    positions = {one["position_id"]: one["event"] for one in told(messages, "position")}
    assert set(positions.values()) <= {"close"}
    finals = [one["order_id"] for one in told(messages, "order")
              if one["status"] in FINAL_ORDER_STATUSES]  # fmt: skip
    assert len(finals) == len(set(finals))
    assert set(finals) == {one["order_id"] for one in told(messages, "order")}
