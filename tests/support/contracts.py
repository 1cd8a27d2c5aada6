"""Checking values against the contract's schemas."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema
from msgspec import to_builtins

from workbench.contract import schemas
from workbench.messages import MESSAGE_TYPES


@cache
def validator(name: str, *, strict: bool = True) -> jsonschema.Draft202012Validator:
    """Return a validator of one schema; `strict` also wants what this server always sends."""
    document = schemas.document()
    if strict:
        document = schemas.strict(document)
    document["$ref"] = f"#/$defs/{name}"
    return jsonschema.Draft202012Validator(to_builtins(document))


def problems(name: str, value: Any, *, strict: bool = True) -> list[str]:
    """Return what is wrong with a decoded value, none if it is valid."""
    return [
        f"{name} at {error.json_path}: {error.message}"
        for error in validator(name, strict=strict).iter_errors(value)
    ]


def message_problems(message: Any, *, strict: bool = True) -> list[str]:
    """Return what is wrong with a decoded message, by the schema of its type."""
    cls = MESSAGE_TYPES.get(message["type"])
    if cls is None:
        return [f"unknown type {message['type']!r}"]
    return problems(cls.__name__, message, strict=strict)
