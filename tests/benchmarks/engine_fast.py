"""Bars a second of signals and compiled strategies and of sweeps, beside vectorbt where it is."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import workbench as wb
from tests.benchmarks.engine import COMMISSION, STOP, TARGET, random_walk
from tests.benchmarks.measuring import Row, alternate, cpu_of_call
from workbench.data.candles import Candles
from workbench.engine import BacktestEngine, Strategy, StreamingBacktestEngine
from workbench.engine.ground import ground
from workbench.messages import encode
from workbench.sweeps.evaluate import evaluate

TITLE = "Signals, compiled strategies, sweeps"
ASKED_BARS_PER_S = 8.0e6
ASKED_SWEEP_S = 0.7
ASKED_START_S = 0.5
ASKED_MIB = 400.0
SETTINGS = wb.Settings(commission=COMMISSION, check_lookahead=False)
PAIRS = [(fast, slow) for fast in range(5, 24, 2) for slow in range(30, 76, 5)]


class Averages(Strategy):
    """What both forms look at."""

    fast = 20
    slow = 50

    def init(self) -> None:
        self.quick = self.I("SMA", self.close, self.fast)
        self.calm = self.I("SMA", self.close, self.slow)


class Signalling(Averages):
    """The workload of the engine's benchmark, as arrays."""

    def signals(self) -> wb.Signals:
        quick, calm, close = (np.asarray(one) for one in (self.quick, self.calm, self.close))
        above, below = quick > calm, quick < calm
        entries, exits = np.zeros(len(close), bool), np.zeros(len(close), bool)
        entries[1:] = above[1:] & (quick[:-1] <= calm[:-1])
        exits[1:] = below[1:] & (quick[:-1] >= calm[:-1])
        return wb.Signals(
            entries=entries, exits=exits, size=1.0, stop_loss=close * (1 - STOP),
            take_profit=close * (1 + TARGET),
        )  # fmt: skip


class Compiled(Averages):
    """The same, candle by candle."""

    @wb.compiled
    def next(bar, see, act):
        quick, calm = see.quick, see.calm
        if quick[-1] > calm[-1] and quick[-2] <= calm[-2]:
            if act.position == 0:
                close = see.close[-1]
                act.enter_long(
                    quantity=1.0, stop_loss=close * (1 - STOP), take_profit=close * (1 + TARGET)
                )
        elif quick[-1] < calm[-1] and quick[-2] >= calm[-2] and act.position > 0:
            act.close()


def silent(kind: type[Strategy], candles: Candles) -> tuple[int, float]:
    """Run for the figures alone."""
    engine = BacktestEngine(kind, {"15M": candles}, settings=SETTINGS)
    performance = engine.sum_up()
    return performance.total_trades, engine.snapshot().equity


def streamed(kind: type[Strategy], candles: Candles) -> int:
    """Run with every message encoded, equity and progress each 100 candles; count them."""
    sink: list[bytes] = []
    engine = BacktestEngine(kind, {"15M": candles}, settings=SETTINGS)
    StreamingBacktestEngine(engine, "benchmark", lambda message: sink.append(encode(message))).run()
    return len(sink)


def sweep(candles: Candles) -> float:
    """Evaluate all pairs in this process; return the best final return, in percent."""
    shared = ground({"15M": candles}, SETTINGS)
    pairs = [{"fast": fast, "slow": slow} for fast, slow in PAIRS]
    return max(evaluate(Signalling, shared, pair, SETTINGS)["total_return"] for pair in pairs)


