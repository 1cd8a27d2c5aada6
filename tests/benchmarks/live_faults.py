"""Sessions at the fake exchange, killed as often as is asked: ``python -m ... live_faults 60 3``.

Kills of each of two sessions, and how many rounds; each round has troubles of its own. It ends with
an error where a session and the ledger differ.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

SUPPORT = Path(__file__).parents[1] / "support"


def main(kills: int = 30, rounds: int = 2) -> None:
    sys.path.insert(0, str(SUPPORT))
    from broker_process import BrokerProcess
    from exchange_books import of
    from exchange_crash import Victim, together

    markets = ["BTC-USD", "ETH-USD", "SOL-USD"]
    for number in range(rounds):
        began = time.monotonic()
        options = {"seed": number, "trouble": 0.05 * (number % 4), "parts": 1 + number % 4}
        with (
            tempfile.TemporaryDirectory() as folder,
            BrokerProcess(symbols=markets, **options) as fake,
        ):
            victims = [
                Victim(Path(folder), fake, 100 + 2 * number, markets[:2]),
                Victim(Path(folder), fake, 101 + 2 * number, markets[2:]),
            ]
            try:
                together([lambda one=one: one.live(kills) for one in victims])
                ledger = fake.ledger()
                for one in victims:
                    one.check(ledger)
            finally:
                for one in victims:
                    one.close()
            filled = sum(
                order["filled"] > 0 for one in victims for order in of(ledger, one.session)
            )
        took = time.monotonic() - began
        print(f"{options}: {2 * kills} kills, {filled} orders filled, {took:.0f} s", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
