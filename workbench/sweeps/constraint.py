"""A user's function that says which combinations make sense."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.errors import InvalidRequest, StrategyError

Allowed = Callable[[Mapping[str, Any]], bool]


def anything(params: Mapping[str, Any]) -> bool:
    """Allow every combination."""
    return True


def allowing(constraint: Callable[..., Any] | None, names: Sequence[str]) -> Allowed:
    """Return a function of a combination, by name, out of a user's.

    Parameters
    ----------
    constraint
        Takes some parameters by name (``lambda fast, slow: fast < slow``), or all of them in one
        dict where its only argument is not named as one of them.
    names
        Of all parameters.

    Raises
    ------
    InvalidRequest
        It cannot be called so.
    """
    if constraint is None:
        return anything
    if not callable(constraint):
        raise _wrong(constraint, names)
    wanted = list(inspect.signature(constraint).parameters.values())
    if any(one.kind is one.VAR_KEYWORD for one in wanted):
        return lambda params: _asked(constraint, params, params)
    taken = [one.name for one in wanted]
    if len(taken) == 1 and taken[0] not in names:
        return lambda params: _asked(constraint, params, None)
    if not taken or not set(taken) <= set(names):
        raise _wrong(constraint, names)
    return lambda params: _asked(constraint, params, {name: params[name] for name in taken})


def _asked(
    constraint: Callable[..., Any], params: Mapping[str, Any], named: Mapping[str, Any] | None
) -> bool:
    try:
        return bool(constraint(dict(params)) if named is None else constraint(**named))
    except Exception as error:
        values = ", ".join(f"{name}={value!r}" for name, value in params.items())
        msg = f"The constraint raised for {values}: {type(error).__name__}: {error}"
        raise StrategyError(msg, field="constraint", value=values) from error


def _wrong(constraint: object, names: Sequence[str]) -> InvalidRequest:
    allowed = f"a function of some of {', '.join(names)}, or of one dict of them"
    msg = f"constraint is {constraint!r:.100}, expected {allowed}"
    return InvalidRequest(msg, field="constraint", value=f"{constraint!r:.100}", allowed=allowed)
