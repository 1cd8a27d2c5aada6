"""What is given to a sweep by name: values to try, one value for all, or a setting."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import InvalidRequest, UnknownParameter
from workbench.runs.spec import RunSpec
from workbench.sweeps.account import is_setting
from workbench.sweeps.spec import SweepSpec, Value, listed, too_many

if TYPE_CHECKING:
    from workbench.engine import Strategy

MOST_VALUES = 1_000_000
"""Of one parameter, where the combinations are drawn."""
ARGUMENTS = (*(name for name in SweepSpec.__struct_fields__ if name != "space"), "constraint")


def parted(
    options: Mapping[str, Any], method: Any, limit: Any
) -> tuple[dict[str, list[Value]], dict[str, Any]]:
    """Return the values of the parameters and settings to try, and all other options.

    Parameters
    ----------
    options
        By name.
    method, limit
        Of the sweep. A grid of more than `limit` combinations is refused before its values are
        made, and no more than one of them too many is ever taken of what does not end.

    Raises
    ------
    InvalidRequest
        There are too many values, or one of them is none.
    """
    options = dict(options)
    params = dict(options.pop("strategy_params", {}))
    known = RunSpec.__struct_fields__
    settings = {name: value for name, value in options.items() if name in known}
    params |= {name: value for name, value in options.items() if name not in known}
    tried = {
        name: value
        for name, value in settings.items()
        if is_setting(name) and _several(value) and not isinstance(value, Mapping)
    }
    settings = {name: value for name, value in settings.items() if name not in tried}
    if both := [name for name in tried if name in params]:
        msg = f"{both[0]} is given as a setting of the account, and as a parameter: give one"
        raise InvalidRequest(msg, field=both[0], value=None, allowed="one of the two")
    given = {name: values for name, values in params.items() if _several(values)} | tried
    most = limit if method == "grid" and isinstance(limit, int) else MOST_VALUES
    sizes = {name: len(values) for name, values in given.items() if hasattr(values, "__len__")}
    if method == "grid" and math.prod(sizes.values()) > most:
        raise too_many(list(sizes.values()), most)
    space = {name: listed(name, values, most) for name, values in given.items()}
    return space, {
        **settings,
        "strategy_params": {name: value for name, value in params.items() if name not in space},
    }


def check_names(strategy: type[Strategy], names: Sequence[str]) -> None:
    """Refuse names that are none of a strategy's parameters, but nearly a sweep's argument.

    Raises
    ------
    UnknownParameter
        There is one.
    """
    known = strategy.parameters()
    for name in names:
        near = difflib.get_close_matches(name, [*known, *ARGUMENTS], 1)
        if name not in known and near and near[0] in ARGUMENTS:
            msg = f"{strategy.__name__} has no parameter {name!r}. Did you mean {near[0]!r}?"
            raise UnknownParameter(msg, field=name, value=name, allowed=[*known, *ARGUMENTS])


def _several(values: Any) -> bool:
    return isinstance(values, Iterable) and not isinstance(values, str | bytes)
