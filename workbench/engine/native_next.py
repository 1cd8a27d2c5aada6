"""A strategy's own `next` as machine code.

Only what its author wrote is compiled here; what it calls on `act` is compiled already, and called
by address.
"""

from __future__ import annotations

import inspect
from collections import namedtuple
from importlib import import_module
from typing import Any

from workbench.engine.act import COLUMNS
from workbench.engine.compiled import Compiled
from workbench.engine.context import (
    C_MARKET,
    C_NUMBERS,
    C_SEEN,
    C_STATE,
    C_STATE_SIZE,
    C_TIMES,
    C_WORLD,
)  # fmt: skip
from workbench.engine.machine import Machine
from workbench.engine.native_act import tools_for
from workbench.engine.not_compiled import not_compiled
from workbench.engine.rules import acting
from workbench.engine.rules.layout import FAULT
from workbench.engine.seeing import OWN, Sight

KEPT = 8
"""Versions of one function whose machine code is kept: for other indicators, or globals."""


def machine_code(compiled: Compiled, sight: Sight, machine: Machine) -> Any:
    """Return a C function void (int64 bar, int64 context) that asks a strategy.

    It has an ``address``, and is in memory as long as what is returned.

    Raises
    ------
    StrategyError
        numba cannot compile it.
    """
    key = (_decide(sight), tuple(sight.columns), tuple(sight.parameters), _outside(compiled))
    found = compiled.made.get(key)
    if found is None:
        found = _compiled(compiled, sight, machine)
        while len(compiled.made) >= KEPT:
            del compiled.made[next(iter(compiled.made))]
        compiled.made[key] = found
    return found


def _outside(compiled: Compiled) -> Any:
    """Return what the function takes from around it, which is compiled in."""
    function = compiled.function
    found = inspect.getclosurevars(function)
    values = [*found.globals.items(), *found.nonlocals.items()]
    return tuple(
        (name, value if isinstance(value, (int, float, str)) else id(value))
        for name, value in sorted(values, key=lambda pair: pair[0])
    )


def _compiled(compiled: Compiled, sight: Sight, machine: Machine) -> Any:
    numba: Any = import_module("numba")

    user = numba.njit(
        nogil=True, boundscheck=True, error_model="python", forceinline=True,
        no_cpython_wrapper=True, no_cfunc_wrapper=True,
    )(compiled.function)  # fmt: skip
    names = [*OWN, "time", *sight.columns, *sight.parameters, "state"]
    tools = tools_for(machine)
    scope = {
        "See": namedtuple("See", names),
        "user": user,
        "Act": tools.make,
        "column": tools.column,
        "times": tools.times,
        "state": tools.state,
        "ints_at": tools.ints_at,
        "floats_at": tools.floats_at,
    }
    exec(_decide(sight), scope)
    try:
        return numba.cfunc("void(int64, int64)")(scope["decide"])
    except Exception as error:  # some that numba raises are none of its own
        raise not_compiled(compiled.function, error, names) from error


def _decide(sight: Sight) -> str:
    """Return the text of a function that gathers what is to be seen, and asks."""
    own = [f"column(c[{C_MARKET + place}], n)" for place in COLUMNS]
    more = [f"column(s[{k}], n)" for k in range(len(sight.columns))]
    parts = [*own, f"times(c[{C_TIMES}], n)", *more, *_parameters(sight)]
    parts.append(f"state(c[{C_STATE}], c[{C_STATE_SIZE}])")
    return f"""
def decide(bar, address):
    c = ints_at(address)
    s = ints_at(c[{C_SEEN}])
    v = floats_at(c[{C_NUMBERS}])
    n = bar + 1
    see = See({", ".join(parts)})
    try:
        user(bar, see, Act(address, bar))
    except Exception:
        floats_at(c[{C_WORLD + 1}])[{FAULT}] = {acting.RAISED}.0
"""


def _parameters(sight: Sight) -> list[str]:
    """Return how each parameter is read: as a number, or, a text, as itself."""
    found = []
    count = 0
    for value in sight.parameters.values():
        if isinstance(value, str):
            found.append(repr(value))
            continue
        kind = type(value).__name__
        found.append(f"v[{count}]" if kind == "float" else f"{kind}(v[{count}])")
        count += 1
    return found
