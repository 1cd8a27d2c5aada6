"""Strategies and constraints as bytes, for other processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import InvalidRequest

if TYPE_CHECKING:
    from workbench.engine import Strategy
    from workbench.sweeps.workload import Workload


class Parcel(NamedTuple):
    """A run's strategies and, of a sweep, what says which parameters make sense together."""

    strategies: Sequence[type[Strategy]]
    constraint: Callable[..., Any] | None


def opened(loaded: Any) -> Parcel:
    """Return what was unpickled: a parcel, or strategies alone."""
    if isinstance(loaded, Parcel):
        return loaded
    return Parcel([loaded] if isinstance(loaded, type) else list(loaded), None)


def packed(parcel: Parcel) -> bytes:
    """Return a parcel as bytes.

    Raises
    ------
    InvalidRequest
        It holds what lives in this process only.
    """
    return _dumps(parcel, "The strategy or its constraint")


def packed_workload(workload: Workload) -> bytes:
    """Return a workload as bytes, its strategy by value wherever it was written.

    Raises
    ------
    InvalidRequest
        It holds what lives in this process only.
    """
    with _by_value(workload.strategy):
        return _dumps(workload, workload.strategy.__name__)


def _dumps(value: Any, what: str) -> bytes:
    import cloudpickle

    try:
        pickled: bytes = cloudpickle.dumps(value)
    except Exception as error:
        msg = (
            f"{what} cannot be sent to the workers: {error}. It, or a global it uses, holds "
            "something that lives in this process only (a lock, a file, a connection)"
        )
        raise InvalidRequest(msg, field="strategy", value=what, allowed=None) from error
    return pickled


@contextmanager
def _by_value(strategy: type[Strategy]) -> Iterator[None]:
    """Pickle the strategy's module by value: workers elsewhere may not have it."""
    import cloudpickle

    module = sys.modules.get(strategy.__module__)
    known = {"__main__", *cloudpickle.list_registry_pickle_by_value()}
    if module is None or module.__name__ in known or module.__name__.startswith("workbench."):
        yield
        return
    cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(module)
