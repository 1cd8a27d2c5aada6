"""The strategy a job names, or brings along."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from workbench.errors import StrategyError
from workbench.runs.records import Job

if TYPE_CHECKING:
    from workbench.sweeps.parcel import Parcel


def parcel_of(job: Job) -> Parcel:
    """Return a job's strategy, and the constraint that came with it.

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
