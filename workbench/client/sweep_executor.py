"""The executor of a sweep, checked before anything is started."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import Any

from workbench.errors import InvalidRequest

ALLOWED = (
    "a concurrent.futures.Executor, a Dask Client, or what has a submit() that returns "
    "concurrent.futures.Future"
)


def checked(executor: Any) -> Executor:
    """Return what runs a sweep's batches.

    Parameters
    ----------
    executor
        A `concurrent.futures.Executor`; what has a ``get_executor()`` that returns one, as Dask's
        ``Client``; or anything whose ``submit`` returns a `concurrent.futures.Future`: it is asked
        for one, of a call that does nothing.

    Raises
    ------
    InvalidRequest
        It is none of these.
    """
    if isinstance(executor, type):
        raise _wrong(executor, f"the class {executor.__name__}: make one, {executor.__name__}(...)")
    if isinstance(executor, Executor):
        return executor
    if callable(getattr(executor, "get_executor", None)):
        found = executor.get_executor()
        if isinstance(found, Executor):
            return found
        raise _wrong(executor, f"{_shown(executor)}, whose get_executor() returns {_shown(found)}")
    if not callable(getattr(executor, "submit", None)):
        raise _wrong(executor, f"{_shown(executor)}, which has no submit()")
    try:
        future = executor.submit(int)
    except Exception as error:
        what = f"{_shown(executor)}, whose submit() raised {type(error).__name__}: {error}"
        raise _wrong(executor, what) from error
    if not isinstance(future, Future):
        raise _wrong(executor, f"{_shown(executor)}, whose submit() returns {_shown(future)}")
    duck: Executor = executor
    return duck


def _shown(value: object) -> str:
    return f"{value!r:.100}"


def _wrong(executor: object, what: str) -> InvalidRequest:
    msg = f"executor is {what}. Expected {ALLOWED}"
    return InvalidRequest(msg, field="executor", value=_shown(executor), allowed=ALLOWED)
