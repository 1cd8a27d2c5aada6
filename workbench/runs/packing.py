"""What a job runs: the strategy it names or brings along, and candles."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import StrategyError
from workbench.runs.records import Job
from workbench.runs.spec import RunSpec

if TYPE_CHECKING:
    from workbench.data import Candles
    from workbench.sweeps.parcel import Parcel


def parcel_of(job: Job) -> Parcel:
    """Return a job's strategies, and the constraint that came with them.

    Raises
    ------
    StrategyError
        It cannot be loaded in this process.
    UnknownStrategy
        None of this name is registered.
    """
    from workbench.engine.strategies.registry import get
    from workbench.sweeps.parcel import Parcel, opened

    if job.strategy is None:
        return Parcel([get(name) for name in job.spec.strategy_ids], None)
    import cloudpickle

    try:
        return opened(cloudpickle.loads(job.strategy))
    except Exception as error:
        msg = (
            f"The strategy could not be loaded in the worker: {type(error).__name__}: {error}. "
            "Modules it imports must be importable there"
        )
        raise StrategyError(msg, python=sys.executable) from error


def candles_of(
    spec: RunSpec, root: Path | None = None
) -> tuple[dict[str, Candles], Candles | None]:
    """Return a run's candles by timeframe, and those that tell what happened within one.

    Parameters
    ----------
    spec
        What is asked for.
    root
        Folder of the candle store; the user's own where absent.

    Raises
    ------
    WorkbenchError
        As `workbench.data.load` and `load_intrabar`.
    """
    from workbench.data import load
    from workbench.data.intrabar import load_intrabar

    span = (spec.start_date, spec.end_date, root)
    candles = load(spec.symbol, spec.timeframes, *span)
    if spec.intrabar is None:
        return candles, None
    return candles, load_intrabar(spec.symbol, spec.timeframes, spec.intrabar, *span)
