"""Parameters of a strategy: the plain class attributes its author wrote."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from workbench.errors import UnknownParameter

Value = int | float | bool | str


def find_parameters(cls: type, root: type) -> dict[str, Value]:
    """Return the public int, float, bool and str attributes of `cls` that `root` lacks.

    In the order they were written, those of base classes first.
    """
    found: dict[str, Value] = {}
    for owner in reversed(cls.__mro__):
        if owner is object or issubclass(root, owner):
            continue
        for name, value in vars(owner).items():
            if name.startswith("_") or hasattr(root, name):
                continue
            if isinstance(value, (int, float, bool, str)):
                found[name] = value
            else:
                found.pop(name, None)
    return found


def merge_parameters(
    owner: str, defaults: Mapping[str, Value], given: Mapping[str, Any]
) -> dict[str, Value]:
    """Return `defaults` with the values of `given`.

    Raises
    ------
    UnknownParameter
        A name is unknown, or a value is of another type than its default. An int will do
        where the default is a float; a bool is not an int.
    """
    merged = dict(defaults)
    for name, value in given.items():
        if name not in defaults:
            near = difflib.get_close_matches(str(name), defaults, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            known = f"it has {', '.join(defaults)}" if defaults else "it has none"
            text = f"{owner} has no parameter {name!r}: {known}.{hint}"
            raise UnknownParameter(
                text, field=f"strategy_params.{name}", value=value, allowed=list(defaults)
            )
        wanted = type(defaults[name])
        if wanted is float and type(value) is int:
            value = float(value)
        if type(value) is not wanted:
            text = (
                f"Parameter {name!r} of {owner} is {wanted.__name__} "
                f"(default {defaults[name]!r}), got {value!r}"
            )
            raise UnknownParameter(
                text, field=f"strategy_params.{name}", value=value, allowed=wanted.__name__
            )
        merged[name] = value
    return merged
