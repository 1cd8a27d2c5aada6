"""SIGKILL of sessions that trade at an exchange: no order is lost or doubled there."""

from __future__ import annotations

import pytest
from broker_process import BrokerProcess
from exchange_books import of
from exchange_crash import Victim, together

pytestmark = pytest.mark.timeout(400)

KILLS = 18
"""Of each session, on its steps; more: `python -m tests.benchmarks.live_faults --steps 3`."""
FILLS = 6


def test_killed_sessions_agree_with_the_ledger_of_the_exchange(tmp_path):
    markets = ["BTC-USD", "ETH-USD", "SOL-USD"]
    victims = []
    with BrokerProcess(symbols=markets, seed=7, trouble=0.08, parts=3) as fake:
        try:
            victims = [
                Victim(tmp_path, fake, 1, markets[:2]),
                Victim(tmp_path, fake, 2, markets[2:]),
            ]
            together([lambda one=one: one.live(KILLS, FILLS) for one in victims])
            ledger = fake.ledger()
        finally:
            for one in victims:
                one.close()
        for one in victims:
            one.check(ledger)
            assert one.killed >= KILLS
            assert sum(order["filled"] > 0 for order in of(ledger, one.session)) >= FILLS
