"""The process of a run: ``python -m workbench.runs.worker``, its `Job` on standard input."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import WorkbenchError
from workbench.messages import error_message
from workbench.runs import servers, sweeper
from workbench.runs.capped import OUTPUT_LIMIT, CappedText
from workbench.runs.control import Control
from workbench.runs.failing import failure_of, sendable
from workbench.runs.gate import Gate
from workbench.runs.packing import candles_of, parcel_of
from workbench.runs.publisher import Publisher
from workbench.runs.publishing import Command
from workbench.runs.records import Job
from workbench.streams import Pace

if TYPE_CHECKING:
    from workbench.engine import StreamingBacktestEngine

log = logging.getLogger("workbench.worker")

JOIN_S = 20.0


def main() -> int:
    """Run one job; return the process's exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # Ctrl-C in the server's terminal reaches the whole group; the run is to survive it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout = CappedText(sys.stdout, OUTPUT_LIMIT)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    home = Path(job.home)
    control: Control | Gate
    if job.spec.sweep is None:
        control = Control(Pace.of(job.spec.speed, None), time.monotonic)
    else:
        control = Gate()
    publisher = Publisher(
        job.run_id,
        job.token,
        lambda: _urls(job, home),
        control.command,
        # Wakes a run that stands still, or it would wait for commands that cannot come.
        on_refused=lambda: control.command(Command("stop")),
        home=home,
    )
    try:
        _run(job, control, publisher)
    except WorkbenchError as error:
        _fail(publisher, error)
    except BaseException as error:
        log.exception("the run failed")
        _fail(publisher, failure_of(error, run=job.run_id))
    if publisher.close(job.patience) or publisher.refused is not None or publisher.leave():
        return 0
    log.error("no server took the end of the run, nor did the disk")
    return 1


def _fail(publisher: Publisher, error: WorkbenchError) -> None:
    try:
        publisher.send(error_message(error))
    except Exception:
        # A strategy's exception may hold what no message can, or more.
        publisher.send(error_message(sendable(error)))


def _urls(job: Job, home: Path) -> list[str]:
    if not home.is_dir():
        # The state folder was removed: nobody will ever ask for this run, paused or busy.
        os._exit(1)
    return servers.addresses(home, job.urls)


def _run(job: Job, control: Control | Gate, publisher: Publisher) -> None:
    if isinstance(control, Gate):
        gate = sweeper.SweepGate(control, lambda: publisher.refused)
        sweeper.run(job, gate, publisher.send, lambda: publisher.joined.wait(JOIN_S))
        return
    engine = _engine(job, publisher)
    control.interrupt = engine.engine.interrupt
    # What was asked for while the run was pending is obeyed before the first candle.
    publisher.joined.wait(JOIN_S)
    while publisher.refused is None:
        candles = control.turn(engine)
        if not candles:
            engine.stop()
            return
        if not engine.advance(candles):
            return


def _engine(job: Job, publisher: Publisher) -> StreamingBacktestEngine:
    from workbench.engine import BacktestEngine, StreamingBacktestEngine
    from workbench.paths import candles_dir

    spec = job.spec
    candles, inside = candles_of(spec, candles_dir(Path(job.home)))
    engine = BacktestEngine(
        parcel_of(job).strategies,
        candles,
        strategy_params=spec.strategy_params,
        settings=spec,
        inside=inside,
        seed=spec.seed,
        names=spec.strategy_ids,
    )
    return StreamingBacktestEngine(
        engine,
        job.run_id,
        publisher.send,
        progress_every=spec.progress_every,
        equity_every=spec.equity_every,
    )


if __name__ == "__main__":
    sys.exit(main())
