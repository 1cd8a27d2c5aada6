"""JSON Schemas of everything on the wire, made from the structs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from workbench.contract import docstrings, facts
from workbench.contract.replies import REPLIES
from workbench.feeds.checking import FeedRequest
from workbench.messages import (
    MESSAGE_TYPES,
    PROTOCOL,
    AnyMessage,
    ClientMessage,
    Message,
)
from workbench.runs.combination import OpenRequest
from workbench.runs.publication import PublishRequest
from workbench.runs.publishing import Batch, Reply
from workbench.runs.request import StartRequest
from workbench.sessions.request import LiveRequest

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ROOTS: dict[str, Any] = {
    "AnyMessage": AnyMessage,
    "ClientMessage": ClientMessage,
    "PublishReply": Reply,
    "Batch": Batch,
    "StartRequest": StartRequest,
    "PublishRequest": PublishRequest,
    "OpenRequest": OpenRequest,
    "FeedRequest": FeedRequest,
    "LiveRequest": LiveRequest,
    **{cls.__name__: cls for cls in REPLIES},
}
"""What can stand alone on the wire, by the name of its schema."""


def components(prefix: str) -> dict[str, Schema]:
    """Return the schemas of all structs and of the unions of them, by name.

    Parameters
    ----------
    prefix
        What references to a schema start with, such as ``#/$defs/``.
    """
    roots = list(ROOTS.values())
    shapes, found = msgspec.json.schema_components(roots, ref_template=prefix + "{name}")
    classes = {cls.__name__: cls for cls in structs(roots)}
    for name, schema in found.items():
        if name in classes:
            _describe(schema, classes[name], prefix)
    for name, cls in classes.items():
        if issubclass(cls, Message) and "description" not in found[name]:
            found[name]["description"] = _of_data(found[name], found)
    for name, shape in zip(ROOTS, shapes, strict=True):
        if name not in found:
            found[name] = {"title": name, **shape}
    found["Frame"] = {
        "title": "Frame",
        "description": "One text frame: a message, or several in an array (with `batch=1`).",
        "anyOf": [
            {"$ref": prefix + "AnyMessage"},
            {"type": "array", "items": {"$ref": prefix + "AnyMessage"}},
        ],
    }
    return found


def document() -> Schema:
    """Return the one file of all schemas.

    Each message can be addressed as ``#/$defs/NAME``, as ``#message-TYPE``, and is found by its
    type in ``x-messages``.
    """
    defs = components("#/$defs/")
    for kind, cls in MESSAGE_TYPES.items():
        defs[cls.__name__]["$anchor"] = f"message-{kind}"
    return {
        "$schema": DIALECT,
        "$id": f"urn:jupyter-backtest-workbench:protocol:{PROTOCOL}",
        "title": "Backtest Workbench: messages, requests and replies",
        "description": (
            "What a schema lists in `x-always` this server sends always, beyond what the "
            "contract prints."
        ),
        "$ref": "#/$defs/Frame",
        "x-messages": {
            kind: {"$ref": f"#/$defs/{cls.__name__}"} for kind, cls in MESSAGE_TYPES.items()
        },
        "$defs": defs,
    }


def strict(schema: Any) -> Any:
    """Return a schema that also requires what this server always sends."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if "x-always" in made:
        made["required"] = [*made.get("required", ()), *made["x-always"]]
    return made


def _describe(schema: Schema, cls: type[msgspec.Struct], prefix: str) -> None:
    """Add to a struct's schema what its docstring and `facts` know."""
    text = docstrings.summary(cls) or facts.SUMMARIES.get(cls.__name__, "")
    schema.pop("description", None)
    if text:
        schema["description"] = text
    schema.update(facts.RULES.get(cls.__name__, {}))
    if issubclass(cls, Message):
        schema["x-delivery"] = cls.delivery.value
    said = docstrings.attributes(cls)
    for field, shape in schema["properties"].items():
        if len(shape.get("enum", ())) == 1:
            shape["const"] = shape.pop("enum")[0]
        if field in said:
            shape["description"] = said[field]
        known = dict(facts.BY_NAME.get(field, {}))
        for base in reversed(cls.__mro__):
            known |= facts.FIELDS.get(f"{base.__name__}.{field}", {})
        if names := known.pop("x-of", None):
            shape.pop("type", None)
            shape["anyOf"] = [{"$ref": prefix + name} for name in names]
        shape.update(known)
    always = ["extra"] if issubclass(cls, Message) else facts.BEYOND.get(cls.__name__, ())
    moved = [field for field in always if field in schema["required"]]
    if moved:
        schema["required"] = [field for field in schema["required"] if field not in moved]
        schema["x-always"] = moved


def _of_data(message: Schema, found: dict[str, Schema]) -> str:
    data = message["properties"]["data"]
    names = [str(each["$ref"]).rpartition("/")[2] for each in data.get("anyOf", [data])]
    return " ".join(found[name]["description"] for name in names)


def structs(types: Iterable[Any]) -> list[type[msgspec.Struct]]:
    """Return all structs that types consist of."""
    found: dict[type[msgspec.Struct], None] = {}
    waiting: list[msgspec.inspect.Type] = list(msgspec.inspect.multi_type_info(types))
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls not in found:
                found[info.cls] = None
                waiting += [field.type for field in info.fields]
        elif isinstance(info, msgspec.inspect.UnionType):
            waiting += info.types
        elif isinstance(info, msgspec.inspect.DictType):
            waiting += [info.key_type, info.value_type]
        elif isinstance(info, msgspec.inspect.CollectionType):
            waiting.append(info.item_type)
    return list(found)
