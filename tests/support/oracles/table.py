"""The engine beside others on whole files of real prices, as a table."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from oracles import ours
from oracles.cases import MARKET, every, fitted
from oracles.compare import difference
from oracles.document import write
from oracles.markets import REAL, SAMPLES, bid_side, market, real
from oracles.plan import Costs
from oracles.recording import ENGINES, record

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
AVERAGES = (20, 50)
FEES = Costs(0.0004)
WAYS = [
    "long", "reversing", "long, stop", "short, target", "reversing, stop and target",
    "limit, stop and target", "stop entry, stop and target",
]  # fmt: skip
PEERS = ("backtesting.py", "backtrader", "vectorbt")


class Row(NamedTuple):
    """One file and one engine: how many runs and trades, and where they part first."""

    file: str
    candles: int
    peer: str
    runs: int
    trades: int
    apart: float
    difference: str


def rows(peers: list[str], files: list[str]) -> Iterator[Row]:
    """Carry out every plan on every file; those that are not there are left out."""
    for file in files:
        try:
            traded = market(bid_side(real(file, _find)))
        except FileNotFoundError:
            continue
        for peer in peers:
            yield _row(file, peer, traded)


def ways(peer: str, number: int) -> list[str]:
    """Return what a peer is asked on a file; backtrader, which takes minutes, two of all."""
    if peer == "backtrader":
        return every(WAYS, number, 2)
    return [way for way in WAYS if peer != "vectorbt" or way in MARKET]


def _row(file: str, peer: str, traded: Any) -> Row:
    run: Callable[..., Any] = import_module(f"oracles.theirs_{peer.removesuffix('.py')}").run
    runs, trades, apart, first = 0, 0, 0.0, ""
    for way in ways(peer, [*REAL, *SAMPLES].index(file)):
        plan = fitted(traded, way, AVERAGES)
        mine = ours.run(traded, plan, FEES, convention=peer)
        theirs = run(traded, plan, FEES)
        runs, trades = runs + 1, trades + len(mine.trades)
        apart = max(apart, abs(mine.final - theirs.final))
        found = difference(mine, theirs)
        first = first or (f"{way}: {found}" if found else "")
    return Row(file, len(traded.candles), peer, runs, trades, apart, first)


def _find(name: str) -> Path:
    path = DATA / name
    if not path.is_file():
        raise FileNotFoundError(path)
    return path


def main() -> None:
    """Print the table, or write down what an engine says."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracles", description=__doc__)
    parser.add_argument("--record", choices=list(ENGINES), help="write down what an engine says")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--files", nargs="+", choices=[*REAL, *SAMPLES], default=None)
    parser.add_argument("--document", action="store_true", help="write docs/fills_peers.md anew")
    given = parser.parse_args()
    if given.document:
        print(write())
        return
    if given.record:
        print(record(given.record))
        return
    os.nice(10)
    print(f"SMA {AVERAGES[0]}/{AVERAGES[1]}, {len(WAYS)} ways, commission {FEES.percent:.2%}\n")
    print("| file | candles | engine | runs | trades | final equity apart by | trades, equity |")
    print("|---|---|---|---|---|---|---|")
    for row in rows(given.peers, given.files or [*REAL, *SAMPLES]):
        same = row.difference or "equal"
        print(
            f"| {row.file} | {row.candles:,} | {row.peer} | {row.runs} | {row.trades:,} "
            f"| {row.apart:.1e} | {same} |",
            flush=True,
        )
