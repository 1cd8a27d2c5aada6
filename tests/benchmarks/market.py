"""What a closed candle costs the detectors: patterns, structure, confluence; and TA-Lib alone."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

from tests.benchmarks.engine import random_walk
from tests.benchmarks.measuring import Row, alternate
from workbench.analysis.batch import closes
from workbench.analysis.market import MarketAnalysis
from workbench.analysis.patterns import DEFAULT, PatternDetector
from workbench.analysis.structure import StructureDetector
from workbench.data.resample import resample
from workbench.engine import BacktestEngine
from workbench.engine.strategies.registry import get
from workbench.timeframes import Timeframe

TITLE = "Detectors"
FRAMES = ("15M", "1H", "4H")
ASKED_US = 60.0
ASKED_STRATEGY_S = 2.0
YEAR = 35_040
"""Candles of 15 minutes."""


def measure(quick: bool) -> list[Row]:
    """Return the rows of the table."""
    count, times = (4_000, 1) if quick else (YEAR, 5)
    base = random_walk(count)
    columns = {name: resample(base, Timeframe.parse(name)) for name in FRAMES}
    given = list(closes(list(columns.values())))
    short = [bar for timeframe, bar in given if timeframe == "15M"]

    def analysed() -> None:
        analysis = MarketAnalysis("WALK", FRAMES)
        for timeframe, bar in given:
            analysis.closed(timeframe, bar)

    def updated(make: Callable[[], Any]) -> Callable[[], None]:
        def run() -> None:
            update = make().update
            for bar in short:
                update(bar)

        return run

    def traded() -> None:
        engine = BacktestEngine(get("strategy1"), columns)
        engine.advance(engine.bars)

    # What is kept here for good is no business of the collector.
    gc.collect()
    gc.freeze()
    taken = alternate(
        {
            "all": analysed,
            "structure": updated(lambda: StructureDetector("15M")),
            "patterns": updated(lambda: PatternDetector("15M")),
            "TA-Lib": updated(lambda: PatternDetector("15M", DEFAULT[1:])),
            "strategy1": traded,
        },
        times,
    )
    gc.unfreeze()
    each = {name: seconds / len(short) * 1e6 for name, seconds in taken.items()}
    whole = taken["all"] / len(given) * 1e6
    unit, note = "µs", f"{len(DEFAULT)} patterns, structure and confluence on {'/'.join(FRAMES)}"
    year = taken["strategy1"] * YEAR / count
    return [
        Row("a closed candle of any timeframe", whole, ASKED_US, unit, "asked at most", note),
        Row("structure, a candle", each["structure"], None, unit),
        Row("patterns, a candle", each["patterns"], each["TA-Lib"], unit, "TA-Lib's 11 alone"),
        Row("strategy1, a year of 15M", year, ASKED_STRATEGY_S, "s", "asked at most"),
    ]
