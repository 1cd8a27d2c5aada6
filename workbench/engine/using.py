"""What a function does with a variable, as far as its code tells."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType
from typing import NamedTuple

_AWAY = ("CACHE", "EXTENDED_ARG", "NOP", "PRECALL", "PUSH_NULL", "RESUME")
_ATTRIBUTE = ("LOAD_ATTR", "LOAD_METHOD")
_VARIABLE = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF")


class Names(NamedTuple):
    """What code looks up: variables around it, and attributes of whatever it has."""

    around: frozenset[str]
    attributes: frozenset[str]


@lru_cache(maxsize=512)
def names_in(code: CodeType) -> Names:
    """Return the names a function and those within it look up."""
    steps = [step for part in within(code) for step in dis.get_instructions(part)]
    return Names(
        frozenset(step.argval for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")),
        frozenset(step.argval for step in steps if step.opname in _ATTRIBUTE),
    )


def within(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of a function, and of those within it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from within(inner)


@lru_cache(maxsize=2048)
def uses(name: str, code: CodeType) -> frozenset[str] | None:
    """Return by which attributes and items code uses a variable, or an attribute of ``self``.

    Parameters
    ----------
    name
        Of the variable; or ``self.`` and the name of the attribute.

    Returns
    -------
    frozenset of str or None
        Empty where it does not use it; ``__len__`` for its length; None where it takes the whole.
    """
    found = {one for part in within(code) for one in _uses(name, part)}
    return None if None in found else frozenset(one for one in found if one is not None)


def _uses(name: str, code: CodeType) -> Iterator[str | None]:
    _, own, attribute = name.rpartition("self.")
    steps = [one for one in dis.get_instructions(code) if one.opname not in _AWAY]
    for at, step in enumerate(steps):
        if not _loads(step.opname, step.argval, attribute, bool(own)):
            continue
        after, later = [*steps[at + 1 : at + 3], None, None][:2]
        if isinstance(step.argval, tuple) or after is None:  # two variables at once
            yield None
        elif after.opname in _ATTRIBUTE:
            yield str(after.argval)
        elif after.opname == "LOAD_CONST" and isinstance(after.argval, str) and _item(later):
            yield after.argval
        elif after.opname.startswith("CALL") and at and steps[at - 1].argval == "len":
            yield "__len__"
        else:
            yield None


def _loads(opname: str, value: object, name: str, own: bool) -> bool:
    if own:
        return opname in _ATTRIBUTE and value == name
    if opname.startswith("LOAD_FAST"):
        return value == name or (isinstance(value, tuple) and name in value)
    return opname in _VARIABLE and value == name


def _item(step: dis.Instruction | None) -> bool:
    return step is not None and (step.opname == "BINARY_SUBSCR" or step.argrepr == "[]")
