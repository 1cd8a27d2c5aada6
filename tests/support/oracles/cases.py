"""Which plans are carried out: every kind of order the engines share."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracles.markets import Market
from oracles.plan import Costs, Plan, crossings

WAYS: dict[str, dict[str, Any]] = {
    "long": {"allowed": "long"},
    "short": {"allowed": "short"},
    "reversing": {},
    "long, stop": {"allowed": "long", "stop": 0.02},
    "short, target": {"allowed": "short", "target": 0.03},
    "reversing, stop": {"stop": 0.01},
    "reversing, target": {"target": 0.02},
    "reversing, stop and target": {"stop": 0.015, "target": 0.02},
    "long, narrow stop and target": {"allowed": "long", "stop": 0.005, "target": 0.005},
    "short, narrow stop and target": {"allowed": "short", "stop": 0.005, "target": 0.005},
    "limit": {"entry": "limit", "offset": 0.005},
    "limit, stop and target": {"entry": "limit", "offset": 0.005, "stop": 0.02, "target": 0.03},
    "stop entry": {"entry": "stop", "offset": 0.005},
    "stop entry, stop and target": {
        "entry": "stop", "offset": 0.005, "stop": 0.02, "target": 0.03,
    },
}  # fmt: skip
MARKET = [name for name, way in WAYS.items() if "entry" not in way]
"""Those whose entries are market orders."""
ONE_SIDED = [name for name in WAYS if "and target" not in name]
"""Those that have a stop or a target, not both."""


def plan(market: Market, way: str, averages: tuple[int, int] = (4, 12), **more: Any) -> Plan:
    """Return a plan for a market; its distances are for candles that move by half a percent."""
    sides = crossings(market.candles, *averages)
    return Plan(sides, units=market.units, **{**WAYS[way], **more})


def fitted(market: Market, way: str, averages: tuple[int, int] = (4, 12)) -> Plan:
    """Return the same with distances for the moves of these candles."""
    candles = market.candles
    usual = float(np.mean((candles.high - candles.low) / candles.close))
    distances = {
        name: value * usual / 0.005
        for name, value in WAYS[way].items()
        if name in ("stop", "target", "offset")
    }
    return plan(market, way, averages, **distances)


def costs(seed: int) -> Costs:
    """Return a commission of a fill that all engines know; every third is none."""
    return Costs([0.0, 0.001, 0.0004][seed % 3])


def every(names: list[str], seed: int, count: int) -> list[str]:
    """Return `count` of the names, others for the next seed, each equally often in the end."""
    start = seed * count
    return [names[(start + k) % len(names)] for k in range(count)]
