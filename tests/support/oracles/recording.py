"""What engines said that are not installed with the tests: one line of JSON a run.

vectorbt takes many packages and half a minute of compiling, nautilus_trader another pandas. Their
outcomes were written down once, by ``python -m tests.oracles --record vectorbt``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from oracles.apart import said
from oracles.apart_cases import CASES
from oracles.cases import MARKET, costs, every, plan
from oracles.markets import SEEDS, Market, walk
from oracles.plan import Costs, Outcome, Plan

FOLDER = Path(__file__).parent / "recorded"
STEP = 25
"""Closes from one equity that was written down to the next; the last one always is."""
FULL = ("reversing", "long", "short")
BRACKETS = ("reversing, stop and target", "long, narrow stop and target")
ENGINES = {
    "vectorbt": "vectorbt",
    "nautilus": "nautilus_trader",
}
"""Distributions, by the name of the convention."""


def jobs(engine: str) -> Iterator[tuple[int, str]]:
    """Return the walks and ways that are written down of an engine."""
    for seed in SEEDS:
        if engine == "vectorbt":
            yield seed, every(MARKET, seed, 1)[0]
        elif seed % 3 == 2:
            yield seed, every([*BRACKETS, *FULL], seed // 3, 1)[0]


def job(engine: str, seed: int, way: str) -> tuple[Market, Plan, Costs]:
    """Return what is asked of an engine.

    nautilus knows prices of so many digits only, vectorbt pays per order once for a reversal.
    """
    market = walk(seed)
    more = {"digits": 4} if engine == "nautilus" else {}
    fees = costs(seed)
    if engine == "vectorbt" and not way.startswith("reversing"):
        fees = fees._replace(per_order=0.5)
    return market, plan(market, way, **more), fees


def record(engine: str) -> Path:
    """Let an engine carry out its jobs and write down what it says."""
    run = import_module(f"oracles.theirs_{engine}").run
    lines = [json.dumps({"engine": ENGINES[engine], "version": version(ENGINES[engine])})]
    for seed, way in jobs(engine):
        trades, equity = told(run(*job(engine, seed, way)))
        line = {"seed": seed, "way": way, "trades": trades, "equity": equity}
        lines.append(json.dumps(line, separators=(",", ":")))
    for name, case in CASES.items():
        if engine in case.peers:
            outcome = run(case.market, case.plan, case.costs, **case.options)
            lines.append(json.dumps({"case": name, "said": said(outcome, case.money)}))
    path = FOLDER / f"{engine}.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def recorded(engine: str) -> dict[tuple[int, str], tuple[list[list[Any]], list[float]]]:
    """Return what was written down, by walk and way."""
    _, *lines = (FOLDER / f"{engine}.jsonl").read_text().splitlines()
    runs = [json.loads(line) for line in lines]
    return {
        (one["seed"], one["way"]): (one["trades"], one["equity"]) for one in runs if "seed" in one
    }


def recorded_case(engine: str, name: str) -> tuple[str, ...]:
    """Return what an engine said to a case of `apart_cases`."""
    for line in (FOLDER / f"{engine}.jsonl").read_text().splitlines():
        one = json.loads(line)
        if one.get("case") == name:
            return tuple(one["said"])
    raise KeyError(f"{name} of {engine}")


def told(outcome: Outcome) -> tuple[list[list[Any]], list[float]]:
    """Return what is written down of an outcome."""
    trades = []
    for trade in outcome.trades:
        row = (trade.sign, trade.entry_bar, trade.entry_price, trade.exit_bar, trade.exit_price)
        trades.append([_plain(value) for value in row])
    equity = [*outcome.equity[::STEP], outcome.equity[-1]]
    return trades, [round(float(value), 8) for value in equity]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else round(float(value), 8)
