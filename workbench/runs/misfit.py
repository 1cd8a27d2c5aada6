"""What does not fit a struct, said by name: the field, its value, and what is allowed there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import inspect

from workbench.errors import InvalidRequest

_SECRET = ("strategy", "pickled")
"""Fields whose values are code, and are not said again."""


def misfit(
    error: msgspec.ValidationError,
    raw: Mapping[str, Any],
    kind: type[msgspec.Struct],
    within: str = "",
) -> InvalidRequest:
    """Return what msgspec has found wrong, as an error whose details are `field` and so on.

    Parameters
    ----------
    error
        Raised by the conversion of `raw` into `kind`.
    raw, kind
        The fields by name, and the struct they were to become.
    within
        Name of the field that `raw` stands in.
    """
    said, _, where = str(error).partition(" - at ")
    path = [name for name in re.split(r"[.\[]", where.strip("`").removeprefix("$")) if name]
    outer = [within] if within else []
    if missing := re.search(r"missing required field `(\w+)`", said):
        field = missing[1]
        msg = f"The field {field!r} is missing"
        return InvalidRequest(msg, field=field, value=None, allowed="required")
    if unknown := re.search(r"unknown field `(.*)`", said):
        known = sorted(_names(_at(kind, path)))
        inside = ".".join([*outer, *path, unknown[1]])
        return unknown_field(inside, _value(raw, [*path, unknown[1]]), known)
    names = [name for name in path if not name.endswith("]")]
    field, value = ".".join([*outer, *names]), _value(raw, names)
    if literals := _literals(_at(kind, path)):
        msg = f"{field} is {value!r:.100}, expected {' or '.join(map(repr, literals))}"
        return InvalidRequest(msg, field=field, value=value, allowed=literals)
    expected = re.match(r"Expected `([^`]+)`", said)
    msg = f"Field {field!r} is wrong: {said}, value {value!r:.100}"
    return InvalidRequest(msg, field=field, value=value, allowed=expected[1] if expected else said)


def unknown_field(
    name: str, value: Any, known: Sequence[str], elsewhere: Mapping[str, str] | None = None
) -> InvalidRequest:
    """Return that there is no field of this name, and which was meant.

    Parameters
    ----------
    name
        With the fields it is in, such as ``limits.max_los``.
    known
        The fields there are.
    elsewhere
        What is called otherwise, or stands within another field, by what it may be taken for.
    """
    short = name.rpartition(".")[2]
    near = difflib.get_close_matches(short, known, 1)
    meant = (elsewhere or {}).get(short) or (near[0] if near else None)
    hint = f"; did you mean {meant!r}?" if meant else ""
    msg = f"Unknown field {name!r}{hint}"
    return InvalidRequest(msg, field=name, value=value, allowed=list(known))


def _value(raw: Any, path: Sequence[str]) -> Any:
    if path and path[0] in _SECRET:
        return None
    for name in path:
        raw = raw.get(name) if isinstance(raw, Mapping) else None
    return raw


def _at(kind: type[msgspec.Struct], path: Sequence[str]) -> list[inspect.Type]:
    """Return the types that may stand at a place."""
    found = [inspect.type_info(kind)]
    for name in path:
        found = [each for one in found for each in _inside(one, name)]
    return [each for one in found for each in _kinds(one)]


def _inside(kind: inspect.Type, name: str) -> list[inspect.Type]:
    inside: list[inspect.Type] = []
    for one in _kinds(kind):
        if isinstance(one, inspect.StructType):
            inside += [field.type for field in one.fields if field.encode_name == name]
        elif isinstance(one, inspect.DictType):
            inside.append(one.value_type)
        elif isinstance(one, (inspect.ListType, inspect.VarTupleType)):
            inside.append(one.item_type)
    return inside


def _kinds(kind: inspect.Type) -> Sequence[inspect.Type]:
    if isinstance(kind, inspect.Metadata):
        return _kinds(kind.type)
    return kind.types if isinstance(kind, inspect.UnionType) else [kind]


def _names(kinds: Sequence[inspect.Type]) -> set[str]:
    structs = [one for one in kinds if isinstance(one, inspect.StructType)]
    return {field.encode_name for one in structs for field in one.fields}


def _literals(kinds: Sequence[inspect.Type]) -> list[Any]:
    """Return all that may stand at a place, where that is a matter of a few values."""
    found: list[Any] = []
    for one in kinds:
        if isinstance(one, inspect.LiteralType):
            found += one.values
        elif isinstance(one, inspect.BoolType):
            found += [True, False]
        elif not isinstance(one, inspect.NoneType):
            return []
    return [] if found == [True, False] else found
