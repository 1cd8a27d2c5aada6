"""The messages as TypeScript: a union discriminated by `type`, and what clients may say.

``python -m workbench.contract.typescript > messages.ts`` writes the module of the stream client.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import typing
from collections.abc import Iterator

import msgspec.inspect as shapes
from msgspec import Struct

import workbench.messages
from workbench.messages import (
    FINAL_STATUSES,
    FINAL_TYPES,
    MESSAGE_TYPES,
    PROTOCOL,
    ControlAction,
    ControlRequest,
    Delivery,
    Direction,
    Message,
    Ping,
    RunStatus,
)

_ALIASES = {"RunStatus": RunStatus, "Direction": Direction, "ControlAction": ControlAction}
_REQUESTS = (Ping, ControlRequest)
_SCALARS: dict[type[shapes.Type], str] = {
    shapes.StrType: "string",
    shapes.IntType: "number",
    shapes.FloatType: "number",
    shapes.BoolType: "boolean",
    shapes.NoneType: "null",
    shapes.AnyType: "unknown",
}


def render() -> str:
    """Return the text of ``messages.ts``."""
    messages = tuple(MESSAGE_TYPES.values())
    names = [_name(cls) for cls in messages]
    of_log = [_name(cls) for cls in messages if cls.delivery is not Delivery.CONNECTION]
    head = "Made by `python -m workbench.contract.typescript`: change the definitions in Python."
    parts = [
        _comment(f"{head}\n\n{inspect.cleandoc(workbench.messages.__doc__ or '')}"),
        f"export const PROTOCOL = {json.dumps(PROTOCOL)};",
        *(_alias(name) for name in _ALIASES),
        _interface(Message),
        *(_interface(cls) for cls in _structs((*messages, *_REQUESTS))),
        f"/** What is in a log. */\nexport type LogMessage =\n{_choices(of_log)};",
        f"/** Every message of a stream. */\nexport type AnyMessage =\n{_choices(names)};",
        _comment("What a client may say.")
        + "\nexport type ClientMessage =\n"
        + f"{_choices([cls.__name__ for cls in _REQUESTS])};",
        'export type MessageType = AnyMessage["type"];',
        "/** The message of a type. */\n"
        "export type MessageOf<T extends MessageType> = Extract<AnyMessage, { type: T }>;",
        _comment("What a slow reader may be spared.\n\n" + _deliveries())
        + "\nexport type Delivery = "
        + " | ".join(json.dumps(member.value) for member in Delivery)
        + ";",
        "/** The delivery class of each type. */\n"
        "export const DELIVERY: Readonly<Record<MessageType, Delivery>> = {\n"
        + "".join(
            f"  {name}: {json.dumps(cls.delivery.value)},\n" for name, cls in MESSAGE_TYPES.items()
        )
        + "};",
        "/** A message of one of these types is the last of its log. */\n"
        f"export const FINAL_TYPES: ReadonlySet<string> = {_set(FINAL_TYPES)};",
        "/** In one of these states a run is over. */\n"
        f"export const FINAL_STATUSES: ReadonlySet<string> = {_set(FINAL_STATUSES)};",
    ]
    return "\n\n".join(parts) + "\n"


def _structs(roots: tuple[type[Struct], ...]) -> list[type[Struct]]:
    """Return the structs, each after those it uses."""
    found: dict[type[Struct], None] = {}

    def visit(kind: shapes.Type) -> None:
        if isinstance(kind, shapes.StructType):
            if kind.cls not in found:
                for field in kind.fields:
                    visit(field.type)
                found[kind.cls] = None
        elif isinstance(kind, shapes.UnionType):
            for each in kind.types:
                visit(each)
        elif isinstance(kind, shapes.ListType):
            visit(kind.item_type)
        elif isinstance(kind, shapes.DictType):
            visit(kind.value_type)

    for root in roots:
        visit(shapes.type_info(root))
    return list(found)


def _interface(cls: type[Struct]) -> str:
    shape = shapes.type_info(cls)
    assert isinstance(shape, shapes.StructType)
    documented = cls.__dict__.get("__doc__") or ""
    summary, attributes = _documentation(documented)
    lines = [_comment(summary)] if summary else []
    inherits = cls is not Message and issubclass(cls, Message)
    base = " extends Message" if inherits else ""
    lines.append(f"export interface {_name(cls)}{base} {{")
    if cls is not Message and shape.tag_field is not None:
        lines.append(f"  {shape.tag_field}: {json.dumps(shape.tag)};")
    omits = cls.__struct_config__.omit_defaults
    for field in shape.fields:
        if inherits and field.name in Message.__struct_fields__:
            continue
        # Of a field that is UNSET by default, msgspec tells no default at all.
        unset = not field.required and field.default is field.default_factory
        optional = "?" if unset or (omits and not field.required) else ""
        if field.name in attributes:
            lines.append(_comment(attributes[field.name], "  "))
        lines.append(f"  {field.encode_name}{optional}: {_type(field.type)};")
    lines.append("}")
    return "\n".join(lines)


def _name(cls: type[Struct]) -> str:
    # TypeScript has an Error of its own.
    return f"{cls.__name__}Message" if cls in MESSAGE_TYPES.values() else cls.__name__


def _type(kind: shapes.Type) -> str:
    if type(kind) in _SCALARS:
        return _SCALARS[type(kind)]
    if isinstance(kind, shapes.StructType):
        return _name(kind.cls)
    if isinstance(kind, shapes.LiteralType):
        for name, alias in _ALIASES.items():
            if set(typing.get_args(alias)) == set(kind.values):
                return name
        return " | ".join(json.dumps(value) for value in kind.values)
    if isinstance(kind, shapes.ListType):
        item = _type(kind.item_type)
        return f"({item})[]" if "|" in item else f"{item}[]"
    if isinstance(kind, shapes.DictType):
        return f"Record<string, {_type(kind.value_type)}>"
    if isinstance(kind, shapes.UnionType):
        return " | ".join(_type(each) for each in kind.types)
    msg = f"No TypeScript for {kind!r}: teach workbench.contract.typescript"
    raise TypeError(msg)


def _documentation(text: str) -> tuple[str, dict[str, str]]:
    """Split a numpy-style docstring into its prose and what it says of each attribute."""
    prose, _, section = inspect.cleandoc(text).partition("Attributes\n----------\n")
    said: dict[str, list[str]] = {}
    names: list[str] = []
    for line in section.splitlines():
        if line and not line.startswith(" "):
            names = [name.strip() for name in line.split(",")]
        else:
            for name in names:
                said.setdefault(name, []).append(line.strip())
    return prose.strip(), {name: " ".join(lines).strip() for name, lines in said.items()}


def _deliveries() -> str:
    """Return what the source says under each member of `Delivery`, which has no docstrings."""
    found = re.findall(r'= "(\w+)"\n\s+"""(.+?)"""', inspect.getsource(Delivery))
    return "\n".join(f"- `{value}`: {said}" for value, said in found)


def _comment(text: str, indent: str = "") -> str:
    lines = list(_plain(text))
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */"
    body = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines)
    return f"{indent}/**\n{body}{indent} */"


def _plain(text: str) -> Iterator[str]:
    for line in text.splitlines():
        line = line.replace("``", "`").replace("workbench.messages.", "").replace("*/", "* /")
        yield re.sub(r"\bNone\b", "null", line)


def _alias(name: str) -> str:
    values = " | ".join(json.dumps(value) for value in typing.get_args(_ALIASES[name]))
    return f"export type {name} = {values};"


def _choices(names: list[str]) -> str:
    return "\n".join(f"  | {name}" for name in names)


def _set(values: frozenset[str]) -> str:
    return f"new Set({json.dumps(sorted(values))})"


if __name__ == "__main__":
    sys.stdout.write(render())