def vectorbt(candles: Candles) -> Mapping[str, Callable[[], Any]]:
    """Return what vectorbt does for the same: one run, and all pairs at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import vectorbt as vbt
    frame = candles.to_frame()
    frame.index = frame.index.tz_localize(None)  # with a time zone it would take 60 times as long
    opened, high, low, close = (frame[name] for name in ("open", "high", "low", "close"))

    def portfolio(fast: Any, slow: Any) -> Any:
        up, down = fast.ma_crossed_above(slow), fast.ma_crossed_below(slow)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = vbt.Portfolio.from_signals(
                close, up.vbt.fshift(1), down.vbt.fshift(1), price=opened, open=opened, high=high,
                low=low, size=1, sl_stop=STOP, tp_stop=TARGET, fees=COMMISSION, init_cash=10_000,
                freq="15min",
            )  # fmt: skip
            return made.final_value(), made.trades.count()

    def one() -> Any:
        return portfolio(vbt.MA.run(close, 20), vbt.MA.run(close, 50))

    def many() -> Any:
        fasts, slows = zip(*PAIRS, strict=True)
        return portfolio(vbt.MA.run(close, list(fasts)), vbt.MA.run(close, list(slows)))

    return {"one": one, "many": many}


SECOND_START = """
import time
began = time.perf_counter()
from tests.benchmarks.engine_fast import Signalling, silent
from tests.benchmarks.engine import random_walk
import numba
candles = random_walk(1000)
began = time.perf_counter()
silent(Signalling, candles)
print(time.perf_counter() - began)
"""


def second_start() -> float:
    """Return the seconds from imports done to the first result, the machine code being there."""
    command = [sys.executable, "-c", SECOND_START]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measure(quick: bool) -> list[Row]:
    """Return the rows of this benchmark."""
    bars = 20_000 if quick else 100_000
    candles = random_walk(bars)
    peers = vectorbt(candles) if find_spec("vectorbt") else {}
    rows = []
    for name, kind in (("Signals", Signalling), ("Compiled", Compiled)):
        trades, equity = silent(kind, candles)
        calls: dict[str, Callable[[], object]] = {
            "off": lambda kind=kind: silent(kind, candles),  # type: ignore[misc]
            "on": lambda kind=kind: streamed(kind, candles),  # type: ignore[misc]
        }
        median = alternate(calls | ({"peer": peers["one"]} if peers else {}), 3 if quick else 7)
        about = f"{trades} trades, final equity {equity:.4f}"
        peer = bars / median["peer"] if peers else None
        against = "vectorbt" if peers else ""
        rows += [
            Row(f"{name}, no messages", bars / median["off"], peer, "bars/s", against, about),
            Row(f"{name}, streaming", bars / median["on"], peer, "bars/s", against,
                f"{streamed(kind, candles)} messages"),
            Row(f"{name}, streaming", bars / median["on"], ASKED_BARS_PER_S, "bars/s",
                "asked: at least"),
        ]  # fmt: skip
    for size in () if quick else (10_000, 1_000_000, 5_000_000):
        long = random_walk(size)
        spent = min(cpu_of_call(lambda long=long: silent(Compiled, long)) for _ in range(3))
        rows.append(Row(f"Compiled, no messages, {size:,} bars", size / spent, None, "bars/s"))
        del long
    sweep(candles)
    ours = min(cpu_of_call(lambda: sweep(candles)) for _ in range(3))
    pairs = f"{len(PAIRS)} pairs x {bars:,}"
    if peers:
        peers["many"]()
        theirs = cpu_of_call(peers["many"])
        rows.append(Row(f"Sweep of {pairs}", ours, theirs, "s CPU", "vectorbt", "one process"))
    rows.append(Row(f"Sweep of {pairs}", ours, ASKED_SWEEP_S, "s CPU", "asked: at most"))
    start = min(second_start() for _ in range(3))
    rows.append(Row("First result of a process", start, ASKED_START_S, "s wall", "asked: at most"))
    if not quick:
        peak = peak_of_a_million()
        about = "of the process, all messages kept"
        rows.append(Row("Peak memory, 1,000,000 bars streamed", peak, ASKED_MIB, "MiB",
            "asked: at most", about))  # fmt: skip
    return rows


PEAK = """
import sys
import numpy as np
from tests.benchmarks.engine_fast import Compiled, streamed
from workbench.data.candles import Candles
from workbench.timeframes import Timeframe
columns = np.load(sys.argv[1])
streamed(Compiled, Candles("WALK", Timeframe.parse("15M"), *columns.values(), "random walk", True))
[peak] = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(int(peak.split()[1]) / 1024)
"""


def peak_of_a_million() -> float:
    """Return the peak resident MiB of a process that runs 1M bars from a file, streamed."""
    candles = random_walk(1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "candles.npz"
        np.savez(path, **{name: getattr(candles, name) for name in candles.names})
        command = [sys.executable, "-c", PEAK, str(path)]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
