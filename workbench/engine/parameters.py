"""Parameters of a strategy: the plain class attributes its author wrote, or `Parameter`s."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from workbench.engine.settings import Settings
from workbench.errors import UnknownParameter

Value = int | float | bool | str

OTHERS = (
    *Settings.__struct_fields__, "symbol", "timeframes", "start", "end", "seed", "speed", "name",
    "notes", "tags", "progress_every", "equity_every",
)  # fmt: skip
"""What else is given by name where parameters are, and may be what was meant."""


class Parameter(Struct, frozen=True, repr_omit_defaults=True):
    """A parameter with bounds: ``fast = Parameter(20, low=2, high=200)``.

    Attributes
    ----------
    default
        Its value where none is given; its type is the parameter's.
    low, high
        Bounds, both allowed; sweeps search between them.
    step
        Between the values a sweep tries.
    choices
        The only values allowed.
    help
        For people.
    """

    default: Value
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: Sequence[Value] | None = None
    help: str = ""

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"{self}: low is above high")
        if not self.takes(self.default):
            raise ValueError(f"{self}: the default is not {self.allowed()}")

    def allowed(self) -> str:
        """Return in words what values there may be."""
        words = type(self.default).__name__
        if self.choices is not None:
            return f"one of {', '.join(map(repr, self.choices))}"
        if self.low is not None and self.high is not None:
            return f"{words}, {self.low:g} to {self.high:g}"
        if self.low is not None:
            return f"{words}, {self.low:g} or more"
        return words if self.high is None else f"{words}, at most {self.high:g}"

    def takes(self, value: Value) -> bool:
        """Tell whether a value of the right type is within the bounds."""
        if self.choices is not None and value not in self.choices:
            return False
        if isinstance(value, (bool, str)):
            return True
        above = self.low is None or value >= self.low
        return math.isfinite(value) and above and (self.high is None or value <= self.high)


def find_parameters(cls: type, root: type) -> dict[str, Parameter]:
    """Return the public parameters of `cls` that `root` lacks.

    They are its attributes of type int, float, bool, str or `Parameter`, in the order they were
    written, those of base classes first.
    """
    found: dict[str, Parameter] = {}
    for owner in reversed(cls.__mro__):
        if owner is object or issubclass(root, owner):
            continue
        for name, value in vars(owner).items():
            if name.startswith("_") or hasattr(root, name):
                continue
            if isinstance(value, Parameter):
                found[name] = value
            elif isinstance(value, (int, float, bool, str)):
                found[name] = Parameter(value)
            else:
                found.pop(name, None)
    return found


def refuse_ambiguous(
    kinds: Mapping[str, type], keywords: Iterable[str], params: Mapping[str, Any]
) -> None:
    """Refuse a keyword that may be an option of the run or a parameter of its one strategy.

    Parameters
    ----------
    kinds
        The strategies; the parameters of several are not given by keyword.
    keywords
        Options of the run that were given.
    params
        What was given as `strategy_params`: of a parameter that is there, nothing is unclear.

    Raises
    ------
    UnknownParameter
        There is one.
    """
    if len(kinds) > 1:
        return
    for owner, kind in kinds.items():
        known = kind.parameter_info()  # type: ignore[attr-defined]
        for name in keywords:
            if name in known and name not in params:
                text = (
                    f"{name!r} is an option of the run and a parameter of {owner}: give "
                    f"strategy_params={{{name!r}: ...}} for the parameter (on the command line "
                    f"--param {name}=...); beside it, {name}= is the run's"
                )
                raise UnknownParameter(text, field=name, value=name, allowed="strategy_params")


def hint_for(name: object, known: Iterable[str]) -> str:
    """Return what may have been meant by a name, with a space before; empty for nothing."""
    near = difflib.get_close_matches(str(name), [*known, *OTHERS], 1)
    return f" Did you mean {near[0]!r}?" if near else ""


def merge_parameters(
    owner: str, known: Mapping[str, Parameter], given: Mapping[str, Any]
) -> dict[str, Value]:
    """Return the defaults of `known` with the values of `given`.

    Raises
    ------
    UnknownParameter
        A name is unknown, or a value is of another type than its default or out of its bounds. An
        int will do where the default is a float; a bool is not an int.
    """
    merged = {name: one.default for name, one in known.items()}
    for name, value in given.items():
        if name not in known:
            hint = hint_for(name, known)
            has = f"it has {', '.join(known)}" if known else "it has none"
            text = f"{owner} has no parameter {name!r}: {has}.{hint}"
            raise UnknownParameter(
                text, field=f"strategy_params.{name}", value=value, allowed=list(known)
            )
        merged[name] = check_value(owner, name, known[name], value)
    return merged


def check_value(owner: str, name: str, parameter: Parameter, value: Any) -> Value:
    """Return a value as the parameter takes it.

    Raises
    ------
    UnknownParameter
        It has another type, or is out of its bounds.
    """
    wanted = type(parameter.default)
    if hasattr(value, "item"):
        value = value.item()  # a NumPy scalar
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted:
        text = (
            f"Parameter {name!r} of {owner} is {wanted.__name__} "
            f"(default {parameter.default!r}), got {value!r}"
        )
        raise UnknownParameter(
            text, field=f"strategy_params.{name}", value=value, allowed=wanted.__name__
        )
    if not parameter.takes(value):
        allowed = parameter.allowed()
        text = f"Parameter {name!r} of {owner} is {value!r}, expected {allowed}"
        raise UnknownParameter(text, field=f"strategy_params.{name}", value=value, allowed=allowed)
    return value
