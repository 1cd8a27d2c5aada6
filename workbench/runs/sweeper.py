"""A sweep's process: the part of `workbench.runs.worker` that runs one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.engine.settings import Settings
from workbench.runs.capped import OUTPUT_LIMIT, CappedText
from workbench.runs.gate import Gate
from workbench.runs.packing import candles_of, parcel_of
from workbench.runs.records import Job
from workbench.runs.spec import RunSpec
from workbench.sweeps.workload import keep, shortened

if TYPE_CHECKING:
    from workbench.data import Candles
    from workbench.messages import LogMessage
    from workbench.sweeps.known import Known
    from workbench.sweeps.parcel import Parcel
    from workbench.sweeps.sweeping import SweepEngine, Workers
    from workbench.sweeps.workload import Workload


class SweepGate:
    """A sweep's gate, which a stream that takes no more messages closes for good.

    Parameters
    ----------
    gate
        What the controls move.
    refused
        Tells why the stream takes no more; None while it does.
    """

    def __init__(self, gate: Gate, refused: Callable[[], str | None]) -> None:
        self._gate = gate
        self._refused = refused
        self.open = gate.open
        self.wait = gate.wait

    @property
    def paused(self) -> bool:
        """Whether it is to stand still, but for steps."""
        return self._gate.paused

    @property
    def stopped(self) -> bool:
        """Whether it is to end."""
        return self._gate.stopped or self._refused() is not None


def run(
    job: Job,
    gate: SweepGate,
    emit: Callable[[LogMessage], None],
    joined: Callable[[], object],
) -> None:
    """Run a job's sweep in processes of its own, or here where it is soon done.

    Parameters
    ----------
    job
        With a sweep.
    gate
        Moved by the controls.
    emit
        Called with each message.
    joined
        Called before the first combination: waits for the controls that came before.

    Raises
    ------
    WorkbenchError
        The sweep could not be run.
    """
    from workbench.sweeps.here import Here, is_small
    from workbench.sweeps.processes import LocalPool

    asked = job.spec.sweep
    assert asked is not None
    parcel = parcel_of(job)
    workload = _workload(job, parcel)

    def pool() -> Workers:
        return LocalPool(job.run_id, asked.workers, begin, (msgspec.json.encode(job),))

    def started() -> Workers:
        return Here(workload, pool, time.monotonic) if is_small(asked) else pool()

    known = known_of(job)
    sweep = engine(job.run_id, job.spec, workload, parcel, started, emit, gate, known)
    joined()
    sweep.run()


def engine(
    run_id: str,
    spec: RunSpec,
    workload: Workload,
    parcel: Parcel,
    workers: Callable[[], Workers],
    emit: Callable[[LogMessage], None],
    gate: SweepGate,
    known: Known | None = None,
) -> SweepEngine:
    """Return a sweep's engine; `workers` is called once all is known to be right.

    The rows of `known` are taken over.

    Raises
    ------
    WorkbenchError
        The sweep cannot be run.
    """
    from workbench.sweeps.constraint import allowing
    from workbench.sweeps.plan import Plan
    from workbench.sweeps.search import searches
    from workbench.sweeps.space import Space
    from workbench.sweeps.spec import check, check_method
    from workbench.sweeps.splits import splits_of
    from workbench.sweeps.sweeping import SweepEngine
    from workbench.sweeps.telling import Telling

    asked = spec.sweep
    assert asked is not None
    check(asked, workload.strategy)
    check_method(asked)
    base = min(workload.candles.values(), key=lambda one: one.timeframe)
    splits = [] if asked.walk_forward is None else splits_of(len(base), asked.walk_forward)
    names = list(dict.fromkeys([*workload.strategy.parameters(), *asked.space]))
    space = Space(asked.space, workload.fixed, allowing(parcel.constraint, names))
    found = list(searches(asked, space, spec.seed, max(1, len(splits))))
    plan = Plan(asked, found, len(base), splits, space.excluded())
    telling = Telling(
        run_id, spec.strategy_ids[0], base, list(workload.candles), spec.initial_capital
    )
    return SweepEngine(plan, workers(), telling, emit, gate, time.monotonic, known)


def known_of(job: Job) -> Known:
    """Return the rows a job's sweep takes over, out of the state folder."""
    from workbench.runs import resuming
    from workbench.runs.reading import open_folder
    from workbench.sweeps.known import Known

    earlier = job.spec.sweep.resumed_from if job.spec.sweep else None
    if earlier is None:
        return Known()
    service = open_folder(Path(job.home))

    def before(run_id: str) -> str | None:
        sweep = service.registry.get(run_id).spec.sweep
        return sweep.resumed_from if sweep else None

    try:
        found = resuming.rows_before(
            earlier, lambda run_id: resuming.rows_in(service.log.find(run_id, "sweep", 0)), before
        )
    finally:
        service.close()
    return Known(found)


def settings_of(spec: RunSpec) -> Settings:
    """Return what the account is given."""
    return Settings(**{name: getattr(spec, name) for name in Settings.__struct_fields__})


def workload_of(
    spec: RunSpec, parcel: Parcel, candles: Mapping[str, Candles], inside: Candles | None
) -> Workload:
    """Return what all combinations of a sweep share.

    Raises
    ------
    UnknownParameter
        The strategy lacks one that is given.
    """
    from workbench.sweeps.workload import Workload

    (strategy,) = parcel.strategies
    fixed = strategy.with_parameters(spec.strategy_params)
    return Workload(strategy, candles, inside, settings_of(spec), fixed, spec.seed)


def begin(encoded: bytes) -> None:
    """Load a job's workload in a new process of its sweep."""
    sys.stdout = CappedText(sys.stdout, OUTPUT_LIMIT)
    job = msgspec.json.decode(encoded, type=Job)
    try:
        keep(job.run_id, _workload(job, parcel_of(job)))
    except Exception as error:
        # Told for each combination; raised here it would only end the process.
        keep(job.run_id, shortened(f"{type(error).__name__}: {error}"))


def _workload(job: Job, parcel: Parcel) -> Workload:
    from workbench.paths import candles_dir

    return workload_of(job.spec, parcel, *candles_of(job.spec, candles_dir(Path(job.home))))
