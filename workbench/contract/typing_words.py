"""JSON Schemas of values in words, as HTML that links to the structures."""

from __future__ import annotations

import html
from typing import Any

_BOUNDS = (
    ("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("minItems", "items ≥"),
    ("maxItems", "items ≤"), ("maxLength", "length ≤"),
)  # fmt: skip


def type_words(schema: dict[str, Any]) -> str:
    """Return what a value is, such as ``array of number`` or ``string or null``."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f'<a href="#type-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(type_words(each) for each in schema["anyOf"])
    if "const" in schema:
        return _literal(schema["const"])
    if "enum" in schema:
        return " | ".join(_literal(each) for each in schema["enum"])
    kind = schema.get("type", "any")
    if kind == "array":
        text = f"array of {type_words(schema.get('items', {}))}"
    elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        text = f"object of {type_words(schema['additionalProperties'])}"
    elif schema.get("format") == "date-time":
        text = "time"
    else:
        text = html.escape(str(kind))
    bounds = [f"{sign} {schema[key]:g}" for key, sign in _BOUNDS if key in schema]
    return f"{text} ({html.escape(', '.join(bounds))})" if bounds else text


def _literal(value: object) -> str:
    return f"<code>{html.escape(str(value))}</code>"
