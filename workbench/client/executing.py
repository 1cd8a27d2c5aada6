"""A sweep that this process drives, over an executor of its user's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.client import opening
from workbench.client.publishing import PATIENCE_S, PublishedStream
from workbench.client.sweep import Sweep
from workbench.errors import WorkbenchError
from workbench.messages import error_message
from workbench.runs import sweeper
from workbench.runs.failing import failure_of
from workbench.runs.packing import candles_of
from workbench.runs.request import read, spec_of

if TYPE_CHECKING:
    from workbench.client.server import Server
    from workbench.engine import Strategy
    from workbench.sweeps.known import Known
    from workbench.sweeps.sweeping import SweepEngine, Workers

log = logging.getLogger(__name__)

UNKNOWN_WORKERS = 8


class SweepStream(PublishedStream):
    """The stream of a sweep, which tells its states itself."""

    def status(self, status: str = "running", reason: str | None = None) -> None:
        """Leave it to the sweep."""

    @property
    def gate(self) -> sweeper.SweepGate:
        """What the viewers' controls move."""
        return sweeper.SweepGate(self._gate, lambda: self._publisher.refused)


def execute(
    body: dict[str, Any],
    strategy: type[Strategy],
    constraint: Callable[..., Any] | None,
    executor: Executor,
    server: Server,
    known: Known | None = None,
) -> Sweep:
    """Begin a sweep in a thread of this process; return its handle.

    Parameters
    ----------
    body
        The start request.
    strategy, constraint
        As they are here.
    executor
        What runs the combinations.
    server
        Where it is published.
    known
        Rows that are taken over.

    Raises
    ------
    WorkbenchError
        It cannot be run; nothing was started.
    """
    from workbench.sweeps.parcel import Parcel, packed_workload
    from workbench.sweeps.pool import Pool

    if not server.authenticated:
        # It takes no pickles; combinations are then opened from here.
        body = {name: value for name, value in body.items() if name != "strategy"}
    spec = spec_of(read(msgspec.json.encode(body)))
    assert spec.sweep is not None
    candles, inside = candles_of(spec)
    parcel = Parcel([strategy], constraint)
    workload = sweeper.workload_of(spec, parcel, candles, inside)
    packed = packed_workload(workload)
    first = next(iter(candles.values()))
    opened = opening.body(
        name=spec.name, symbol=first.symbol, timeframes=list(candles),
        strategy=spec.strategy_ids[0], strategy_params=spec.strategy_params,
        start_date=spec.start_date, end_date=spec.end_date,
        initial_capital=spec.initial_capital, source=first.source, synthetic=first.synthetic,
        notes=spec.notes, tags=spec.tags,
    )  # fmt: skip
    opened["run"] = body
    stream = SweepStream(server, opened, len(first), None, PATIENCE_S)
    count = spec.sweep.workers or getattr(executor, "_max_workers", None) or UNKNOWN_WORKERS

    def workers() -> Workers:
        return Pool(executor, stream.id, packed, count)

    stream.open()
    try:
        engine = sweeper.engine(
            stream.id, spec, workload, parcel, workers, stream.send, stream.gate, known
        )
    except BaseException as error:
        stream.__exit__(type(error), error, error.__traceback__)
        raise
    thread = threading.Thread(
        target=_drive, args=(engine, stream), name=f"sweep {stream.id}", daemon=True
    )
    thread.start()
    return Sweep(stream.id, server, thread)


def _drive(engine: SweepEngine, stream: SweepStream) -> None:
    """Run to the end; whatever goes wrong is told in the stream."""
    try:
        try:
            engine.run()
        except WorkbenchError as error:
            stream.send(error_message(error))
        except BaseException as error:
            # Whatever it is, readers would wait for ever if nobody told them.
            log.exception("the sweep failed")
            stream.send(error_message(failure_of(error)))
        finally:
            stream.close()
    except WorkbenchError as problem:
        log.warning("%s", problem)
