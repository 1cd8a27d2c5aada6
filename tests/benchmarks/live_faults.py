"""Live sessions and their server killed as often as asked for: ``… tests.benchmarks.live_faults``.

A session on paper and one at the fake exchange, with troubles; it ends with an error where anything
was lost, doubled or is otherwise than undisturbed. With ``--steps``, sessions at the fake exchange
are killed on steps of theirs instead, in rounds with other troubles each.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from broker_process import BrokerProcess
from exchange_books import of
from exchange_crash import Victim, together
from server_process import ServerProcess
from session_faults import ENVIRONMENT, allow, run_session_faults


def main() -> None:
    """Run it once and say what happened."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.live_faults", description=__doc__
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trouble", type=float, default=0.05, help="chance of each, 0 to 1")
    parser.add_argument("--steps", type=int, default=0, help="rounds of kills on steps")
    args = parser.parse_args()
    if args.steps:
        for number in range(args.steps):
            on_steps(args.kills, number)
    else:
        at_random(args.kills, args.seed, args.trouble)


def at_random(kills: int, seed: int, trouble: float) -> None:
    """Kill processes and servers at random moments."""
    os.environ.update(ENVIRONMENT)
    with (
        tempfile.TemporaryDirectory() as folder,
        BrokerProcess(symbols=["BTC-USD"], seed=seed, trouble=trouble, parts=2) as fake,
    ):
        process = ServerProcess(
            Path(folder) / "home",
            "--WorkbenchApp.live_window=1000000",
            "--WorkbenchApp.stop_patience=60",
        )
        allow(process, fake)
        try:
            report = asyncio.run(
                run_session_faults(
                    process, fake, kills, seed, until="2017-05-20", pace=12.0, wait=4.0
                )
            )
        finally:
            process.stop()
    print(
        f"{report.moments} kills: {report.servers} of the server, {report.paper} of the session on "
        f"paper, {report.trader} of the one at the exchange; {report.messages:,} messages, "
        f"{report.orders} orders, {report.filled} of them filled at the exchange; nothing lost or "
        f"doubled; {report.seconds:.0f} s"
    )


def on_steps(kills: int, seed: int) -> None:
    """Kill two sessions on steps of theirs."""
    markets = ["BTC-USD", "ETH-USD", "SOL-USD"]
    began = time.monotonic()
    options = {"seed": seed, "trouble": 0.05 * (seed % 4), "parts": 1 + seed % 4}
    with (
        tempfile.TemporaryDirectory() as folder,
        BrokerProcess(symbols=markets, **options) as fake,
    ):
        victims = [
            Victim(Path(folder), fake, 100 + 2 * seed, markets[:2]),
            Victim(Path(folder), fake, 101 + 2 * seed, markets[2:]),
        ]
        try:
            together([lambda one=one: one.live(kills) for one in victims])
            ledger = fake.ledger()
            for one in victims:
                one.check(ledger)
        finally:
            for one in victims:
                one.close()
        filled = sum(order["filled"] > 0 for one in victims for order in of(ledger, one.session))
    took = time.monotonic() - began
    print(f"{options}: {2 * kills} kills, {filled} orders filled, {took:.0f} s", flush=True)


if __name__ == "__main__":
    main()
